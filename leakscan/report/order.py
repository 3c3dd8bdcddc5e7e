"""The order of findings and places: the same in every format and every run."""

from __future__ import annotations

from collections.abc import Iterable

from leakscan.finding import SEVERITIES, Finding, Location

_WHERES = (
    "index",
    "worktree",
    "stdin",
    "archive",
    "history",
    "message",
    "stash",
    "reflog",
    "dangling",
)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst and surest first."""
    return sorted(findings, key=_rank)


def places(finding: Finding) -> list[Location]:
    """A finding's locations, those first that are nearest to the user's hands; else as scoring left them."""
    return sorted(finding.locations, key=lambda place: _WHERES.index(place.where))


def _rank(finding: Finding) -> tuple[int, float, str, str, str, str]:
    return (
        -SEVERITIES.index(finding.severity),
        -round(finding.confidence, 4),  # as reports show it: a result that is read again keeps its order
        finding.provider,
        finding.rule,
        min((place.path or "" for place in finding.locations), default=""),
        finding.id,
    )
