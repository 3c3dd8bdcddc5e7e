"""Nothing that git can hold is out of the history source's reach, and each place is called by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.finding import Origin
from leakscan.git.repository import require_repository
from leakscan.source.history import HistorySource
from tests.builders import Repo, evil_merge, fake_token, new_repository
from tests.source.hunt import history_and_gaps, in_history, origins


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "a start"})
    return repo


@pytest.fixture
def token() -> str:
    return fake_token()


def test_content_removed_long_ago_is_found_with_the_commit_that_brought_it_in(repo: Repo, token: str) -> None:
    commit = repo.commit({"src/app.py": f"key = '{token}'"})
    blob = repo.oid("HEAD:src/app.py")
    repo.remove("src/app.py")
    assert in_history(repo.path, token) == [Origin("history", "src/app.py", commit, blob)]


def test_every_path_is_found_with_its_own_first_commit(repo: Repo, token: str) -> None:
    first = repo.commit({"a.env": token})
    second = repo.commit({"deep/b.env": token})
    repo.remove("a.env")
    repo.commit({"a.env": token}, message="back again")
    found = [(origin.path, origin.commit) for origin in in_history(repo.path, token)]
    assert found == [("a.env", first), ("deep/b.env", second)]


def test_the_earliest_commit_comes_first_even_if_branches_overlap(repo: Repo, token: str) -> None:
    repo.git("switch", "--quiet", "-c", "side")
    early = repo.commit({"x": token})
    repo.git("switch", "--quiet", "main")
    repo.commit({"y": token})
    repo.git("merge", "--quiet", "side")
    found = in_history(repo.path, token)
    assert found[0].commit == early
    assert {origin.path for origin in found} == {"x", "y"}


def test_the_very_first_commit_of_a_repository_counts(tmp_path: Path, token: str) -> None:
    repo = new_repository(tmp_path / "new")
    commit = repo.commit({"a": token})
    assert [origin.commit for origin in in_history(repo.path, token)] == [commit]


def test_another_branch_is_history(repo: Repo, token: str) -> None:
    repo.git("switch", "--quiet", "-c", "other")
    commit = repo.commit({"b": token})
    repo.git("switch", "--quiet", "main")
    assert [(o.where, o.commit) for o in in_history(repo.path, token)] == [("history", commit)]


def test_a_commit_that_only_a_tag_reaches_is_history(repo: Repo, token: str) -> None:
    commit = repo.commit({"b": token})
    repo.git("tag", "-a", "v1", "-m", "version 1")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [("history", "b", commit)]


def test_a_blob_that_a_tag_names_without_a_commit_is_found_under_the_tag(repo: Repo, token: str) -> None:
    repo.git("tag", "the-key", repo.blob(token))
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [
        ("history", "refs/tags/the-key", None)
    ]


def test_a_detached_head_and_that_of_a_linked_working_tree_are_history(repo: Repo, token: str) -> None:
    repo.git("worktree", "add", "--quiet", "--detach", "../linked")
    commit = Repo(repo.path.parent / "linked").commit({"w": token})
    assert [(o.where, o.commit) for o in in_history(repo.path, token)] == [("history", commit)]
    assert [(o.where, o.commit) for o in in_history(repo.path.parent / "linked", token)] == [
        ("history", commit)
    ]


def test_a_stash_is_found_whether_of_a_changed_staged_or_untracked_file(repo: Repo) -> None:
    changed, staged, untracked = fake_token(), fake_token(), fake_token()
    repo.add({"staged": staged})
    repo.write("README", changed)
    repo.write("untracked", untracked)
    repo.git("stash", "--quiet", "--include-untracked")
    for token, path in ((changed, "README"), (staged, "staged"), (untracked, "untracked")):
        assert [(o.where, o.path) for o in in_history(repo.path, token)] == [("stash", path)]


def test_a_stash_below_the_newest_one_is_a_stash_too(repo: Repo, token: str) -> None:
    repo.write("README", token)
    repo.git("stash", "--quiet")
    repo.write("README", "something else")
    repo.git("stash", "--quiet")
    assert [(o.where, o.path) for o in in_history(repo.path, token)] == [("stash", "README")]


def test_a_note_is_a_message_that_names_what_it_is_about(repo: Repo, token: str) -> None:
    repo.git("notes", "add", "-m", f"deployed with {token}")
    about = repo.oid("HEAD")
    notes = repo.oid("refs/notes/commits")
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [
        ("message", f"refs/notes/commits:{about}", notes)
    ]


def test_what_only_the_reflog_keeps_is_found(repo: Repo, token: str) -> None:
    commit = repo.commit({"oops": token})
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [("reflog", "oops", commit)]


def test_a_commit_that_nothing_reaches_is_dangling_and_still_named(repo: Repo, token: str) -> None:
    commit = repo.commit({"oops": token})
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [
        ("dangling", "oops", commit)
    ]


def test_a_blob_that_nothing_reaches_is_dangling(repo: Repo, token: str) -> None:
    blob = repo.blob(token)
    assert in_history(repo.path, token) == [Origin("dangling", None, None, blob)]


def test_content_that_only_a_merge_commit_has_is_found(repo: Repo, token: str) -> None:
    merge = evil_merge(repo, {"evil": token})
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [("history", "evil", merge)]


def test_a_file_that_attributes_hide_from_diffs_is_found(repo: Repo, token: str) -> None:
    repo.commit({".gitattributes": "* -diff\n", "hidden": token})
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/attributes").write_text("* binary\n")
    assert [o.path for o in in_history(repo.path, token)] == ["hidden"]


def test_what_was_staged_and_never_committed_is_found_in_the_index(repo: Repo, token: str) -> None:
    repo.add({"new.env": token})
    repo.write("new.env", "changed again")
    assert [(o.where, o.path, o.commit) for o in in_history(repo.path, token)] == [("index", "new.env", None)]


def test_a_commit_message_is_found_under_its_commit(repo: Repo, token: str) -> None:
    commit = repo.commit(message=f"subject\n\ncurl -H 'Authorization: {token}'")
    assert in_history(repo.path, token) == [Origin("message", None, commit)]


def test_a_message_that_only_the_reflog_keeps_is_found(repo: Repo, token: str) -> None:
    commit = repo.commit(message=f"oops {token}")
    repo.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "clean")
    assert in_history(repo.path, token) == [Origin("message", None, commit)]


def test_a_tag_message_is_found_under_its_tag(repo: Repo, token: str) -> None:
    repo.git("tag", "-a", "v1", "-m", f"released with {token}")
    tag = repo.oid("refs/tags/v1")
    assert in_history(repo.path, token) == [Origin("message", "refs/tags/v1", tag)]


def test_the_text_of_headers_that_tools_add_to_a_commit_is_found(repo: Repo, token: str) -> None:
    who = "A <a@b> 0 +0000"
    tag = f"mergetag object {repo.oid('HEAD')}\n type commit\n tag v1\n tagger {who}\n \n for {token}"
    raw = f"tree {repo.oid('HEAD^{tree}')}\nauthor {who}\ncommitter {who}\n{tag}\n\nmerge v1\n"
    commit = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    assert in_history(repo.path, token) == [Origin("message", None, commit)]


def test_a_bare_repository_is_read_like_any_other(repo: Repo, token: str) -> None:
    repo.commit({"b": token})
    repo.git("clone", "--quiet", "--bare", ".", "../bare.git")
    assert [(o.where, o.path) for o in in_history(repo.path.parent / "bare.git", token)] == [("history", "b")]


def test_a_repository_with_sha256_names_is_read_like_any_other(tmp_path: Path, token: str) -> None:
    repo = new_repository(tmp_path / "repo", object_format="sha256")
    commit = repo.commit({"a": "a", "b": token}, message=f"with {token}")
    found, gaps = history_and_gaps(repo.path, token)
    assert [(o.where, o.path) for o in found] == [("message", None), ("history", "b")]
    assert {o.commit for o in found} == {commit}
    assert not gaps


def test_objects_borrowed_from_another_repository_are_read(repo: Repo, token: str) -> None:
    repo.commit({"b": token})
    repo.git("clone", "--quiet", "--shared", ".", "../borrower")
    borrower = repo.path.parent / "borrower"
    assert (borrower / ".git/objects/info/alternates").exists()
    assert [(o.where, o.path) for o in in_history(borrower, token)] == [("history", "b")]


def test_packed_objects_are_read_and_each_once(repo: Repo, token: str) -> None:
    for number in range(5):
        repo.commit({"b": f"{token}\n" + "line\n" * 50 + str(number)})
    loose = repo.blob(f"loose {token}")
    repo.git("gc", "--quiet")
    repo.git("repack", "--quiet", "-a", "-d", "--keep-unreachable")
    source = HistorySource(require_repository(repo.path, "a test"))
    blobs = [origin.blob for origin in origins(source, token)]
    assert len(blobs) == len(set(blobs)) == 6
    assert loose in blobs
    assert source.commits == 6
    assert not source.incomplete


def test_a_commit_in_another_encoding_or_without_a_message_is_read(repo: Repo, token: str) -> None:
    tree = repo.oid("HEAD^{tree}")
    raw = f"tree {tree}\nauthor A <a@b> 99999999999999999 +9999\nencoding no-such-codec\n\n{token} caf"
    store = ("hash-object", "-t", "commit", "-w", "--literally", "--stdin")
    garbled = repo.git(*store, stdin=raw.encode() + b"\xe9")
    empty = f"tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n"
    repo.git(*store, stdin=empty)
    assert in_history(repo.path, token) == [Origin("message", None, garbled)]


def test_an_object_over_the_limit_is_named_and_the_rest_is_read(repo: Repo, token: str) -> None:
    repo.commit({"large": "x" * 5000, "small": token})
    source = HistorySource(require_repository(repo.path, "a test"), max_bytes=4000)
    assert len(origins(source, token)) == 1
    assert [gap.what for gap in source.incomplete] == [f"object {repo.oid('HEAD:large')}"]


def test_an_empty_repository_is_read_to_its_end(tmp_path: Path, token: str) -> None:
    repo = new_repository(tmp_path / "empty")
    assert history_and_gaps(repo.path, token) == ([], [])
    repo.add({"a": token})
    assert [(o.where, o.path) for o in in_history(repo.path, token)] == [("index", "a")]
