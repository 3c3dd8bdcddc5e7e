"""What other programs ask of a finding: one file name, one message, one solution, a time in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from leakscan.finding import Advice, Commit, Finding, Location, ScanResult
from leakscan.report.order import ordered, places
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import sureness

HOMEPAGE = "https://github.com/leakscan/leakscan"
WEAKNESS = ("CWE-798", "https://cwe.mitre.org/data/definitions/798.html")
"""Use of hard-coded credentials, in the list of weaknesses that all of them refer to."""


def new_findings(result: ScanResult) -> list[Finding]:
    """Those that count, the worst first: for formats that cannot say that a finding is known or ignored."""
    return [finding for finding in ordered(result.findings) if finding.state == "new"]


def main_place(finding: Finding) -> Location:
    """The place to show where there is room for one: a file, if possible none of git's own, the nearest."""
    return min(places(finding), key=lambda place: (place.path is None, _is_gits_own(place.path or "")))


def _is_gits_own(path: str) -> bool:
    return ".git" in path.split("/")


def file_name(place: Location, redaction: Redaction) -> str:
    """The place's path, or a name that no file has: formats for code want one for everything."""
    if place.path is not None:
        return redaction.text(place.path)
    if place.where == "stdin":
        return "stdin"
    if place.where == "message":
        return f"message-of-{place.commit}" if place.commit else "message"
    return f"object-{place.blob}" if place.blob else "object"


def message(finding: Finding, redaction: Redaction) -> str:
    """What leaked, how sure that is, since when, and what to do first; in one line."""
    secret = visible(redaction.secret(finding.secret))
    sentences = [f"{visible(finding.title)} {secret} ({sureness(finding.confidence)})."]
    if finding.first_seen:
        sentences.append(_since(finding.first_seen, redaction))
    if finding.advice:
        sentences.append(visible(finding.advice.summary))
    return " ".join(sentences)


def _since(first: Commit, redaction: Redaction) -> str:
    on = f" on {visible(first.date[:10])}" if first.date else ""
    by = f" by {visible(redaction.text(first.author))}" if first.author else ""
    return f"It came in with {first.oid[:10]}{on}{by}."


def solution(advice: Advice, most: int = 1 << 20) -> str:
    """The advice as text: what to do first, the steps by number, the links; cut at ``most`` characters."""
    steps = [f"{number}. {step}" for number, step in enumerate(advice.steps, 1)]
    text = "\n".join([advice.summary, "", *steps, "", *advice.links]).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def moments(result: ScanResult) -> tuple[datetime, datetime]:
    """When the scan began and ended, in UTC."""
    began = datetime.fromisoformat(result.started.replace("Z", "+00:00"))
    began = began.astimezone(timezone.utc) if began.tzinfo else began.replace(tzinfo=timezone.utc)
    return began, began + timedelta(seconds=result.seconds)
