"""What matches of a pattern begin with: never more than is really fixed."""

from __future__ import annotations

import re

import pytest

from leakscan.ruleset.opening import openings
from leakscan.ruleset.parser import parsed
from tests.builders import rules_with_examples


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("key_[a-z]+", {("key_", 0, 0)}),
        ("(?i)(?:PassWord|pwd|[_-]?token)=x", {("password", 0, 0), ("pwd", 0, 0), ("token", 0, 1)}),
        (r"(?<!a)\b[a-z]{0,3}secret", {("secret", 0, 3)}),
        ("a very long beginning", {("a very l", 0, 0)}),
        ("[Kk][Ee][Yy]=", {("key=", 0, 0)}),
        ("(?:ab|cd)x", set()),
        (r"[a-z]{0,40}secret", set()),
        ("(?:secret)?=1234", {("=1234", 0, 6)}),
        (r"([\"'])secret\1", {("secret", 1, 1)}),
        (r"([\"'])\1secret", set()),
        (r"(\()?(?(1)abc|def)=", set()),
        ("(?i:KEY)[^k]", {("key", 0, 0)}),
        ("(?x) k e y  # a comment", {("key", 0, 0)}),
        ("(?:|x)token", {("token", 0, 1)}),
        ("(?:key|ke_b)x", {("key", 0, 0), ("ke_b", 0, 0)}),
        ("\xe5\xaf\x86\xc3", {("\xe5\xaf\x86\xc3", 0, 0)}),
    ],
)
def test_openings(pattern: str, expected: set[tuple[str, int, int]]) -> None:
    assert {tuple(opening) for opening in openings(parsed(pattern))} == expected


def test_each_example_begins_with_an_opening_of_its_pattern() -> None:
    """Python's own ``re`` says where matches begin."""
    from leakscan.ruleset.template import expand

    seen = 0
    for rule in rules_with_examples().rules:
        for pattern in rule.patterns:
            for example in rule.examples if pattern.openings else ():
                text = expand(rule, example).encode()
                for found in re.finditer(pattern.text.encode(), text, re.MULTILINE):
                    seen += 1
                    begun = text[found.start() :].lower()
                    assert any(
                        begun.startswith(word.encode("latin-1"), at)
                        for word, least, most in pattern.openings
                        for at in range(least, most + 1)
                    ), (rule.id, pattern.text)
    assert seen > 500
