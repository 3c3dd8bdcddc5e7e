"""The lines around a secret that say something to a scanner, for those who judge later whether it counts."""

from __future__ import annotations

import re

MARK_REACH = 1024
"""How far from a secret the ends of its line, and of the line before, are looked for, in bytes."""

_WORDS = re.compile(rb"leakscan:ignore|gitleaks:allow|pragma: ?(?:allow|white)list")


def marked_lines(text: bytes, start: int, end: int) -> bytes:
    """The line before ``text[start:end]``, a newline, and its own line with a NUL for it; else nothing.

    Nothing is where neither holds a word of a mark. Of a secret that spans lines, its own line is what
    precedes it in the first and follows it in the last.
    """
    floor, ceiling = max(0, start - MARK_REACH), end + MARK_REACH
    own = text.rfind(b"\n", floor, start)
    last = text.find(b"\n", end, ceiling)
    after = text[end : last if last >= 0 else ceiling]
    if own < 0:
        before, lead = b"", text[floor:start]
    else:
        previous = text.rfind(b"\n", max(0, own - MARK_REACH), own)
        is_cut = previous < 0 and own > MARK_REACH
        before, lead = b"" if is_cut else text[previous + 1 : own], text[own + 1 : start]
    lines = before + b"\n" + lead + b"\0" + after
    return lines if _WORDS.search(lines) else b""
