"""One finding explained: what spoke for it and against it, with the weight of each."""

from __future__ import annotations

from typing import TextIO

from rich.text import Text

from leakscan.finding import Finding, Reason, ScanResult
from leakscan.report.card import BADGES, whereabouts
from leakscan.report.interface import Style
from leakscan.report.page import Page
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import ignored_by, said, sureness

_LONGEST_BAR = 16
_PER_POINT = 4  # characters of a bar for each 1.0 of weight: it is full at 4, where hardly a weight goes


def write_explanation(finding: Finding, result: ScanResult, stream: TextIO, style: Style) -> None:
    """The finding, which is one of the result's, and all its reasons as a table; secrets are redacted."""
    page, redaction = Page(style), Redaction([*result.findings, *result.named], reveal=False)
    page.badge(finding.severity.upper(), BADGES[finding.severity], Text(visible(finding.title), "bold"))
    page.row("id", Text(visible(finding.id)))
    page.row("rule", Text(visible(finding.rule)))
    whereabouts(page, finding, redaction, result.started, None)
    if finding.suppression:
        page.row("ignored", Text(visible(redaction.text(ignored_by(finding.suppression)))))
    page.row("sure", Text(sureness(finding.confidence), "bold"))
    page.gap()
    page.line("What speaks for a leak (+) and against it (−)", "bold")
    page.gap()
    for reason in sorted(finding.reasons, key=lambda reason: -abs(reason.weight)):
        page.item(_bar(reason), Text(visible(redaction.text(said(reason)[2:]))), indent=2)
    total = sum(reason.weight for reason in finding.reasons)
    page.gap()
    percent = f"{100 * finding.confidence:.1f}%"
    page.item(_signed(total), Text(f"in sum; the logistic function makes {percent} of it"), indent=2)
    page.give(stream)


def _bar(reason: Reason) -> Text:
    sign, style = ("+", "red") if reason.weight > 0 else ("−", "green")
    length = min(_LONGEST_BAR, max(1, round(abs(reason.weight) * _PER_POINT)))
    bar = (sign * length).ljust(_LONGEST_BAR)
    return Text.assemble(_signed(reason.weight), "  ", (bar, style), f"  {visible(reason.feature):12} ")


def _signed(weight: float) -> str:
    return f"{weight:+6.2f}".replace("-", "−")
