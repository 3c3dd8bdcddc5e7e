from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks.measure import Cost, measured, parent_and_session, pss_in

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def run(folder: Path, program: str, timeout: float = 30) -> Cost:
    line = [sys.executable, "-c", program]
    return measured(line, folder, os.environ, folder / "stdout", folder / "stderr", timeout)


def test_the_name_of_a_program_may_hold_parentheses_and_spaces() -> None:
    assert parent_and_session(b"77 (a) b) (c) S 12 34 56 0 -1") == (12, 56)


def test_shared_memory_is_what_the_rollup_calls_pss() -> None:
    assert pss_in("Rss: 1752 kB\nPss:                 326 kB\nPss_Dirty: 112 kB\n") == 326 * 1024
    assert pss_in("") is None


def test_time_spent_by_a_child_is_counted(tmp_path: Path) -> None:
    cost = run(tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])")
    assert cost.code == 0
    assert 0.3 <= cost.cpu <= cost.wall * (os.cpu_count() or 1) + 0.1


@needs_proc
def test_a_process_that_is_left_behind_is_ended_and_its_time_counted(tmp_path: Path) -> None:
    left = f"{BURN}open('burnt', 'w').close(); time.sleep(60)"
    program = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {left!r}], start_new_session=True)
while not os.path.exists("burnt"): time.sleep(0.01)
"""
    started = time.monotonic()
    cost = run(tmp_path, program)
    assert cost.cpu >= 0.3
    assert time.monotonic() - started < 30


@needs_proc
def test_memory_that_a_child_shares_is_counted_once_in_pss_and_twice_in_rss(tmp_path: Path) -> None:
    program = """
import os, time
block = bytearray(os.urandom(1 << 20)) * 64
if os.fork() == 0:
    time.sleep(0.7)
    os._exit(0)
os.wait()
"""
    cost = run(tmp_path, program)
    assert cost.pss is not None
    assert cost.rss is not None
    assert 64 << 20 < cost.pss < 100 << 20 < 128 << 20 < cost.rss


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    cost = run(tmp_path, "import time; time.sleep(60)", timeout=0.3)
    assert cost.timed_out
    assert cost.wall < 30
