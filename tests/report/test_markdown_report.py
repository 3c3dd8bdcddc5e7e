from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from leakscan.finding import Gap, ScanResult
from leakscan.report.markdown import MARK
from tests.report.html.test_html_report import Page
from tests.report.results import advice, commit, finding, place, result, results
from tests.report.shown import HOSTILE, report

ANY_TEXT = st.text(st.characters(), max_size=40)


def page(scan: ScanResult) -> Page:
    """The comment as a merge request renders it."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    return Page(markdown.render(report("markdown", scan)))


def test_it_has_a_row_for_each_finding_and_the_advice_folded_up() -> None:
    scan = result(
        finding("a" * 30, severity="critical", advice=advice(), first_seen=commit(), in_head=True),
        finding("b" * 30, advice=advice(), locations=(place("b.py", 3), place("c.py"))),
        finding("k" * 30, state="baseline"),
    )
    shown = page(scan)
    tags = [tag for tag, _ in shown.elements]
    assert tags.count("tr") == 3
    assert tags.count("details") == 1
    text = " ".join(shown.text.split())
    assert "2 leaked credentials: 1 critical, 1 high" in text
    assert "src/app.py:12, still in HEAD" in text
    assert "b.py:3 +1" in text
    assert "What to do: Example token (2)" in text
    assert "Make a new one." in text
    assert "1 finding known or ignored" in text


def test_a_job_finds_its_comment_again() -> None:
    assert report("markdown", result()).startswith(MARK + "\n")
    assert report("markdown", result(finding())).startswith(MARK + "\n")


def test_a_clean_scan_and_an_incomplete_one_differ() -> None:
    gap = Gap("object 3f", "missing: partial clone")
    assert "No leaks" in page(result()).text
    text = page(result(incomplete=(gap,))).text
    assert "No leaks" not in text
    assert "The scan is incomplete: 1 part could not be read." in text
    assert "object 3f: missing: partial clone. Mend: clone it whole" in text


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_are_code_and_nothing_else(evil: str) -> None:
    def scan(name: str) -> ScanResult:
        found = finding(locations=(place(name),), first_seen=commit(name, author=name), advice=advice())
        return result(found, finding("b" * 30, severity="low"), incomplete=(Gap(name, name),))

    hostile, harmless = page(scan(evil)), page(scan("a"))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert "@everyone" not in report("markdown", scan(evil))


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_every_result_makes_a_table_that_holds(scan: ScanResult) -> None:
    new = sum(found.state == "new" for found in scan.findings)
    tags = [tag for tag, _ in page(scan).elements]
    assert tags.count("tr") == (new + 1 if new else 0)
    assert tags.count("td") == new * 5
    assert not {"img", "script"} & set(tags)


def test_a_long_report_fits_into_a_comment_and_counts_what_it_leaves_out() -> None:
    found = [
        finding(f"{n:030}", locations=(place(f"{'deep/' * 40}{n}.py"),), advice=advice(f"advice-{n}"))
        for n in range(400)
    ]
    text = report("markdown", result(*found))
    assert len(text) < 65_536
    rows = text.count("| 🟠 high |")
    assert 10 < rows <= 100
    assert f"… and {400 - rows} more findings: {400 - rows} high." in text
    assert text.count("<details>") == text.count("</details>") > 0
