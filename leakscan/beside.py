"""Work beside other work, in a thread that keeps nobody from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Beside(Generic[Result]):
    """Runs ``work`` at once, in a thread of its own."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except Exception as error:
            self._failures.append(error)

    def result(self) -> Result:
        """What the work returned, once it is done. Raises what it raised."""
        self._thread.join()
        if self._failures:
            raise self._failures[0]
        return self._results[0]
