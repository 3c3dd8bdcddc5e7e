"""What the prefilter looks for in a pattern's stead: less of it, so that Hyperscan has less to do.

A hit has to end within each match, and extraction decides. So of a wide pattern a telling stretch is enough,
what may be empty at either end is left out, a repetition there is taken no more often than it must be, and
look-around, which Hyperscan does not know, is left out everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from leakscan.ruleset.parser import parsed, sre_constants, sre_parse
from leakscan.ruleset.stretch import LEAST_LITERAL, WIDEST, Item, flat, longest_literal, telling, widths

MOST = 32
"""How many characters of one class are enough to tell a value at the end of a pattern from chance."""

_TELLING = 5  # fixed characters in a row

_CATEGORIES = {
    sre_constants.CATEGORY_DIGIT: r"\d",
    sre_constants.CATEGORY_NOT_DIGIT: r"\D",
    sre_constants.CATEGORY_SPACE: r"\s",
    sre_constants.CATEGORY_NOT_SPACE: r"\S",
    sre_constants.CATEGORY_WORD: r"\w",
    sre_constants.CATEGORY_NOT_WORD: r"\W",
}
_EDGES = {
    sre_constants.AT_BEGINNING: "^",
    sre_constants.AT_END: "$",
    sre_constants.AT_BOUNDARY: r"\b",
    sre_constants.AT_NON_BOUNDARY: r"\B",
}
_ONE = (sre_constants.LITERAL, sre_constants.NOT_LITERAL, sre_constants.IN, sre_constants.ANY)
_LOOKS = (sre_constants.ASSERT, sre_constants.ASSERT_NOT)
_FLAGS = {re.IGNORECASE: "i", re.DOTALL: "s"}


class Coarse(NamedTuple):
    """An expression for Hyperscan: one of its matches ends within each match of the pattern.

    ``width`` is the longest match of the expression, and ``before`` how far before the end of one a match of
    the pattern may start, both in bytes.
    """

    expression: str
    width: int
    before: int


@cache
def coarse(text: str, widest: int = WIDEST) -> Coarse:
    """What is looked for in the stead of a pattern; a stretch of it, where that is wider than ``widest``.

    That is the pattern itself where it holds what has no place here; Hyperscan then refuses it.
    """
    tree = parsed(text)
    flags = f"(?{letters})" if (letters := _flags(tree.state.flags)) else ""
    items = flat(item for item in tree if item[0] not in _LOOKS)
    try:
        tailed = _tailed(items)
        first, end = telling(tailed, widest)
        expression = flags + _sequence(tailed[first:end], first=True, last=True)
        until = flags + _sequence(items[:end], last=True)
    except LookupError:
        return Coarse(text, longest_match(text), longest_match(text))
    return Coarse(expression, longest_match(expression), longest_match(until))


def longest_match(text: str) -> int:
    """The greatest width of a match, in characters; raises re.error for what is no pattern."""
    return int(parsed(text).getwidth()[1])


def _sequence(sequence: Iterable[Item], first: bool = False, last: bool = False) -> str:
    """``first`` and ``last`` say that nothing of the pattern stands before it, and behind it."""
    items = [item for item in sequence if item[0] not in _LOOKS]
    if first:
        items = _begun(items)
    if last:
        items = _ended(items)
    end = len(items) - 1
    return "".join(_written(*item, first and at == 0, last and at == end) for at, item in enumerate(items))


def _tailed(items: list[Item]) -> list[Item]:
    """Of alternatives that come first the ends alone, where what follows is telling: ``key`` of ``api_?key``.

    Hyperscan follows up fewer words then, and the stretch has room for what stands behind.
    """
    if not items or items[0][0] is not sre_constants.BRANCH or longest_literal(items[1:]) < _TELLING:
        return items
    operation, (by, branches) = items[0]
    return [(operation, (by, [_fixed_end(branch) for branch in branches])), *items[1:]]


def _fixed_end(branch: Any) -> Any:
    """The fixed characters at its end, if they are enough to look for; else all of it."""
    items = flat(item for item in branch if item[0] not in _LOOKS)
    first = len(items)
    while first and items[first - 1][0] is sre_constants.LITERAL:
        first -= 1
    if len(items) - first < LEAST_LITERAL:
        return branch
    return sre_parse.SubPattern(branch.state, items[first:])


def _begun(items: list[Item]) -> list[Item]:
    """Without what may be empty at the beginning; the edge of a word or line costs nothing, and stays."""
    at = 0
    while at < len(items) - 1 and items[at][0] is not sre_constants.AT and widths(items[at])[0] == 0:
        at += 1
    return items[at:]


def _unbound(branch: Iterable[Item], first: bool) -> Iterable[Item]:
    """Without an edge at its beginning, beside others: Vectorscan 5.4.12 overlooks some matches with one."""
    items = list(branch)
    return items[1:] if first and len(items) > 1 and items[0][0] is sre_constants.AT else items


def _ended(items: list[Item]) -> list[Item]:
    """Without what may be empty at the end; the edge of a word or line stays behind what has one length."""
    end = len(items)
    while end > 1 and widths(items[end - 1])[0] == 0:
        least, most = widths(items[end - 2])
        if items[end - 1][0] is sre_constants.AT and least == most <= MOST:
            break
        end -= 1
    return items[:end]


def _written(operation: Any, argument: Any, first: bool, last: bool) -> str:
    """The operation for Hyperscan. Raises KeyError for one that has no place here."""
    if operation is sre_constants.BRANCH:
        branches = dict.fromkeys(_sequence(_unbound(branch, first), first, last) for branch in argument[1])
        return f"(?:{'|'.join(branches)})"
    if operation is sre_constants.SUBPATTERN:
        _, on, off, body = argument
        flags = _flags(on) + (f"-{_flags(off)}" if off else "")
        return f"(?{flags}:{_sequence(body, first, last)})"
    if operation in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT):
        return _repetition(argument, at_edge=first or last)
    if operation is sre_constants.AT:
        return _EDGES[argument]
    return _one(operation, argument)


def _repetition(argument: tuple[int, int, Iterable[Item]], at_edge: bool) -> str:
    least, most, body = argument
    items = [item for item in body if item[0] not in _LOOKS]
    if not items:
        return ""
    one = len(items) == 1 and items[0][0] in _ONE
    if at_edge and least:
        least = most = min(least, MOST) if one else least
    once = _one(*items[0]) if one else f"(?:{_sequence(items)})"
    return f"{once}{{{least},{'' if most == sre_constants.MAXREPEAT else most}}}"


def _one(operation: Any, argument: Any) -> str:
    """What matches one character."""
    if operation is sre_constants.ANY:
        return "."
    if operation is sre_constants.LITERAL:
        return _character(argument)
    if operation is sre_constants.NOT_LITERAL:
        return f"[^{_character(argument)}]"
    return f"[{''.join(map(_member, {sre_constants.IN: argument}[operation]))}]"


def _member(member: Item) -> str:
    """What stands between the brackets of a class."""
    operation, argument = member
    if operation is sre_constants.NEGATE:
        return "^"
    if operation is sre_constants.RANGE:
        return f"{_character(argument[0])}-{_character(argument[1])}"
    if operation is sre_constants.CATEGORY:
        return _CATEGORIES[argument]
    return _character({sre_constants.LITERAL: argument}[operation])


def _character(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\x{code:02x}"


def _flags(given: int) -> str:
    return "".join(letter for flag, letter in _FLAGS.items() if given & flag)
