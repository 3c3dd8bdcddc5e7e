"""What a changed text has in common with the one before, so that only what is new of it is searched."""

from __future__ import annotations

from leakscan.delta import encoded
from leakscan.finding import Copied
from leakscan.lazily import compiled

CONTEXT = 4096
"""Bytes around each change that are searched with it: more than the two halves of a pair can be apart."""


_ENCODED_LINE = compiled(rb"[ \t]{0,64}[A-Za-z0-9+/_-]{40,}\r?\n")


def unchanged(oid: str, old: bytes, new: bytes) -> Copied | None:
    """The stretches of lines that ``new`` has from ``old``, without what is near a change.

    None where that cannot be said by lines, as in UTF-16 or a binary. Each run is really in both, though not
    every one that is in both is named: of lines that occur more than once, only the first is known.
    """
    if b"\0" in old or b"\0" in new:
        return None
    ours, theirs = new.splitlines(keepends=True), old.splitlines(keepends=True)
    first: dict[bytes, int] = {}
    offsets, at = [], 0
    for number, line in enumerate(theirs):
        first.setdefault(line, number)
        offsets.append(at)
        at += len(line)
    runs: list[int] = []
    at = start = origin = 0
    expected = -1 if not theirs else 0  # the line of ``old`` that would go on with the run
    for line in ours:
        if expected < 0 or expected >= len(theirs) or theirs[expected] != line:
            _add(runs, start, at, origin, old, new)
            expected = first.get(line, -1)
            start, origin = at, offsets[expected] if expected >= 0 else 0
        at += len(line)
        if expected >= 0:
            expected += 1
        else:
            start = at
    _add(runs, start, at, origin, old, new)
    return Copied(oid, len(old), encoded(len(old), new, runs))


def _add(runs: list[int], start: int, end: int, origin: int, old: bytes, new: bytes) -> None:
    """Adds a run without the context of the changes at its ends; where both texts begin or end is none."""
    before = 0 if start == origin == 0 else CONTEXT
    if end < len(new) or origin + end - start < len(old):
        last = min(end - CONTEXT, _encoded_from(new, start, end))
    else:
        last = end
    if start + before < last:
        runs += [start + before, last, origin + before]


def _encoded_from(text: bytes, start: int, end: int) -> int:
    """Where the lines of encoded text begin that the change at ``end`` goes on with, with the line before.

    What they say may depend on how they begin: what is compressed is only known by that.
    """
    at = end
    while at > start:
        line = text.rfind(b"\n", start, at - 1) + 1 or start
        if not _ENCODED_LINE.match(text, line, at):
            return line if at < end else end
        at = line
    return at
