from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Finding, Gap, ScanResult, Suppression
from leakscan.report.html.pictures import by_provider, over_time
from leakscan.report.html.write import write
from leakscan.report.interface import Style
from tests.report.results import advice, commit, finding, place, result, results, some_value

ANY_TEXT = st.text(st.characters(), max_size=40)
VOID = {"meta", "input", "br", "line", "rect", "option"}


def html(scan: ScanResult, **style: Any) -> str:
    stream = io.StringIO()
    write(scan, stream, Style(**style))
    return stream.getvalue()


class Page(HTMLParser):
    """What a browser would make of a page: its elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data


def read(scan: ScanResult, **style: Any) -> str:
    """The page's text, with single spaces."""
    return " ".join(Page(html(scan, **style)).text.split())


def brought_in(date: str, time: int, value: str = "", **more: Any) -> Finding:
    return finding(some_value(value or date), first_seen=commit(date=date, time=time), **more)


def test_it_says_what_leaked_how_bad_how_sure_and_since_when() -> None:
    found = finding(
        severity="critical",
        title="Alibaba Cloud AccessKey pair",
        first_seen=commit(),
        in_head=True,
        parts={"access_key_id": some_value("id", 24)},
        advice=advice(),
    )
    text = read(result(found))
    for words in (
        "1 leaked credential: 1 critical; 1 of them still in the current version.",
        "Alibaba Cloud AccessKey pair",
        "97%, almost certain",
        "the characters look random",
        "2024-03-01 (2 years ago)",
        "by Li Wei <liwei@example.com>: Add the upload",
        "src/app.py:12",
        "Scanned on 2 March 2026, 09:00 UTC",
    ):
        assert words in text


def test_it_says_who_must_do_what_once_for_each_kind() -> None:
    found = [finding(some_value(str(n)), advice=advice(), first_seen=commit()) for n in range(3)]
    text = read(result(*found))
    assert text.count("Make a new one.") == 1
    assert "Ask: Li Wei <liwei@example.com> (brought them in)" in text
    assert "Li Wei <liwei@example.com>3 (3 high)1" in text


def test_a_clean_scan_an_incomplete_one_and_leaks_cannot_be_confused() -> None:
    gap = Gap("object 3f", "missing: partial clone")
    assert "No leaks were found." in read(result())
    broken = read(result(incomplete=(gap,)))
    assert "No leaks" not in broken
    assert "This scan is incomplete." in broken
    assert "object 3f" in broken
    assert "clone it whole, without --filter" in broken
    assert "This scan is incomplete." in read(result(finding(), incomplete=(gap,)))


def test_what_a_baseline_knows_is_listed_but_not_counted() -> None:
    text = read(result(finding(), finding("k" * 30, state="baseline"), finding("i" * 30, state="ignored")))
    assert "1 leaked credential: 1 high." in text
    assert "2 more are known from a baseline or marked as no leak" in text
    assert "known (in the baseline)" in text
    assert "marked as no leak" in text


def test_why_a_finding_does_not_count_and_whose_settings_those_are() -> None:
    why = Suppression("mark", "app.py:3", "a test key")
    found = finding(state="ignored", suppression=why)
    warnings = (Gap("leakscan.yaml:3", "it covers nothing"),)
    text = read(result(found, warnings=warnings, settings=("leakscan.yaml",)))
    assert "by a mark, app.py:3: a test key" in text
    assert "With the settings of leakscan.yaml" in text
    assert "Warning: leakscan.yaml:3: it covers nothing" in text


def test_secrets_are_whole_only_when_revealed_and_then_it_warns() -> None:
    value = some_value("secret")
    assert value not in html(result(finding(value)))
    revealed = html(result(finding(value)), reveal=True)
    assert value in revealed
    assert "This report shows whole secrets." in revealed


@pytest.mark.parametrize(
    "evil",
    [
        '"><script>alert(1)</script>',
        "' onmouseover='alert(1)",
        "<img src=x onerror=alert(1)>",
        "</style></script><svg/onload=alert(1)>",
        "{{ 7*7 }}{% include '/etc/passwd' %}",
        "javascript:alert(1)",
    ],
)
def test_hostile_texts_are_only_text(evil: str) -> None:
    found = finding(
        locations=(place(evil),),
        first_seen=commit(evil, author=evil, email=evil),
        advice=advice(links=(evil, "https://example.com/")),
    )
    harmless = finding(
        locations=(place("a"),), first_seen=commit(), advice=advice(links=("https://example.com/",))
    )
    gaps = (Gap(evil, evil),)
    page = Page(html(result(found, targets=(evil,), incomplete=gaps, skipped=gaps)))
    plain = Page(
        html(result(harmless, targets=("a",), incomplete=(Gap("a", "a"),), skipped=(Gap("a", "a"),)))
    )
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert [set(attributes) for _, attributes in page.elements] == [set(names) for _, names in plain.elements]
    assert evil in page.text
    assert not page.open


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)), st.booleans())
def test_every_result_makes_a_sound_page_that_loads_nothing(scan: ScanResult, reveal: bool) -> None:
    page = Page(html(scan, reveal=reveal))
    assert not page.open
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]
        assert re.match("#|https://", attributes.get("href") or "#")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_policy_lets_in_this_style_and_script_and_nothing_else() -> None:
    page = html(result(finding()))
    (policy,) = (
        attributes["content"] or ""
        for tag, attributes in Page(page).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    for name in ("style", "script"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_columns_stand_for_months_quarters_or_years() -> None:
    first, year = 1_600_000_000, 31_557_600
    for years, unit in ((1, "month"), (6, "quarter"), (14, "year")):
        drawn = over_time([brought_in("2020-09-13", first), brought_in("later", first + years * year)])
        assert drawn.unit == unit
        assert len(drawn.columns) > 1
        assert sum(column.number for column in drawn.columns) == 2
        assert all(c.left >= 0 and c.left + c.width <= 960.001 and c.length <= 160.01 for c in drawn.columns)


def test_findings_without_a_sensible_date_are_counted_and_not_drawn() -> None:
    drawn = over_time([finding(), brought_in("x", 2**60), brought_in("2020-09-13", 1_600_000_000)])
    assert (drawn.unknown, len(drawn.columns)) == (2, 1)


def test_the_many_providers_that_have_few_findings_share_a_bar() -> None:
    found = [finding(some_value(f"{a}{b}"), provider=f"P{a:02}") for a in range(14) for b in range(14 - a)]
    rows = by_provider(found)
    assert [row.label for row in rows[:2]] == ["P00", "P01"]
    assert rows[-1].label == "4 others"
    assert sum(row.number for row in rows) == len(found)
    assert max(row.length for row in rows) <= 300.1
