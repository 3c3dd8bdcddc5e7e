"""The fixed characters that matches of a pattern begin with, so that extraction tries only where these stand.

The ``regex`` module tries a pattern at each offset, with all its alternatives; to look for a few words first
takes a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable

from leakscan.ruleset.parser import sre_constants
from leakscan.ruleset.rule import Opening
from leakscan.ruleset.stretch import Item, widths

LEAST = 3
"""Shorter ones stand everywhere."""

LONGEST = 8
"""Of longer ones the beginning is enough."""

FURTHEST = 32
"""How far from the start of a match they may stand, in bytes."""

_WIDEST = 8  # between the least and the greatest distance
_MANY = 64
_ZERO_WIDTH = (sre_constants.AT, sre_constants.ASSERT, sre_constants.ASSERT_NOT)


def openings(pattern: Iterable[Item]) -> tuple[Opening, ...]:
    """What of each match's beginning is fixed, in lower case; empty where that cannot be told."""
    try:
        found = _openings(list(pattern), 0, 0) or []
    except LookupError:  # a reference to another group has no width by itself
        return ()
    return tuple(dict.fromkeys(found)) if len(found) <= _MANY else ()


def _openings(
    items: list[Item], least: int, most: int, word: str = "", place: tuple[int, int] = (0, 0)
) -> list[Opening] | None:
    """Those of a sequence that begins from ``least`` to ``most`` bytes after a match does.

    ``word`` are the characters right before it, which begin at ``place``.
    """
    while items:
        operation, argument = items[0]
        items = items[1:]
        if operation in _ZERO_WIDTH:
            continue
        if operation is sre_constants.SUBPATTERN:
            items = [*argument[3], *items]
            continue
        letter = _letter(operation, argument)
        if letter:
            place = place if word else (least, most)
            word += letter
            least, most = least + 1, most + 1
            if len(word) == LONGEST:
                break
            continue
        if len(word) >= LEAST:
            break
        if operation is sre_constants.BRANCH:
            branches = [_openings(list(branch), least, most, word, place) for branch in argument[1]]
            if all(branches):
                return [opening for branch in branches for opening in branch or ()]
        word = ""
        shortest, longest = widths((operation, argument))
        least, most = least + shortest, most + longest
        if most - least > _WIDEST or most > FURTHEST:
            return None
    return [Opening(word, *place)] if len(word) >= LEAST else None


def _letter(operation: object, argument: object) -> str:
    """The one character that this stands for, in lower case where it is of ASCII; empty if it is no such."""
    if operation is sre_constants.LITERAL and isinstance(argument, int):
        return _lower(argument)
    if operation is sre_constants.IN and isinstance(argument, list):
        letters = {_letter(*member) for member in argument}
        return letters.pop() if len(letters) == 1 else ""
    return ""


def _lower(code: int) -> str:
    return chr(code).lower() if code < 128 else chr(code)
