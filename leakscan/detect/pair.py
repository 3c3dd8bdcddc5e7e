"""Pairs: an identifier and the secret that belongs to it, found near each other.

Search starts at the identifier, which has a shape of its own; the secret near it needs none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from leakscan.detect.extract import Match, search
from leakscan.ruleset.rule import Rule

PAIR_REACH = 2048
"""How far from the identifier its secret may stand, in bytes, however few lines that is."""

ROUNDS = 2
"""How often identifiers left alone choose again: bounds how far a choice can depend on other pairs."""

_SECRET_NAME = re.compile(rb"(?i)secret|\bsk\b|key[_-]?secret|pass|pwd|sign|\xe5\xaf\x86")  # 密


@dataclass(frozen=True, slots=True)
class Pairing:
    """An identifier's match, its secret's match, and how many lines lie between them."""

    identifier: Match
    secret: Match
    lines: int


def pairings(
    text: bytes, identifiers: Sequence[Match], rule: Rule, late: Callable[[Rule], None]
) -> Iterator[Pairing]:
    """The pairs under ``rule``, one to one: each identifier with the likeliest secret near it.

    A name such as ``secret`` before the value counts most, then lines, then bytes between. Two that
    are each other's best are a pair; those left over choose again among what is left.
    """
    choices: list[tuple[tuple[int, int, int], Match, Match]] = []
    for identifier in identifiers:
        try:
            choices += [(cost, identifier, s) for cost, s in _near(text, identifier, rule, identifiers)]
        except TimeoutError:
            late(rule)
    taken: set[tuple[int, int]] = set()
    for _ in range(ROUNDS):
        best: dict[tuple[int, int], tuple[tuple[int, int, int], Match, Match]] = {}
        free = [c for c in choices if not {_span(c[1]), _span(c[2])} & taken]
        for choice in sorted(free, key=lambda c: (c[0], c[1].secret_start, c[2].secret_start)):
            best.setdefault(_span(choice[1]), choice)
            best.setdefault(_span(choice[2]), choice)
        for cost, identifier, secret in free:
            mutual = best[_span(identifier)][1:] == best[_span(secret)][1:] == (identifier, secret)
            if mutual:
                taken |= {_span(identifier), _span(secret)}
                yield Pairing(identifier, secret, cost[1])


def _near(
    text: bytes, identifier: Match, rule: Rule, identifiers: Sequence[Match]
) -> Iterator[tuple[tuple[int, int, int], Match]]:
    """Each secret within the rule's lines of the identifier, with its cost: (unnamed, lines, bytes)."""
    assert rule.pair is not None
    first = _lines_back(text, identifier.secret_start, rule.pair.within_lines)
    last = _lines_on(text, identifier.secret_end, rule.pair.within_lines)
    for pattern in rule.patterns:
        for found in search(text, rule, pattern, first, last):
            if found.secret_end > last or any(_overlap(found, other) for other in identifiers):
                continue
            low, high = sorted((identifier, found), key=lambda m: m.secret_start)
            between = text[low.secret_end : high.secret_start]
            name = text[max(0, found.secret_start - 48) : found.secret_start].rpartition(b"\n")[2]
            unnamed = not _SECRET_NAME.search(name)
            yield (int(unnamed), between.count(b"\n"), len(between)), found


def _span(match: Match) -> tuple[int, int]:
    return match.secret_start, match.secret_end


def _overlap(a: Match, b: Match) -> bool:
    return a.secret_start < b.secret_end and b.secret_start < a.secret_end


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
