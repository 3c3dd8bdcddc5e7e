"""The patterns for how encoded text begins."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leakscan.ruleset.encoding import AT_START, encoding_rules, loose

LINES = st.text([chr(code) for code in range(32, 127)] + ["\n"], min_size=12, max_size=40)
ENDS = st.sampled_from(["\n", "\r\n"])
PATTERNS = [
    pattern.text
    for rule in encoding_rules([])
    if rule.id == "encoding-base64"
    for pattern in rule.patterns
    if loose(pattern.text) != pattern.text
]


def end_of(pattern: str, written: bytes) -> int:
    found = re.match(pattern.encode(), written)
    return found.end() if found else -1


@pytest.mark.parametrize("head", [":", ": ", '"', "=", "\n", "\\n", "echo "])
@given(LINES, ENDS)
def test_what_begins_like_base64_is_sought_to_the_same_end(head: str, lines: str, end: str) -> None:
    encoded = base64.b64encode(lines.replace("\n", end).encode())
    assume(AT_START.match(encoded))
    found = [pattern for pattern in PATTERNS if end_of(pattern, head.encode() + encoded) > 0]
    assert found
    for pattern in found:
        written = head.encode() + encoded
        assert end_of(loose(pattern), written) == end_of(pattern, written)
