"""Second stage: at each hit of the prefilter, the exact match and its value.

Extraction is local: what it returns for a hit depends only on the bytes within the pattern's reach of
it. So each start offset is tried by itself (overlapping matches), whatever else the text holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from leakscan.detect.exclude import excluded
from leakscan.ruleset.rule import Pattern, Rule

ANCHOR_REACH = 512
"""How far from the end of an anchor's hit a match may start, in bytes, either way."""

TIME_LIMIT = 5.0
"""Seconds that one pattern may spend on one stretch of text; only a user's pattern ever needs so long."""


@dataclass(frozen=True, slots=True)
class Match:
    """One match of one rule: offsets of the match, of the secret, and the other named groups."""

    rule: Rule
    start: int
    end: int
    secret_start: int
    secret_end: int
    groups: Mapping[str, bytes]

    def secret(self, text: bytes) -> bytes:
        return text[self.secret_start : self.secret_end]


@cache
def expression(text: str) -> Any:
    """The pattern for the ``regex`` module, compiled when it is first needed."""
    import regex

    return regex.compile(text.encode(), regex.MULTILINE)


def extract(
    text: bytes,
    hits: Sequence[tuple[int, int]],
    patterns: Sequence[tuple[Rule, Pattern]],
    binary: bool,
    late: Callable[[Rule], None],
) -> Iterator[Match]:
    """The matches that the rules accept among the prefilter's hits (pattern number, end offset).

    ``late`` is told of a rule whose pattern exceeded its time limit; its matches are incomplete.
    """
    ends: dict[int, list[int]] = {}
    for number, end in hits:
        ends.setdefault(number, []).append(end)
    for number, offsets in ends.items():
        rule, pattern = patterns[number]
        if binary and rule.kind != "token":
            continue
        for first, last in _zones(pattern, offsets):
            try:
                yield from search(text, rule, pattern, first, last)
            except TimeoutError:
                late(rule)


def _zones(pattern: Pattern, ends: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The start offsets (first, last) at which matches for these hits can begin, merged."""
    before, after = (pattern.reach, 0) if pattern.anchor is None else (ANCHOR_REACH, ANCHOR_REACH)
    first = last = -1
    for end in ends:
        if first < 0 or end - before > last:
            if first >= 0:
                yield first, last
            first = max(0, end - before)
        last = end + after
    if first >= 0:
        yield first, last


def search(text: bytes, rule: Rule, pattern: Pattern, first: int, last: int) -> Iterator[Match]:
    """The accepted matches of one pattern that start from ``first`` to ``last``, one for each secret.

    Raises TimeoutError where that takes longer than the time limit.
    """
    seen: set[tuple[int, int]] = set()
    limit = min(len(text), last + pattern.reach + 2)  # one byte of context after the longest match
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


def _groups(found: Any) -> dict[str, bytes]:
    return {name: value for name, value in found.groupdict().items() if name != "secret" and value}
