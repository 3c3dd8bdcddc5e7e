"""Pairs: an identifier and the secret that belongs to it, found near each other.

Search starts at the identifier, which has a shape of its own; the secret near it needs none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leakscan.detect.extract import Late, Match, Remembered
from leakscan.lazily import compiled
from leakscan.ruleset.rule import Rule

PAIR_REACH = 2048
"""How far from the identifier its secret may stand, in bytes, however few lines that is."""

_SECRET_NAME = compiled(rb"(?i)secret|\bsk\b|key[_-]?secret|pass|pwd|sign|\xe5\xaf\x86")  # 密


class Pairing(NamedTuple):
    """An identifier's match, its secret's match, and what speaks against them: less is better.

    ``cost`` is (1 where no name such as ``secret`` precedes the secret, lines between, bytes between).
    """

    identifier: Match
    secret: Match
    cost: tuple[int, int, int]


def pairings(
    text: bytes, identifiers: Sequence[Match], rule: Rule, late: Late, remembered: Remembered
) -> Iterator[Pairing]:
    """The pairs under ``rule``, one to one; ``identifiers`` are in order of offset.

    Where several identifiers compete, three readings of the text are tried: each secret follows its
    identifier, or precedes it, or the nearest belong together. The one that makes the most pairs
    counts, and among those the one that costs least.
    """
    choices = list(_choices(text, identifiers, rule, late, remembered))
    for group in _groups(choices):
        readings = [_one_sided(group, after=True), _one_sided(group, after=False), _nearest(group)]
        yield from min(readings, key=_quality)


def _choices(
    text: bytes, identifiers: Sequence[Match], rule: Rule, late: Late, remembered: Remembered
) -> Iterator[Pairing]:
    """Each identifier with each secret within the rule's lines of it, in the order of the text."""
    assert rule.pair is not None
    lines = rule.pair.within_lines
    windows = [
        (_lines_back(text, i.secret_start, lines), _lines_on(text, i.secret_end, lines)) for i in identifiers
    ]
    taken = sorted(_span(identifier) for identifier in identifiers)
    secrets = [
        found for found in _secrets(text, windows, rule, late, remembered) if not _overlaps(found, taken)
    ]
    starts = [secret.secret_start for secret in secrets]
    for identifier, (first, last) in zip(identifiers, windows, strict=True):
        for secret in secrets[bisect_left(starts, first) : bisect_right(starts, last)]:
            if secret.secret_end <= last:
                yield Pairing(identifier, secret, _cost(text, identifier, secret))


def _secrets(
    text: bytes, windows: Sequence[tuple[int, int]], rule: Rule, late: Late, remembered: Remembered
) -> list[Match]:
    """What the rule's patterns match in the union of the windows, in order of offset."""
    merged: list[tuple[int, int]] = []
    for first, last in windows:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    found = (
        match
        for pattern in rule.patterns
        for first, last in merged
        for match in remembered.search(text, rule, pattern, first, last, late)
    )
    return sorted(found, key=_span)


def _cost(text: bytes, identifier: Match, secret: Match) -> tuple[int, int, int]:
    low, high = sorted((identifier, secret), key=_span)
    between = text[low.secret_end : high.secret_start]
    name = text[max(0, secret.secret_start - 48) : secret.secret_start].rpartition(b"\n")[2]
    return int(not _SECRET_NAME.search(name)), between.count(b"\n"), len(between)


def _groups(choices: Sequence[Pairing]) -> Iterator[list[Pairing]]:
    """Choices that compete with each other, directly or through others."""
    group: list[Pairing] = []
    end = -1
    for choice in choices:
        low = min(choice.identifier.secret_start, choice.secret.secret_start)
        if group and low > end:
            yield group
            group = []
        group.append(choice)
        end = max(end, choice.identifier.secret_end, choice.secret.secret_end)
    if group:
        yield group


def _nearest(group: Sequence[Pairing]) -> list[Pairing]:
    """The cheapest pair first, then the cheapest of what is left."""
    spent: set[tuple[int, int]] = set()
    chosen = []
    for choice in sorted(group, key=lambda c: (c.cost, _span(c.identifier), _span(c.secret))):
        if not {_span(choice.identifier), _span(choice.secret)} & spent:
            spent |= {_span(choice.identifier), _span(choice.secret)}
            chosen.append(choice)
    return chosen


def _one_sided(group: Sequence[Pairing], after: bool) -> list[Pairing]:
    """Each identifier with the cheapest secret between it and the next one, on one side."""
    spans = sorted({_span(choice.identifier) for choice in group})
    best: dict[tuple[int, int], Pairing] = {}
    for choice in group:
        own, secret = _span(choice.identifier), _span(choice.secret)
        at = bisect_left(spans, own)
        if after:
            fits = own < secret and (at + 1 == len(spans) or secret < spans[at + 1])
        else:
            fits = secret < own and (at == 0 or spans[at - 1] < secret)
        if fits and (own not in best or choice.cost < best[own].cost):
            best[own] = choice
    return list(best.values())


def _quality(reading: Sequence[Pairing]) -> tuple[int, tuple[int, ...]]:
    return -len(reading), tuple(sum(column) for column in zip(*(p.cost for p in reading), strict=True))


def _span(match: Match) -> tuple[int, int]:
    return match.secret_start, match.secret_end


def _overlaps(match: Match, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the match overlaps one of these spans, which are sorted and apart."""
    at = bisect_left(spans, (match.secret_end, 0))
    return at > 0 and spans[at - 1][1] > match.secret_start


def _lines_back(text: bytes, offset: int, lines: int) -> int:
    floor = max(0, offset - PAIR_REACH)
    for _ in range(lines + 1):
        offset = text.rfind(b"\n", floor, offset)
        if offset < 0:
            return floor
    return offset + 1


def _lines_on(text: bytes, offset: int, lines: int) -> int:
    ceiling = min(len(text), offset + PAIR_REACH)
    for _ in range(lines + 1):
        offset = text.find(b"\n", offset, ceiling) + 1
        if offset == 0:
            return ceiling
    return offset
