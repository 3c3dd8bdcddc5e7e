"""First stage: every rule's pattern in one pass over the bytes, with Hyperscan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import hyperscan

if TYPE_CHECKING:
    from leakscan.ruleset.compiled import CompiledRules


class Prefilter:
    """Open Hyperscan databases. Not to be shared between threads: they have scratch space of their own."""

    def __init__(self, compiled: CompiledRules) -> None:
        """Raises ``hyperscan.error`` where a database was made for another version or processor."""
        self._used: Sequence[Sequence[int]] = compiled.rules.outline.prefiltered
        self._all_used = all(self._used)
        databases = [hyperscan.loadb(database, hyperscan.HS_MODE_BLOCK) for database in compiled.databases]
        for database in databases:
            database.scratch = hyperscan.Scratch(database)
        self._scans = [database.scan for database in databases]

    def hits(self, text: bytes) -> list[tuple[int, int]]:
        """(pattern number, end offset) for every place where what is looked for ends, in no order."""
        found: list[tuple[int, int]] = []

        def note(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((pattern, end))

        for scan in self._scans if text else ():
            scan(text, note)
        return found if self._all_used else [hit for hit in found if self._used[hit[0]]]
