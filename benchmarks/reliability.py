"""How far confidence can be believed, as a picture: of those given confidence p, which share is true."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SIDE, _LEFT, _TOP = 360, 60, 36  # of the square that is drawn in, and what is beside and above it
_WIDTH, _HEIGHT = _LEFT + _SIDE + 30, _TOP + _SIDE + 60


class Bin(NamedTuple):
    """Candidates with confidences from ``low`` to ``high``: how many, their mean, and how many are true."""

    low: float
    high: float
    count: int
    mean: float
    true: int

    @property
    def share(self) -> float:
        return self.true / self.count


def bins(judged: Iterable[tuple[float, bool]], number: int = 10) -> list[Bin]:
    """Confidence and truth of candidates in so many bins of the same width, without empty ones."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for sure, true in judged:
        groups.setdefault(min(number - 1, int(sure * number)), []).append((sure, true))
    return [
        Bin(
            at / number,
            (at + 1) / number,
            len(group),
            sum(p for p, _ in group) / len(group),
            sum(t for _, t in group),
        )
        for at, group in sorted(groups.items())
    ]


def likely_share(bin: Bin) -> tuple[float, float]:
    """Between which shares the true one lies with 95 % certainty (Wilson's interval)."""
    z, n, share = 1.96, bin.count, bin.share
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def diagram(found: Sequence[Bin]) -> str:
    """The picture, as SVG: a point a bin with its interval; on the dashed line confidence is what it says."""
    ticks = [tick / 5 for tick in range(6)]
    grid = "".join(f"M{_x(0)} {_y(tick)}H{_x(1)}M{_x(tick)} {_y(0)}V{_y(1)}" for tick in ticks)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}">',
        "<title>Of the candidates given a confidence, the share that is true</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<path d="{grid}" stroke="#ddd"/>',
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#888" stroke-dasharray="5 4"/>',
        '<g fill="#333" font-family="sans-serif" font-size="13" text-anchor="middle">',
        *(f'<text x="{_x(tick)}" y="{_y(0) + 18}">{tick:g}</text>' for tick in ticks),
        *(f'<text x="{_LEFT - 24}" y="{_y(tick) + 4}">{tick:.0%}</text>' for tick in ticks),
        f'<text x="{_x(0.5)}" y="{_HEIGHT - 12}">confidence</text>',
        f'<text x="{_x(0)}" y="{_TOP - 12}">true</text></g>',
    ]
    for bin in found:
        least, most = map(_y, likely_share(bin))
        x, y, radius = _x(bin.mean), _y(bin.share), 1.5 + math.log10(bin.count)
        told = f"{bin.low:.1f} to {bin.high:.1f}: {bin.count:,} candidates, {bin.share:.0%} true"
        drawn.append(f'<g stroke="#06c"><title>{told}</title><path d="M{x} {least}V{most}"/>')
        drawn.append(f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="#06c"/></g>')
    return "\n".join([*drawn, "</svg>", ""])


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _SIDE, 1)
