"""The one place that starts git."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.errors import GitError
from leakscan.git.plumbing import Git, git_program, reason, safe_environment
from tests.builders import new_repository


def test_no_git_variable_of_the_caller_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_EXEC_PATH", "/elsewhere")
    variables = safe_environment()
    assert "GIT_DIR" not in variables
    assert "GIT_EXEC_PATH" not in variables
    assert variables["GIT_NO_LAZY_FETCH"] == "1"
    assert variables["GIT_ALLOW_PROTOCOL"] == ""


def test_no_git_is_an_error_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    git_program.cache_clear()
    try:
        with pytest.raises(GitError, match="install it"):
            git_program()
    finally:
        git_program.cache_clear()


def test_a_git_in_the_scanned_folder_is_never_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".::relative")
    git_program.cache_clear()
    try:
        with pytest.raises(GitError):
            git_program()
    finally:
        git_program.cache_clear()


def test_a_failure_carries_gits_own_reason(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    with pytest.raises(GitError, match="Not a valid object name nonsense"):
        Git(repo.path).run("cat-file", "-p", "nonsense")


def test_the_reason_begins_at_the_fatal_line() -> None:
    assert reason("warning: so so\nfatal: no\nuse this\n") == "no use this"
    assert reason("error: one\n") == "error: one"
    assert reason("") == ""


def test_a_stream_that_is_left_early_ends_its_git(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    blob = repo.blob("x" * 100_000)
    requests = (f"{blob}\n".encode() for _ in range(10_000))
    with Git(repo.path).stream("cat-file", "--batch", stdin=requests) as stream:
        assert stream.stdout.readline().startswith(blob.encode())
    assert stream.stdout.closed
