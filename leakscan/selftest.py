"""Runs rules on their own examples and counterexamples, through detection and scoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from leakscan.advise.advice import built_in_advice
from leakscan.detect.detect import Detector
from leakscan.errors import Report, RuleError, at_first
from leakscan.finding import Blob, Origin
from leakscan.ruleset.compiled import CompiledRules
from leakscan.ruleset.rule import Example, Rule
from leakscan.ruleset.template import expand
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.score.score import score
from leakscan.suppress.allowlist import permitted

EXAMPLE_PATH = "app/settings.conf"


@dataclass(frozen=True, slots=True)
class Trial:
    """One example and whether the rule behaved; ``problem`` says how it did not."""

    rule: Rule
    example: Example
    problem: str | None


def trials(compiled: CompiledRules, rules: Iterable[Rule]) -> Iterator[Trial]:
    """Tries every example of the given rules against the whole compiled set."""
    detector = Detector(compiled)
    for rule in rules:
        for example in rule.examples:
            confidence = _confidence(compiled, detector, rule, example)
            yield Trial(rule, example, _missed(confidence))
        for example in rule.counterexamples:
            confidence = _confidence(compiled, detector, rule, example)
            reported = confidence is not None and not _missed(confidence)
            yield Trial(rule, example, "the rule reports its counterexample" if reported else None)


def check_examples(compiled: CompiledRules, rules: Iterable[Rule], report: Report = at_first) -> None:
    """Reports an advice that is not there, an example not found, or a counterexample found."""
    for rule in rules:
        if rule.advice is not None and rule.advice not in built_in_advice():
            near = get_close_matches(rule.advice, built_in_advice(), n=1)
            mend = f"did you mean '{near[0]}'?" if near else "leave it out"
            report(RuleError(rule.file, rule.line, f"rule '{rule.id}': no advice '{rule.advice}'", mend))
        try:
            for trial in trials(compiled, [rule]):
                if trial.problem is not None:
                    what = f"rule '{rule.id}': {trial.problem}: {trial.example.template!r}"
                    mend = "mend the pattern or the example"
                    report(RuleError(rule.file, trial.example.line, what, mend))
        except RuleError as error:  # the template itself is wrong
            report(error)


def _missed(confidence: float | None) -> str | None:
    if confidence is None:
        return "the rule does not find its example"
    if confidence < DEFAULT_MIN_CONFIDENCE:
        return f"the rule finds its example with a confidence of only {confidence:.2f}"
    return None


def _confidence(compiled: CompiledRules, detector: Detector, rule: Rule, example: Example) -> float | None:
    """The best confidence of a finding of this rule in the example; None where there is none."""
    blob = Blob(expand(rule, example).encode(), Origin("worktree", example.path or EXAMPLE_PATH))
    findings = score(permitted(detector.candidates(blob), compiled.rules), compiled.rules)
    return max((f.confidence for f in findings if f.rule == rule.id), default=None)
