"""Second stage: around each hit of the prefilter, the exact matches and their values.

Extraction is local: whether a match begins at an offset depends only on the bytes within the pattern's sight
of it. So each start offset is tried by itself (overlapping matches), whatever else the text holds. Hits that
lie close together share a zone; what is found in a zone is a function of the bytes in its :func:`sight`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from leakscan.detect.exclude import LINE_REACH, excluded

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern, Rule

TIME_LIMIT = 5.0
"""Seconds that one pattern may spend on one stretch of text; only a user's pattern ever needs so long."""

Late = Callable[["Rule"], None]
"""Told of a rule whose pattern exceeded its time limit; its matches are incomplete."""


class Zone(NamedTuple):
    """Start offsets, ``first`` to ``last``, at which matches of one pattern (by number) may begin."""

    pattern: int
    first: int
    last: int


class Match(NamedTuple):
    """One match of one rule: offsets of the match, of the secret, and the other named groups."""

    rule: Rule
    start: int
    end: int
    secret_start: int
    secret_end: int
    groups: Mapping[str, bytes]

    def secret(self, text: bytes) -> bytes:
        return text[self.secret_start : self.secret_end]

    def moved(self, distance: int) -> Match:
        return Match(
            self.rule,
            self.start + distance,
            self.end + distance,
            self.secret_start + distance,
            self.secret_end + distance,
            self.groups,
        )


@cache
def expression(text: str) -> Any:
    """The pattern for the ``regex`` module, compiled when it is first needed."""
    from leakscan.detect.programs import PROGRAMS

    return PROGRAMS.expression(text)


def keep_programs() -> None:
    """Keeps for the next scan what had to be compiled for this one."""
    if expression.cache_info().currsize:
        from leakscan.detect.programs import PROGRAMS

        PROGRAMS.keep()


def zones(number: int, pattern: Pattern, ends: Iterable[int]) -> Iterator[Zone]:
    """Where matches for hits that end at these offsets (rising) can begin."""
    before, after = pattern.before, 0 if pattern.anchor is None else pattern.before
    first = last = -1
    for end in ends:
        if first < 0 or end - before > last:
            if first >= 0:
                yield Zone(number, first, last)
            first = max(0, end - before)
        last = end + after
    if first >= 0:
        yield Zone(number, first, last)


def sight(zone: Zone, rule: Rule, pattern: Pattern) -> tuple[int, int]:
    """The bytes that decide what is found in a zone: from where to where, beyond the text's edges too."""
    lines = LINE_REACH + 1 if rule.allow.lines else 0
    return zone.first - max(pattern.behind, lines), zone.last + pattern.reach + max(pattern.ahead, lines)


def search(text: bytes, rule: Rule, pattern: Pattern, first: int, last: int) -> Iterator[Match]:
    """The accepted matches of one pattern that start from ``first`` to ``last``, one for each secret.

    Raises TimeoutError where that takes longer than the time limit.
    """
    seen: set[tuple[int, int]] = set()
    limit = min(len(text), last + pattern.reach + pattern.ahead)
    for found in expression(pattern.text).finditer(text, first, limit, overlapped=True, timeout=TIME_LIMIT):
        if found.start() > last:
            break
        name = "secret" if "secret" in found.re.groupindex else 0
        span = found.span(name)
        if span[0] < 0 or span[0] == span[1] or span in seen:
            continue
        seen.add(span)
        if not excluded(rule, text, *span):
            yield Match(rule, found.start(), found.end(), span[0], span[1], _groups(found))


def matches_in(text: bytes, rule: Rule, pattern: Pattern, zone: Zone, late: Late) -> tuple[Match, ...]:
    """The accepted matches in one zone; those found in time, if ``late`` had to be told."""
    found = []
    try:
        for match in search(text, rule, pattern, zone.first, zone.last):
            found.append(match)
    except TimeoutError:
        late(rule)
    return tuple(found)


def _groups(found: Any) -> dict[str, bytes]:
    return {name: value for name, value in found.groupdict().items() if name != "secret" and value}


Patterns = Mapping[int, "tuple[Rule, Pattern]"]
"""By the numbers that the prefilter gives them."""
