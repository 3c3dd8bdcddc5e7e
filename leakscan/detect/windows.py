"""What of a text is new against the text that it copies from.

This module is compiled by mypyc where that is possible: each version of each file passes through it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from leakscan.delta import first_instruction, next_run

if TYPE_CHECKING:
    from mypy_extensions import i64


def dirty_windows(delta: bytes, base_size: int, size: int, reach: int) -> list[int]:
    """The parts of a text where a match of at most ``reach`` bytes may differ from those in its base.

    ``delta`` makes the text of its base (see :mod:`leakscan.delta`); the windows are flat pairs (start, end),
    apart and in order. What lies at least ``reach`` inside of a run of copies reads as in the base; the
    start or end of the base that is still the start or end is no seam.
    """
    windows: list[int] = []
    ends_at: i64 = size
    base_ends_at: i64 = base_size
    margin: i64 = reach
    opened: i64 = 0
    at = first_instruction(delta)
    end: i64 = 0
    while True:
        at, start, end, origin = next_run(delta, at, end)
        if start < 0:
            break
        clean = start if start == 0 and origin == 0 else start + margin
        until = end if end == ends_at and origin + end - start == base_ends_at else end - margin
        if clean < until:
            if clean > opened:
                windows.append(opened)
                windows.append(clean)
            opened = until
    if opened < ends_at:
        windows.append(opened)
        windows.append(ends_at)
    return windows


def plain_pieces(text: bytes, windows: list[int]) -> list[bytes] | None:
    """What stands in these windows (flat pairs) of a text; None where one of them holds a NUL."""
    pieces: list[bytes] = []
    for at in range(0, len(windows), 2):
        piece = text[windows[at] : windows[at + 1]]
        if b"\0" in piece:
            return None
        pieces.append(piece)
    return pieces


def copied_ends(
    ends: list[int], runs: list[int], base_size: int, size: int, before: int, after: int
) -> list[int]:
    """Where hits that end at ``ends`` in the base (rising) end in the text, if one run holds them whole.

    What decides on a hit are the bytes from ``before`` ahead of its end to ``after`` behind it.
    """
    found: list[int] = []
    count = len(ends)
    for at in range(0, len(runs), 3):
        start = runs[at]
        end = runs[at + 1]
        origin = runs[at + 2]
        first = origin if start == 0 and origin == 0 else origin + before
        until = origin + end - start
        last = until if end == size and until == base_size else until - after
        if first > last or ends[count - 1] < first or ends[0] > last:
            continue
        low = bisect_left(ends, first)
        while low < count and ends[low] <= last:
            found.append(ends[low] - origin + start)
            low += 1
    return found
