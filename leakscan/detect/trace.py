"""What was found in a text, kept so that a text which copies from it inherits instead of searching again.

``inherited(...)`` of a text and its base is exactly ``searched(...)`` of the text alone, because hits and
zones are functions of the bytes in their sight: where all of those lie within one copied run, they are the
base's, moved; where they do not, they touch something new, and there the prefilter has looked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from leakscan.detect.extract import Late, Match, Patterns, Zone, matches_in, sight, zones
from leakscan.detect.windows import copied_ends


class Trace(NamedTuple):
    """The ends of the prefilter's hits by pattern, rising, and the matches of each zone of them."""

    hits: dict[int, list[int]]
    zones: dict[Zone, tuple[Match, ...]]

    @property
    def matches(self) -> list[Match]:
        return list(chain.from_iterable(self.zones.values()))


class Base(NamedTuple):
    """What a text copies from: the other's trace and size, and the runs (see :class:`Copied`)."""

    trace: Trace
    size: int
    runs: list[int]

    def run_around(self, first: int, last: int, size: int) -> int | None:
        """By how much base offsets differ from those of the text, where one run holds first to last.

        ``first`` and ``last`` may lie beyond the edges of the text (of ``size`` bytes): these then have to
        be edges of the base too.
        """
        starts = self.runs[0::3]
        at = 3 * (bisect_right(starts, max(first, 0)) - 1)
        if at < 0:
            return None
        start, end, origin = self.runs[at : at + 3]
        at_start = start == origin == 0
        at_end = end == size and origin + end - start == self.size
        if (first >= start or at_start) and (last <= end or at_end):
            return origin - start
        return None


def searched(text: bytes, hits: Iterable[tuple[int, int]], patterns: Patterns, late: Late) -> Trace:
    """The trace of a text from all its hits: (pattern number, end)."""
    return _trace(text, _by_pattern(hits), patterns, late, None)


def inherited(
    text: bytes, hits: Iterable[tuple[int, int]], base: Base, patterns: Patterns, late: Late
) -> Trace:
    """The trace of a text from the hits in what is new in it, and from its base's trace."""
    own = _by_pattern(chain(hits, _copied_hits(base, len(text), patterns)))
    return _trace(text, own, patterns, late, base)


def _by_pattern(hits: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    ends: dict[int, set[int]] = {}
    for number, end in hits:
        ends.setdefault(number, set()).add(end)
    return {number: sorted(ends[number]) for number in sorted(ends)}


def _copied_hits(base: Base, size: int, patterns: Patterns) -> Iterator[tuple[int, int]]:
    """The base's hits whose bytes all lie in a run, where they are in the text."""
    for number, ends in base.trace.hits.items():
        pattern = patterns[number][1]
        for end in copied_ends(ends, base.runs, base.size, size, pattern.hit_before, pattern.hit_after):
            yield number, end


def _trace(
    text: bytes, hits: dict[int, list[int]], patterns: Patterns, late: Late, base: Base | None
) -> Trace:
    found = Trace(hits, {})
    for number, ends in hits.items():
        rule, pattern = patterns[number]
        for zone in zones(number, pattern, ends):
            matches = None
            if base is not None:
                first, last = sight(zone, rule, pattern)
                distance = base.run_around(first, last, len(text))
                matches = None if distance is None else _moved(base.trace, zone, distance)
            if matches is None:
                matches = matches_in(text, rule, pattern, zone, late)
            found.zones[zone] = matches
    return found


def _moved(trace: Trace, zone: Zone, distance: int) -> tuple[Match, ...] | None:
    """What the base found in the same zone, at the text's offsets; None if it had no such zone."""
    matches = trace.zones.get(Zone(zone.pattern, zone.first + distance, zone.last + distance))
    if not matches or not distance:
        return matches
    return tuple(match.moved(-distance) for match in matches)
