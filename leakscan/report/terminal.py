"""The report for people: what leaked, and what to do about it now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from rich.style import Style as Ink
from rich.text import Text

from leakscan.finding import Finding, Gap, ScanResult
from leakscan.report.card import BADGES, card
from leakscan.report.interface import Style
from leakscan.report.order import ordered
from leakscan.report.page import Page
from leakscan.report.redaction import Redaction, visible
from leakscan.report.series import Series, crowded, rest_in_words, series
from leakscan.report.words import amount, by_reason, by_severity, counted, duration, mend

_MOST_FINDINGS = 200
_MOST_GAPS = 3
_MOST_TARGETS = 3
_MOST_REASONS = 4


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The whole report: each kind of finding with its cards, the steps for each, and how the scan ended."""
    page, redaction = Page(style), Redaction([*result.findings, *result.named], style.reveal)
    findings = [finding for finding in ordered(result.findings) if finding.state == "new"]
    letters = _letters(findings)
    root = _root(result.targets) if style.links else None
    numbers = Counter(map(_kind, findings))
    told, left = _fitting(series(findings))
    for kind in _kinds(told):
        first = kind[0].shown[0]
        _heading(page, first, numbers[_kind(first)], letters)
        for each in kind:
            _cards(page, each, redaction, result.started, root)
    _more(page, left)
    _steps(page, findings, letters)
    if style.ignored:
        _not_counted(page, result, redaction, root)
    _end(page, result, redaction)
    page.give(stream)


def write_summary(result: ScanResult, stream: TextIO, style: Style) -> None:
    """Only the end of the report: for standard error, where a machine's format goes elsewhere."""
    page = Page(style)
    _end(page, result, Redaction([*result.findings, *result.named], style.reveal))
    page.give(stream)


def _letters(findings: Sequence[Finding]) -> dict[str, str]:
    """A, B, C … for the advice, in the order of the findings that ask for it."""
    ids = dict.fromkeys(finding.advice.id for finding in findings if finding.advice)
    return {id: _letter(number) for number, id in enumerate(ids)}


def _letter(number: int) -> str:
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _root(targets: Sequence[str]) -> Path | None:
    """The folder that paths are relative to, where there is only one."""
    folder = Path(targets[0]).absolute() if len(targets) == 1 else None
    return folder if folder and folder.is_dir() else None


def _fitting(told: Sequence[Series]) -> tuple[list[Series], list[Finding]]:
    """What is shown, and the findings for which there is no room."""
    shown, left, room = list[Series](), list[Finding](), _MOST_FINDINGS
    for each in told:
        room -= len(each.shown)
        if room >= 0:
            shown.append(each)
        else:
            left += [*each.shown, *each.rest]
    return shown, left


def _kinds(told: Iterable[Series]) -> list[list[Series]]:
    """The findings of each kind together; the kind with the worst and surest finding first."""
    kinds: dict[tuple[str, str], list[Series]] = {}
    for each in told:
        kinds.setdefault(_kind(each.shown[0]), []).append(each)
    return list(kinds.values())


def _kind(finding: Finding) -> tuple[str, str]:
    """The rule, and the severity, which is not the rule's where a token has expired."""
    return finding.rule, finding.severity


def _heading(page: Page, finding: Finding, number: int, letters: dict[str, str]) -> None:
    """What is said once of all findings of a kind: what it is, and what to do first."""
    title = Text(visible(finding.title), "bold")
    title.append(f"   {counted(number, 'finding')}" if number > 1 else "", "not bold")
    page.badge(finding.severity.upper(), BADGES[finding.severity], title)
    if finding.advice:
        first = Text(visible(finding.advice.summary))
        if len(letters) > 1:
            first.append_text(Text.assemble(" Steps: ", (letters[finding.advice.id], "bold"), " below."))
        page.row("first", first)
    page.row("rule", Text(visible(finding.rule), "dim"))
    page.gap()


def _cards(page: Page, each: Series, redaction: Redaction, started: str, root: Path | None) -> None:
    for finding in each.shown:
        card(page, finding, redaction, started, root)
        page.gap()
    if each.rest:
        page.row("and", Text(rest_in_words(each.rest, redaction), "bold"))
        page.gap()


def _not_counted(page: Page, result: ScanResult, redaction: Redaction, root: Path | None) -> None:
    """The findings that a baseline, a mark or a setting covers, without what to do about them."""
    findings = [finding for finding in ordered(result.findings) if finding.state != "new"]
    if findings:
        page.line("Known or ignored, and not counted", "bold")
        page.gap()
    for finding in findings[:_MOST_FINDINGS]:
        page.badge(finding.severity.upper(), "dim", Text(visible(finding.title)))
        page.row("rule", Text(visible(finding.rule), "dim"))
        card(page, finding, redaction, result.started, root)
        page.gap()
    _more(page, findings[_MOST_FINDINGS:])


def _more(page: Page, findings: Sequence[Finding]) -> None:
    if findings:
        text = f"and {counted(len(findings), 'more finding')}: {by_severity(findings)}"
        page.row("", Text(text, "bold"), Text("--format json and --format jsonl have them all"))
        page.gap()


