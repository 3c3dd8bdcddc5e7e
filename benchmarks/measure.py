"""Runs one command in a session of its own, and says what it cost: time, CPU, memory of all its processes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.05
_LARGEST_SHARE = (
    0.05  # of one core: what reading the memory of large processes may take from what it measures
)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_PROC = Path("/proc")
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_BUSY = (1, 2, 3, 6, 7)  # user, nice, system, irq, softirq in the first line of /proc/stat


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took. Seconds, and bytes at the highest moment seen; None where /proc is not Linux's.

    ``cpu`` is user and system time of the command and of every process that it left behind. ``pss`` counts
    memory that processes share once, ``rss`` once for each of them. ``others`` is the CPU time that the rest
    of the machine used meanwhile.
    """

    wall: float
    cpu: float
    pss: int | None
    rss: int | None
    code: int
    timed_out: bool
    others: float | None


def measured(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    stdout: Path,
    stderr: Path,
    timeout: float,
) -> Cost:
    """Runs the command to its end, or ends it and all that it started after so many seconds."""
    _adopt_orphans()
    expired = threading.Event()
    before = _children()
    busy, own = _busy_seconds(), time.process_time()
    with stdout.open("wb") as out, stderr.open("wb") as complaints:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=complaints,
            start_new_session=True,
        )
        clock = threading.Timer(timeout, _expire, (expired, process.pid))
        clock.daemon = True
        clock.start()
        try:
            with _watched(process.pid) as memory:
                _, status, usage = os.wait4(process.pid, 0)
                wall = time.monotonic() - started
        except BaseException:
            _end(process.pid)
            raise
        finally:
            clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # else it would look for its child again
        cpu = usage.ru_utime + usage.ru_stime + _reap_orphans(process.pid, before)
    others = None
    if busy is not None and (now := _busy_seconds()) is not None:
        others = max(0.0, now - busy - cpu - (time.process_time() - own))
    return Cost(wall, cpu, memory.pss, memory.rss, process.returncode, expired.is_set(), others)


class _Memory:
    """The highest memory of a tree of processes, looked at every 50 ms, or less often where that is dear."""

    def __init__(self, root: int) -> None:
        self.pss: int | None = None
        self.rss: int | None = None
        self._root = root
        self._inside = {root}
        self._outside: set[int] = set()
        self._over = threading.Event()

    def watch(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            before = time.thread_time()
            self._look()
            pause = max(INTERVAL, (time.thread_time() - before) / _LARGEST_SHARE)

    def stop(self) -> None:
        self._over.set()

    def _look(self) -> None:
        pids = self._tree()
        rss = sum(map(_rss_bytes, pids))
        self.rss = max(self.rss or 0, rss)
        if rss > (self.pss or 0):  # else the shared-once sum, which is never larger, cannot be a new peak
            self.pss = max(self.pss or 0, sum(map(_pss_bytes, pids)))

    def _tree(self) -> list[int]:
        """The processes of the session, and those that left it after their parent was seen in it."""
        now = _processes()
        self._inside &= now
        self._outside &= now
        for pid in sorted(now - self._inside - self._outside):
            with contextlib.suppress(OSError):
                parent, session = parent_and_session((_PROC / str(pid) / "stat").read_bytes())
                ours = session == self._root or parent in self._inside
                (self._inside if ours else self._outside).add(pid)
        return list(self._inside)


@contextlib.contextmanager
def _watched(root: int) -> Iterator[_Memory]:
    memory = _Memory(root)
    if not (_PROC / "self" / "statm").exists():
        yield memory
        return
    thread = threading.Thread(target=memory.watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        memory.stop()
        thread.join()


def parent_and_session(stat: bytes) -> tuple[int, int]:
    """From ``/proc/PID/stat``. The name of the program, in parentheses, may hold spaces and parentheses."""
    fields = stat[stat.rindex(b")") + 1 :].split()
    return int(fields[1]), int(fields[3])


def pss_in(rollup: str) -> int | None:
    """Bytes from ``/proc/PID/smaps_rollup``, in which shared memory is divided by those who share it."""
    found = _PSS.search(rollup)
    return int(found[1]) * 1024 if found else None


def _processes() -> set[int]:
    """All of the machine. Twenty times a second, so no object is made of each name."""
    return {int(name) for name in os.listdir(_PROC) if name.isdigit()}  # noqa: PTH208


def _pss_bytes(pid: int) -> int:
    try:
        found = pss_in((_PROC / str(pid) / "smaps_rollup").read_text())
    except OSError:  # it has ended, or is another user's
        return 0
    return found or 0


def _rss_bytes(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _busy_seconds() -> float | None:
    """CPU time that the whole machine has used since it started."""
    try:
        with (_PROC / "stat").open() as file:
            fields = file.readline().split()
    except OSError:
        return None
    return sum(int(fields[at]) for at in _BUSY) / float(os.sysconf("SC_CLK_TCK"))


def _adopt_orphans() -> None:
    """Processes whose parent ends before them become ours, so that their CPU time is not lost."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(session: int, before: set[int]) -> float:
    """Ends what the command left running, and returns the CPU time of all that it left.

    ``before`` are children of ours that were there earlier, and are no business of this run.
    """
    _end(session)
    cpu = 0.0
    while left := _children() - before:  # again, because the children of those that end become ours
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                _, _, usage = os.wait4(pid, 0)
                cpu += usage.ru_utime + usage.ru_stime
    return cpu


def _children() -> set[int]:
    """Our own child processes, as far as the system lists them."""
    found = set[int]()
    if not (_PROC / "self" / "stat").exists():
        return found
    for pid in _processes():
        with contextlib.suppress(OSError):
            if parent_and_session((_PROC / str(pid) / "stat").read_bytes())[0] == os.getpid():
                found.add(pid)
    return found


def _expire(expired: threading.Event, session: int) -> None:
    expired.set()
    _end(session)


def _end(session: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)


def machine() -> dict[str, str]:
    """What a reader must know to judge the numbers."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": str(usable),
        "CPU": _cpu_model() or platform.processor() or platform.machine(),
        "memory": f"{memory / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "git": subprocess.run(
            ["git", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2],
    }


def _cpu_model() -> str | None:
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*: (.*)$", (_PROC / "cpuinfo").read_text(), re.MULTILINE)
        return found[1].strip() if found else None
    return None
