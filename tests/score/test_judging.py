"""What is judged in a hurry comes to what the plain way of it says."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Candidate, Origin, Position, Secret
from leakscan.ruleset.compiled import compiled_rules
from leakscan.score import features, learned
from leakscan.score.model import Feature, confidence, reasons, sureness, weights
from leakscan.score.placeholder import is_sequence
from leakscan.score.score import judge, judge_alone
from leakscan.score.words import commonness, wordiness

TEXTS = st.text("abcXYZ019 _-=\"'\n.,:{$é", max_size=30).map(str.encode)
KEYS_AND_AMOUNTS = st.tuples(st.sampled_from(sorted(weights())), st.floats(-100, 100))


@given(st.lists(KEYS_AND_AMOUNTS))
def test_confidence_is_the_same_with_reasons_and_without(given: list[tuple[str, float]]) -> None:
    chosen = [Feature("feature", True, key, amount) for key, amount in given]
    assert sureness(chosen) == confidence(reasons(chosen))


@pytest.mark.parametrize(
    "rule", ["generic-password", "generic-secret", "http-basic-authorization", "private-key"]
)
@given(
    value=TEXTS, before=TEXTS, lead=TEXTS, after=TEXTS, path=st.sampled_from([None, "a.py", "tests/b.env"])
)
def test_any_candidate_can_be_judged(
    rule: str, value: bytes, before: bytes, lead: bytes, after: bytes, path: str | None
) -> None:
    place = Position(1, 1, 1, 1)
    origin = Origin("worktree", path)
    candidate = Candidate(rule, Secret(value), 0, 0, place, origin, before + lead, after, lead)
    kind = compiled_rules().rules.by_id[rule]
    assert judge_alone(candidate, kind) == confidence(judge(candidate, kind))


@given(st.text(max_size=60))
def test_every_pair_and_triple_of_characters_counts(text: str) -> None:
    lower = f"^{text.lower()[:40]}$"
    plain = (
        [lower[at : at + 2] for at in range(len(lower) - 1)],
        [lower[at : at + 3] for at in range(len(lower) - 2)],
    )
    found = learned.character_pieces(text.encode())
    assert [amount for amount, _ in found] == [1 / math.sqrt(len(lower))] * 2
    assert [["".join(key) for key in keys] for _, keys in found] == list(plain)


@given(st.binary(max_size=40) | st.text("abcdABCD1234", max_size=40).map(str.encode))
def test_sequences_are_what_most_neighbours_go_on_in(value: bytes) -> None:
    def regular(value: bytes) -> bool:
        steps = [(b | 32) - (a | 32) for a, b in pairwise(value)]
        return sum(a == b and abs(a) <= 1 for a, b in pairwise(steps)) >= 0.6 * (len(steps) - 1)

    few = len(set(value)) <= max(3, min(len(value) // 12, 8))
    halves = len(value) >= 10 and regular(value[::2]) and regular(value[1::2])
    assert is_sequence(value) == (len(value) >= 6 and (regular(value) or few or halves))


@given(st.text("abAB1-", max_size=12).map(str.encode))
def test_letters_that_stand_alone_say_nothing_about_words(value: bytes) -> None:
    assert wordiness(b"1".join([b"x", value, b"Y"])) == wordiness(value)
    assert 0 <= commonness(value) <= 1


@given(
    st.from_regex(r"[A-Za-z0-9]{1,40}", fullmatch=True)
    | st.from_regex(r"[A-Z][a-z]+[0-9T]{0,9}Z?", fullmatch=True)
)
def test_a_value_without_signs_has_no_shape_that_wants_one(text: str) -> None:
    shapes = [shape for shape, pattern in features._SHAPES.items() if pattern.match(text.encode())]
    assert shapes == [shape for shape in shapes if shape in features._OF_LETTERS_AND_DIGITS]
