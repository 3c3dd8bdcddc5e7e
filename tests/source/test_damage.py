"""Whatever is missing or damaged: the rest is still read, what is lacking is named, and nothing hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.errors import GitError
from leakscan.finding import Gap
from leakscan.git.repository import discover, require_repository
from leakscan.source.history import HistorySource
from tests.builders import Repo, clone, fake_token, new_repository
from tests.source.hunt import history_and_gaps, in_history, in_tree


@pytest.fixture
def tokens() -> list[str]:
    return [fake_token() for _ in range(4)]


@pytest.fixture
def repo(tmp_path: Path, tokens: list[str]) -> Repo:
    """Four tokens in four commits, each in a folder of its own."""
    repo = new_repository(tmp_path / "repo")
    for number, token in enumerate(tokens):
        repo.commit({f"folder{number}/file": token}, message=f"commit {number}")
    return repo


def still_found(repo: Repo, tokens: list[str]) -> tuple[list[int], list[Gap]]:
    """Which of the tokens are found, and what is said to be lacking."""
    source = HistorySource(require_repository(repo.path, "a test"))
    contents = {blob.content for blob in source.blobs()}
    return [number for number, token in enumerate(tokens) if token.encode() in contents], source.incomplete


def test_nothing_is_said_to_lack_in_a_sound_repository(repo: Repo, tokens: list[str]) -> None:
    repo.git("tag", "-a", "v1", "-m", "one")
    repo.git("notes", "add", "-m", "note")
    repo.write("folder0/file", "changed")
    repo.git("stash", "--quiet")
    repo.git("gc", "--quiet")
    assert still_found(repo, tokens) == ([0, 1, 2, 3], [])


def test_a_missing_blob_is_named(repo: Repo, tokens: list[str]) -> None:
    blob = repo.oid("HEAD:folder1/file")
    repo.lose(blob)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 2, 3]
    assert [gap.what for gap in gaps] == [f"object {blob}"]
    assert gaps[0].why.startswith("missing")


def test_a_damaged_blob_is_named(repo: Repo, tokens: list[str]) -> None:
    blob = repo.oid("HEAD:folder1/file")
    repo.damage(blob)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 2, 3]
    assert f"object {blob}" in [gap.what for gap in gaps]


def test_a_blob_cut_short_inside_a_pack_is_named_and_reading_goes_on(repo: Repo, tokens: list[str]) -> None:
    repo.git("repack", "--quiet", "-a", "-d")
    pack = next((repo.path / ".git/objects/pack").glob("*.pack"))
    content = bytearray(pack.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    pack.chmod(0o644)
    pack.write_bytes(content)
    _, gaps = still_found(repo, tokens)
    assert gaps


def test_many_damaged_objects_are_counted_beyond_the_first_fifty(repo: Repo, tokens: list[str]) -> None:
    blobs = [repo.oid("HEAD:folder0/file")]
    repo.commit({f"many/{number}": str(number) for number in range(60)})
    blobs += [repo.oid(f"HEAD:many/{number}") for number in range(60)]
    for blob in blobs[1:]:
        repo.damage(blob)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert len([gap for gap in gaps if gap.what.startswith("object ")]) == 50
    assert "10 more objects" in [gap.what for gap in gaps]


def test_a_missing_tree_is_named_and_other_places_are_still_attributed(repo: Repo, tokens: list[str]) -> None:
    tree = repo.oid("HEAD:folder1")
    repo.lose(tree)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert [gap.what for gap in gaps] == [f"object {tree}"]
    for number in (0, 2, 3):
        assert [o.path for o in in_history(repo.path, tokens[number])] == [f"folder{number}/file"]
    assert [o.where for o in in_history(repo.path, tokens[1])] == ["index"]


def test_a_damaged_tree_is_named_and_other_places_are_still_attributed(repo: Repo, tokens: list[str]) -> None:
    tree = repo.oid("HEAD:folder1")
    blob = repo.oid("HEAD:folder2/file")
    repo.damage(tree)
    repo.lose(blob)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 3]
    assert {f"object {tree}", f"object {blob}"} <= {gap.what for gap in gaps}
    assert [o.path for o in in_history(repo.path, tokens[0])] == ["folder0/file"]
    assert [o.path for o in in_history(repo.path, tokens[3])] == ["folder3/file"]
    assert [o.where for o in in_history(repo.path, tokens[1])] == ["index"]


@pytest.mark.parametrize("harm", [Repo.lose, Repo.damage])
def test_a_missing_or_damaged_commit_is_named(repo: Repo, tokens: list[str], harm: object) -> None:
    commit = repo.oid("HEAD~1")
    assert callable(harm)
    harm(repo, commit)
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert f"object {commit}" in {gap.what for gap in gaps}
    for number, token in enumerate(tokens):
        assert [o.path for o in in_history(repo.path, token)] == [f"folder{number}/file"]


def test_a_partial_clone_whose_remote_is_gone_is_said_to_be_one(repo: Repo, tokens: list[str]) -> None:
    partial = clone(repo, repo.path.parent / "partial", "--filter=blob:none", "--no-checkout")
    repo.path.rename(repo.path.parent / "gone")
    found, gaps = still_found(partial, tokens)
    assert found == []
    assert [gap.what for gap in gaps] == ["4 objects"]
    assert "partial clone" in gaps[0].why
    assert "--filter" in gaps[0].why


def test_a_partial_clone_never_fetches_what_it_lacks(repo: Repo, tokens: list[str]) -> None:
    partial = clone(repo, repo.path.parent / "partial", "--filter=blob:none", "--no-checkout")
    assert still_found(partial, tokens)[0] == []
    missing = partial.git("rev-list", "--objects", "--all", "--missing=print", "--quiet").splitlines()
    assert len(missing) == 4


def test_a_clone_without_trees_is_said_to_be_one(repo: Repo, tokens: list[str]) -> None:
    partial = clone(repo, repo.path.parent / "partial", "--filter=tree:0", "--no-checkout")
    repo.path.rename(repo.path.parent / "gone")
    found, gaps = still_found(partial, tokens)
    assert found == []
    assert ["partial clone" in gap.why for gap in gaps] == [True]
    assert history_and_gaps(partial.path, tokens[0])[0] == []


def test_a_shallow_clone_is_named_with_its_mend(repo: Repo, tokens: list[str]) -> None:
    repo.commit({"folder0/file": "clean now"})
    shallow = clone(repo, repo.path.parent / "shallow", "--depth=2")
    found, gaps = still_found(shallow, tokens)
    assert found == [0, 1, 2, 3]
    assert [gap.what for gap in gaps] == [f"history before {repo.oid('HEAD~1')}"]
    assert "git fetch --unshallow" in gaps[0].why
    assert [o.path for o in in_history(shallow.path, tokens[2])] == ["folder2/file"]


def test_a_forged_shallow_file_hides_nothing(repo: Repo, tokens: list[str]) -> None:
    first = repo.oid("HEAD~3")
    repo.write(".git/shallow", repo.oid("HEAD") + "\n")
    assert still_found(repo, tokens) == ([0, 1, 2, 3], [])
    assert [o.commit for o in in_history(repo.path, tokens[0])] == [first]


def test_broken_refs_are_named(repo: Repo, tokens: list[str]) -> None:
    repo.write(".git/refs/heads/garbage", "no object id\n")
    repo.write(".git/refs/heads/gone", "12" * 20 + "\n")
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert sorted(gap.what for gap in gaps) == ["refs/heads/garbage", "refs/heads/gone"]
    assert [o.where for o in in_history(repo.path, tokens[0])] == ["history"]


def test_damaged_packed_refs_are_named(repo: Repo, tokens: list[str]) -> None:
    repo.git("pack-refs", "--all")
    (repo.path / ".git/packed-refs").write_text("nonsense")
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert "refs" in [gap.what for gap in gaps]
    assert len(in_history(repo.path, tokens[0])) == 1


def test_a_damaged_index_is_named(repo: Repo, tokens: list[str]) -> None:
    (repo.path / ".git/index").write_bytes(b"DIRC, or so it says")
    found, gaps = still_found(repo, tokens)
    assert found == [0, 1, 2, 3]
    assert [gap.what for gap in gaps] == ["index"]


def test_a_staged_blob_that_is_missing_is_named(repo: Repo, tokens: list[str]) -> None:
    repo.add({"new": "only staged"})
    blob = repo.oid(":new")
    repo.lose(blob)
    found, gaps = still_found(repo, tokens)
    assert (found, [gap.what for gap in gaps]) == ([0, 1, 2, 3], [f"object {blob}"])


def test_a_pack_whose_index_is_gone_is_named(repo: Repo, tokens: list[str]) -> None:
    repo.git("repack", "--quiet", "-a", "-d")
    index = next((repo.path / ".git/objects/pack").glob("*.idx"))
    index.unlink()
    found, gaps = still_found(repo, tokens)
    assert found == []
    assert any("git index-pack" in gap.why for gap in gaps)


def test_borrowed_objects_that_are_gone_are_named(repo: Repo, tokens: list[str]) -> None:
    repo.git("clone", "--quiet", "--shared", ".", "../borrower")
    repo.path.rename(repo.path.parent / "gone")
    _, gaps = still_found(Repo(repo.path.parent / "borrower"), tokens)
    assert any("alternate" in gap.why for gap in gaps)


def test_a_reflog_that_names_deleted_commits_is_no_damage(repo: Repo, tokens: list[str]) -> None:
    commit = repo.commit({"gone": "gone"})
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.lose(commit)
    assert still_found(repo, tokens) == ([0, 1, 2, 3], [])


def test_a_git_directory_that_git_refuses_is_an_error_with_gits_reason(repo: Repo) -> None:
    (repo.path / ".git/config").write_text("[core\n")
    with pytest.raises(GitError, match="bad config"):
        discover(repo.path)


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_a_damaged_git_directory_is_never_taken_for_none_or_for_the_one_above(
    repo: Repo, content: str | None
) -> None:
    inner = new_repository(repo.path / "inner")
    head = inner.path / ".git/HEAD"
    head.unlink() if content is None else head.write_text(content)
    with pytest.raises(GitError, match="git refuses it"):
        discover(inner.path)


def test_a_git_file_that_points_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(GitError, match="git refuses it"):
        discover(tmp_path)


def test_a_working_tree_is_read_whatever_its_store_lacks(repo: Repo, tokens: list[str]) -> None:
    repo.lose(repo.oid("HEAD:folder1/file"))
    repo.lose(repo.oid("HEAD"))
    assert in_tree(repo.path, tokens[1]) == ["folder1/file"]
