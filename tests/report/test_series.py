"""Many findings of one kind in one file: people see the first ones and how many there are, programs all."""

from __future__ import annotations

import io
import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Finding
from leakscan.report import terminal
from leakscan.report.interface import Style
from leakscan.report.redaction import Redaction, visible
from leakscan.report.series import MOST, SHOWN, rest_in_words, series
from tests.report.results import advice, an_oid, commit, finding, findings, place, result
from tests.report.shown import report

ANY_TEXT = st.text(st.characters(), max_size=40)


def generated(number: int, path: str = "docs/api.yaml", still: int = 0, **more: object) -> list[Finding]:
    """So many values that a file had one after the other, a day and a commit for two of them."""
    return [
        finding(
            f"{path}{n:030}",
            locations=(place(path, line=100 + n, where="history"),),
            first_seen=commit(
                oid=an_oid(f"{n // 2}"), date=f"2026-01-{n // 2 + 1:02}T10:00:00Z", time=n // 2
            ),
            in_head=n >= number - still,
            confidence=0.99 - n / 1000,  # the first one is the surest
            advice=advice(),
            **more,
        )
        for n in range(number)
    ]


def test_a_file_with_a_few_findings_shows_each() -> None:
    few = generated(MOST)
    assert [each.shown for each in series(few)] == [[one] for one in few]
    assert terminal_text(*few).count("  secret   ") == MOST


def test_of_many_in_one_file_the_first_are_shown_and_the_others_counted() -> None:
    text = terminal_text(*generated(50), finding("another".rjust(30)))
    shown = " ".join(text.split())
    assert text.count("  secret   ") == SHOWN + 1
    assert "Example token 51 findings" in shown
    assert (
        "47 more in docs/api.yaml: 24 commits brought them in, from 2026-01-02 to 2026-01-25; none" in shown
    )
    assert "LEAKS 51 findings: 51 high" in shown
    assert "50 of them stand in 1 file: docs/api.yaml (50)." in shown


def test_what_is_still_there_comes_first_and_the_rest_says_in_which_lines() -> None:
    [told] = series(generated(30, still=5))
    assert [one.in_head for one in told.shown] == [True] * SHOWN
    words = rest_in_words(told.rest, Redaction([], reveal=False))
    assert words.endswith("; 2 still there, in lines 128, 129")


def test_other_kinds_files_and_states_are_other_series() -> None:
    many = [
        *generated(15),
        *generated(15, path="b.yaml"),
        *generated(15, rule="other"),
        *generated(15, state="baseline"),
    ]
    assert not any(each.rest for each in series(many))


def test_messages_and_objects_without_a_file_are_never_put_together() -> None:
    many = [finding(f"{n:030}", locations=(place(None, where="message"),)) for n in range(50)]
    assert not any(each.rest for each in series(many))


@given(st.lists(findings(st.sampled_from(["a", "b"]), st.binary(min_size=1)), max_size=60))
def test_no_finding_is_lost_and_none_is_told_twice(found: list[Finding]) -> None:
    told = [one for each in series(found) for one in (*each.shown, *each.rest)]
    assert Counter(map(id, told)) == Counter(map(id, found))


@given(st.lists(findings(ANY_TEXT, st.binary(min_size=1)), min_size=1, max_size=5))
def test_anything_can_be_put_in_words(rest: list[Finding]) -> None:
    words = rest_in_words(rest, Redaction(rest, reveal=False))
    assert visible(words) == words


def test_a_comment_has_one_row_for_all_of_them() -> None:
    text = report("markdown", result(*generated(50), *generated(2, path="b.yaml")))
    assert text.count("| 🟠 high |") == 3
    assert " and 49 more in this file | " in text
    assert "52 leaked credentials" in text
    assert "more finding" not in text


def test_a_page_has_them_all_but_folded_up() -> None:
    text = report("html", result(*generated(50)))
    assert text.count('<details class="card"') == 50
    before, after = text.split('<details class="rest">')
    assert before.count('<details class="card"') == SHOWN
    assert "<summary>and 47 more in docs/api.yaml: " in after


def test_formats_for_programs_have_each() -> None:
    scan = result(*generated(50))
    assert len(json.loads(report("json", scan))["findings"]) == 50
    assert len(json.loads(report("sarif", scan))["runs"][0]["results"]) == 50
    assert len(report("csv", scan).splitlines()) == 51


def terminal_text(*found: Finding) -> str:
    stream = io.StringIO()
    terminal.write(result(*found), stream, Style())
    return stream.getvalue()
