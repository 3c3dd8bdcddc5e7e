"""One line on a terminal's standard error that says how far a scan is; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from leakscan.finding import Counts
from leakscan.report.words import amount

_EVERY = 0.2  # seconds between two updates
_CLEAR = "\r\x1b[K"


class Progress:
    """Use it in a ``with``, and call it with the counts and the share so far as often as you like."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next = time.monotonic() + _EVERY

    def __enter__(self) -> Progress:
        return self

    def __call__(self, counts: Counts, share: float | None = None) -> None:
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            known = f" {min(share, 0.99):.0%}" if share is not None else ""
            print(f"{_CLEAR}Scanning{known}: {amount(counts)}", end="", file=sys.stderr, flush=True)

    def of_clone(self, doing: str, share: float | None) -> None:
        """The same of a clone: what git does, and which share of it is done."""
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            known = f" {share:.0%}" if share is not None else ""
            print(f"{_CLEAR}Cloning: {doing}{known}", end="", file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
