"""Work in processes: all of it is done, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leakscan.pool import Pool


class Doubling:
    """Doubles numbers; the process that gets 13 dies, so many times as ``deaths`` says."""

    def __init__(self, folder: Path, deaths: int) -> None:
        self.folder, self.deaths = folder, deaths

    def __call__(self, number: int) -> int:
        died = len(list(self.folder.iterdir()))
        if number == 13 and died < self.deaths:
            (self.folder / str(died)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 99:
            raise ValueError("no such number")
        return 2 * number


@pytest.mark.parametrize(("deaths", "lost"), [(0, []), (1, []), (2, [13])])
def test_a_task_whose_process_dies_is_done_again_or_named(
    tmp_path: Path, deaths: int, lost: list[int]
) -> None:
    given_up: list[int] = []
    with Pool(Doubling(tmp_path, deaths), 2) as pool:
        results = sorted(pool.results(range(20), given_up))
    assert given_up == lost
    assert results == [2 * number for number in range(20) if number not in lost]


def test_an_error_in_a_process_is_raised_here(tmp_path: Path) -> None:
    with Pool(Doubling(tmp_path, 0), 2) as pool, pytest.raises(ValueError, match="no such number"):
        list(pool.results([1, 99], []))


SLEEPERS = """
import os, sys, time
from leakscan.pool import Pool
def work(task):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(600)
with Pool(work, 2) as pool:
    list(pool.results([1, 2], []))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere work has to be importable")
def test_ctrl_c_ends_all_processes_at_once() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", SLEEPERS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    started = time.monotonic()
    for process in (parent.pid, *workers):  # as a terminal does
        os.kill(process, signal.SIGINT)
    _, complaints = parent.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert complaints.count(b"Traceback") == 1  # the parent's own KeyboardInterrupt, and nobody else's
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


ORPHANS = """
import os, time
from leakscan.pool import Pool
def work(task):
    os.write(1, b"%d\\n" % os.getpid())
with Pool(work, 2) as pool:
    list(pool.results([1, 2], []))
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere work has to be importable")
def test_processes_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert list(parent.stdout)  # ends when the last of them has closed it, which is at its end
    assert parent.wait(timeout=30) == -signal.SIGKILL


class Fragile:
    """A task kills the process after its result is out: the next task meets a dead one."""

    def __call__(self, number: int) -> int:
        if number == 1:
            import threading

            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return number


def test_a_process_that_dies_between_two_tasks_costs_nothing() -> None:
    with Pool(Fragile(), 1) as pool:
        assert list(pool.results([1], [])) == [1]
        time.sleep(1)
        lost: list[int] = []
        assert list(pool.results([2], lost)) == [2]
        assert lost == []
