"""The HTML report in a real Chromium, as somebody who got it by mail would open it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakscan.finding import Gap, ScanResult
from leakscan.report.html.write import write
from leakscan.report.interface import Style
from tests.report.results import advice, commit, finding, place, result, some_value

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

EVIL = "\"><script>document.title='owned'</script><img src=https://evil.example/ onerror=alert(1)>"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--no-first-run"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    yield page
    page.close()


def a_scan() -> ScanResult:
    return result(
        finding(
            some_value("a"),
            severity="critical",
            provider="Alibaba Cloud",
            title="AccessKey pair",
            first_seen=commit(),
            in_head=True,
            advice=advice("a"),
        ),
        finding(
            some_value("b"),
            provider="GitHub",
            title="Token",
            confidence=0.7,
            locations=(place("old/ci.yml", where="history", commit="c" * 40),),
            first_seen=commit("Fix CI", author="Ana"),
            in_head=False,
            advice=advice("b", summary="Revoke it."),
        ),
        finding(
            some_value("c"),
            severity="low",
            locations=(place(EVIL),),
            first_seen=commit(EVIL, author=EVIL),
            advice=advice("c", summary=EVIL, links=("https://example.com/'\"><b>",)),
        ),
        finding(some_value("d"), state="baseline", provider="GitHub", title="Known token"),
        targets=(EVIL,),
        incomplete=(Gap(EVIL, EVIL),),
    )


def opened(page: playwright.Page, scan: ScanResult, folder: Path) -> list[str]:
    """Opens the report as a file; what it asks for, complains of or pops up is in the list."""
    stream = io.StringIO()
    write(scan, stream, Style())
    file = folder / "report.html"
    file.write_text(stream.getvalue(), "utf-8")
    events: list[str] = []
    page.on("request", lambda request: events.append(f"request {request.url}"))
    page.on("console", lambda message: events.append(f"console {message.text}"))
    page.on("pageerror", lambda error: events.append(f"error {error}"))
    page.on("dialog", lambda dialog: events.append(f"dialog {dialog.message}"))
    page.goto(file.as_uri())
    assert events.pop(0) == f"request {file.as_uri()}"
    return events


def titles(page: playwright.Page) -> list[str]:
    return list(page.locator(".card:visible summary b").all_text_contents())


def test_it_opens_without_a_request_or_a_complaint_and_nothing_hostile_runs(
    page: playwright.Page, tmp_path: Path
) -> None:
    events = opened(page, a_scan(), tmp_path)
    page.locator("#open").click()
    page.wait_for_timeout(200)
    assert events == []
    assert "owned" not in page.title().split("<")[0]
    assert page.locator("img, .card b b, iframe").count() == 0
    assert EVIL in (page.locator(".card:visible").last.text_content() or "")


def test_the_policy_stops_a_script_that_would_get_in_all_the_same(
    page: playwright.Page, tmp_path: Path
) -> None:
    events, failures = opened(page, a_scan(), tmp_path), list[str]()
    page.on("requestfailed", lambda request: failures.append(request.failure))
    image = '<img src="https://evil.example/" onerror="owned=1">'
    page.evaluate("image => document.body.insertAdjacentHTML('beforeend', image)", image)
    page.wait_for_timeout(300)
    assert page.evaluate("typeof owned") == "undefined"
    assert failures == ["csp"]
    assert [event for event in events if "Content Security Policy" in event]


def test_search_and_filters_narrow_the_list_and_say_how_far(page: playwright.Page, tmp_path: Path) -> None:
    opened(page, a_scan(), tmp_path)
    assert titles(page) == ["AccessKey pair", "Token", "Example token"]
    assert page.locator("#count").text_content() == "Showing 3 of 4"
    page.locator("#search").fill("OLD/ci ana")
    assert titles(page) == ["Token"]
    page.locator("button[type=reset]").click()
    page.locator("[name=severity][value=critical]").uncheck()
    assert titles(page) == ["Token", "Example token"]
    page.locator("button[type=reset]").click()
    page.locator("#standing").select_option("only in the history")
    assert titles(page) == ["Token"]
    page.locator("button[type=reset]").click()
    page.locator("#sure").select_option("95")
    page.locator("#provider").select_option("Alibaba Cloud")
    assert titles(page) == ["AccessKey pair"]
    page.locator("button[type=reset]").click()
    page.locator("#state").select_option("")
    assert "Known token" in titles(page)
    page.locator("#search").fill("no such thing")
    assert page.locator("#none").is_visible()


def test_a_search_looks_into_what_is_folded_up_and_a_link_opens_it(
    page: playwright.Page, tmp_path: Path
) -> None:
    many = [finding(f"{n:030}", locations=(place("api.yaml", line=100 + n),)) for n in range(50)]
    opened(page, result(*many), tmp_path)
    assert len(titles(page)) == 3
    about = page.locator(".rest > summary").text_content() or ""
    assert about.startswith("and 47 more in api.yaml; 47 still there, in lines ")
    folded = page.locator(".rest .card").last.get_attribute("id")
    page.locator("#search").fill("api.yaml:149")
    assert len(titles(page)) == 1
    page.goto(f"{page.url}#{folded}")
    page.reload()
    assert page.locator(".card[open]").get_attribute("id") == folded
    assert page.locator(".card[open] dl").is_visible()


def test_a_finding_opens_and_leads_to_what_to_do(page: playwright.Page, tmp_path: Path) -> None:
    opened(page, a_scan(), tmp_path)
    card = page.locator(".card:visible").nth(1)
    assert not card.locator("dl").is_visible()
    card.locator("summary").click()
    assert "Fix CI" in (card.locator("dl").text_content() or "")
    page.locator("#do-2 summary").click()  # closes it
    for _ in range(2):  # the second time, the address stays as it is
        card.locator("a", has_text="2").click()
        assert page.locator("#do-2 ol").is_visible()
        page.locator("#do-2 summary").click()
    page.reload()
    assert page.locator("#do-2 ol").is_visible()


def test_without_scripts_everything_is_there(browser: playwright.Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    opened(page, a_scan(), tmp_path)
    assert page.locator(".card:visible").count() == 4
    assert not page.locator("#filters").is_visible()
    context.close()


def test_pictures_show_their_numbers_and_fit_the_page(page: playwright.Page, tmp_path: Path) -> None:
    opened(page, a_scan(), tmp_path)
    for width in (1200, 400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1200, "height": 900})
    labels = page.locator("#summary figure svg").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert "critical: 1" in labels
    assert "Alibaba Cloud: 1" in labels
    boxes = page.locator("#summary rect").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert boxes
    assert all(width > 1 for width in boxes)
