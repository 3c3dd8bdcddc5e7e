"""Work in several processes, none of it lost when one of them dies."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_ATTEMPTS = 2  # at a task whose worker died; a third death would hardly be an accident


class Pool(Generic[Task, Result]):
    """Runs ``work`` on each task in so many processes; use it in a ``with``, whose end ends them all.

    On Linux the processes are forks, so that ``work`` and what it holds is shared; elsewhere it is pickled.
    """

    def __init__(self, work: Callable[[Task], Result], processes: int) -> None:
        self._work, self._processes = work, processes
        self._workers: list[_Worker[Task, Result]] = []

    def __enter__(self) -> Pool[Task, Result]:
        self._workers = [_Worker(self._work) for _ in range(self._processes)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def results(self, tasks: Iterable[Task], lost: list[Task]) -> Iterator[Result]:
        """The results as they come. A task whose worker dies is tried once more; then it is ``lost``.

        One task is fetched ahead, while the processes have each one in hand. Raises whatever ``work`` raised.
        """
        coming = iter(tasks)
        todo = list(islice(coming, 1))
        deaths: dict[int, int] = {}
        while todo or any(worker.busy for worker in self._workers):
            for worker in self._workers:
                if todo and not worker.busy:
                    worker.start(todo.pop())
                    if not todo:
                        todo += islice(coming, 1)
            for ready in wait([worker.connection for worker in self._workers if worker.busy]):
                at = next(i for i, worker in enumerate(self._workers) if worker.connection is ready)
                worker = self._workers[at]
                task = worker.task[0]
                try:
                    result = worker.result()
                except EOFError:
                    worker.end()
                    self._workers[at] = _Worker(self._work)
                    deaths[id(task)] = deaths.get(id(task), 0) + 1
                    (todo if deaths[id(task)] < _ATTEMPTS else lost).append(task)
                else:
                    deaths.pop(id(task), None)
                    yield result


class _Worker(Generic[Task, Result]):
    """One process, and the task that it has in hand."""

    def __init__(self, work: Callable[[Task], Result]) -> None:
        context = _context()
        self.connection, theirs = context.Pipe()
        self.task: list[Task] = []
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(work, theirs, self.connection), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def busy(self) -> bool:
        return bool(self.task)

    def start(self, task: Task) -> None:
        """Hands a task over; that the process is dead shows when the result is asked for."""
        self.task = [task]
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def result(self) -> Result:
        """Raises EOFError where the process has died, and what the work raised, if it did."""
        try:
            outcome = self.connection.recv()
        except OSError as error:
            raise EOFError from error
        self.task = []
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    def end(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.join()


def give_back() -> None:
    """Returns to the system what memory is free here, which glibc would keep, and each fork with it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)


def forks() -> bool:
    """Whether a process starts in milliseconds, with all that this one holds."""
    return sys.platform == "linux"


def _context() -> BaseContext:
    return multiprocessing.get_context("fork" if forks() else "spawn")


def _serve(work: Callable[[Task], Result], connection: Connection, parents: Connection) -> None:
    """In the child: does what comes until the parent is gone. Ctrl-C is the parent's business."""
    parents.close()  # the parent's end, which a fork holds too: else it would wait for itself for ever
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # the work leaves no cycles behind, and looking for them would copy pages that are shared
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            outcome: object = work(task)
        except Exception as error:
            outcome = error
        try:
            connection.send(outcome)
        except OSError:
            return
