"""What was found in a text, kept so that a text which copies from it inherits instead of searching again.

``inherited(...)`` of a text and its base is exactly ``searched(...)`` of the text alone, because hits and
zones are functions of the bytes in their sight: where all of those lie within one copied run, they are the
base's, moved; where they do not, they touch something new, and there the prefilter has looked.

This module is compiled by mypyc where that is possible: each version of each file passes through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from leakscan.detect.extract import Late, Match, Patterns, Remembered, sight
from leakscan.detect.windows import copied_ends

if TYPE_CHECKING:
    from mypy_extensions import i64

Zone = tuple[int, int, int]
"""A pattern by its number, and the first and the last start offset at which matches of it may begin."""


class Trace(NamedTuple):
    """The ends of the prefilter's hits by pattern, rising, and the matches of each zone of them.

    ``late`` are the zones that took too long: what was found there in time is not all.
    """

    hits: dict[int, list[int]]
    zones: dict[Zone, list[Match]]
    late: set[Zone]

    @property
    def matches(self) -> list[Match]:
        return list(chain.from_iterable(self.zones.values()))


class Base(NamedTuple):
    """What a text copies from: the other's trace and size, and the runs (see :func:`copied_runs`).

    ``barren`` says that nothing came of its matches, nor will where they are all and stand as they do there.
    """

    trace: Trace
    size: int
    runs: list[int]
    barren: bool = False


class Searcher:
    """Makes traces of texts from the prefilter's hits. ``late`` is told of patterns that take too long."""

    def __init__(self, patterns: Patterns, remembered: Remembered) -> None:
        self._patterns, self._remembered = patterns, remembered
        self._sights: dict[int, tuple[int, int]] = {}

    def searched(self, text: bytes, hits: Iterable[tuple[int, int]], late: Late) -> Trace:
        """The trace of a text from all its hits: (pattern number, end)."""
        return self._trace(text, _by_pattern(hits), None, late)

    def inherited(self, text: bytes, hits: Iterable[tuple[int, int]], base: Base, late: Late) -> Trace:
        """The trace of a text from the hits in what is new in it, and from its base's trace."""
        own = _by_pattern(chain(hits, self._copied_hits(base, len(text))))
        return self._trace(text, own, base, late)

    def alike(self, trace: Trace, base: Base, size: int, context: int) -> bool:
        """Whether a text of this size has its base's matches, none less and none more.

        They have to stand in one run each with so many bytes of ``context`` before and after all that decides
        on them.
        """
        theirs = {zone for zone, matches in base.trace.zones.items() if matches}
        for zone, matches in trace.zones.items():
            if not matches:
                continue
            number, first, last = zone
            before, after = self._sight(number)
            inside, distance = run_around(
                base.runs, base.size, first - before - context, last + after + context, size
            )
            there = number, first + distance, last + distance
            if not inside or there not in theirs:
                return False
            theirs.remove(there)
        return not theirs

    def _copied_hits(self, base: Base, size: int) -> Iterator[tuple[int, int]]:
        """The base's hits whose bytes all lie in a run, where they are in the text."""
        runs = base.runs
        for number, ends in base.trace.hits.items():
            pattern = self._patterns[number][1]
            for end in copied_ends(ends, runs, base.size, size, pattern.hit_before, pattern.hit_after):
                yield number, end

    def _trace(self, text: bytes, hits: dict[int, list[int]], base: Base | None, late: Late) -> Trace:
        found = Trace(hits, {}, set())
        for number, ends in hits.items():
            rule, pattern = self._patterns[number]
            bounds = zones(ends, pattern.before, 0 if pattern.anchor is None else pattern.before)
            for at in range(0, len(bounds), 2):
                zone = number, bounds[at], bounds[at + 1]
                matches = None if base is None else self._moved(zone, base, len(text))
                if matches is None:
                    before = self._remembered.late
                    matches = self._remembered.search(text, rule, pattern, zone[1], zone[2], late)
                    if self._remembered.late > before:
                        found.late.add(zone)
                found.zones[zone] = matches
        return found

    def _moved(self, zone: Zone, base: Base, size: int) -> list[Match] | None:
        """What the base found in the same zone, at the text's offsets; None if that does not tell."""
        number, first, last = zone
        before, after = self._sight(number)
        inside, distance = run_around(base.runs, base.size, first - before, last + after, size)
        there = number, first + distance, last + distance
        if not inside or there in base.trace.late:
            return None
        matches = base.trace.zones.get(there)
        if not matches or distance == 0:
            return matches
        return [match.moved(-distance) for match in matches]

    def _sight(self, number: int) -> tuple[int, int]:
        if number not in self._sights:
            self._sights[number] = sight(*self._patterns[number])
        return self._sights[number]


def zones(ends: list[int], before: int, after: int) -> list[int]:
    """Where matches for hits that end at these offsets (rising) can begin: first, last, first, last …"""
    found: list[int] = []
    first = last = -1
    for end in ends:
        if first < 0 or end - before > last:
            if first >= 0:
                found.append(first)
                found.append(last)
            first = max(0, end - before)
        last = end + after
    if first >= 0:
        found.append(first)
        found.append(last)
    return found


def run_around(runs: list[int], base_size: i64, first: i64, last: i64, size: i64) -> tuple[bool, i64]:
    """Whether one run holds first to last, and by how much base offsets then differ from those of the text.

    ``first`` and ``last`` may lie beyond the edges of the text (of ``size`` bytes): these then have to
    be edges of the base too.
    """
    low: i64 = 0
    high: i64 = len(runs) // 3
    wanted: i64 = max(first, 0)
    while low < high:  # the last run that starts at ``wanted`` or before it
        middle = (low + high) // 2
        candidate: i64 = runs[3 * middle]
        if candidate <= wanted:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return False, 0
    at = 3 * (low - 1)
    start: i64 = runs[at]
    end: i64 = runs[at + 1]
    origin: i64 = runs[at + 2]
    at_start = start == 0 and origin == 0
    at_end = end == size and origin + end - start == base_size
    return (first >= start or at_start) and (last <= end or at_end), origin - start


def _by_pattern(hits: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    ends: dict[int, set[int]] = {}
    for number, end in hits:
        ends.setdefault(number, set()).add(end)
    return {number: sorted(ends[number]) for number in sorted(ends)}
