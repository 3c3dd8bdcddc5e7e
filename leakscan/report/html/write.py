"""Writes the HTML report: self-contained, works offline, and is safe whatever was scanned."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from importlib.resources import files
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leakscan.finding import SEVERITIES, Finding, ScanResult
from leakscan.report.html.actions import actions, people
from leakscan.report.html.cards import Shown, card, day, standing_of
from leakscan.report.html.pictures import bars, by_provider, over_time
from leakscan.report.interface import Style
from leakscan.report.order import ordered
from leakscan.report.redaction import Redaction
from leakscan.report.series import rest_in_words, series
from leakscan.report.words import amount, by_reason, by_severity, counted, duration, mend, sureness_word

_MOST_GAPS = 20
_SURENESS = ("almost certain", "very likely", "likely", "possible", "unlikely")


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """What leaked, how bad, how sure, since when, who must do what; with filters and search."""
    stream.writelines(_template().generate(**_view(result, style)))
    stream.write("\n")


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("leakscan.report.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _view(result: ScanResult, style: Style) -> dict[str, Any]:
    """All that the template shows: redacted, and with nothing invisible in it."""
    shown = Shown(Redaction([*result.findings, *result.named], style.reveal))
    found = ordered(result.findings)
    new = [finding for finding in found if finding.state == "new"]
    letters, todo = actions(new, shown)
    css, script = _asset("report.css"), _asset("report.js")
    return {
        "css": css,
        "script": script,
        "policy": _policy(css, script),
        "targets": [shown(target) for target in result.targets],
        "started": _moment(result.started),
        "version": result.version,
        "reveal": style.reveal,
        "complete": result.complete,
        "verdict": _verdict(new, result),
        "tiles": _tiles(new, result),
        "gaps": _reasons(result, shown),
        "pictures": _pictures(new),
        "columns": over_time(new),
        "todo": todo,
        "people": people(new, shown),
        "number": len(found),
        "series": [
            {
                "shown": [card(finding, shown, result.started, letters) for finding in each.shown],
                "rest": [card(finding, shown, result.started, letters) for finding in each.rest],
                "about": rest_in_words(each.rest, shown.redaction) if each.rest else "",
            }
            for each in series(found)
        ],
        "hidden": len(found) - len(new),
        "severities": [name for name in reversed(SEVERITIES) if any(f.severity == name for f in found)],
        "providers": sorted({shown(finding.provider) for finding in found}),
        "standings": list(dict.fromkeys(map(standing_of, found))),
        "states": list(dict.fromkeys(finding.state for finding in found)),
        "scanned": f"{amount(result.counts)} with {counted(result.counts.rules, 'rule')}"
        f" in {duration(result.seconds)}",
        "settings": [shown(name) for name in result.settings],
        "warnings": [f"{shown(gap.what)}: {shown(gap.why)}" for gap in result.warnings[:_MOST_GAPS]],
        "skipped": [(shown(why), len(whats)) for why, whats in by_reason(result.skipped).items()],
    }


def _asset(name: str) -> Markup:
    return Markup(files("leakscan.report.html").joinpath(name).read_text("utf-8"))


def _policy(css: str, script: str) -> str:
    """A content-security policy that lets in this style and this script and nothing else at all."""
    return (
        f"default-src 'none'; style-src {_source(css)}; script-src {_source(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _moment(started: str) -> str:
    """``2 March 2026, 09:00 UTC``; as it stands where it is no date."""
    try:
        moment = datetime.fromisoformat(started.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return started
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _verdict(new: list[Finding], result: ScanResult) -> str:
    if new:
        live = sum(bool(finding.in_head) for finding in new)
        now = f"; {live:,} of them still in the current version" if live else ""
        return f"{counted(len(new), 'leaked credential')}: {by_severity(new)}{now}."
    if not result.complete:
        return "Nothing was found in what could be read. What could not be read may hold leaks."
    return "No new leaks were found." if result.findings else "No leaks were found."


def _tiles(new: list[Finding], result: ScanResult) -> list[tuple[str, str]]:
    """The numbers that a manager asks for first, each with what it counts."""
    dates = sorted((f.first_seen.time, day(f.first_seen)) for f in new if f.first_seen and day(f.first_seen))
    worst = sum(finding.severity in ("critical", "high") for finding in new)
    certain = sum(finding.confidence >= 0.95 for finding in new)
    return [
        (f"{len(new):,}", "leaked credential" if len(new) == 1 else "leaked credentials"),
        (f"{worst:,}", "critical or high"),
        (f"{sum(bool(finding.in_head) for finding in new):,}", "still in the current version"),
        (f"{certain:,}", "almost certain to be real"),
        (dates[0][1] if dates else "–", "the oldest one came in"),
    ]


def _reasons(result: ScanResult, shown: Shown) -> list[dict[str, Any]]:
    return [
        {
            "why": shown(why),
            "mend": mend(why),
            "whats": [shown(what) for what in whats[:_MOST_GAPS]],
            "more": max(0, len(whats) - _MOST_GAPS),
        }
        for why, whats in by_reason(result.incomplete).items()
    ]


def _pictures(new: list[Finding]) -> list[dict[str, Any]]:
    """The bars: each group of them with its heading."""
    sure = [(word, [f for f in new if sureness_word(f.confidence) == word]) for word in _SURENESS]
    bad = [(name, [f for f in new if f.severity == name]) for name in reversed(SEVERITIES)]
    places = dict.fromkeys(map(standing_of, new))
    where = [(place, [f for f in new if standing_of(f) == place]) for place in places]
    groups = [
        ("How bad", "what the credentials could do in the wrong hands", bars(bad)),
        ("How sure", "how likely they are real credentials", bars(sure)),
        (
            "Where",
            "out of the current version is not out of the history",
            bars(where),
        ),
        ("By provider", "whose credentials they are", by_provider(new)),
    ]
    return [{"title": title, "about": about, "bars": rows} for title, about, rows in groups]
