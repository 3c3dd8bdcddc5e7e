"""The report of a hook: a few lines for each finding, and what to do so that the commit goes through.

It is no format of its own for ``--format``: it has what somebody needs who wants to commit, and it does
without the library that the terminal report is drawn with, which takes longer to import than the scan takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from leakscan.finding import SEVERITIES, Finding, Gap, ScanResult, Severity
from leakscan.report.order import ordered, places
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import counted, mend, sureness

_MOST_FINDINGS = 20
_MOST_PLACES = 3
_MOST_GAPS = 5


def write(result: ScanResult, stream: TextIO, fail_on: Severity = "info") -> None:
    """Nothing where nothing was found and all was read; what is below ``fail_on`` stops no commit."""
    findings = [finding for finding in ordered(result.findings) if finding.state == "new"]
    redaction = Redaction([*result.findings, *result.named], reveal=False)
    lines = [*_findings(findings, redaction, fail_on), *_gaps(result.incomplete, redaction)]
    text = "".join(f"{visible(line)}\n" for line in lines)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _findings(findings: Sequence[Finding], redaction: Redaction, fail_on: Severity) -> Iterator[str]:
    if not findings:
        return
    grave = SEVERITIES[SEVERITIES.index(fail_on) :]
    stops = any(finding.severity in grave for finding in findings)
    so = "so nothing is committed" if stops else f"which is allowed: less severe than {fail_on} (fail_on)"
    yield f"leakscan: {counted(len(findings), 'secret')} in what is staged, {so}."
    for finding in findings[:_MOST_FINDINGS]:
        yield ""
        yield f"{finding.severity}: {finding.title}: {_value(finding, redaction)}"
        yield from _places(finding, redaction)
        yield f"  {sureness(finding.confidence)} (rule {finding.rule})"
        if finding.advice is not None:
            yield f"  {finding.advice.summary}"
    if len(findings) > _MOST_FINDINGS:
        yield ""
        yield f"and {len(findings) - _MOST_FINDINGS} more: 'leakscan scan --staged' shows all of them"
    yield ""
    if stops:
        yield "Take it out, and 'git add' the file again: read it from the environment or a secret store."
    mark = f"leakscan:ignore[{findings[0].rule}]"
    yield f"If it is no secret, say so in a comment on its line or alone above it: {mark} and the reason"
    if any((place.path or "").endswith(".json") for finding in findings for place in finding.locations):
        yield "JSON has no comments: 'leakscan baseline update' takes it into leakscan-baseline.json instead"


def _value(finding: Finding, redaction: Redaction) -> str:
    parts = [f"{name.replace('_', ' ')} {redaction.part(part)}" for name, part in finding.parts.items()]
    return ", ".join([redaction.secret(finding.secret), *parts])


def _places(finding: Finding, redaction: Redaction) -> Iterator[str]:
    found = places(finding)
    for place in found[:_MOST_PLACES]:
        yield f"  {redaction.text(place.path or place.where)}:{place.position.line}:{place.position.column}"
    if len(found) > _MOST_PLACES:
        yield f"  and {counted(len(found) - _MOST_PLACES, 'more place')}"


def _gaps(gaps: Sequence[Gap], redaction: Redaction) -> Iterator[str]:
    if not gaps:
        return
    yield "leakscan: not everything that is staged could be scanned, and so it may hold a secret:"
    for gap in gaps[:_MOST_GAPS]:
        yield f"  {redaction.text(gap.what)}: {redaction.text(gap.why)}"
    if len(gaps) > _MOST_GAPS:
        yield f"  and {len(gaps) - _MOST_GAPS} more: 'leakscan scan --staged' shows all of them"
    if todo := mend(gaps[0].why):
        yield f"To mend it: {todo}"
