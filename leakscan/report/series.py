"""Many findings of one kind in one file are one thing to people: a few are shown, and the others counted.

A program that writes documentation puts new example values into each version of a file, and a file of
fixtures has hundreds. Nothing is judged by that, because a key that was replaced fifty times looks the same:
all of them count, and formats for programs have each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leakscan.finding import Finding
from leakscan.report.exchange import main_place
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import counted

MOST = 20
"""So many of a kind in one file are each shown."""
SHOWN = 3
"""So many are shown where there are more."""
_MOST_LINES = 20
_MOST_FILES = 3


class Series(NamedTuple):
    """One finding, or the first ones of many that are of the same kind in the same file."""

    shown: Sequence[Finding]
    rest: Sequence[Finding] = ()


def series(findings: Iterable[Finding]) -> list[Series]:
    """The findings in their order; of a longer series those come first that are still there."""
    findings = list(findings)
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_group(finding), []).append(finding)
    told = []
    for finding in findings:
        same = groups[_group(finding)]
        if len(same) <= MOST:
            told.append(Series([finding]))
        elif finding is same[0]:
            same = sorted(same, key=lambda each: not _is_there(each))
            told.append(Series(same[:SHOWN], same[SHOWN:]))
    return told


def rest_in_words(rest: Sequence[Finding], redaction: Redaction) -> str:
    """``3,788 more in api.yaml: 812 commits brought them in, from …; none is still there``."""
    path = visible(redaction.text(main_place(rest[0]).path or ""))
    firsts = {finding.first_seen.oid: finding.first_seen for finding in rest if finding.first_seen}
    text = f"{len(rest):,} more in {path}"
    if firsts:
        dated = sorted((each for each in firsts.values() if each.date), key=lambda each: each.time)
        days = [visible(each.date[:10]) for each in dated]
        text += f": {counted(len(firsts), 'commit')} brought them in"
        text += f", from {days[0]} to {days[-1]}" if days else ""
    there = [finding for finding in rest if _is_there(finding)]
    if not there:
        return f"{text}; none is still there"
    lines = sorted({main_place(finding).position.line for finding in there})
    more = f" and {len(lines) - _MOST_LINES:,} more" if len(lines) > _MOST_LINES else ""
    listed = ", ".join(map(str, lines[:_MOST_LINES]))
    return f"{text}; {len(there):,} still there, in line{'s' * (len(lines) > 1)} {listed}{more}"


def crowded(told: Iterable[Series], redaction: Redaction) -> str:
    """``7,121 of them stand in 3 files: …``: where most are; empty where no series is long."""
    files: dict[str, int] = {}
    for each in told:
        if each.rest:
            path = main_place(each.shown[0]).path or ""
            files[path] = files.get(path, 0) + len(each.shown) + len(each.rest)
    if not files:
        return ""
    most = sorted(files, key=lambda path: -files[path])
    named = [f"{visible(redaction.text(path))} ({files[path]:,})" for path in most[:_MOST_FILES]]
    more = f" and {len(most) - _MOST_FILES:,} more" if len(most) > _MOST_FILES else ""
    return f"{sum(files.values()):,} of them stand in {counted(len(files), 'file')}: {', '.join(named)}{more}"


def _group(finding: Finding) -> tuple[str, ...]:
    """What findings of one series have in common; what stands in no file is by itself."""
    path = main_place(finding).path
    return (finding.rule, finding.severity, finding.state, *((path,) if path else ("", finding.id)))


def _is_there(finding: Finding) -> bool:
    return bool(finding.in_head) or any(place.where in ("worktree", "index") for place in finding.locations)
