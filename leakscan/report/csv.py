"""CSV for spreadsheets: one finding a row, as RFC 4180 has it."""

from __future__ import annotations

import csv
from typing import TextIO

from leakscan.finding import Finding, ScanResult
from leakscan.report.exchange import file_name, main_place
from leakscan.report.interface import Style
from leakscan.report.order import ordered
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import ignored_by, standing

COLUMNS = (
    "severity",
    "confidence",
    "state",
    "ignored_by",
    "provider",
    "title",
    "secret",
    "parts",
    "path",
    "line",
    "places",
    "standing",
    "in_head",
    "since",
    "author",
    "commit",
    "subject",
    "verification",
    "rule",
    "id",
    "what_to_do",
    "steps",
    "links",
)
# A spreadsheet takes a cell that begins so for a formula, which can run programs and fetch addresses.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The findings, the worst first, under a row of names."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(COLUMNS)
    for finding in ordered(result.findings):
        rows.writerow([_cell(value) for value in _row(finding, redaction)])


def _row(finding: Finding, redaction: Redaction) -> tuple[str | int | float | None, ...]:
    place, first, advice = main_place(finding), finding.first_seen, finding.advice
    return (
        finding.severity,
        round(finding.confidence, 4),
        finding.state,
        redaction.text(ignored_by(finding.suppression)) if finding.suppression else None,
        finding.provider,
        finding.title,
        redaction.secret(finding.secret),
        ", ".join(f"{name} {redaction.part(part)}" for name, part in finding.parts.items()),
        file_name(place, redaction),
        place.position.line,
        len(finding.locations),
        standing(finding),
        None if finding.in_head is None else str(finding.in_head).lower(),
        first.date if first else None,
        redaction.text(f"{first.author} <{first.email}>") if first else None,
        first.oid if first else place.commit,
        redaction.subject(first) if first else None,
        finding.verification,
        finding.rule,
        finding.id,
        advice.summary if advice else None,
        " ".join(f"{number}. {step}" for number, step in enumerate(advice.steps, 1)) if advice else None,
        " ".join(advice.links) if advice else None,
    )


def _cell(value: str | int | float | None) -> str | int | float:
    """A value as a spreadsheet shows it and does not run it."""
    if not isinstance(value, str):
        return "" if value is None else value
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
