"""Rules are tried on their own examples; the built-in ones pass them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.errors import RuleError
from leakscan.ruleset.compiled import compiled_rules
from leakscan.selftest import check_examples, trials
from tests.builders import rules_with_examples

RULE = r"""
rules:
  - id: example-token
    title: Example token
    provider: Example
    severity: high
    pattern: '\b(?P<secret>exq_[A-Za-z0-9]{20})\b'
    examples: ['%s']
    counterexamples: ['%s']
"""


def test_every_built_in_rule_finds_its_examples_and_not_its_counterexamples() -> None:
    compiled = rules_with_examples()
    tried = list(trials(compiled, compiled.rules))
    failed = [f"{t.rule.id}: {t.problem}: {t.example.template}" for t in tried if t.problem]
    assert not failed
    assert len(tried) > 2 * len(compiled.rules)


@pytest.mark.parametrize(
    ("example", "counterexample", "problem"),
    [
        ("key=exq_<base62:19>", "exq", "does not find its example"),
        ("key=exq_<base62:20>", "exq_<base62:20>", "reports its counterexample"),
        ("key=exq_aaaaaaaaaaaaaaaaaaaa", "exq", "with a confidence of only"),
        ("key=exq_<bse62:20>", "exq", "no template that the generator knows"),
    ],
)
def test_user_rules_that_fail_their_examples_are_refused_on_load(
    tmp_path: Path, example: str, counterexample: str, problem: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(RULE % (example, counterexample))
    with pytest.raises(RuleError, match=problem) as caught:
        compiled_rules([file], check_examples)
    assert caught.value.line in (8, 9)


def test_a_pattern_that_hyperscan_refuses_is_named_with_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(RULE.replace("exq_[A-Za-z0-9]{20}", r"exq_(?P<a>a)(?P=a)") % ("exq_aa", "exq"))
    with pytest.raises(RuleError, match="example-token") as caught:
        compiled_rules([file], check_examples)
    assert (caught.value.line, caught.value.mend) == (7, "write it without that")
