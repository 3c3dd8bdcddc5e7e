"""Matches with what belongs to them, and which of several that overlap counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import chain, pairwise
from typing import NamedTuple

from leakscan.detect.extract import Match
from leakscan.finding import SEVERITIES
from leakscan.ruleset.rule import KINDS


class Sighting(NamedTuple):
    """A match with its pair's other half."""

    match: Match
    identifier: Match | None = None
    lines: int | None = None


def settled(sightings: Iterable[Sighting], order: Mapping[str, int]) -> list[Sighting]:
    """Of overlapping secrets the most telling: pair, token, keyword, generic; a provider's; longer.

    ``order`` are the rules' places in their set, by id. The result is in order of offset. What a rule for
    some paths finds stays beside what is less telling: whether it counts is known with the path.
    """
    found = sorted(sightings, key=_start)
    if all(one.match.secret_end <= _start(other) for one, other in pairwise(found)):
        return found
    kept = _Kept([], [])
    by_path: dict[str, _Kept] = {}
    for sighting in sorted(found, key=lambda sighting: _rank(sighting, order)):
        rule = sighting.match.rule
        if kept.overlaps(sighting.match):
            continue
        if not rule.is_for_some_paths:
            kept.add(sighting)
        elif not (own := by_path.setdefault(rule.id, _Kept([], []))).overlaps(sighting.match):
            own.add(sighting)
    return sorted(chain(*(one.sightings for one in (kept, *by_path.values()))), key=_start)


class _Kept(NamedTuple):
    """Sightings of which no two overlap, in order of offset, and where they start."""

    sightings: list[Sighting]
    starts: list[int]

    def overlaps(self, match: Match) -> bool:
        at = bisect_left(self.starts, match.secret_end)
        return at > 0 and self.sightings[at - 1].match.secret_end > match.secret_start

    def add(self, sighting: Sighting) -> None:
        at = bisect_left(self.starts, _start(sighting))
        self.starts.insert(at, _start(sighting))
        self.sightings.insert(at, sighting)


def _start(sighting: Sighting) -> int:
    return sighting.match.secret_start


def _rank(sighting: Sighting, order: Mapping[str, int]) -> tuple[int, ...]:
    match, rule = sighting.match, sighting.match.rule
    length = match.secret_end - match.secret_start
    severity = -SEVERITIES.index(rule.severity)
    alone = int(sighting.identifier is None)
    anyones = int(rule.provider == "Generic")
    return (
        alone,
        KINDS.index(rule.kind),
        anyones,
        -length,
        severity,
        order[rule.id],
        match.secret_start,
    )


def one_a_span(matches: Iterable[Match]) -> list[Match]:
    """The first match for each secret's span, in order of offset."""
    spans: dict[tuple[int, int], Match] = {}
    for match in matches:
        spans.setdefault((match.secret_start, match.secret_end), match)
    return [spans[span] for span in sorted(spans)]
