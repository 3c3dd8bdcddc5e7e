"""GitLab's code quality report: its merge requests show what a change adds, in all editions.

The format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

from typing import Any, TextIO

from leakscan.finding import Finding, ScanResult, Severity
from leakscan.report.exchange import file_name, main_place, message, new_findings, solution
from leakscan.report.interface import Style
from leakscan.report.json import encoded
from leakscan.report.redaction import Redaction

_SEVERITIES: dict[Severity, str] = {
    "critical": "blocker",
    "high": "critical",
    "medium": "major",
    "low": "minor",
    "info": "info",
}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The new findings; the format has no room for what could not be scanned."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    issues = [_issue(finding, redaction) for finding in new_findings(result)]
    stream.write(encoded(issues, indent=2) + "\n")


def _issue(finding: Finding, redaction: Redaction) -> dict[str, Any]:
    place = main_place(finding)
    issue: dict[str, Any] = {
        "type": "issue",
        "description": message(finding, redaction),
        "check_name": finding.rule,
        "categories": ["Security"],
        "fingerprint": finding.id,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": file_name(place, redaction),
            "lines": {"begin": place.position.line, "end": place.position.end_line},
        },
    }
    if finding.advice:
        issue["content"] = {"body": solution(finding.advice)}
    return issue
