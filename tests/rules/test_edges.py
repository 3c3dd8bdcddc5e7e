"""A token is found whatever escape stands before it, and whatever ends it."""

from __future__ import annotations

import random

import pytest

from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Origin
from leakscan.ruleset.compiled import compiled_rules
from leakscan.ruleset.load import load_rules
from leakscan.ruleset.rule import Rule
from leakscan.ruleset.template import ALPHABETS, expand, random_text
from leakscan.selftest import EXAMPLE_PATH

COLOUR = "\x1b[31m"
BEFORE = [
    "%3D",
    "%22",
    "%253D",
    "%EF%BC%9A",
    "=3D",
    "\\u0022",
    "\\uff1a",
    "\\x22",
    "\\b",
    "\\n",
    '\\"',
    COLOUR,
]
BEFORE += ["&#34;", "&quot;", "=0A", "=0D=0A", "=09", "\\0", "\\012", "\\042", "\\346\\226\\207"]
BEFORE += ["\\U00000022", "\\U0001F511"]
AFTER = ["%22", "%26", "=22", "=3D", "\\u0022", "\\x22", "\\n", '\\"', "&#34;", "&quot;", "\x1b[0m"]
AFTER += ["=0A", "=0D=0A", "\\012", "\\U00000022", ".", ".b", ".git", ".com"]

DOTS = {".b", ".git", ".com"}
EQUALS = {"=22", "=3D", "=0A", "=0D=0A"}
ENDS_UNSEEN = {
    # A dot goes on in such a token, and so does what is joined to it with one.
    "azure-client-secret": {".b"},
    "google-oauth-access-token": DOTS,
    "planetscale-credential": DOTS | EQUALS,
    "salesforce-access-token": DOTS,
    "typeform-token": DOTS | EQUALS,
    # With a dot and a letter behind it, it is a class of a program.
    "alibaba-sts-access-key-id": DOTS,
    # An equals sign goes on in such a token, or pads it, or shows that it is base64 of something else.
    "atlassian-api-token": EQUALS,
    "azure-cache-redis-key": EQUALS,
    "facebook-access-token": EQUALS,
    "frameio-token": EQUALS,
    "grafana-api-key-legacy": EQUALS,
    "onepassword-service-account-token": EQUALS,
    "slack-user-token": EQUALS,
    "square-access-token": EQUALS,
    "terraform-cloud-token": EQUALS,
    "webhook-signing-secret": EQUALS,
}

BEGINS_LONGER = {"telegram-bot-token": {"\\0"}}  # it begins with digits, and nothing says how many

NOT_ALONE = {
    # What stands before the value, or around it, is part of the rule: its edges are the rule's own.
    "alibaba-oss-signed-url",
    "azure-logic-app-url",
    "azure-publish-profile-password",
    "azure-sas-token",
    "azure-service-access-key",
    "azure-sql-password",
    "azure-storage-account-key",
    "coinbase-api-key",
    "dingtalk-robot-token",
    "discord-bot-token",
    "gitlab-session-cookie",
    "google-service-account-key",
    "htpasswd-hash",
    "jwk-private-key",
    "kubernetes-bootstrap-token",
    "onepassword-connect-credentials",
    "pgp-private-key",
    "private-key",
    "private-key-encrypted",
    "putty-private-key",
}

DETECTOR = Detector(compiled_rules())
TOKENS = [rule for rule in load_rules() if rule.kind == "token" and rule.pair is None]


def found(text: str, path: str = EXAMPLE_PATH) -> dict[tuple[str, str], set[int]]:
    """The lines on which each rule finds each value."""
    lines: dict[tuple[str, str], set[int]] = {}
    for candidate in DETECTOR.candidates(Blob(text.encode(), Origin("worktree", path))):
        lines.setdefault((candidate.rule, candidate.secret.reveal()), set()).add(candidate.position.line)
    return lines


def tokens(rule: Rule) -> set[tuple[str, str]]:
    """The rule's tokens that are found by themselves, each with the path of its example."""
    values = {
        (value, example.path or EXAMPLE_PATH)
        for example in rule.examples
        for name, value in found(expand(rule, example), example.path or EXAMPLE_PATH)
        if name == rule.id
    }
    return {(value, path) for value, path in values if (rule.id, value) in found(f"see {value} there", path)}


def test_the_rules_that_are_not_tried_are_those_excused() -> None:
    assert {rule.id for rule in TOKENS if not tokens(rule)} == NOT_ALONE


@pytest.mark.parametrize("rule", TOKENS, ids=lambda rule: rule.id)
def test_a_token_is_found_behind_every_escape_and_before_every_end(rule: Rule) -> None:
    unseen = ENDS_UNSEEN.get(rule.id, set())
    begins = [before for before in BEFORE if before not in BEGINS_LONGER.get(rule.id, set())]
    forms = [(before, "") for before in begins] + [("", after) for after in AFTER if after not in unseen]
    for value, path in tokens(rule):
        text = "\n".join(f"see {before}{value}{after} there" for before, after in forms)
        lines = found(text, path).get((rule.id, value), set())
        assert [form for line, form in enumerate(forms, 1) if line not in lines] == []


@pytest.mark.parametrize("before", ["3D", "%2F", "n", "=AB", "u0022", "x22", "=0B", "\\053", "\\101"])
def test_what_only_looks_like_an_escape_begins_no_token(before: str) -> None:
    """%2B and \\u002B are not among them: they are decoded, and behind '+' a token begins."""
    token = "gl" + "dt-" + random_text(ALPHABETS["base62"], 20, random.Random("edges"))
    assert not found(f"see ab{before}{token} there")
    assert found(f"see ab={token} there")
