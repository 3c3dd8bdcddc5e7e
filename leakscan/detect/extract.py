"""Second stage: around each hit of the prefilter, the exact matches and their values.

Extraction is local: whether a match begins at an offset depends only on the bytes within the pattern's sight
of it. So each start offset is tried by itself (overlapping matches), whatever else the text holds. Hits that
lie close together share a zone: the start offsets, from first to last, at which matches of one pattern may
begin. What is found in a zone is a function of the bytes in its :func:`sight`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from leakscan.detect.exclude import LINE_REACH, excluded

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Opening, Pattern, Rule

TIME_LIMIT = 5.0
"""Seconds that one pattern may spend on one stretch of text; only a user's pattern ever needs so long."""

_REMEMBERED = 3 << 20  # bytes in all
_LARGEST = 1 << 20  # of one entry
_ENTRY, _MATCH = 400, 300  # what an entry takes beside its text, and each match in it

Late = Callable[["Rule"], None]
"""Told of a rule whose pattern exceeded its time limit; its matches are incomplete."""


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


def sight(rule: Rule, pattern: Pattern) -> tuple[int, int]:
    """How many bytes before a zone's first offset and after its last one decide what is found in it."""
    lines = LINE_REACH + 1 if rule.allow.lines else 0
    return max(pattern.behind, lines), pattern.reach + max(pattern.ahead, lines)


def search(text: bytes, rule: Rule, pattern: Pattern, first: int, last: int) -> Iterator[Match]:
    """The accepted matches of one pattern that start from ``first`` to ``last``, one for each secret.

    Raises TimeoutError where that takes longer than the time limit.
    """
    seen: set[tuple[int, int]] = set()
    for found in _matches(text, pattern, first, last):
        name = "secret" if "secret" in found.re.groupindex else 0
        span = found.span(name)
        if span[0] < 0 or span[0] == span[1] or span in seen:
            continue
        seen.add(span)
        if not excluded(rule, text, *span):
            yield Match(rule, found.start(), found.end(), span[0], span[1], _groups(found))


def _matches(text: bytes, pattern: Pattern, first: int, last: int) -> Iterator[Any]:
    """What the pattern matches at each start from ``first`` to ``last``."""
    compiled, limit = expression(pattern.text), min(len(text), last + pattern.reach + pattern.ahead)
    if pattern.openings:
        until = time.monotonic() + TIME_LIMIT
        for start in starts(text, pattern.openings, first, last):
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            found = compiled.match(text, start, limit, timeout=left)
            if found is not None:
                yield found
        return
    for found in compiled.finditer(text, first, limit, overlapped=True, timeout=TIME_LIMIT):
        if found.start() > last:
            return
        yield found


def starts(text: bytes, openings: Iterable[Opening], first: int, last: int) -> list[int]:
    """The offsets from ``first`` to ``last`` that have one of the openings where it has to be."""
    places: set[int] = set()
    longest = max(most + len(word) for word, _, most in openings)
    piece = text[first : last + longest].lower()
    for word, least, most in openings:
        wanted = word.encode("latin-1")
        at = piece.find(wanted)
        while at >= 0:
            places.update(range(first + at - most, first + at - least + 1))
            at = piece.find(wanted, at + 1)
    return sorted(start for start in places if first <= start <= last)


class Remembered:
    """What patterns matched in pieces of text, which stand alike in one version of a file after the other.

    ``late`` counts the searches that took too long, which are not remembered.
    """

    def __init__(self) -> None:
        self.late = 0
        self._known: dict[tuple[object, ...], list[Match]] = {}
        self._weight = 0

    def search(
        self, text: bytes, rule: Rule, pattern: Pattern, first: int, last: int, late: Late
    ) -> list[Match]:
        """The same as :func:`search`, which depends on what is in sight; what was found in time, if any."""
        before, after = sight(rule, pattern)
        low, high = max(0, first - before), min(len(text), last + after)
        piece = text[low:high]
        key = (rule.id, pattern.text, piece, first - low, last - low, high == len(text))
        found = self._known.get(key)
        if found is None:
            found = []
            try:
                found.extend(match.moved(-low) for match in search(text, rule, pattern, first, last))
            except TimeoutError:
                self.late += 1
                late(rule)
            else:
                self._remember(key, found, len(piece) + _ENTRY + _MATCH * len(found))
        return [match.moved(low) for match in found]

    def _remember(self, key: tuple[object, ...], found: list[Match], weight: int) -> None:
        if weight > _LARGEST:
            return
        self._weight += weight
        if self._weight > _REMEMBERED:
            self._known.clear()
            self._weight = weight
        self._known[key] = found


def _groups(found: Any) -> dict[str, bytes]:
    return {name: value for name, value in found.groupdict().items() if name != "secret" and value}


Patterns = Mapping[int, "tuple[Rule, Pattern]"]
"""By the numbers that the prefilter gives them."""
