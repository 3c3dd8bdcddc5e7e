"""SARIF 2.1.0, for GitHub code scanning and whatever else reads it.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. The limits are those that
GitHub documents under "SARIF results exceed limits": beyond them it refuses a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any, TextIO
from urllib.parse import quote

from leakscan.finding import Advice, Finding, Gap, Location, ScanResult, Severity, State
from leakscan.report.exchange import HOMEPAGE, WEAKNESS, file_name, message, moments, solution
from leakscan.report.interface import Style
from leakscan.report.json import encoded
from leakscan.report.order import ordered, places
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import counted, ignored_by, mend

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST_RESULTS = 25_000
_MOST_LOCATIONS = 1_000
_MOST_NOTES = 1_000
_LONGEST_NAME = 255
_LONGEST_DESCRIPTION = 1_024

_LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
# GitHub's bounds: critical is over 9.0, high from 7.0, medium from 4.0, low from 0.1.
_SCORES: dict[Severity, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.5",
    "info": "0.5",
}
_KNOWN: dict[State, str] = {"baseline": "It is in the baseline.", "ignored": "It is marked as no leak."}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """One run; the findings that are new come first, so that a limit cuts the others."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    found = sorted(ordered(result.findings), key=lambda finding: finding.state != "new")
    kept = found[:_MOST_RESULTS]
    first_of = {finding.rule: finding for finding in reversed(kept)}
    rules = list(dict.fromkeys(finding.rule for finding in kept))
    numbers = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "leakscan",
                "version": result.version,
                "informationUri": HOMEPAGE,
                "rules": [_rule(first_of[rule]) for rule in rules],
            }
        },
        "automationDetails": {"id": "leakscan/"},
        "invocations": [_invocation(result, redaction, len(found) - len(kept))],
        "results": [_result(finding, numbers[finding.rule], redaction) for finding in kept],
    }
    stream.write(encoded({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n")


def _rule(finding: Finding) -> dict[str, Any]:
    """A rule as its findings know it: what it finds, how bad that is, and what to do."""
    title = visible(finding.title)
    rule: dict[str, Any] = {
        "id": finding.rule,
        "name": title[:_LONGEST_NAME],
        "shortDescription": {"text": title[:_LONGEST_DESCRIPTION]},
        "fullDescription": {"text": title[:_LONGEST_DESCRIPTION]},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", "secret", f"external/cwe/{WEAKNESS[0].lower()}"],
            "security-severity": _SCORES[finding.severity],
            "severity": finding.severity,
            "provider": finding.provider,
        },
    }
    if finding.advice:
        rule["fullDescription"] = {"text": finding.advice.summary[:_LONGEST_DESCRIPTION]}
        rule["help"] = {"text": solution(finding.advice), "markdown": _markdown(finding.advice)}
        if finding.advice.links:
            rule["helpUri"] = finding.advice.links[0]
    return rule


def _markdown(advice: Advice) -> str:
    steps = [f"{number}. {step}" for number, step in enumerate(advice.steps, 1)]
    links = [f"- <{link}>" for link in advice.links]
    return "\n".join([f"**{advice.summary}**", "", *steps, "", *links]).strip()


def _result(finding: Finding, rule: int, redaction: Redaction) -> dict[str, Any]:
    """The id is the fingerprint: it holds no path, line or commit, and so it never moves.

    GitHub looks only at ``primaryLocationLineHash``.
    """
    spots = places(finding)
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "rank": round(finding.confidence * 100, 1),
        "message": {"text": _literal(message(finding, redaction))},
        "locations": [_location(place, redaction) for place in spots[:_MOST_LOCATIONS]],
        "occurrenceCount": len(spots),
        "partialFingerprints": {"leakscan/v1": finding.id, "primaryLocationLineHash": finding.id},
        "suppressions": _suppressions(finding, redaction),
        "properties": {
            "id": finding.id,
            "severity": finding.severity,
            "confidence": round(finding.confidence, 4),
            "state": finding.state,
            "verification": finding.verification,
            "inHead": finding.in_head,
            "firstSeen": finding.first_seen.date if finding.first_seen else None,
        },
    }


def _suppressions(finding: Finding, redaction: Redaction) -> list[dict[str, str]]:
    """Empty for what is new: the format wants it for all results of a run, or for none."""
    if finding.state == "new":
        return []
    why = finding.suppression
    text = visible(redaction.text(ignored_by(why))) if why else _KNOWN[finding.state]
    kind = "inSource" if why and why.by == "mark" else "external"
    return [{"kind": kind, "status": "accepted", "justification": text}]


def _location(place: Location, redaction: Redaction) -> dict[str, Any]:
    position = place.position
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file_name(place, redaction))},
            "region": {
                "startLine": position.line,
                "startColumn": position.column,
                "endLine": position.end_line,
                "endColumn": position.end_column,
            },
        },
        "properties": {
            "where": place.where,
            "commit": place.commit,
            "blob": place.blob,
            "encoding": [redaction.text(name) for name in place.encoding],
        },
    }


def _uri(path: str) -> str:
    return f"file://{quote(path)}" if path.startswith("/") else quote(path)


def _literal(text: str) -> str:
    """Text in which SARIF sees no link (``[…](…)``) and no placeholder (``{0}``)."""
    return re.sub(r"[\\\[\]]", r"\\\g<0>", text).replace("{", "{{").replace("}", "}}")


def _invocation(result: ScanResult, redaction: Redaction, cut: int) -> dict[str, Any]:
    """How the scan went; where something could not be read it was no success."""
    began, ended = moments(result)
    notes = [*_notes(result.incomplete, "error", redaction), *_notes(result.skipped, "note", redaction)]
    if cut:
        text = f"{counted(cut, 'more finding')} left out: GitHub takes {_MOST_RESULTS:,} in a run."
        notes.insert(0, _note("warning", "cut", text))
    warnings = _notes(result.warnings, "warning", redaction)
    return {
        "executionSuccessful": result.complete,
        "startTimeUtc": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "endTimeUtc": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": notes,
        "toolConfigurationNotifications": list(warnings),
    }


def _notes(gaps: Iterable[Gap], level: str, redaction: Redaction) -> Iterable[dict[str, Any]]:
    gaps = iter(gaps)
    name = {"error": "not-read", "warning": "settings"}.get(level, "left-out")
    for gap in islice(gaps, _MOST_NOTES):
        todo = mend(gap.why) if level == "error" else ""
        text = f"{visible(redaction.text(gap.what))}: {visible(redaction.text(gap.why))}"
        yield _note(level, name, text + (f". Mend: {todo}" if todo else ""))
    more = sum(1 for _ in gaps)
    if more:
        yield _note(level, name, f"and {more:,} more")


def _note(level: str, name: str, text: str) -> dict[str, Any]:
    return {"level": level, "descriptor": {"id": f"leakscan/{name}"}, "message": {"text": _literal(text)}}
