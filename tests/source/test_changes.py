"""Staged changes and commit ranges: what is new, and what stood there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.errors import UsageError
from leakscan.git.repository import require_repository
from leakscan.source.staged import RangeSource, StagedSource
from tests.builders import Repo, clone, evil_merge, fake_token, new_repository
from tests.source.hunt import in_range, origins


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "a start\n" * 20})
    return repo


@pytest.fixture
def token() -> str:
    return fake_token()


def staged(repo: Repo, index_file: Path | None = None) -> StagedSource:
    return StagedSource(require_repository(repo.path, "a test"), index_file)


def commits_of(repo: Repo, range_: str) -> RangeSource:
    return in_range(require_repository(repo.path, "a test"), range_)


def new_and_old(source: StagedSource | RangeSource) -> dict[str | None, tuple[bytes, tuple[bytes, ...]]]:
    """New and old contents by path; messages have no path and are left out."""
    found = {blob.origin.path: (blob.content, source.before(blob.origin)) for blob in source.blobs()}
    found.pop(None, None)
    return found


def test_staged_content_is_new_and_the_working_tree_is_not_looked_at(repo: Repo, token: str) -> None:
    repo.add({"new": token})
    repo.write("new", "changed again")
    repo.write("untracked", token)
    (origin,) = origins(staged(repo), token)
    assert (origin.where, origin.path, origin.blob) == ("index", "new", repo.oid(":new"))


def test_a_staged_change_knows_what_it_replaces(repo: Repo) -> None:
    repo.commit({"changed": "old", "untouched": "same", "removed": "gone"})
    repo.add({"changed": "new", "added": "fresh"})
    repo.git("rm", "--quiet", "removed")
    assert new_and_old(staged(repo)) == {"changed": (b"new", (b"old",)), "added": (b"fresh", ())}


def test_a_staged_rename_knows_what_the_old_name_held(repo: Repo) -> None:
    repo.git("mv", "README", "docs.txt")
    repo.write("docs.txt", "a start\n" * 20 + "an end\n")
    repo.git("add", "docs.txt")
    assert new_and_old(staged(repo))["docs.txt"][1] == (b"a start\n" * 20,)


def test_everything_staged_is_new_before_the_first_commit(tmp_path: Path) -> None:
    for object_format in ("sha1", "sha256"):
        repo = new_repository(tmp_path / object_format, object_format=object_format)
        repo.add({"a": "one", "b/c": "two"})
        assert new_and_old(staged(repo)) == {"a": (b"one", ()), "b/c": (b"two", ())}


def test_one_content_staged_at_two_paths_is_shown_at_both(repo: Repo, token: str) -> None:
    repo.add({"a": token, "b": token})
    assert [origin.path for origin in origins(staged(repo), token)] == ["a", "b"]


def test_the_other_side_of_a_conflict_is_read(repo: Repo, token: str) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    repo.commit({"README": token})
    repo.git("switch", "--quiet", "main")
    repo.commit({"README": "ours"})
    repo.git("merge", "--quiet", "side", check=False)
    assert [origin.path for origin in origins(staged(repo), token)] == ["README"]


def test_a_hooks_own_index_counts_if_it_is_this_repositorys(repo: Repo, token: str) -> None:
    repo.add({"new": token})
    other = repo.path / ".git/next-index-1.lock"
    (repo.path / ".git/index").rename(other)
    repo.git("read-tree", "HEAD")
    assert origins(staged(repo), token) == []
    assert len(origins(staged(repo, Path(".git/next-index-1.lock")), token)) == 1
    foreign = repo.path.parent / "foreign-index"
    foreign.write_bytes(other.read_bytes())
    assert origins(staged(repo, foreign), token) == []


def test_staged_changes_of_a_linked_working_tree_are_its_own(repo: Repo, token: str) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "other", "../linked")
    linked = Repo(repo.path.parent / "linked")
    linked.add({"new": token})
    assert [origin.path for origin in origins(staged(linked), token)] == ["new"]
    assert origins(staged(repo), token) == []


def test_a_missing_staged_blob_is_named_and_the_rest_is_read(repo: Repo, token: str) -> None:
    repo.add({"lost": "lost", "kept": token})
    blob = repo.oid(":lost")
    repo.lose(blob)
    source = staged(repo)
    assert [origin.path for origin in origins(source, token)] == ["kept"]
    assert [gap.what for gap in source.incomplete] == [f"object {blob}"]


def test_a_missing_old_blob_does_not_hide_a_staged_rename(repo: Repo, token: str) -> None:
    repo.lose(repo.oid("HEAD:README"))
    repo.git("rm", "--quiet", "--cached", "README")
    repo.add({"moved": token})
    assert [origin.path for origin in origins(staged(repo), token)] == ["moved"]


def test_nothing_can_be_staged_in_a_bare_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no working tree"):
        staged(new_repository(tmp_path / "bare.git", bare=True))


def test_staged_changes_need_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in no git repository"):
        require_repository(tmp_path, "--staged")


def test_a_range_yields_what_its_commits_bring_in_even_if_a_later_one_removes_it(
    repo: Repo, token: str
) -> None:
    repo.commit({"before": "known"})
    first = repo.commit({"a": token})
    repo.remove("a")
    source = commits_of(repo, "HEAD~2..HEAD")
    assert [(o.where, o.path, o.commit) for o in origins(source, token)] == [("history", "a", first)]
    assert source.commits == 2


def test_a_range_yields_its_commits_messages(repo: Repo, token: str) -> None:
    repo.commit(message="before")
    commit = repo.commit(message=f"with {token}")
    assert [(o.where, o.commit) for o in origins(commits_of(repo, "HEAD~1.."), token)] == [
        ("message", commit)
    ]


def test_a_change_in_a_range_knows_what_it_replaces(repo: Repo) -> None:
    repo.commit({"README": "a start\n" * 20 + "more\n"})
    repo.git("mv", "README", "docs")
    repo.commit()
    repo.commit({"docs": "else"})
    found = new_and_old(commits_of(repo, "HEAD~1.."))
    assert found == {"docs": (b"else", (b"a start\n" * 20 + b"more\n",))}


def test_a_moved_file_is_no_new_content(repo: Repo, token: str) -> None:
    repo.commit({"a": token + "\n" * 5})
    repo.git("mv", "a", "b")
    repo.commit()
    assert origins(commits_of(repo, "HEAD~1.."), token) == []


def test_a_merge_in_a_range_brings_in_only_what_no_parent_has(repo: Repo, token: str) -> None:
    merge = evil_merge(repo, {"evil": token})
    source = commits_of(repo, "HEAD~1..HEAD")
    found = [blob.origin for blob in source.blobs() if blob.origin.path]
    assert {(o.path, o.commit) for o in found} == {("side.txt", repo.oid("side")), ("evil", merge)}


def test_the_first_commit_may_be_in_a_range(repo: Repo, token: str) -> None:
    repo.git("switch", "--quiet", "--orphan", "other")
    repo.commit({"a": token})
    assert [o.path for o in origins(commits_of(repo, "main..other"), token)] == ["a"]
    assert [o.path for o in origins(commits_of(repo, "main...other"), token)] == ["a"]


@pytest.mark.parametrize("range_", ["HEAD", "", "..", "--all..HEAD", "main..--all", "no..HEAD", "HEAD..x y"])
def test_what_is_no_range_is_a_usage_error(repo: Repo, range_: str) -> None:
    with pytest.raises(UsageError):
        commits_of(repo, range_)


def test_a_range_that_a_shallow_clone_lacks_says_how_to_fetch_it(repo: Repo) -> None:
    old = repo.commit({"a": "1"})
    repo.commit({"a": "2"})
    shallow = clone(repo, repo.path.parent / "shallow", "--depth=1")
    with pytest.raises(UsageError, match="--unshallow"):
        commits_of(shallow, f"{old}..HEAD")


def test_a_range_with_a_missing_commit_is_read_around_it_and_says_so(repo: Repo, token: str) -> None:
    start = repo.oid("HEAD")
    lost = repo.commit({"x": "x"})
    repo.commit({"a": token})
    repo.lose(lost)
    source = commits_of(repo, f"{start}..HEAD")
    assert "a" in [o.path for o in origins(source, token)]
    assert [gap.what for gap in source.incomplete] == [f"history before {repo.oid('HEAD')}"]


def test_a_range_over_a_damaged_tree_yields_the_rest_and_says_so(repo: Repo, token: str) -> None:
    repo.commit({"folder/x": "x", "a": "a"})
    tree = repo.oid("HEAD:folder")
    repo.commit({"folder/x": "y", "a": token})
    repo.commit({"b": "b"})
    repo.damage(tree)
    source = commits_of(repo, "HEAD~2..HEAD")
    assert [o.path for o in origins(source, token)] == ["a"]
    assert f"changes of commit {repo.oid('HEAD~1')}" in [gap.what for gap in source.incomplete]
