"""The JSON result, version 1, as docs/json.md describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TextIO

from leakscan.finding import Advice, Commit, Finding, Gap, Location, Reason, ScanResult, Suppression
from leakscan.report.interface import Style
from leakscan.report.order import ordered, places
from leakscan.report.redaction import Redaction

SCHEMA = "leakscan/1"


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """Everything that the scan says, as one JSON object."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    head = encoded({"schema": SCHEMA, "scan": scan_object(result, redaction)}, indent=2)
    stream.write(head.removesuffix("\n}") + ',\n  "findings": [')
    between = "\n    "
    for finding in finding_objects(result, redaction):
        stream.write(between + encoded(finding, indent=2).replace("\n", "\n    "))
        between = ",\n    "
    stream.write("\n  ]\n}\n" if result.findings else "]\n}\n")


def encoded(value: dict[str, Any] | list[dict[str, Any]], indent: int | None = None) -> str:
    """JSON in ASCII, which no pipe garbles, no terminal obeys and no build server takes for commands."""
    return _encoder(indent).encode(value).replace("##", "#\\u0023")


@cache
def _encoder(indent: int | None) -> json.JSONEncoder:
    return json.JSONEncoder(indent=indent, allow_nan=False)


def scan_object(result: ScanResult, redaction: Redaction) -> dict[str, Any]:
    """``warnings`` and ``settings`` are there only where there are any."""
    more: dict[str, Any] = {"warnings": _gaps(result.warnings, redaction)} if result.warnings else {}
    if result.settings:
        more["settings"] = [redaction.text(name) for name in result.settings]
    return {
        "version": result.version,
        "started": result.started,
        "seconds": round(result.seconds, 3),
        "targets": [redaction.text(target) for target in result.targets],
        "complete": result.complete,
        "counts": result.counts._asdict(),
        "incomplete": _gaps(result.incomplete, redaction),
        "skipped": _gaps(result.skipped, redaction),
        **more,
    }


def finding_objects(result: ScanResult, redaction: Redaction) -> Iterator[dict[str, Any]]:
    return (finding_object(finding, redaction) for finding in ordered(result.findings))


def finding_object(finding: Finding, redaction: Redaction) -> dict[str, Any]:
    secret = {"redacted": finding.secret.redacted}
    if redaction.reveal:
        secret["value"] = redaction.secret(finding.secret)
    why = finding.suppression
    more = {} if why is None else {"suppression": _suppression(why, redaction)}
    return {
        "id": finding.id,
        "rule": finding.rule,
        "title": finding.title,
        "provider": finding.provider,
        "severity": finding.severity,
        "confidence": round(finding.confidence, 4),
        "reasons": [_reason(reason, redaction) for reason in finding.reasons],
        "secret": secret,
        "parts": {name: redaction.part(part) for name, part in finding.parts.items()},
        "state": finding.state,
        "verification": finding.verification,
        "first_seen": _commit(finding.first_seen, redaction) if finding.first_seen else None,
        "in_head": finding.in_head,
        "locations": [_location(place, redaction) for place in places(finding)],
        "advice": _advice(finding.advice) if finding.advice else None,
        **more,
    }


def _suppression(why: Suppression, redaction: Redaction) -> dict[str, Any]:
    return {"by": why.by, "source": redaction.text(why.source), "reason": redaction.text(why.reason)}


def _reason(reason: Reason, redaction: Redaction) -> dict[str, Any]:
    value = reason.value
    if isinstance(value, str):
        value = redaction.text(value)
    elif isinstance(value, float):
        value = round(value, 4)
    return {"feature": reason.feature, "value": value, "weight": round(reason.weight, 4)}


def _advice(advice: Advice) -> dict[str, Any]:
    return {"id": advice.id, "summary": advice.summary, "steps": advice.steps, "links": advice.links}


def _commit(commit: Commit, redaction: Redaction) -> dict[str, Any]:
    return {
        "commit": commit.oid,
        "author": redaction.text(f"{commit.author} <{commit.email}>"),
        "date": commit.date,
        "subject": redaction.subject(commit),
    }


def _location(place: Location, redaction: Redaction) -> dict[str, Any]:
    return {
        "where": place.where,
        "path": None if place.path is None else redaction.text(place.path),
        "line": place.position.line,
        "column": place.position.column,
        "end_line": place.position.end_line,
        "end_column": place.position.end_column,
        "commit": place.commit,
        "blob": place.blob,
        "encoding": list(place.encoding),
    }


def _gaps(gaps: Sequence[Gap], redaction: Redaction) -> list[dict[str, str]]:
    return [{"what": redaction.text(gap.what), "why": redaction.text(gap.why)} for gap in gaps]
