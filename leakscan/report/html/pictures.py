"""The numbers behind the pictures: bars and columns, stacked by severity, in the units of their drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from math import ceil

from leakscan.finding import SEVERITIES, Finding, Severity

_MOST_PROVIDERS = 10
_LENGTH = 300.0
_WIDTH, _HEIGHT = 960.0, 160.0
_MARK = 60.0  # what a mark under a column takes
_TALLEST = 40.0  # what a single finding is high at most
_MOST_MONTHS, _MOST_QUARTERS = 36, 48


@dataclass(frozen=True, slots=True)
class Piece:
    """The findings of one severity within a bar or column."""

    severity: Severity
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    number: int
    pieces: tuple[Piece, ...]

    @property
    def length(self) -> float:
        return sum(piece.length for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Column(Bar):
    """What came in within a month, a quarter or a year; ``mark`` stands under it where there is room."""

    left: float
    width: float
    mark: str


@dataclass(frozen=True, slots=True)
class Columns:
    """``unknown`` findings have no date; ``unit`` is what a column stands for."""

    columns: tuple[Column, ...]
    height: float
    unit: str
    most: int
    unknown: int


def bars(groups: Iterable[tuple[str, Sequence[Finding]]]) -> list[Bar]:
    """A bar for each group that has findings, all drawn to one scale."""
    filled = [(label, found) for label, found in groups if found]
    most = max((len(found) for _, found in filled), default=1)
    return [Bar(label, len(found), _pieces(found, _LENGTH / most)) for label, found in filled]


def by_provider(findings: Sequence[Finding]) -> list[Bar]:
    """The providers with the most findings, and all others as one bar."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.provider, []).append(finding)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    rest = [finding for _, found in ranked[_MOST_PROVIDERS:] for finding in found]
    others = len(ranked) - _MOST_PROVIDERS
    return bars([*ranked[:_MOST_PROVIDERS], (f"{others} others", rest)])


def over_time(findings: Sequence[Finding]) -> Columns:
    """When the findings came in, by the month, quarter or year, whichever fits."""
    dated = [(_month(finding), finding) for finding in findings]
    months = sorted(month for month, _ in dated if month is not None)
    if not months:
        return Columns((), 0.0, "month", 0, len(findings))
    span = months[-1] - months[0] + 1
    size, unit = (1, "month") if span <= _MOST_MONTHS else (3, "quarter")
    if span > _MOST_QUARTERS * 3:
        size, unit = 12, "year"
    groups: dict[int, list[Finding]] = {n: [] for n in range(months[0] // size, months[-1] // size + 1)}
    for month, finding in dated:
        if month is not None:
            groups[month // size].append(finding)
    most = max(map(len, groups.values()))
    height = min(_HEIGHT, _TALLEST * most)
    width = min(48.0, _WIDTH / len(groups))
    every = ceil(_MARK / width)
    columns = [
        Column(
            label=_period(number, size),
            number=len(found),
            pieces=_pieces(found, height / most),
            left=at * width,
            width=width,
            mark=_period(number, size) if at % every == 0 and at * width + _MARK <= _WIDTH else "",
        )
        for at, (number, found) in enumerate(groups.items())
    ]
    return Columns(tuple(columns), height, unit, most, len(findings) - len(months))


def _pieces(findings: Sequence[Finding], scale: float) -> tuple[Piece, ...]:
    pieces, start = [], 0.0
    for severity in reversed(SEVERITIES):
        number = sum(finding.severity == severity for finding in findings)
        if number:
            pieces.append(Piece(severity, round(start, 2), round(number * scale, 2)))
            start += number * scale
    return tuple(pieces)


def _month(finding: Finding) -> int | None:
    """Months since the year 0; None where no commit or no sensible date is known."""
    if finding.first_seen is None or not finding.first_seen.date:
        return None
    try:
        moment = datetime.fromtimestamp(finding.first_seen.time, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
    # git itself is from 2005, and older histories were converted; what lies beyond is a broken clock
    return moment.year * 12 + moment.month - 1 if 1970 < moment.year < 2100 else None


def _period(number: int, size: int) -> str:
    year, rest = divmod(number, 12 // size)
    if size == 12:
        return str(year)
    return f"{year}-{rest + 1:02}" if size == 1 else f"{year} Q{rest + 1}"
