"""What no object says: names of refs and people, and what lies in the store without being listed."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from leakscan.finding import Blob
from leakscan.git.repository import require_repository
from leakscan.source.remains import RemainsSource, inflated
from tests.builders import Repo, fake_token, new_repository
from tests.source.hunt import in_history, origins


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a": "one\n"})
    return repo


@pytest.fixture
def token() -> str:
    return fake_token()


def remains(repo: Repo, max_bytes: int = 1 << 20) -> tuple[RemainsSource, list[Blob]]:
    source = RemainsSource(require_repository(repo.path, "a test"), max_bytes=max_bytes)
    return source, list(source.blobs())


def loose(kind: str, content: str) -> bytes:
    return zlib.compress(f"{kind} {len(content)}\0{content}".encode())


def test_names_of_branches_and_tags_are_searched(repo: Repo, token: str) -> None:
    repo.git("branch", f"try/{token}")
    repo.git("tag", token)
    _, blobs = remains(repo)
    (names,) = [blob for blob in blobs if blob.origin.path == "refs"]
    assert names.content.decode().splitlines() == [
        "refs/heads/main",
        f"refs/heads/try/{token}",
        f"refs/tags/{token}",
    ]


@pytest.mark.parametrize("role", ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL"])
def test_names_of_authors_and_committers_are_searched(repo: Repo, token: str, role: str) -> None:
    commit = Repo(repo.path, _environment={role: token}).commit()
    assert [(o.where, o.commit) for o in in_history(repo.path, token)] == [("message", commit)]


def test_names_of_taggers_and_of_tags_without_a_ref_are_searched(repo: Repo, token: str) -> None:
    Repo(repo.path, _environment={"GIT_COMMITTER_NAME": token}).git("tag", "-a", "v1", "-m", "one")
    assert [(o.where, o.path) for o in in_history(repo.path, token)] == [("message", "refs/tags/v1")]
    other = fake_token()
    repo.git("tag", "-a", other, "-m", "two")
    tag = repo.oid(f"refs/tags/{other}")
    repo.git("tag", "-d", other)
    assert [(o.where, o.commit) for o in in_history(repo.path, other)] == [("message", tag)]


@pytest.mark.parametrize(
    "name",
    [
        "ab/tmp_obj_x",
        "tmp_obj_x",
        "tmp_objdir-incoming-x/ab/" + "c" * 38,
        "incoming-x/ab/" + "c" * 38,
        "ab/too-short",
    ],
)
@pytest.mark.parametrize("kind", ["blob", "commit"])
def test_a_loose_object_that_git_does_not_list_is_read(repo: Repo, token: str, name: str, kind: str) -> None:
    repo.write(f".git/objects/{name}", loose(kind, f"{token}\n"))
    source, blobs = remains(repo)
    (blob,) = [blob for blob in blobs if token.encode() in blob.content]
    assert (blob.origin.where, blob.origin.path) == ("dangling", f".git/objects/{name}")
    assert blob.content.strip() == token.encode()
    assert not source.incomplete


def test_what_was_cut_short_or_is_no_object_is_read_as_far_as_it_goes(repo: Repo, token: str) -> None:
    stored = loose("blob", f"{token}\n" + "".join(f"{number}\n" for number in range(9999)))
    repo.write(".git/objects/ab/tmp_obj_short", stored[: len(stored) // 2])
    repo.write(".git/objects/pack/stray", token)
    source, blobs = remains(repo)
    paths = [blob.origin.path for blob in blobs if token.encode() in blob.content]
    assert sorted(filter(None, paths)) == [".git/objects/ab/tmp_obj_short", ".git/objects/pack/stray"]
    assert not source.incomplete


def test_what_is_left_over_and_cannot_be_read_is_named(repo: Repo, token: str) -> None:
    numbers = "".join(f"{number}\n" for number in range(9999))
    damaged = bytearray(loose("blob", f"{token}\n{numbers}"))
    damaged[-1] ^= 1  # of the checksum at its end
    repo.write(".git/objects/ab/tmp_obj_damaged", bytes(damaged))
    repo.write(".git/objects/ab/tmp_obj_large", loose("blob", "x" * 90_000))
    repo.git("gc", "--quiet")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    repo.write(".git/objects/pack/tmp_pack_x", pack.read_bytes())
    repo.write(".git/objects/incoming-x/pack/pack-x.pack", pack.read_bytes())
    source, blobs = remains(repo, max_bytes=80_000)
    assert [gap.what.removeprefix(".git/objects/") for gap in source.incomplete] == [
        "ab/tmp_obj_damaged",
        "ab/tmp_obj_large",
        "incoming-x/pack/pack-x.pack",
        "pack/tmp_pack_x",
    ]
    assert all("delete it" in gap.why for gap in source.incomplete)
    assert any(token.encode() in blob.content for blob in blobs)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_loose_object_with_the_content_of_another_is_named(
    tmp_path: Path, token: str, object_format: str
) -> None:
    repo = new_repository(tmp_path / "new", object_format=object_format)
    repo.commit({"secret": token, "other": "harmless\n"})
    assert remains(repo)[0].incomplete == []
    secret, other = repo.oid("HEAD:secret"), repo.oid("HEAD:other")
    repo.object_file(secret).chmod(0o644)
    repo.object_file(secret).write_bytes(repo.object_file(other).read_bytes())
    assert [gap.what for gap in remains(repo)[0].incomplete] == [f"object {secret}"]


def test_packs_their_indexes_and_the_commit_graph_are_no_leftovers(repo: Repo) -> None:
    repo.git("tag", "-a", "v1", "-m", "one")
    repo.git("repack", "--quiet", "-a", "-d", "--write-bitmap-index")
    repo.git("commit-graph", "write", "--reachable", "--split")
    repo.git("multi-pack-index", "write")
    source, blobs = remains(repo)
    assert [blob.origin.path for blob in blobs] == ["refs", ".git/objects/info/packs"]
    assert not source.incomplete


def test_leftovers_of_a_bare_repository_are_shown_from_its_top(tmp_path: Path, token: str) -> None:
    bare = new_repository(tmp_path / "bare.git", bare=True)
    bare.write("objects/ab/tmp_obj_x", loose("blob", token))
    source = RemainsSource(require_repository(bare.path, "a test"))
    assert [origin.path for origin in origins(source, token)] == ["objects/ab/tmp_obj_x"]


def test_a_stream_that_grows_without_end_is_cut(token: str) -> None:
    content, flaw = inflated(zlib.compress(bytes(50_000_000)), 1000)
    assert len(content) < 10_000
    assert "more than 1000 bytes" in flaw
