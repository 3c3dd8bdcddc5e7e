"""Work on hostile content that may take too long or too much memory, in a process that can be ended."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")

_END = None


def apart(work: Callable[[], Iterator[Item]], seconds: float, memory: int) -> Iterator[Item]:
    """What ``work`` yields (never None), from a process that may take so long, and so many bytes more.

    Raises TimeoutError where it takes longer, MemoryError where it wants more, EOFError where its process
    died, and else what ``work`` raises. Only Linux does that cheaply: elsewhere ``work`` runs here, as it is.
    """
    from leakscan.pool import forks

    if not forks():
        yield from work()
        return
    from multiprocessing import Pipe

    ours, theirs = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        _serve(work, theirs, memory)
    theirs.close()
    until = time.monotonic() + seconds
    try:
        while ours.poll(max(0.0, until - time.monotonic())):
            item = ours.recv()
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
        raise TimeoutError
    finally:
        ours.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(work: Callable[[], Iterator[Item]], connection: Connection, memory: int) -> NoReturn:
    """In the child: nothing of the parent's is tidied up or written here."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        if sys.platform == "linux":
            import resource

            soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            wanted = _address_space() + memory
            resource.setrlimit(
                resource.RLIMIT_AS, (wanted if soft == resource.RLIM_INFINITY else min(wanted, soft), hard)
            )
        try:
            for item in work():
                connection.send(item)
            connection.send(_END)
        except Exception as error:
            connection.send(error)
    finally:
        os._exit(0)


def _address_space() -> int:
    """The size of this process as RLIMIT_AS counts it, in bytes: see proc(5)."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - no path of anybody's
        return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
