from __future__ import annotations

import pytest

from leakscan.finding import Counts, Reason
from leakscan.report import words
from tests.report.results import commit


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (1.0, "99%, almost certain"),
        (0.29, "29%, unlikely"),
        (0.8, "80%, very likely"),
        (0.65, "65%, likely"),
        (0.5, "50%, possible"),
        (0.0, "0%, unlikely"),
    ],
)
def test_a_confidence_has_a_word_and_is_never_certain(confidence: float, said: str) -> None:
    assert words.sureness(confidence) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason("entropy", 4.72, 1.0), "+ the characters look random (4.7 bits each)"),
        (Reason("words", 0.9, -1.0), "− it reads like words"),
        (Reason("pattern", "token", 1.0), "+ the shape alone says what it is"),
        (Reason("placeholder", "repeated", -3.0), "− it looks like a placeholder (repeated)"),
        (Reason("pair", True, 1.0), "+ its other half stands near it"),
        (Reason("moon_phase", "full", 1.0), "+ moon phase: full"),
        (Reason("moon_phase", True, -1.0), "− moon phase"),
    ],
)
def test_reasons_are_said_in_plain_words(reason: Reason, said: str) -> None:
    assert words.said(reason) == said


def test_the_strongest_reasons_come_first_whichever_way_they_speak() -> None:
    given = [
        Reason("bias", 1.0, -9),
        Reason("a", 1, 0.1),
        Reason("b", 1, -2),
        Reason("c", 1, 1),
        Reason("d", 1, 0),
    ]
    assert [reason.feature for reason in words.strongest(given, 2)] == ["b", "c"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-60, ""),
        (60, "just now"),
        (7200, "2 hours ago"),
        (86400 * 3, "3 days ago"),
        (86400 * 400, "1 year ago"),
    ],
)
def test_the_age_of_a_commit(seconds: int, said: str) -> None:
    assert words.age(commit(time=1_700_000_000 - seconds), "2023-11-14T22:13:20Z") == said
    assert words.age(commit(), "no date") == ""


def test_amounts() -> None:
    assert words.size(999) == "999 bytes"
    assert words.size(1_234_567_890) == "1.2 GB"
    assert words.duration(0.42) == "0.4 s"
    assert words.duration(200) == "3 min 20 s"
    assert words.duration(7300) == "2 h 1 min"
    assert words.amount(Counts()) == "nothing"
    assert words.amount(Counts(files=1, bytes=12)) == "1 file (12 bytes)"
    assert words.part_name("access_key_id") == "access key ID"


def test_a_mend_is_offered_where_the_reason_names_none() -> None:
    assert words.mend("shallow clone: run 'git fetch --unshallow'") == ""
    assert words.mend("unreadable: Permission denied").startswith("let the user who runs the scan read it")
    assert "--allow-incomplete" in words.mend("the moon is full")
