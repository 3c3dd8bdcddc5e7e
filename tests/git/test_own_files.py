"""A pipe in the place of one of git's own files, and a setting that git dies at: named, with the mend."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from leakscan.errors import GitError
from leakscan.git import plumbing
from leakscan.git.repository import discover, require_repository
from leakscan.source.staged import StagedSource
from leakscan.source.tree import TreeSource
from tests.builders import Repo, fake_token, new_repository
from tests.source.hunt import in_history, in_range, origins


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a": "one"})
    return repo


def pipe(path: Path) -> None:
    """A named pipe in the place of whatever lies there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize(
    "name",
    [
        "config",
        "HEAD",
        "index",
        "packed-refs",
        "shallow",
        "info/exclude",
        "objects/info/alternates",
        "refs/heads/x",
        "refs/heads/modules/x",
        "logs/HEAD",
        "objects/ab/" + "c" * 38,
        "objects/pack",
        "objects/pack/pack-x.idx",
        "worktrees/x/HEAD",
    ],
)
def test_a_pipe_in_the_place_of_a_file_that_git_may_open_is_refused_by_name(repo: Repo, name: str) -> None:
    pipe(repo.path / ".git" / name)
    with pytest.raises(GitError, match=f"/{name} is a pipe.*remove it"):
        discover(repo.path)


def test_a_pipe_is_also_found_behind_a_link_and_in_a_store_that_is_borrowed(repo: Repo) -> None:
    repo.git("clone", "--quiet", "--shared", ".", "../borrower")
    repo.git("worktree", "add", "--quiet", "-b", "other", "../linked")
    pipe(repo.path.parent / "elsewhere")
    (repo.path / ".git/objects/pack/pack-x.idx").symlink_to(repo.path.parent / "elsewhere")
    for name in ("repo", "borrower", "linked"):
        with pytest.raises(GitError, match="is a pipe"):
            discover(repo.path.parent / name)


def test_a_git_file_with_a_nul_is_refused_as_git_refuses_it(tmp_path: Path) -> None:
    (tmp_path / ".git").write_bytes(b"gitdir: no\0where\n")
    with pytest.raises(GitError, match="git refuses it"):
        discover(tmp_path)


def test_links_in_a_circle_end(repo: Repo) -> None:
    (repo.path / ".git/refs/heads/around").symlink_to(repo.path / ".git")
    (repo.path / ".git/nowhere").symlink_to("nowhere at all")
    assert discover(repo.path) is not None


def test_a_configuration_that_includes_a_pipe_is_refused(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plumbing, "_SUSPICION", 0.5)
    pipe(repo.path / "pipe")
    repo.git("config", "include.path", "../pipe")
    with pytest.raises(GitError, match="no answer: its configuration may include a pipe"):
        discover(repo.path)


@pytest.mark.parametrize("name", ["folder/.gitignore", "inside/.git/HEAD"])
def test_a_pipe_that_keeps_git_from_listing_files_is_named_and_the_files_are_read(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(plumbing, "_SUSPICION", 0.5)
    token = fake_token()
    new_repository(repo.path / "inside")
    repo.write("folder/a", token)
    repo.write("inside/b", token)
    pipe(repo.path / name)
    source = TreeSource(repo.path, discover(repo.path))
    assert {origin.path for origin in origins(source, token)} == {"folder/a", "inside/b"}
    gap = source.incomplete[0]
    assert gap.what == "index"
    assert gap.why.startswith(f"{name} is a pipe, and git would wait for it for ever: remove it")


def test_a_slow_answer_without_a_pipe_is_waited_for(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    token = fake_token()
    repo.write("a", token)
    source = TreeSource(repo.path, discover(repo.path))
    monkeypatch.setattr(plumbing, "_SUSPICION", 0.0)
    assert [origin.path for origin in origins(source, token)] == ["a"]


def test_a_pipe_called_gitattributes_stops_nothing(repo: Repo) -> None:
    token = fake_token()
    text = "".join(f"line {number}\n" for number in range(50))
    repo.commit({"long": text})
    repo.git("mv", "long", "moved")
    repo.commit({"moved": text + token})
    repo.git("mv", "moved", "again")
    repo.add({"again": text + token + "\n" + token})
    pipe(repo.path / ".gitattributes")
    repository = require_repository(repo.path, "a test")
    assert [o.path for o in origins(in_range(repository, "HEAD~1.."), token)] == ["moved"]
    assert [o.path for o in origins(StagedSource(repository), token)] == ["again"]
    assert {o.path for o in in_history(repo.path, token)} == {"moved", "again"}


@pytest.mark.parametrize(
    "setting", ["diff.x.binary=zz", "diff.renameLimit=zz", "core.packedGitLimit=zz", "color.diff.new=zz"]
)
def test_a_setting_that_git_dies_at_is_named_with_its_mend(repo: Repo, setting: str) -> None:
    repo.git("config", *setting.split("="))
    name = setting.partition("=")[0].lower()
    with pytest.raises(GitError, match=f"{name}.*correct or remove that line of its configuration"):
        discover(repo.path)


def test_a_working_tree_that_the_configuration_puts_nowhere_is_no_hindrance(repo: Repo) -> None:
    token = fake_token()
    repo.commit({"b": token})
    repo.git("config", "core.worktree", "/nowhere/at/all")
    for target in (repo.path, repo.path / ".git"):
        assert [o.path for o in in_history(target, token)] == ["b"]
