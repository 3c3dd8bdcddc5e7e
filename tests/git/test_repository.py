"""What kind of repository a path belongs to."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from leakscan.errors import GitError, UsageError
from leakscan.git.repository import discover
from tests.builders import Repo, clone, new_repository
from tests.source.test_tree import as_nobody


def test_a_plain_folder_is_in_no_repository(tmp_path: Path) -> None:
    assert discover(tmp_path) is None


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        discover(tmp_path / "nowhere")


def test_a_working_tree_is_found_from_its_root_a_folder_and_a_file(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    head = repo.commit({"src/a": "a"})
    for path in (repo.path, repo.path / "src", repo.path / "src/a"):
        found = discover(path)
        assert found is not None
        assert (found.top_level, found.git_dir) == (repo.path, repo.path / ".git")
        assert (found.head, found.is_bare, found.is_shallow, found.is_partial) == (head, False, False, False)
        assert found.object_format == "sha1"


def test_a_bare_repository_and_a_git_directory_have_no_working_tree(tmp_path: Path) -> None:
    bare = new_repository(tmp_path / "bare.git", bare=True)
    repo = new_repository(tmp_path / "repo")
    for path in (bare.path, repo.path / ".git", repo.path / ".git/refs"):
        found = discover(path)
        assert found is not None
        assert found.top_level is None
        assert found.is_bare


def test_an_unborn_head_is_none(tmp_path: Path) -> None:
    found = discover(new_repository(tmp_path / "repo").path)
    assert found is not None
    assert found.head is None


def test_a_linked_working_tree_shares_its_common_directory(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit()
    repo.git("worktree", "add", "--quiet", "-b", "other", "../linked")
    found = discover(tmp_path / "linked")
    assert found is not None
    assert found.top_level == tmp_path / "linked"
    assert found.git_dir == repo.path / ".git/worktrees/linked"
    assert found.common_dir == repo.path / ".git"


def test_shallow_partial_and_sha256_repositories_are_told_apart(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a": "1"})
    repo.commit({"a": "2"})
    shallow = discover(clone(repo, tmp_path / "shallow", "--depth=1").path)
    partial = discover(clone(repo, tmp_path / "partial", "--filter=blob:none", "--no-checkout").path)
    sha256 = discover(new_repository(tmp_path / "sha256", object_format="sha256").path)
    assert shallow is not None
    assert partial is not None
    assert sha256 is not None
    assert (shallow.is_shallow, shallow.is_partial) == (True, False)
    assert (partial.is_shallow, partial.is_partial) == (False, True)
    assert sha256.object_format == "sha256"


def test_a_setting_of_the_user_against_bare_repositories_does_not_refuse_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = new_repository(tmp_path / "bare.git", bare=True)
    (tmp_path / ".gitconfig").write_text("[safe]\n\tbareRepository = explicit\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert discover(bare.path) is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_user_is_refused_with_gits_reason_unless_the_user_trusts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory() as base:
        home = Path(base) / "home"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        repo = Repo(new_repository(Path(base) / "repo").path)
        for path in (repo.path, *repo.path.rglob("*")):
            os.chown(path, 12345, 12345)
        if (
            "dubious"
            not in subprocess.run(
                ["git", "-C", str(repo.path), "status"], capture_output=True, text=True, check=False
            ).stderr
        ):
            pytest.skip("git before 2.35.2 does not look at the owner")
        with pytest.raises(GitError, match="dubious ownership") as refused:
            discover(repo.path)
        assert "safe.directory" in str(refused.value)
        assert "correct or remove" not in str(refused.value)
        (home / ".gitconfig").write_text(f"[safe]\n\tdirectory = {repo.path}\n")
        assert discover(repo.path) is not None


def test_a_configuration_that_may_not_be_read_is_not_said_to_be_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory() as base:
        monkeypatch.setenv("HOME", base)
        Path(base).chmod(0o777)
        with as_nobody():
            repo = new_repository(Path(base) / "repo")
            (repo.path / ".git/config").chmod(0)
            with pytest.raises(GitError, match="let the user who runs the scan read it") as refused:
                discover(repo.path)
    assert "correct or remove" not in str(refused.value)
