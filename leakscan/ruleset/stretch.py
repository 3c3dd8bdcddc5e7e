"""Which part of a pattern the prefilter looks for, where a match of the whole can be long.

All text within the longest match of something new is searched again in each version of a file, so the
prefilter gets the most telling stretch that is not wider than WIDEST. Extraction then looks for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from leakscan.ruleset.parser import sre_constants, sre_parse

WIDEST = 200
"""Bytes that the prefilter looks at for a hit, where a part of the pattern that is so short tells enough."""

Item = tuple[Any, Any]
"""An operation of the parser, and what it is applied to."""

LEAST_LITERAL = 3
"""Fixed characters in a row; with fewer Hyperscan would follow up every second line."""

_LEAST_BITS = 12.0
_GAP = 32  # characters
_MAX_NARROW = 4
_ALPHABET = 96  # characters of text, more or less
_REPEATS = (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT)
_CATEGORY_SIZES = {
    sre_constants.CATEGORY_DIGIT: 10,
    sre_constants.CATEGORY_SPACE: 6,
    sre_constants.CATEGORY_WORD: 63,
}


def widths(item: Item) -> tuple[int, int]:
    """The lengths of the shortest and the longest match."""
    least, most = sre_parse.SubPattern(sre_parse.State(), [item]).getwidth()
    return int(least), int(most)


def flat(items: Iterable[Item]) -> list[Item]:
    """The items, with those of groups that change no flags in their groups' stead."""
    found: list[Item] = []
    for operation, argument in items:
        if operation is sre_constants.SUBPATTERN and not argument[1] and not argument[2]:
            found += flat(argument[3])
        else:
            found.append((operation, argument))
    return found


def telling(items: Sequence[Item], widest: int = WIDEST) -> tuple[int, int]:
    """From where to where the most telling stretch reaches that is not too wide; all, if none tells enough.

    Repetitions at its edges count as often as they must be there, because no more of them is looked for.
    """
    if behind := _behind_gap(items):
        first, end = telling(items[behind:], widest)
        return behind + first, behind + end
    most = list(accumulate((widths(item)[1] for item in items), initial=0))
    if most[-1] <= widest:
        return 0, len(items)
    edges = [_edge_width(item) for item in items]
    bits = list(accumulate((bits_of(item) for item in items), initial=0.0))
    least = min(LEAST_LITERAL, longest_literal(items))
    best, found = (_LEAST_BITS, 0), (0, len(items))
    for first in range(len(items)):
        for end in range(first + 1, len(items) + 1):
            inner = most[end - 1] - most[first + 1] if end - first > 1 else 0
            width = edges[first] + inner + (edges[end - 1] if end - first > 1 else 0)
            worth = bits[end] - bits[first], -width
            if width <= widest and worth > best and longest_literal(items[first:end]) >= least:
                best, found = worth, (first, end)
    return found


def _behind_gap(items: Sequence[Item]) -> int:
    """Where a short word begins with its edge, far behind others (``aliyun [\\s\\S]{0,99} [^a-z] sk``), or 0.

    Three fixed characters behind a gap are looked for by themselves. With fewer, each of the words before
    keeps Hyperscan busy for the whole gap: a text that is full of them took a third longer.
    """
    for at in range(1, len(items) - 1):
        edge, rest = items[at], items[at + 1 :]
        if (
            _is_gap(items[at - 1])
            and edge[0] is sre_constants.IN
            and bits_of(edge) < 2
            and longest_literal(rest) < LEAST_LITERAL
            and sum(map(bits_of, rest)) >= 2 * _LEAST_BITS
        ):
            return at
    return 0


def _is_gap(item: Item) -> bool:
    """Whether nearly any characters may stand there, and many."""
    operation, argument = item
    return operation in _REPEATS and argument[1] >= _GAP and sum(map(bits_of, argument[2])) < 0.1


def _edge_width(item: Item) -> int:
    least, most = widths(item)
    return least if item[0] in _REPEATS else most


def bits_of(item: Item) -> float:
    """How improbable it is that this stands in a text by chance: bits, at least."""
    operation, argument = item
    if operation is sre_constants.LITERAL:
        return math.log2(_ALPHABET)
    if operation is sre_constants.NOT_LITERAL:
        return math.log2(_ALPHABET / (_ALPHABET - 1))
    if operation is sre_constants.IN:
        return math.log2(_ALPHABET / min(_ALPHABET, max(1, _class_size(argument))))
    if operation is sre_constants.BRANCH:
        return min(sum(map(bits_of, branch)) for branch in argument[1])
    if operation is sre_constants.SUBPATTERN:
        return sum(map(bits_of, argument[3]))
    if operation in _REPEATS:
        return float(argument[0]) * sum(map(bits_of, argument[2]))
    return 0.0


def _class_size(members: Iterable[Item]) -> int:
    """How many characters are in the class, roughly."""
    size, negated = 0, False
    for operation, argument in members:
        if operation is sre_constants.NEGATE:
            negated = True
        elif operation is sre_constants.LITERAL:
            size += 1
        elif operation is sre_constants.RANGE:
            size += argument[1] - argument[0] + 1
        else:
            size += _CATEGORY_SIZES.get(argument, _ALPHABET)
    return _ALPHABET - size if negated else size


def longest_literal(items: Iterable[Item]) -> int:
    """The length of the longest run of (nearly) fixed characters that every match contains."""
    best = run = 0
    for operation, argument in items:
        if operation is sre_constants.LITERAL or (operation is sre_constants.IN and _is_narrow(argument)):
            run += 1
            best = max(best, run)
        elif operation is not sre_constants.AT:
            run = 0
            best = max(best, _inner_literal(operation, argument))
    return best


def _is_narrow(members: Sequence[Item]) -> bool:
    """Whether a class is so small (``[0-3]``, ``[Aa]``) that Hyperscan takes it for a few literals."""
    size = 0
    for operation, argument in members:
        if operation is sre_constants.LITERAL:
            size += 1
        elif operation is sre_constants.RANGE:
            size += argument[1] - argument[0] + 1
        else:
            return False
    return size <= _MAX_NARROW


def _inner_literal(operation: Any, argument: Any) -> int:
    """The same for one group, alternation or repetition; 0 for anything else."""
    if operation is sre_constants.SUBPATTERN:
        return longest_literal(argument[3])
    if operation is sre_constants.BRANCH:
        return min(longest_literal(branch) for branch in argument[1])
    if operation in _REPEATS and argument[0] > 0:
        least, _, body = argument
        one = longest_literal(body)
        return one * int(least) if one == len(body) else one
    return 0
