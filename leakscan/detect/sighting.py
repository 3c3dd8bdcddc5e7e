"""Matches with what belongs to them, and which of several that overlap counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import pairwise
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

    ``order`` are the rules' places in their set, by id. The result is in order of offset.
    """
    found = sorted(sightings, key=lambda sighting: sighting.match.secret_start)
    if all(one.match.secret_end <= other.match.secret_start for one, other in pairwise(found)):
        return found
    kept: list[Sighting] = []
    starts: list[int] = []
    for sighting in sorted(found, key=lambda sighting: _rank(sighting, order)):
        match = sighting.match
        at = bisect_left(starts, match.secret_end)
        if at and kept[at - 1].match.secret_end > match.secret_start:
            continue
        starts.insert(at, match.secret_start)
        kept.insert(at, sighting)
    return kept


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
