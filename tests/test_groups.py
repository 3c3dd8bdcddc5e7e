"""A tree is searched by several processes as by one: the same report, whatever becomes of them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leakscan import Options, ScanResult, scan_targets
from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Origin
from leakscan.groups import search_files
from leakscan.report.json import write
from leakscan.report.output import style_for
from leakscan.ruleset.compiled import compiled_rules
from tests.builders import fake_token, new_repository
from tests.source.archives import zipped

FILES = 1500  # several groups

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a tree is searched by one process")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes start after the first group, also where that takes no time."""
    monkeypatch.setattr("leakscan.groups._ALONE", 0.0)


def token() -> str:
    return fake_token("glpat-", 20)


def report(result: ScanResult) -> str:
    stream = io.StringIO()
    write(result._replace(seconds=0, started=""), stream, style_for(stream, False))
    return stream.getvalue()


def many_files(folder: Path) -> None:
    """Plain files, the same value in several of them, archives, UTF-16, marks, and what cannot be read."""
    shared = token()
    for number in range(FILES):
        path = folder / f"d{number % 7}" / f"f{number:04}.py"
        path.parent.mkdir(exist_ok=True)
        value = shared if number % 50 == 0 else token() if number % 20 == 0 else ""
        mark = ("  # leakscan" + ":ignore") if number % 40 == 0 else ""
        path.write_text(f"a = {number}\nkey = '{value}'{mark}\n")
        if number % 100 == 9:
            path.with_suffix(".zip").write_bytes(zipped({"a.env": f"KEY={token()}\n".encode(), "b": b"b"}))
            path.with_suffix(".7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(number))
            path.with_suffix(".gz").write_bytes(b"\x1f\x8b\x08" + bytes(50))
            path.with_suffix(".txt").write_text(f"key = '{token()}'\n", encoding="utf-16")
            path.with_suffix(".big").write_bytes(b"x" * 300_000)
            path.with_suffix(".link").symlink_to("f0000.py")


@pytest.mark.parametrize("in_git", [False, True])
def test_any_number_of_processes_reports_the_same(tmp_path: Path, in_git: bool) -> None:
    if in_git:
        new_repository(tmp_path)
    many_files(tmp_path)
    (tmp_path / "huge.txt").write_bytes(b"x\n" * (9 << 20) + f"key = '{token()}'\n".encode())
    reports = {
        jobs: scan_targets([str(tmp_path)], Options(jobs=jobs, max_bytes=20 << 20)) for jobs in (1, 2, 5)
    }
    assert len(reports[1].findings) > 50
    assert {gap.what.rpartition(".")[2] for gap in reports[1].skipped} >= {"7z", "gz"}
    assert report(reports[1]) == report(reports[2]) == report(reports[5])
    assert reports[1].warnings == reports[2].warnings == reports[5].warnings != ()


def blobs(values: list[str]) -> list[Blob]:
    return [
        Blob(f"key = '{value}'\n".encode(), Origin("worktree", f"{number:04}.py"))
        for number, value in enumerate(values)
    ]


@linux
def test_what_a_killed_process_had_in_hand_is_searched_all_the_same() -> None:
    values = [token() for _ in range(FILES)]
    deadly, here = {values[700], values[1100]}, os.getpid()

    def keep(candidate: Candidate) -> bool:
        if os.getpid() != here and candidate.secret.reveal() in deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    found = search_files(blobs(values), Detector(compiled_rules(), keep=keep), 1 << 20, 2)
    assert [candidate.secret.reveal() for candidate in found.candidates] == values


@linux
def test_an_error_in_another_process_is_raised_here() -> None:
    here = os.getpid()

    def keep(candidate: Candidate) -> bool:
        if os.getpid() != here:
            raise ValueError("no such thing")
        return True

    detector = Detector(compiled_rules(), keep=keep)
    with pytest.raises(ValueError, match="no such thing"):
        search_files(blobs([token() for _ in range(FILES)]), detector, 1 << 20, 2)


SLOW = """
import os, sys, time
from pathlib import Path
from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Origin
from leakscan import groups
from leakscan.ruleset.compiled import compiled_rules
groups._ALONE = 0
here = os.getpid()
def keep(candidate):
    if os.getpid() != here:
        os.write(1, b"%d\\n" % os.getpid())
        time.sleep(600)
    return False
files = [Blob(b"key = '%s'" % value.encode(), Origin("worktree", str(at)))
         for at, value in enumerate(sys.stdin.read().split())]
groups.search_files(files, Detector(compiled_rules(), keep=keep), 1 << 20, 2)
"""


@linux
def test_ctrl_c_ends_all_processes_at_once() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(" ".join(token() for _ in range(FILES)).encode())
    parent.stdin.close()
    parent.stdin = None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    started = time.monotonic()
    for process in (*workers, parent.pid):  # as a terminal does
        os.kill(process, signal.SIGINT)
    _, complaints = parent.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert complaints.count(b"Traceback") == 1
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_a_hook_does_without_it(tmp_path: Path) -> None:
    repo = new_repository(tmp_path)
    repo.write("a.py", "a = 1\n")
    repo.git("add", ".")
    code = "import sys; from leakscan.cli.main import main; main(['hook']); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "leakscan.corridor" in loaded
    assert not {"leakscan.groups", "leakscan.pool", "mmap"} & loaded
