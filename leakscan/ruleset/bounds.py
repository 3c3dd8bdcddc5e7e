"""Bounded twins of patterns with endless repetitions, for rules of tools whose engines stream."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakscan.ruleset.coarse import longest_match
from leakscan.ruleset.pattern import MAX_REACH

MOST = 200
"""The most that an endless repetition of a converted pattern takes, where the whole has room for it."""

_LIMITS = (MOST, 100, 50, 25)
_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P<\w+>|\(\?[a-zA-Z-]*[:=!<>]?[=!]?|\{\d*,\d*\}|.", re.S
)
_ENDLESS = re.compile(r"\{(\d+),\}")


def bounded(text: str, group: int | None = None) -> tuple[str, list[str]]:
    """The pattern with an end to each repetition and with the group ``secret``; and what was changed.

    ``group`` is the number of the secret's group; without one it is the first, else the whole match.
    Raises re.error or ValueError where the pattern cannot be read.

    >>> bounded("key=([a-z]+)")
    ('key=(?P<secret>[a-z]{1,200})', ['+ is {1,200}'])
    """
    text = _named(text, group)
    for most in _LIMITS:
        changes: list[str] = []
        found = "".join(_pieces(text, most, changes))
        if longest_match(found) <= MAX_REACH:
            break
    return found, list(dict.fromkeys(changes))


def _pieces(text: str, most: int, changes: list[str]) -> Iterator[str]:
    after = ""  # the piece before this one; a quantifier may follow only what is none itself
    for match in _PIECE.finditer(text):
        piece = match[0]
        endless = _ENDLESS.fullmatch(piece)
        least = {"*": 0, "+": 1}.get(piece, int(endless[1]) if endless else None)
        if least is None or (piece == "+" and after in ("*", "+", "?", "}")):
            yield piece
        else:
            twin = f"{{{least},{max(most, least)}}}"
            changes.append(f"{piece} is {twin}")
            yield twin
        after = "}" if re.fullmatch(r"\{\d*,?\d*\}", piece) else piece


def _named(text: str, group: int | None) -> str:
    """The pattern with the group of this number called ``secret``; other names stay."""
    if "(?P<secret>" in text:
        return text
    number, wanted = 0, group or 1
    for match in _PIECE.finditer(text):
        if match[0] == "(" or match[0].startswith("(?P<"):
            number += 1
            if number == wanted:
                return f"{text[: match.start()]}(?P<secret>{text[match.end() :]}"
    if group:
        raise ValueError(f"it has no group {group}, in which the secret is said to be")
    return text
