"""Strings that begin with their own length, as in compiled Python, pickles and protocol buffers.

Nothing parts such a string from what follows: the next byte may be a letter that says what comes. A token
that ends in that letter is none, so each string is cut out by its length.

This module is compiled by mypyc where that is possible: catalogues of messages and archives of classes have
a hundred thousand strings, and each is looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64

_LEAST: Final = 16
"""Bytes; no token is shorter, and chance seldom makes a length that fits longer text."""

_PRINTED = bytes(0x61 if 0x20 <= b < 0x7F or b in b"\t\n\r" else 0 for b in range(256))
_RUN, _LONG = re.compile(b"a+"), b"a" * _LEAST
_WORD = bytes(chr(b).isascii() and (chr(b).isalnum() or b in b"_-") for b in range(256))
_SOLID: Final = 8  # characters of a token that stand together at either end
_SPACE: Final = 0x20
_LEAD: Final = 2  # a length may be printable itself, and so may the letter before it
_MOST_IN_A_RUN: Final = 256  # ends of strings that are followed; where more seem to be, it is plain text


def prefixed_strings(content: bytes) -> list[bytes]:
    """The printable strings whose length stands before them and that run on into a letter or digit."""
    found: list[bytes] = []
    classes = content.translate(_PRINTED)
    at = classes.find(_LONG)
    while at >= 0:
        run = _RUN.match(classes, at)
        end = run.end() if run else at + 1
        _look_in_run(content, at, end, found)
        at = classes.find(_LONG, end)
    return found


def _look_in_run(content: bytes, first: i64, end: i64, found: list[bytes]) -> None:
    """Those in a run of printable bytes. What ends one may begin the next, and each reading is followed."""
    todo, seen = [first], {first}
    while todo:
        at: i64 = todo.pop()
        start: i64 = max(at, 1)
        while start <= at + _LEAD and start <= end - _LEAST:
            for stop in _stops(content, start, end):
                if (stop < end and _goes_on(content, stop, stop - _SOLID)) or (
                    start > first and _goes_on(content, start - 1, start)
                ):
                    found.append(content[start:stop])
                if stop not in seen and len(seen) < _MOST_IN_A_RUN:
                    seen.add(stop)
                    todo.append(stop)
            start += 1


def _goes_on(content: bytes, beside: i64, first: i64) -> bool:
    """Whether a letter or digit stands ``beside`` what begins or ends there like a token: without a space."""
    if not _WORD[content[beside]]:
        return False
    at: i64 = first
    while at < first + _SOLID:
        if content[at] <= _SPACE:
            return False
        at += 1
    return True


def _stops(content: bytes, start: i64, end: i64) -> list[i64]:
    """Where a string that begins at ``start`` ends, if what stands before it is its length: a number of one,
    two or four bytes, or a varint. None is longer than to ``end``."""
    most: i64 = end - start
    last: i64 = content[start - 1]
    before: i64 = content[start - 2] if start > 1 else 0
    little: i64 = last << 8 | before
    stops: list[i64] = []
    if _LEAST <= last <= most:
        stops.append(start + last)
    if before and _LEAST <= before << 8 | last <= most:
        stops.append(start + (before << 8 | last))
    if _LEAST <= little <= most:
        stops.append(start + little)
    if start > 3 and last == 0:
        whole: i64 = content[start - 4] | content[start - 3] << 8 | before << 16
        if _LEAST <= whole <= most:
            stops.append(start + whole)
    if before & 0x80 and _LEAST <= last << 7 | before & 0x7F <= most:
        stops.append(start + (last << 7 | before & 0x7F))
    return stops
