"""Marks in the scanned text itself: ``leakscan:ignore[rule] reason`` in a comment beside the secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from leakscan.finding import Blob, Candidate, Finding, Gap, Suppression
from leakscan.lazily import compiled
from leakscan.suppress.interface import Scope, Spot

WORD = b"leakscan:ignore"

# In documentation a mark that covers nothing shows how to write one.
_DOCUMENTS = (".md", ".markdown", ".rst", ".adoc")

# What begins a comment, in some language: that word alone in the middle of a text is no mark.
_LEADER = rb"(?:#|//|/\*|<!--|--|;|%|\*|(?:^|[ \t])(?i:rem)[ \t]|(?:^|[ \t])'(?=[ \t]*leakscan:))"
_MARK = compiled(
    rb"(?m)" + _LEADER + rb"(?:[^\n]*?[^\w\n-])??" + WORD + rb"(?![\w-])(?:\[([^\]\n]*)\])?[ \t:]*([^\n]*)"
)
_COMMENT_ONLY = compiled(rb"[ \t]*" + _LEADER)
_END = compiled(r"\*+/|--%?>|-\}|\*\)|#\}")
_LONGEST_REASON = 200


class Mark(NamedTuple):
    """One mark; without ``rules`` it is for all of them. ``comment_only``: its line holds no code."""

    rules: tuple[str, ...]
    reason: str
    comment_only: bool


def mark_in(line: bytes) -> Mark | None:
    """The mark in a line, if there is one.

    >>> mark_in(b"key = 'x'  # " + WORD + b"[stripe-secret-key] a test key")
    Mark(rules=('stripe-secret-key',), reason='a test key', comment_only=False)
    """
    found = _MARK.search(line)
    if found is None:
        return None
    names = (found[1] or b"").decode(errors="replace").split(",")
    reason = _END.split(found[2].decode(errors="replace"))[0].strip()[:_LONGEST_REASON]
    alone = _COMMENT_ONLY.match(line) is not None
    return Mark(tuple(name.strip() for name in names if name.strip()), reason, alone)


class Marks:
    """The suppressor of marks. Shown the files of a working tree, it knows which marks cover nothing."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], Mark] = {}
        self._used: set[tuple[str, int]] = set()

    def see(self, blob: Blob) -> None:
        """Notes the marks of a file of the working tree; what git itself keeps there, nobody can mend."""
        path = blob.origin.path
        if blob.origin.where != "worktree" or path is None or WORD not in blob.content:
            return
        if ".git" in path.split("/"):
            return
        for number, line in enumerate(blob.content.split(b"\n"), 1):
            mark = mark_in(line) if WORD in line else None
            if mark is not None:
                self._seen[path, number] = mark

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        """The nearest version decides, so a mark counts for what the history has of the same file too."""
        covered = {}
        for spot in spots:
            marks = [self._mark_for(candidate, finding.rule) for candidate in spot.nearest]
            if None not in marks and marks[0] is not None:
                covered[spot.place] = marks[0]
        return covered

    def warnings(self, scope: Scope) -> Iterator[Gap]:
        for place, mark in self._seen.items():
            name = f"{place[0]}:{place[1]}"
            if place in self._used:
                if not mark.reason:
                    yield Gap(name, "this mark gives no reason: write one behind leakscan:ignore")
            elif not place[0].endswith(_DOCUMENTS):
                rules = f" of {', '.join(mark.rules)}" if mark.rules else ""
                yield Gap(name, f"this mark covers no finding{rules}: remove it, or correct its rule")

    def _mark_for(self, candidate: Candidate, rule: str) -> Suppression | None:
        """The mark on the secret's own line, or alone in the line before, if it is for this rule."""
        before, _, own = candidate.marked.partition(b"\n")
        position, path = candidate.position, candidate.origin.path
        above, beside = mark_in(before), mark_in(own)
        for mark, line in ((beside, position.end_line), (above, position.line - 1)):
            if mark is None or (mark is above and not mark.comment_only):
                continue
            if mark.rules and not {candidate.rule, rule} & set(mark.rules):
                continue
            if path is not None:
                lines = {line, position.line} if mark is beside else {line}
                self._used |= {(path, line) for line in lines}
            return Suppression("mark", f"{path or candidate.origin.where}:{line}", mark.reason)
        return None
