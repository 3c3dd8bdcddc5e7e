"""A rule's own conditions on a value: entropy, checksum, and what it allows by value and line."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from leakscan.detect.entropy import entropy_bits

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Rule

LINE_REACH = 512
"""How much of a line, each side of the secret, ``allow: lines`` looks at, in bytes."""


def excluded(rule: Rule, text: bytes, start: int, end: int) -> bool:
    """Whether the rule itself says that ``text[start:end]`` is no leak."""
    secret = text[start:end]
    if rule.min_entropy and entropy_bits(secret) < rule.min_entropy:
        return True
    if rule.checksum is not None:
        from leakscan.ruleset.checksum import CHECKSUMS

        if not CHECKSUMS[rule.checksum].valid(secret):
            return True
    allow = rule.allow
    if allow.stopwords and any(word.encode() in secret.lower() for word in allow.stopwords):
        return True
    if any(_expression(pattern).search(secret) for pattern in allow.values):
        return True
    line = line_around(text, start, end) if allow.lines else b""
    return any(_expression(pattern).search(line) for pattern in allow.lines)


def line_around(text: bytes, start: int, end: int) -> bytes:
    """The line or lines that hold ``text[start:end]``, at most 512 bytes to each side."""
    left = text.rfind(b"\n", max(0, start - LINE_REACH), start) + 1 or max(0, start - LINE_REACH)
    right = text.find(b"\n", end, end + LINE_REACH)
    return text[left : right if right >= 0 else end + LINE_REACH]


@cache
def _expression(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())
