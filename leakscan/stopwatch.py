"""Where the time goes, for ``--profile``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Stopwatch:
    """Seconds by the name of the step; nothing is measured, and nothing costs time, unless it is ``on``."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self.spent: dict[str, float] = {}

    def timed(self, step: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, with the time in it counted for this step."""
        if not self.on:
            return function

        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent[step] = self.spent.get(step, 0.0) + time.perf_counter() - started

        return counted

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Counts what is done in the ``with``, without what it counts for other steps."""
        started, before = time.perf_counter(), sum(self.spent.values())
        try:
            yield
        finally:
            inner = sum(self.spent.values()) - before
            own = time.perf_counter() - started - inner
            self.spent[step] = self.spent.get(step, 0.0) + own

    def add(self, other: dict[str, float]) -> None:
        """Takes over what another process counted."""
        for step, seconds in other.items():
            self.spent[step] = self.spent.get(step, 0.0) + seconds
