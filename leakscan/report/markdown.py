"""Markdown for the comment on a merge or pull request: short, and safe whatever names the change has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from leakscan.finding import Finding, ScanResult, Severity
from leakscan.report.exchange import file_name, main_place, new_findings
from leakscan.report.interface import Style
from leakscan.report.redaction import Redaction, visible
from leakscan.report.series import Series, series
from leakscan.report.words import (
    amount,
    by_reason,
    by_severity,
    counted,
    duration,
    mend,
    standing,
    sureness,
)

MARK = "<!-- leakscan -->"
"""The first line, by which a job finds its comment again, to write it anew instead of adding one."""

# GitHub takes 65,536 characters in a comment; the end of the report always has its room.
_MOST_CHARACTERS = 60_000
_MOST_ROWS = 100
_MOST_GAPS = 5
_MOST_WARNINGS = 20
_SIGNS: dict[Severity, str] = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "info": "⚪"}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """What leaked in a table, what could not be scanned, and what to do about each kind."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    found = new_findings(result)
    page = [MARK, *_verdict(found, result), *_incomplete(result, redaction), *_warnings(result, redaction)]
    room = _MOST_CHARACTERS - sum(map(len, page))
    told = series(found)
    table, _ = _fitting(_rows(told[:_MOST_ROWS], redaction), room * 2 // 3)
    page += table
    left_out = [finding for each in told[max(0, len(table) - 2) :] for finding in (*each.shown, *each.rest)]
    if left_out:
        page += ["", f"… and {counted(len(left_out), 'more finding')}: {by_severity(left_out)}."]
    todo, cut = _fitting(_advice(found), room - sum(map(len, table)))
    page += todo
    if cut:
        page += ["", "What to do about the other kinds is in the other reports."]
    page += ["", f"<sub>{_scanned(result, [*map(redaction.text, result.settings)])}</sub>"]
    stream.write("\n".join(page) + "\n")


def code(text: str) -> str:
    """Text as code, in which no Markdown, HTML, mention or link is seen, in a table either."""
    escaped = "".join(c if c.isalnum() or c in " /." else f"&#{ord(c)};" for c in visible(text))
    return f"<code>{escaped}</code>"


def _plain(text: str) -> str:
    """A text of leakscan's own or of a rule: only what would change how it looks is escaped."""
    return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]<>#|~@&$" else c for c in visible(text))


def _verdict(found: Sequence[Finding], result: ScanResult) -> Iterator[str]:
    if found:
        yield f"### 🔑 {counted(len(found), 'leaked credential')}: {by_severity(found)}"
        yield ""
        yield (
            "**Replace them first.** Whoever could read this repository may have a copy:"
            " taking them out of the code or the history is not enough."
        )
    elif result.complete:
        yield "### ✅ No new leaks" if result.findings else "### ✅ No leaks"
    else:
        yield "### ❔ Nothing found in what could be read"
    yield ""


def _incomplete(result: ScanResult, redaction: Redaction) -> Iterator[str]:
    if result.complete:
        return
    yield f"⚠️ **The scan is incomplete**: {counted(len(result.incomplete), 'part')} could not be read."
    yield ""
    for why, whats in list(by_reason(result.incomplete).items())[:_MOST_GAPS]:
        names = ", ".join(code(redaction.text(what)) for what in whats[:_MOST_GAPS])
        more = f" and {len(whats) - _MOST_GAPS:,} more" if len(whats) > _MOST_GAPS else ""
        todo = f". Mend: {_plain(mend(why))}" if mend(why) else ""
        yield f"- {names}{more}: {code(redaction.text(why))}{todo}"
    yield ""


def _warnings(result: ScanResult, redaction: Redaction) -> Iterator[str]:
    for why, whats in list(by_reason(result.warnings).items())[:_MOST_GAPS]:
        yield f"⚠️ {code(redaction.text(why))}"
        yield ""
        yield from (f"- {code(redaction.text(what))}" for what in whats[:_MOST_WARNINGS])
        if len(whats) > _MOST_WARNINGS:
            yield f"- and {len(whats) - _MOST_WARNINGS:,} more"
        yield ""


def _rows(told: Sequence[Series], redaction: Redaction) -> Iterator[str]:
    """A row for each finding, or for all of a long series."""
    if not told:
        return
    yield "| Severity | What | Where | Since | How sure |"
    yield "|---|---|---|---|---|"
    for each in told:
        finding = each.shown[0]
        place, first = main_place(finding), finding.first_seen
        where = code(f"{file_name(place, redaction)}:{place.position.line}")
        more = f" +{len(finding.locations) - 1}" if len(finding.locations) > 1 else ""
        others = len(each.shown) + len(each.rest) - 1
        like = f" and {others:,} more in this file" if others else ""
        since = f"{code(first.oid[:10])} {code(redaction.text(first.author))}" if first else "–"
        secret = code(redaction.secret(finding.secret))
        yield (
            f"| {_SIGNS[finding.severity]} {finding.severity} | {_plain(finding.title)} {secret}{like}"
            f" | {where}{more}, {standing(finding)} | {since} | {sureness(finding.confidence)} |"
        )


def _advice(found: Sequence[Finding]) -> Iterator[str]:
    """A block for each kind, folded up; each is one item, so that none is cut in the middle."""
    kinds: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.advice:
            kinds.setdefault(finding.advice.id, []).append(finding)
    for same in kinds.values():
        advice = same[0].advice
        assert advice is not None
        titles = list(dict.fromkeys(_plain(finding.title) for finding in same))
        title = ", ".join(titles[:3]) + (f" and {len(titles) - 3} other kinds" if len(titles) > 3 else "")
        steps = [f"{number}. {_plain(step)}" for number, step in enumerate(advice.steps, 1)]
        links = [f"- <{link}>" for link in advice.links]
        head = f"<details><summary>What to do: {title} ({len(same):,})</summary>"
        yield "\n".join(
            ["", head, "", f"**{_plain(advice.summary)}**", "", *steps, "", *links, "", "</details>"]
        )


def _fitting(items: Iterator[str], room: int) -> tuple[list[str], bool]:
    """As many items as there is room for, and whether any were left out."""
    fitting: list[str] = []
    for item in items:
        room -= len(item) + 1
        if room < 0:
            return fitting, True
        fitting.append(item)
    return fitting, False


def _scanned(result: ScanResult, settings: Sequence[str]) -> str:
    hidden = len(result.findings) - len(new_findings(result))
    known = f" {counted(hidden, 'finding')} known or ignored." if hidden else ""
    known += f" With the settings of {', '.join(map(code, settings))}." if settings else ""
    return (
        f"leakscan {_plain(result.version)} scanned {amount(result.counts)} in"
        f" {duration(result.seconds)}.{known}"
    )
