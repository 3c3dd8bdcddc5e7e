"""Nothing that changes leakscan makes it less exact without somebody saying so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.corpus import corpus
from benchmarks.gate import EXPECTED, GateScore, as_json, complaints, scored


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> GateScore:
    return scored(tmp_path_factory.mktemp("corpus"))


def test_what_is_found_in_the_fixed_corpus_is_no_worse_than_expected(score: GateScore) -> None:
    worse = complaints(score, json.loads(EXPECTED.read_text("utf-8")))
    mend = "(docs/accuracy.md, 'The gate', says how to look into it, and how to store a new score)"
    assert not worse, "\n".join([*worse, mend])


def test_a_score_that_sinks_is_told_with_what_was_lost_and_what_was_falsely_found(score: GateScore) -> None:
    expected = as_json(score)
    found = next(one for one in corpus() if one.value is not None and one.path not in score.missed)
    harmless = next(one for one in corpus() if one.value is None)
    worse = replace(
        score,
        missed={**score.missed, found.path: found.category},
        false={**score.false, harmless.path: harmless.category},
        right=score.right - 1,
    )
    told = "\n".join(complaints(worse, expected))
    assert complaints(score, expected) == []
    assert "recall sank from" in told
    assert "precision sank from" in told
    assert f"lost: {found.path} ({found.category})" in told
    assert f"falsely found: {harmless.path} ({harmless.category})" in told


def test_the_corpus_is_the_same_each_time_and_all_of_its_secrets_stand_in_their_files() -> None:
    assert list(corpus()) == list(corpus())
    assert all(one.value is None or one.category == "encoded" or one.value in one.text for one in corpus())
    assert len({one.path for one in corpus()}) == len(list(corpus()))


def test_no_file_of_the_repository_holds_a_secret_of_the_corpus() -> None:
    root = Path(EXPECTED).parents[2]
    texts = [file.read_text("utf-8") for file in (root / "benchmarks").glob("corpus*.py")]
    assert not any(one.value in text for one in corpus() if one.value for text in texts)
