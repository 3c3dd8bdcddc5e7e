"""The two stages together find exactly what each rule alone would, and only look around the hit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.detect.detect import Detector
from leakscan.detect.extract import Match, Remembered, expression
from leakscan.detect.pair import PAIR_REACH
from leakscan.detect.prefilter import Prefilter
from leakscan.detect.trace import Searcher
from leakscan.finding import Blob, Origin
from leakscan.ruleset.compiled import CompiledRules, compile_rules
from leakscan.ruleset.load import load_rules
from leakscan.ruleset.rule import Rule
from leakscan.ruleset.template import expand
from tests.builders import rules_with_examples

FILLER = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["\n", "\r\n", " = ", "password: ", "xoxb-", "ghp_", "LTAI", "-----BEGIN ", '"', "\\n", "secret", "\0"]
)


@pytest.fixture(scope="module")
def compiled() -> CompiledRules:
    return rules_with_examples()


@st.composite
def texts(draw: st.DrawFn, compiled: CompiledRules) -> bytes:
    """Examples of random rules in the middle of anything, some of them cut short."""
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        rule = draw(st.sampled_from(compiled.rules.rules))
        example = expand(rule, draw(st.sampled_from(rule.examples)))
        cut = draw(st.integers(0, len(example))) if draw(st.integers(0, 9)) == 0 else len(example)
        pieces += [draw(FILLER), example[:cut], draw(FILLER)]
    return "".join(pieces).encode()


def naive(text: bytes, compiled: CompiledRules, only: Rule | None = None) -> set[tuple[str, int, int]]:
    """The specification: every pattern tried at every offset, without a prefilter."""
    from leakscan.detect.exclude import excluded

    found = set()
    for rule, pattern in compiled.rules.patterns():
        if only not in (None, rule):
            continue
        for match in expression(pattern.text).finditer(text, overlapped=True):
            span = match.span("secret" if "secret" in match.re.groupindex else 0)
            if 0 <= span[0] < span[1] and not excluded(rule, text, *span):
                found.add((rule.id, *span))
    return found


def fail(rule: Rule) -> None:
    raise AssertionError(f"{rule.id} was late")


def spans(matches: list[Match]) -> set[tuple[str, int, int]]:
    return {(match.rule.id, match.secret_start, match.secret_end) for match in matches}


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_prefilter_loses_nothing_and_the_extraction_adds_nothing(
    compiled: CompiledRules, data: st.DataObject
) -> None:
    text = data.draw(texts(compiled))
    hits = Prefilter(compiled).hits(text)
    found = spans(Searcher(compiled.rules.prefiltered, Remembered()).searched(text, hits, fail).matches)
    assert found == naive(text, compiled)


def test_each_example_is_found_behind_other_text(compiled: CompiledRules) -> None:
    """Hyperscan overlooked an example of one rule behind some texts, whose length and words decided."""
    prefilter, chance = Prefilter(compiled), random.Random(3)
    searcher = Searcher(compiled.rules.prefiltered, Remembered())
    words = b"if = the key deadbeef 0x7f token_name : value, return // \n def run(self): http://a.b/c".split(
        b" "
    )
    for rule in compiled.rules:
        for example in rule.examples:
            text = b" ".join(chance.choices(words, k=12)) + b" " + expand(rule, example).encode()
            own = [hit for hit in prefilter.hits(text) if compiled.rules.prefiltered[hit[0]][0] is rule]
            found = spans(searcher.searched(text, own, fail).matches)
            assert found == naive(text, compiled, rule), rule.id


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_is_found_does_not_depend_on_what_stands_far_away(
    compiled: CompiledRules, data: st.DataObject
) -> None:
    text, before, after = (data.draw(texts(compiled)) for _ in range(3))
    gap = b"\n" * 40 + b" " * (2 * PAIR_REACH) + b"\n" * 40
    detector = Detector(compiled)

    def found(content: bytes, low: int, high: int) -> set[tuple[str, int, int, bytes]]:
        candidates = detector.candidates(Blob(content.replace(b"\0", b"."), Origin("stdin")))
        return {
            (c.rule, c.start - low, c.end - low, c.secret.raw) for c in candidates if low <= c.start < high
        }

    alone = found(gap + text + gap, len(gap), len(gap) + len(text))
    low = len(before) + len(gap)
    assert found(before + gap + text + gap + after, low, low + len(text)) == alone


def test_a_value_that_repeats_is_a_candidate_at_each_place(compiled: CompiledRules) -> None:
    password = "".join(random.choices("abcdefghkmnpqrstuvwxyz23456789", k=14))
    text = "".join(f'password = "{password}"\n' for _ in range(3)).encode()
    candidates = Detector(compiled).candidates(Blob(text, Origin("stdin")))
    assert [c.position.line for c in candidates] == [1, 2, 3]
    assert {c.position.column for c in candidates} == {13}
    assert {c.position.end_column for c in candidates} == {27}


def test_a_pattern_that_takes_too_long_is_named_and_the_rest_still_searched(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "slow.yaml").write_text(
        "rules: [{id: slow, title: t, provider: p, severity: low, kind: token,"
        r" pattern: 'slow(?P<secret>(?:(?:a{1,9}){1,9}){1,5})!'}]"
    )
    monkeypatch.setattr("leakscan.detect.extract.TIME_LIMIT", 0.05)
    detector = Detector(compile_rules(load_rules([folder])))
    password = "".join(random.choices("abcdefghkmnpqrstuvwxyz23456789", k=14))
    slow = Blob(b"slow" + b"a" * 60 + b" slowa!\n", Origin("stdin", path="slow.txt"))
    fine = Blob(f'password = "{password}"'.encode(), Origin("stdin", path="fine.txt"))
    found = list(detector.detect([slow, fine]))
    assert [c.secret.reveal() for c in found] == [password]
    assert [gap.what for gap in detector.incomplete] == ["slow.txt"]
    assert "rule 'slow'" in detector.incomplete[0].why
