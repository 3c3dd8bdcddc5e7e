"""Annotations of a GitHub Actions workflow: lines in the job's log that show up at the lines of the change.

The commands: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from leakscan.finding import Finding, ScanResult, Severity
from leakscan.report.exchange import main_place, message, new_findings
from leakscan.report.interface import Style
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import by_reason, counted, mend

# GitHub shows ten annotations of a kind for each step, the first ones; the others are only in the log.
_MOST_SHOWN = 10
_KINDS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "info": "notice",
}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The worst findings as annotations, the rest as plain lines of the log; gaps come before all."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    shown: Counter[str] = Counter()
    if not result.complete:
        shown["error"] += 1
        stream.write(_command("error", {"title": "The scan is incomplete"}, _gaps(result, redaction)))
    for finding in new_findings(result):
        kind = _KINDS[finding.severity]
        if shown[kind] < _MOST_SHOWN:
            shown[kind] += 1
            stream.write(_command(kind, _properties(finding, redaction), message(finding, redaction)))
        else:
            place = main_place(finding)
            where = f"{visible(redaction.text(place.path))}:{place.position.line}: " if place.path else ""
            stream.write(f"{finding.severity}: {where}{message(finding, redaction)}\n")


def _properties(finding: Finding, redaction: Redaction) -> dict[str, str]:
    place = main_place(finding)
    properties = {"title": f"{finding.severity}: {visible(finding.title)}"}
    if place.path is not None:
        position = place.position
        properties["file"] = visible(redaction.text(place.path))
        properties["line"] = str(position.line)
        properties["endLine"] = str(position.end_line)
        if position.line == position.end_line:  # GitHub refuses columns over several lines
            properties["col"] = str(position.column)
            properties["endColumn"] = str(position.end_column)
    return properties


def _gaps(result: ScanResult, redaction: Redaction) -> str:
    parts = [f"{counted(len(result.incomplete), 'part')} could not be scanned and may hold leaks"]
    for why, whats in list(by_reason(result.incomplete).items())[:3]:
        todo = f" ({mend(why)})" if mend(why) else ""
        parts.append(f"{visible(redaction.text(whats[0]))}: {visible(redaction.text(why))}{todo}")
    return "; ".join(parts)


def _command(kind: str, properties: dict[str, str], text: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_escaped(text)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
