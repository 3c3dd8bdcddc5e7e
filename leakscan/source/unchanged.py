"""What a changed text has in common with the one before, so that only what is new of it is searched."""

from __future__ import annotations

from leakscan.finding import Copied

CONTEXT = 4096
"""Bytes around each change that are searched with it: more than the two halves of a pair can be apart."""


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
            _add(runs, start, at, origin, len(old), len(new))
            expected = first.get(line, -1)
            start, origin = at, offsets[expected] if expected >= 0 else 0
        at += len(line)
        if expected >= 0:
            expected += 1
        else:
            start = at
    _add(runs, start, at, origin, len(old), len(new))
    return Copied(oid, len(old), runs)


def _add(runs: list[int], start: int, end: int, origin: int, old_size: int, new_size: int) -> None:
    """Adds a run without the context of the changes at its ends; where both texts begin or end is none."""
    before = 0 if start == origin == 0 else CONTEXT
    after = 0 if end == new_size and origin + end - start == old_size else CONTEXT
    if start + before < end - after:
        runs += [start + before, end - after, origin + before]
