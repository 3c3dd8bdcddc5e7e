"""Strings that begin with their own length, as in compiled Python, pickles and protocol buffers.

Nothing parts such a string from what follows: the next byte may be a letter that says what comes. A token
that ends in that letter is none, so each string is cut out by its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LEAST = 16
"""Bytes; no token is shorter, and chance seldom makes a length that fits longer text."""

_PRINTED = bytes(0x61 if 0x20 <= b < 0x7F or b in b"\t\n\r" else 0 for b in range(256))
_RUN, _LONG = re.compile(b"a+"), b"a" * _LEAST
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_LEAD = 2  # a length may be printable itself, and so may the letter before it
_MOST_IN_A_RUN = 256  # ends of strings that are followed; where more seem to be, it is plain text


def prefixed_strings(content: bytes) -> Iterator[bytes]:
    """The printable strings whose length stands before them and that run on into a letter or digit."""
    classes = content.translate(_PRINTED)
    at = classes.find(_LONG)
    while at >= 0:
        run = _RUN.match(classes, at)
        end = run.end() if run else at + 1
        yield from _in_run(content, at, end)
        at = classes.find(_LONG, end)


def _in_run(content: bytes, first: int, end: int) -> Iterator[bytes]:
    """Those in a run of printable bytes. What ends one may begin the next, and each reading is followed."""
    seen, todo = {first}, [first]
    while todo:
        at = todo.pop()
        for start in range(max(at, 1), min(at + _LEAD, end) + 1):
            for length in _lengths(content, start):
                stop = start + length
                if length < _LEAST or stop > end:
                    continue
                if (stop < end and content[stop] in _WORD) or (start > first and content[start - 1] in _WORD):
                    yield content[start:stop]
                if stop not in seen and len(seen) < _MOST_IN_A_RUN:
                    seen.add(stop)
                    todo.append(stop)


def _lengths(content: bytes, start: int) -> set[int]:
    """What the bytes before ``start`` say if they are a length: of one, two or four bytes, or a varint."""
    last, before = content[start - 1], content[start - 2] if start > 1 else 0
    lengths = {
        last,
        before << 8 | last,
        last << 8 | before,
        int.from_bytes(content[max(0, start - 4) : start], "little"),
    }
    if before & 0x80:
        lengths.add(last << 7 | before & 0x7F)
    return lengths
