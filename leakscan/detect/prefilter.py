"""First stage: every rule's pattern in one pass over the bytes, with Hyperscan."""

from __future__ import annotations

import hyperscan

from leakscan.stopwatch import Stopwatch


class Prefilter:
    """An open Hyperscan database. Not to be shared between threads: it owns its scratch space."""

    def __init__(self, serialised: bytes, watch: Stopwatch | None = None) -> None:
        """Raises ``hyperscan.error`` where the database was made for another version or processor."""
        self._database = hyperscan.loadb(serialised, hyperscan.HS_MODE_BLOCK)
        self._database.scratch = hyperscan.Scratch(self._database)
        self._scan = (watch or Stopwatch()).timed("scan", self._database.scan)

    def hits(self, text: bytes) -> list[tuple[int, int]]:
        """(pattern number, end offset) for every place where a match of a pattern ends, in order of end."""
        found: list[tuple[int, int]] = []

        def note(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((pattern, end))

        if text:
            self._scan(text, note)
        return found
