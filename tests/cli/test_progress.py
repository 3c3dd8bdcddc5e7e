"""How far a scan is, on a terminal only."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from leakscan import scan_targets
from leakscan.cli import progress
from leakscan.cli.progress import Progress
from leakscan.finding import Counts
from tests.builders import new_repository


def shown(monkeypatch: pytest.MonkeyPatch, share: float | None, terminal: bool = True) -> str:
    stderr = io.StringIO()
    monkeypatch.setattr(stderr, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr(progress, "_EVERY", 0)
    with Progress() as told:
        told(Counts(files=3, objects=1200, bytes=5_000_000), share)
    return stderr.getvalue()


def test_a_terminal_sees_how_far_the_scan_is_and_nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Scanning 42%: 1,200 objects, 3 files (5.0 MB)" in shown(monkeypatch, 0.42)
    assert "Scanning: 1,200 objects" in shown(monkeypatch, None)
    assert shown(monkeypatch, 0.42).endswith("\r\x1b[K")
    assert shown(monkeypatch, 0.42, terminal=False) == ""


def test_the_share_of_a_history_grows_to_its_end(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({f"{number}.txt": str(number) for number in range(150)})
    told: list[float | None] = []
    scan_targets([str(repo.path)], progress=lambda counts, share: told.append(share))
    shares = [share for share in told if share is not None]
    assert shares == sorted(shares)
    assert 0.8 < shares[-1] <= 1
