"""GitLab's secret detection report: its security dashboard and merge requests show it.

The format: https://gitlab.com/gitlab-org/security-products/security-report-schemas, version 15.
"""

from __future__ import annotations

import re
from typing import Any, TextIO
from uuid import UUID

from leakscan.finding import Commit, Finding, Location, ScanResult, Severity
from leakscan.report.exchange import (
    HOMEPAGE,
    WEAKNESS,
    file_name,
    main_place,
    message,
    moments,
    new_findings,
    solution,
)
from leakscan.report.interface import Style
from leakscan.report.json import encoded
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import counted, mend, said, standing, strongest, sureness

VERSION = "15.0.7"
_NO_COMMIT = "0000000"  # what GitLab's own analyzer writes where there is none
_LONGEST_SOLUTION = 7_000
_LONGEST_NAME = 255
_MOST_MESSAGES = 100
_SEVERITIES: dict[Severity, str] = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "info": "Info",
}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The new findings, as the format knows no others; a scan that could not read everything has failed."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    began, ended = moments(result)
    program = {
        "id": "leakscan",
        "name": "leakscan",
        "url": HOMEPAGE,
        "vendor": {"name": "leakscan"},
        "version": result.version,
    }
    report = {
        "version": VERSION,
        "scan": {
            "analyzer": program,
            "scanner": program,
            "type": "secret_detection",
            "start_time": f"{began:%Y-%m-%dT%H:%M:%S}",
            "end_time": f"{ended:%Y-%m-%dT%H:%M:%S}",
            "status": "success" if result.complete else "failure",
            "messages": _messages(result, redaction),
        },
        "vulnerabilities": [_vulnerability(finding, redaction) for finding in new_findings(result)],
    }
    stream.write(encoded(report, indent=2) + "\n")


def _messages(result: ScanResult, redaction: Redaction) -> list[dict[str, str]]:
    texts = []
    for gap in result.incomplete[:_MOST_MESSAGES]:
        todo = mend(gap.why)
        text = f"Not scanned: {visible(redaction.text(gap.what))}: {visible(redaction.text(gap.why))}"
        texts.append(text + (f". Mend: {todo}" if todo else ""))
    more = len(result.incomplete) - len(texts)
    texts += [f"Not scanned: {counted(more, 'more part')}"] if more else []
    warnings = [
        f"{visible(redaction.text(gap.what))}: {visible(redaction.text(gap.why))}" for gap in result.warnings
    ]
    return [
        *({"level": "warn", "value": text} for text in texts),
        *({"level": "info", "value": visible(text)} for text in warnings),
    ]


def _vulnerability(finding: Finding, redaction: Redaction) -> dict[str, Any]:
    name, url = WEAKNESS
    advice = finding.advice
    shown: dict[str, Any] = {
        "id": str(UUID(finding.id)),
        "name": visible(finding.title)[:_LONGEST_NAME],
        "description": _literal(message(finding, redaction)),
        "severity": _SEVERITIES[finding.severity],
        "identifiers": [
            {"type": "leakscan_rule_id", "name": f"leakscan rule {finding.rule}", "value": finding.rule},
            {"type": "cwe", "name": name, "value": name.removeprefix("CWE-"), "url": url},
        ],
        "location": _location(finding, main_place(finding), redaction),
        "details": _details(finding, redaction),
    }
    if advice:
        shown["solution"] = solution(advice, _LONGEST_SOLUTION)
        shown["links"] = [{"url": link} for link in advice.links]
    if redaction.reveal:
        shown["raw_source_code_extract"] = redaction.secret(finding.secret)
    return shown


def _location(finding: Finding, place: Location, redaction: Redaction) -> dict[str, Any]:
    first = finding.first_seen
    oid = place.commit or (first.oid if first else _NO_COMMIT)
    return {
        "file": file_name(place, redaction),
        "start_line": place.position.line,
        "end_line": place.position.end_line,
        "commit": _commit(first, redaction) if first and first.oid == oid else {"sha": oid},
    }


def _commit(commit: Commit, redaction: Redaction) -> dict[str, str]:
    return {
        "sha": commit.oid,
        "author": redaction.text(f"{commit.author} <{commit.email}>"),
        "date": commit.date,
        "message": redaction.subject(commit),
    }


def _details(finding: Finding, redaction: Redaction) -> dict[str, Any]:
    """What GitLab shows below the description, by name."""
    reasons = [visible(redaction.text(said(reason))) for reason in strongest(finding.reasons)]
    texts = {
        "Provider": visible(finding.provider),
        "How sure": "; ".join([sureness(finding.confidence), *reasons]),
        "Where": f"{standing(finding)}, {counted(len(finding.locations), 'place')}",
    }
    if finding.verification:
        texts["Checked"] = visible(finding.verification)
    return {
        name.lower().replace(" ", "_"): {"name": name, "type": "text", "value": text}
        for name, text in texts.items()
    }


def _literal(text: str) -> str:
    """Text in which GitLab's Markdown sees no link, mention, reference, image or HTML."""
    return re.sub(r"[\\`*_{}\[\]<>#!|~@&$]|%(?=[^,)])|:(?=//)", r"\\\g<0>", text)
