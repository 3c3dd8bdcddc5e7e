"""What the prefilter looks for ends within every match of the pattern that it stands for."""

from __future__ import annotations

import re

import hyperscan
import pytest
import regex
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from leakscan.ruleset.coarse import coarse

CHARACTERS = st.sampled_from(
    ["a", "B", r"\.", "[a-c]", "[^a\n]", r"\d", r"\w", r"[\s-]", "(?:b|cd)", r"\x41", " ", ".", "(?i:c)"]
)
EDGES = st.sampled_from([r"\b", "^", "$", "(?=b)", "(?!a)", "(?<=a)", "(?<![B.])", r"(?:\b|\.)", "(?:a|)"])
TIMES = st.sampled_from(["", "", "?", "{2}", "{1,3}", "{0,2}?", "{40}", "{3,60}"])
PIECES = st.one_of(EDGES, st.builds("{}{}".format, CHARACTERS, TIMES))
SEQUENCES = st.lists(PIECES, min_size=1, max_size=6).map("".join)
GROUPS = st.one_of(SEQUENCES, st.builds("(?:{}|{}){}".format, SEQUENCES, SEQUENCES, TIMES))
PATTERNS = st.builds("{}{}a[Bb]{}".format, st.sampled_from(["", "(?i)", "(?s)"]), GROUPS, GROUPS)
TEXTS = st.text("aabBcd. 1\n-", min_size=1, max_size=80).map(str.encode)


def ends(expression: str, text: bytes) -> list[int]:
    """Where Hyperscan finds it to end."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile([expression.encode()], flags=[hyperscan.HS_FLAG_MULTILINE])
    except hyperscan.error:
        reject()  # such as an edge of a line where none can be
    found: list[int] = []
    database.scan(text, lambda _id, _start, end, _flags, _context: found.append(end))
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(PATTERNS, TEXTS, st.integers(3, 200))
def test_a_hit_ends_within_every_match(pattern: str, text: bytes, widest: int) -> None:
    found = regex.compile(pattern.encode(), regex.MULTILINE).finditer(text, overlapped=True, timeout=1)
    try:
        matches = list(found)
    except TimeoutError:  # repetitions within repetitions: rules are bounded by their reach
        reject()
    if matches:
        sought = coarse(pattern, widest)
        hits = ends(sought.expression, text)
        for match in matches:
            last = min(match.end(), match.start() + sought.before)
            assert any(match.start() <= end <= last for end in hits)


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        (r"(?:\b|%3D)(?P<secret>tok_[a-z]{20,80})(?![a-z])", r"tok\x5f[a-z]{20,20}"),
        (r"key=(?P<secret>[0-9a-f]{32})\b", r"key\x3d[0-9a-f]{32,32}\b"),
        (r"key=(?P<secret>[0-9a-f]{64})\b", r"key\x3d[0-9a-f]{32,32}"),
        (r"(?i)[a-z]{1,40}\.example(?: \w{0,9})?", r"(?i)[a-z]{1,1}\x2eexample"),
        (r"(?x) a (?: (?!b) \w ){2,4} c  # then c", r"a[\w]{2,4}c"),
    ],
)
def test_what_says_nothing_is_left_out(pattern: str, expression: str) -> None:
    assert re.sub(r"\(\?P<\w+>", "(?:", coarse(pattern).expression) == expression


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        (r"acme\.io[^\n]{0,300}?key=(?P<secret>[0-9a-f]{32})", r"key\x3d[0-9a-f]{32,32}"),
        (r"(?P<secret>[A-Z]{8})[^\n]{0,300}?acme\.example\.com", r"acme\x2eexample\x2ecom"),
        (r"secret = \"(?P<secret>[^\"]{4,300})\"", r"secret\x20\x3d\x20\x22[^\x22]{4,4}"),
    ],
)
def test_of_a_wide_pattern_the_most_telling_stretch_is_looked_for(pattern: str, expression: str) -> None:
    assert coarse(pattern).expression == expression


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        (r"acme[\s\S]{0,99}?[^a-z]sk\W(?P<secret>[0-9a-f]{32})", r"[^a-z]sk[\W][0-9a-f]{32,32}"),
        (r"acme[\s\S]{0,99}?[^a-z]key(?P<secret>[0-9a-f]{32})", r"acme[\s\S]{0,99}[^a-z]key[0-9a-f]{32,32}"),
        (r"acme[\s\S]{0,99}?[^a-z]sk(?P<secret>[a-z]{4})", r"acme[\s\S]{0,99}[^a-z]sk[a-z]{4,4}"),
    ],
)
def test_a_short_word_far_behind_another_is_looked_for_alone_where_that_tells_enough(
    pattern: str, expression: str
) -> None:
    assert coarse(pattern).expression == expression


def test_what_hyperscan_does_not_know_is_left_to_it_to_refuse() -> None:
    assert coarse("(?P<a>ab)(?P=a)").expression == "(?P<a>ab)(?P=a)"
