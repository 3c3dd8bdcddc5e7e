"""Rule files: what is accepted, and how mistakes are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leakscan.errors import RuleError, UsageError
from leakscan.ruleset.load import load_rules
from leakscan.ruleset.pattern import check_pattern

GOOD = r"""
provider: Example Cloud
rules:
  - id: example-token
    title: Example token
    severity: high
    pattern: '\b(?P<secret>exq_[A-Za-z0-9]{20})\b'
    examples: ['key=exq_<base62:20>']
"""


def rules_in(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text)
    return file


def error_of(folder: Path, text: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        load_rules([rules_in(folder, text)])
    assert caught.value.file == str(folder / "mine.yaml")
    return caught.value


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_rule_takes_the_provider_of_its_file(tmp_path: Path) -> None:
    rule = load_rules([rules_in(tmp_path, GOOD)]).by_id["example-token"]
    assert (rule.provider, rule.kind, rule.patterns[0].reach) == ("Example Cloud", "token", 24)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "mend"),
    [
        ("title: Example token", "title: 42", 5, "expected a text, not a number", "quotes"),
        ("title: Example token", "title: yes", 5, "expected a text, not true or false", "quotes"),
        ("title: Example token", "title: 2024-01-31", 5, "expected a text, not a date", "quotes"),
        (
            r"pattern: '\b(?P<secret>exq_[A-Za-z0-9]{20})\b'",
            "pattern: null",
            7,
            "not nothing",
            "leave its key",
        ),
        (r"pattern: '\b(?P<secret>exq_[A-Za-z0-9]{20})\b'", "pattern: 17", 7, "not a number", "in quotes"),
        (r"'\b(?P<secret>exq_[A-Za-z0-9]{20})\b'", "{pattern: 1.5}", 7, "not a number", "in quotes"),
        ("severity: high", "severty: high", 6, "unknown key 'severty'", "did you mean 'severity'"),
        ("severity: high", "severity: hgih", 6, "unknown value 'hgih'", "critical"),
        ("severity: high", "severity: high\n    severity: low", 7, "given twice", "keep one"),
        ("id: example-token", "id: Example_Token", 4, "bad rule id", "joined by '-'"),
        ("    title: Example token\n", "", 4, "no 'title'", "add it"),
        ("{20})", "{20}", 7, "does not compile", "mend the pattern"),
        ("{20})", "+)", 7, "no bounded length", "{0,80}"),
        ("{20})", "{600})", 7, "can match 604 bytes", "anchor"),
        ("exq_[A-Za-z0-9]{20}", "[A-Za-z0-9]{20}", 7, "no literal", "anchor"),
        ("exq_[A-Za-z0-9]{20}", "exq(?&nothing)", 7, "unknown fragment 'nothing'", "known fragments"),
        ("exq_", "exq[密]", 7, "non-ASCII", "alternation"),
        ("severity: high", "severity: high\n    min_entropy: lots", 7, "expected a number", "3.5"),
        ("severity: high", "severity: high\n    checksum: nope", 7, "unknown value 'nope'", "github"),
        (
            "severity: high",
            "severity: high\n    pair: {with: nobody, within_lines: 3, as: x}",
            7,
            "pair with rule 'nobody', which is not there",
            "leakscan rules list",
        ),
        (
            "severity: high",
            "severity: high\n    pair: {with: aws-access-key-idd, within_lines: 3, as: x}",
            7,
            "which is not there",
            "did you mean 'aws-access-key-id'?",
        ),
        (
            "severity: high",
            "severity: high\n    pair:\n      within_lines: 3\n      with: aws-access-key-pair\n      as: x",
            9,
            "is a pair itself",
            "name the rule of the identifier",
        ),
        (
            "severity: high",
            "severity: high\n    pair: {with: x, within_lines: -1, as: x}",
            7,
            "-1",
            "0 to 100",
        ),
        (r"(?P<secret>exq_[A-Za-z0-9]{20})", "exq_(?P<secret>)", 7, "only be empty", "(?P<secret>"),
        (r"(?P<secret>exq_[A-Za-z0-9]{20})", "exq_(?P<secret>(?=[a-z]))", 7, "only be empty", "(?P<secret>"),
        ("severity: high", "severity: high\n    pair: {with: nobody, as: x}", 7, "'within_lines'", "pair:"),
        ("severity: high", "severity: high\n    allow: {values: ['(']}", 7, "does not compile", "mend"),
        ("provider:", "provider: [", 3, "", "YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_mend(
    tmp_path: Path, old: str, new: str, line: int, problem: str, mend: str
) -> None:
    error = error_of(tmp_path, changed(old, new))
    assert (error.line, problem in error.problem, mend in error.mend) == (line, True, True), str(error)


def test_two_rules_of_one_id_are_refused_and_both_places_named(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("  - id") :]
    error = error_of(tmp_path, twice)
    assert error.line == 9
    assert "mine.yaml:4" in error.problem


def test_a_user_rule_changes_just_the_keys_that_it_gives(tmp_path: Path) -> None:
    built_in = load_rules().by_id["generic-password"]
    changed = load_rules([rules_in(tmp_path, "rules: [{id: generic-password, severity: low}]")])
    assert changed.by_id["generic-password"].severity == "low"
    assert changed.by_id["generic-password"].patterns == built_in.patterns


def test_a_user_rule_that_gives_patterns_replaces_all_of_them(tmp_path: Path) -> None:
    rules = load_rules([rules_in(tmp_path, "rules: [{id: generic-password, pattern: 'pw=[a-z]{8}'}]")])
    assert [p.text for p in rules.by_id["generic-password"].patterns] == ["pw=[a-z]{8}"]


def test_a_user_can_switch_a_built_in_rule_off(tmp_path: Path) -> None:
    rules = load_rules([rules_in(tmp_path, "rules: [{id: generic-password, disabled: true}]")])
    assert "generic-password" not in rules.by_id


def test_a_folder_of_rules_is_read_whole_and_an_empty_one_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rule files here"):
        load_rules([tmp_path])
    rules_in(tmp_path, GOOD)
    assert "example-token" in load_rules([tmp_path]).by_id


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rules.yaml")
    with pytest.raises(UsageError, match="a pipe or device"):
        load_rules([tmp_path / "rules.yaml"])


def test_every_mistake_is_reported_where_somebody_wants_them_all(tmp_path: Path) -> None:
    wrong = GOOD.replace("severity: high", "severity: hgih\n    min_entropy: lots").replace("{20})", "+)")
    other = GOOD[GOOD.index("  - id") :].replace("example-token", "other-token")
    more = other.replace("severity", "severty").replace("title", "titel")
    file = rules_in(tmp_path, wrong + more + other.replace("other-token", "good-token"))
    mistakes: list[RuleError] = []
    rules = load_rules([file], report=mistakes.append)
    assert [(m.line, bool(m.mend)) for m in mistakes] == [(n, True) for n in (11, 12, 6, 7, 8)]
    assert "good-token" in rules.by_id
    assert not {"example-token", "other-token"} & rules.by_id.keys()


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such rule file"):
        load_rules([tmp_path / "nope.yaml"])


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"provider: x\nrules: \xff\n")
    with pytest.raises(RuleError, match=r"mine.yaml:2: the file is not UTF-8"):
        load_rules([file])


def test_the_patterns_that_are_taken_to_compile_do() -> None:
    for rule in load_rules():
        for pattern in rule.patterns:
            checked = check_pattern(pattern.text, pattern.anchor, needs_literal=rule.pair is None)
            assert checked._replace(line=pattern.line) == pattern
