"""``--since-last`` and ``--state`` as a user meets them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.builders import Repo, fake_token, new_repository
from tests.cli.test_scan import leakscan, scanned


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"leak.txt": f"token = '{fake_token()}'\n", "harmless.txt": "nothing\n"})
    return repo


def test_the_second_scan_finds_the_same_and_reads_less(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAKSCAN_STATE_DIR", str(tmp_path / "states"))
    first, second = (scanned("--since-last", repo.path) for _ in range(2))
    assert second["findings"] == first["findings"]
    assert first["scan"]["counts"]["objects"] == 3
    assert second["scan"]["counts"]["objects"] == 1
    (state,) = (tmp_path / "states").iterdir()
    assert state.stat().st_mode & 0o077 == 0 or state.drive


def test_a_named_state_is_enough_by_itself(repo: Repo, tmp_path: Path) -> None:
    counts = [scanned("--state", tmp_path / "new/state", repo.path)["scan"]["counts"] for _ in range(2)]
    assert [count["objects"] for count in counts] == [3, 1]


@pytest.mark.parametrize(
    ("option", "others"),
    [
        ("--since-last", "--staged"),
        ("--since-last", "--range HEAD"),
        ("--since-last", "--no-history"),
        ("--since-last", "--engine reference"),
        ("--since-last", "-"),
        ("--state x", "--staged"),
    ],
)
def test_where_no_history_is_read_there_is_nothing_to_remember(repo: Repo, option: str, others: str) -> None:
    done = leakscan("scan", *option.split(), *others.split(), *([] if others == "-" else [repo.path]))
    assert done.returncode == 2
    name, other = option.split()[0], others.removesuffix(" HEAD")
    assert f"{name} is for whole histories: leave out {name} or {other}" in done.stderr


def test_one_state_is_for_one_path(repo: Repo, tmp_path: Path) -> None:
    done = leakscan("scan", "--state", tmp_path / "state", repo.path, tmp_path)
    assert done.returncode == 2
    assert "give one PATH, or --since-last instead of it" in done.stderr


def test_a_file_that_holds_something_else_is_not_replaced_by_a_state(repo: Repo, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("my own\n")
    done = leakscan("scan", "--state", notes, repo.path)
    assert done.returncode == 2
    assert "notes.txt holds something else than a state" in done.stderr
    assert notes.read_text() == "my own\n"


def test_a_pipe_is_no_state(repo: Repo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = leakscan("scan", "--state", tmp_path / "pipe", repo.path)
    assert done.returncode == 2
    assert "pipe is no file" in done.stderr
