"""Texts in which encoded runs are replaced by what they say, and the way back from there to the file.

A run is decoded where it stands, with what is written around it: ``password: c2Vj…`` reads as
``password: sec…``, and the halves of a pair are found though each is encoded by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from leakscan.detect.encodings import Part, Run, goes_on, run_at

AROUND = 2048
"""How much is read before and behind a run, in bytes: as far as a pair may be apart."""

MAX_RUNS = 4096
"""So many runs of one text are decoded."""

Start = tuple[int, str]
"""Where encoded text may begin, and the name of its encoding."""


class _Piece(NamedTuple):
    """What begins at ``at`` in a decoded text, and the run that it is of; not all of a run is encoded."""

    at: int
    part: Part
    run: Run | None

    @property
    def is_copy(self) -> bool:
        return self.part.out == self.part.into == 1


class Unwrapped(NamedTuple):
    """A stretch of a text from ``start`` to ``end``, decoded; ``cut`` says that it was not decoded whole."""

    text: bytes
    start: int
    end: int
    pieces: list[_Piece]
    offsets: list[int]
    cut: bool

    def runs(self, first: int, last: int) -> list[Run]:
        """The runs of which ``text[first:last]`` has something that is encoded."""
        low = max(0, bisect_right(self.offsets, first) - 1)
        high = bisect_right(self.offsets, max(first, last - 1))
        return [piece.run for piece in self.pieces[low:high] if piece.run is not None and not piece.is_copy]

    def is_in_run(self, offset: int) -> bool:
        """Whether what stands there in ``text`` is a run's, encoded or not."""
        return self.pieces[max(0, bisect_right(self.offsets, offset) - 1)].run is not None

    def encoded(self, first: int, last: int) -> tuple[int, int]:
        """Where ``text[first:last]`` stands in the text that was decoded."""
        low = self.pieces[max(0, bisect_right(self.offsets, first) - 1)]
        high = self.pieces[max(0, bisect_right(self.offsets, max(first, last - 1)) - 1)]
        start = low.part.starts_at(first - low.at)
        return start, high.part.ends_at(last - high.at) if last > high.at else high.part.start


def runs_in(text: bytes, starts: Sequence[Start]) -> list[Run]:
    """What is encoded at these starts (rising), each byte once."""
    found: list[Run] = []
    end = opaque = 0
    for start, name in starts:
        if start < end or (start < opaque and name == "base64"):
            continue
        run = run_at(text, name, start, end)
        if run is not None and not run.parts:
            opaque = run.end
            continue
        while run is not None and len(found) <= MAX_RUNS:
            found.append(run)
            end = run.end
            run = run_at(text, name, end, end) if goes_on(text, run) else None
        if len(found) > MAX_RUNS:
            break
    return found


def stretches(text: bytes, runs: Sequence[Run]) -> list[tuple[int, int, list[Run]]]:
    """The runs with what is around them, apart from each other: start, end and runs of each stretch.

    A stretch begins and ends with a line, if there is a line end in reach.
    """
    found: list[tuple[int, int, list[Run]]] = []
    for run in runs:
        start = max(0, run.start - AROUND)
        start = start and (text.find(b"\n", start, run.start) + 1 or start)
        end = min(len(text), run.end + AROUND)
        end = end if end == len(text) else (text.rfind(b"\n", run.end, end) + 1 or end)
        if found and start <= found[-1][1]:
            first, last, others = found[-1]
            found[-1] = (first, max(end, last), others)
            others.append(run)
        else:
            found.append((start, end, [run]))
    return found


def unwrapped(text: bytes, start: int, end: int, runs: Sequence[Run]) -> Unwrapped:
    """``text[start:end]`` with its runs decoded."""
    texts: list[bytes] = []
    pieces: list[_Piece] = []
    at, done = 0, start

    def add(part: Part, run: Run | None) -> None:
        nonlocal at
        if part.text or not part.out:  # what stands for nothing, as a soft line end, joins what is around it
            texts.append(part.text)
            pieces.append(_Piece(at, part, run))
            at += len(part.text)

    for run in runs:
        add(Part(text[done : run.start], done, run.start, 1, 1), None)
        for part in run.parts:
            add(part, run)
        done = run.end
    add(Part(text[done:end], done, end, 1, 1), None)
    cut = any(run.cut for run in runs)
    return Unwrapped(b"".join(texts), start, end, pieces, [piece.at for piece in pieces], cut)
