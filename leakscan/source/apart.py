"""Work on hostile content in a process that can be ended: it may take too long, too much memory, or crash."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Task = TypeVar("Task")
Item = TypeVar("Item")

_END = None

# In it nothing is imported from anywhere else than here: not from the folder that this process works in.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from leakscan.source.apart import serve; serve(int(sys.argv[2]))"
)


class Apart(Generic[Task, Item]):
    """Does ``work``, a function of a module, on one task after the other in a process of its own.

    It may take so much memory more than it starts with. It is started when there is something to do, again
    where it had to be ended, and anew in each fork of this one: a program of its own and no fork, which would
    hold all that this process holds. On Windows the work is done here, without limits.
    """

    def __init__(self, work: Callable[[Task], Iterator[Item]], memory: int) -> None:
        self._work, self._memory = work, memory
        self._child: _Child | None = None

    def items(self, task: Task, seconds: float) -> Iterator[Item]:
        """What ``work`` yields for the task (never None).

        Raises TimeoutError where it takes longer, MemoryError where it wants more, EOFError where its process
        died, and else what ``work`` raises.
        """
        if sys.platform == "win32":
            yield from self._work(task)
            return
        child, self._child = self._child, None  # who asks again before the end, gets another
        if child is None or child.parent != os.getpid():
            child = self._started()
        until, done = time.monotonic() + seconds, False
        try:
            child.give((task, seconds))
            while child.connection.poll(max(0.0, until - time.monotonic())):
                item = child.connection.recv()
                done = item is _END or isinstance(item, Exception)
                if isinstance(item, Exception):
                    raise item
                if done:
                    return
                yield item
            raise TimeoutError
        finally:
            if done and self._child is None:
                self._child = child
            else:
                child.end()

    def _started(self) -> _Child:
        from multiprocessing import Pipe

        ours, theirs = Pipe()
        os.set_inheritable(theirs.fileno(), True)
        program = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path), str(theirs.fileno())]
        nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in range(3)]
        number = os.posix_spawn(sys.executable, program, os.environ, file_actions=nowhere)
        theirs.close()
        child = _Child(number, ours)
        child.give((self._work, self._memory))
        return child


class _Child:
    """A process that was started from here; it ends by itself when its connection does."""

    def __init__(self, number: int, connection: Connection) -> None:
        self.parent, self._number, self.connection = os.getpid(), number, connection

    def give(self, task: object) -> None:
        try:
            self.connection.send(task)
        except OSError as error:
            raise EOFError from error

    def end(self) -> None:
        self.connection.close()
        os.kill(self._number, signal.SIGKILL)
        os.waitpid(self._number, 0)


def serve(descriptor: int) -> None:
    """In the child: does what comes over this connection until its other end is closed."""
    from multiprocessing.connection import Connection

    from leakscan.pool import give_back

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that is the parent's business
    connection = Connection(descriptor)
    try:
        work, memory = connection.recv()
        _limit(memory)
        while True:
            task, seconds = connection.recv()
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds + 1)  # ends it where the parent is gone
            try:
                for item in work(task):
                    connection.send(item)
                connection.send(_END)
            except Exception as error:
                connection.send(error)
            give_back()  # it may wait long for the next task
    except (EOFError, OSError):  # the parent is gone
        return


def _limit(memory: int) -> None:
    """Lets this process take so many bytes more, or less where the user has said so."""
    if sys.platform == "linux":
        import resource

        # Its size as RLIMIT_AS counts it: see proc(5).
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - no path of anybody's
            size = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = size + memory if soft == resource.RLIM_INFINITY else min(size + memory, soft)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
