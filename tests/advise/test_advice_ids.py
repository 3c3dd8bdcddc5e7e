from __future__ import annotations

import pytest

from leakscan.advise.advice import FALLBACK, built_in_advice
from leakscan.finding import Advice
from leakscan.ruleset.load import load_rules
from leakscan.ruleset.rule import Rule

LONGEST_STEP = 200
RULES = load_rules().rules
ADVICE = built_in_advice()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_built_in_rule_has_advice_of_its_own(rule: Rule) -> None:
    assert rule.advice in ADVICE
    assert rule.advice != FALLBACK or rule.id == FALLBACK


@pytest.mark.parametrize("advice", ADVICE.values(), ids=lambda advice: advice.id)
def test_every_advice_has_steps_to_follow_and_a_place_to_read_on(advice: Advice) -> None:
    assert len(advice.steps) >= 3
    assert [step for step in advice.steps if len(step) > LONGEST_STEP] == []
    assert advice.links
    assert all(link.startswith("https://") for link in advice.links)