def _steps(page: Page, findings: Sequence[Finding], letters: dict[str, str]) -> None:
    """The steps for each kind of credential, once."""
    kinds: dict[str, list[Finding]] = {id: [] for id in letters}
    for finding in findings:
        if finding.advice:
            kinds[finding.advice.id].append(finding)
    if kinds:
        page.line("What to do", "bold")
        page.gap()
    for id, letter in letters.items():
        _one_advice(page, kinds[id], f"{letter} " if len(letters) > 1 else "")
        page.gap()


def _one_advice(page: Page, findings: Sequence[Finding], letter: str) -> None:
    titles = list(dict.fromkeys(finding.title for finding in findings))
    title = Text(visible(", ".join(titles[:3])), "bold")
    title.append(f" and {len(titles) - 3} other kinds" if len(titles) > 3 else "")
    if len(findings) > 1:
        title = Text.assemble((f"{len(findings):,} findings: ", "bold"), title)
    page.item(letter, title, indent=1 if letter else 3)
    advice = findings[0].advice
    assert advice is not None
    for number, step in enumerate(advice.steps, 1):
        page.item(f"{number}.".rjust(3), Text(visible(step)), indent=3)
    for link in advice.links:
        ink = Ink(dim=True, link=link if page.style.links else None)
        page.line(Text.assemble(" " * 7, (visible(link), ink)))


def _end(page: Page, result: ScanResult, redaction: Redaction) -> None:
    """What could not be read, the scan in one line, and how much it looked at."""
    if not result.complete:
        _incomplete(page, result.incomplete, redaction)
    _verdict(page, result, redaction)
    counts = result.counts
    rules = f" with {counted(counts.rules, 'rule')}" if counts.rules else ""
    end = ":" if result.targets else "."
    page.row("", Text(f"Scanned {amount(counts)}{rules} in {duration(result.seconds)}{end}"))
    for target in result.targets[:_MOST_TARGETS]:
        page.place("", Text(visible(redaction.text(target)), "dim"))
    if len(result.targets) > _MOST_TARGETS:
        page.row("", Text(f"and {len(result.targets) - _MOST_TARGETS:,} more", "dim"))
    for why, whats in list(by_reason(result.skipped).items())[:_MOST_REASONS]:
        more = f" and {len(whats) - 1:,} more" if len(whats) > 1 else ""
        page.row(
            "",
            Text(f"Skipped {visible(redaction.text(whats[0]))}{more}: {visible(redaction.text(why))}", "dim"),
        )
    for state, words in (("baseline", "of the baseline"), ("ignored", "marked as ignored")):
        number = sum(finding.state == state for finding in result.findings)
        if number:
            told = "Not counted" if page.style.ignored else "Not shown"
            page.row("", Text(f"{told}: {counted(number, 'finding')} {words}", "dim"))
    if result.settings:
        names = ", ".join(visible(redaction.text(name)) for name in result.settings)
        page.row("", Text(f"With the settings of {names}", "dim"))
    for why, whats in list(by_reason(result.warnings).items())[:_MOST_REASONS]:
        more = f" and {len(whats) - 1:,} more" if len(whats) > 1 else ""
        text = f"Warning: {visible(redaction.text(whats[0]))}{more}: {visible(redaction.text(why))}"
        page.row("", Text(text, "yellow"))


def _incomplete(page: Page, gaps: Sequence[Gap], redaction: Redaction) -> None:
    title = f"This scan is incomplete: {counted(len(gaps), 'part')} could not be scanned."
    reasons = _by_mend(by_reason(gaps))
    page.badge("WARNING", "bold white on magenta", Text(title, "bold"))
    for number, (why, whats) in enumerate(reasons[:_MOST_REASONS], 1):
        page.row("", Text(visible(redaction.text(why))))
        for what in whats[:_MOST_GAPS]:
            page.place("", Text("  " + visible(redaction.text(what)), "magenta"))
        if len(whats) > _MOST_GAPS:
            page.row("", Text(f"  and {len(whats) - _MOST_GAPS:,} more", "dim"))
        is_last = number == min(len(reasons), _MOST_REASONS) or mend(reasons[number][0]) != mend(why)
        if mend(why) and is_last:
            page.row("", Text(f"Mend: {mend(why)}"))
    if len(reasons) > _MOST_REASONS:
        page.row("", Text(f"and {len(reasons) - _MOST_REASONS:,} other reasons (--format json has them all)"))
    page.gap()


def _by_mend(reasons: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """The reasons with the same mend together, in the order in which each is first wanted."""
    mends = list(dict.fromkeys(map(mend, reasons)))
    return sorted(reasons.items(), key=lambda reason: mends.index(mend(reason[0])))


def _verdict(page: Page, result: ScanResult, redaction: Redaction) -> None:
    """An incomplete scan that found nothing is not clean."""
    new = [finding for finding in result.findings if finding.state == "new"]
    if new:
        word, style = "LEAKS", "bold white on red"
        text = f"{counted(len(new), 'finding')}: {by_severity(new)}"
    elif result.complete:
        word, style = "CLEAN", "bold black on green"
        text = "No new leaks found." if result.findings else "No leaks found."
    else:
        word, style = "UNKNOWN", "bold white on magenta"
        text = "Nothing found in what could be read; what could not be read may hold leaks."
    page.badge(word, style, Text(text, "bold"))
    if where := crowded(series(new), redaction):
        page.row("", Text(f"{where}. What a program generates can be left out with --exclude PATTERN."))
