"""The JSON that gitleaks 8 writes, for programs that read it today: one place of a secret an object."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, TextIO

from leakscan.finding import Commit, Finding, Location, ScanResult
from leakscan.report.exchange import file_name, new_findings
from leakscan.report.interface import Style
from leakscan.report.json import encoded
from leakscan.report.order import places
from leakscan.report.redaction import Redaction


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """The new findings; the format has no room for what could not be scanned."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    leaks = [
        _leak(finding, place, redaction) for finding in new_findings(result) for place in places(finding)
    ]
    stream.write(encoded(leaks, indent=1) + "\n")


def _leak(finding: Finding, place: Location, redaction: Redaction) -> dict[str, Any]:
    """``Match`` is the secret too: what stands around it is not kept. ``EndColumn`` is the last one of it."""
    position, file = place.position, file_name(place, redaction)
    commit = place.commit or ""
    first = finding.first_seen if finding.first_seen and finding.first_seen.oid == commit else None
    secret = redaction.secret(finding.secret)
    return {
        "RuleID": finding.rule,
        "Description": finding.title,
        "StartLine": position.line,
        "EndLine": position.end_line,
        "StartColumn": position.column,
        "EndColumn": max(1, position.end_column - 1),
        "Match": secret,
        "Secret": secret,
        "File": file,
        "SymlinkFile": "",
        "Commit": commit,
        "Entropy": _entropy(finding),
        "Author": redaction.text(first.author) if first else "",
        "Email": redaction.text(first.email) if first else "",
        "Date": _utc(first) if first else "",
        "Message": redaction.subject(first) if first else "",
        "Tags": [],
        "Fingerprint": ":".join([*([commit] if commit else []), file, finding.rule, str(position.line)]),
    }


def _entropy(finding: Finding) -> float:
    """Bits a character, where scoring looked at them."""
    values = (reason.value for reason in finding.reasons if reason.feature == "entropy")
    return next((round(value, 4) for value in values if isinstance(value, float)), 0.0)


def _utc(commit: Commit) -> str:
    try:
        moment = datetime.fromisoformat(commit.date.replace("Z", "+00:00"))
        return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):
        return ""
