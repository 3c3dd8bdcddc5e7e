"""The detection room: blobs in, candidates out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from leakscan.detect.batch import Hits, Lineage, batches
from leakscan.detect.extract import Late, Match
from leakscan.detect.prefilter import Prefilter
from leakscan.detect.text import View, plain_view, views
from leakscan.detect.trace import inherited, searched
from leakscan.finding import SEVERITIES, Blob, Candidate, Gap, Position, Secret
from leakscan.stopwatch import Stopwatch

if TYPE_CHECKING:
    from leakscan.ruleset.compiled import CompiledRules
    from leakscan.ruleset.rule import Rule

CONTEXT = 256
"""Bytes before and after a secret that a candidate carries along for scoring."""


class _Sighting(NamedTuple):
    """A match with its pair's other half."""

    match: Match
    identifier: Match | None = None
    lines: int | None = None


class Detector:
    """Finds candidates in blobs. ``incomplete`` names what could not be searched to its end."""

    def __init__(self, compiled: CompiledRules, watch: Stopwatch | None = None) -> None:
        watch = watch or Stopwatch()
        self._rules = compiled.rules
        self._prefilter = Prefilter(compiled.database, watch)
        self._searched = watch.timed("extract", searched)
        self._inherited = watch.timed("extract", inherited)
        self.incomplete: list[Gap] = []

    def detect(self, blobs: Iterable[Blob]) -> Iterator[Candidate]:
        """The candidates of all blobs, blob by blob, each in order of offset.

        A blob that copies from another must come after it, and before any that does not copy and is not
        its elder: as in a walk down a tree.
        """
        lineage = Lineage()
        for batch in batches(blobs, self._rules.hit_reach):
            hits = batch.hits(self._prefilter, self._rules.prefiltered)
            for blob, own in zip(batch.blobs, hits, strict=True):
                yield from self._in_blob(blob, own, lineage)

    def candidates(self, blob: Blob) -> list[Candidate]:
        """The candidates of one blob, after pairing and with overlaps settled."""
        return list(self.detect([blob]))

    def _in_blob(self, blob: Blob, hits: Hits | None, lineage: Lineage) -> Iterator[Candidate]:
        """``hits`` are those in what is new of the blob; None where it is no plain text but read in views."""
        base = lineage.base(blob)
        trace = None
        if hits is None:
            for view in views(blob.content):
                found = self._prefilter.hits(view.text)
                if found:
                    late = self._late(blob)
                    seen = self._searched(view.text, found, self._rules.prefiltered, late)
                    yield from self._in_view(blob, view, seen.matches, late)
        elif hits or base is not None:
            late = self._late(blob)
            if base is None:
                trace = self._searched(blob.content, hits, self._rules.prefiltered, late)
            else:
                trace = self._inherited(blob.content, hits, base, self._rules.prefiltered, late)
            matches = trace.matches
            if matches:
                yield from self._in_view(blob, plain_view(blob.content), matches, late)
        lineage.add(blob, trace)

    def _late(self, blob: Blob) -> Late:
        def late(rule: Rule) -> None:
            name = blob.origin.path or f"object {blob.origin.blob or blob.origin.commit}"
            self.incomplete.append(Gap(name, f"the pattern of rule '{rule.id}' took too long on it"))

        return late

    def _in_view(self, blob: Blob, view: View, matches: list[Match], late: Late) -> Iterator[Candidate]:
        if view.binary:
            matches = [match for match in matches if match.rule.kind == "token"]
        if not matches:
            return
        lines = _Lines(view.text)
        for sighting in self._settle(self._paired(view.text, matches, late)):
            yield _candidate(blob, view, sighting, lines)

    def _paired(self, text: bytes, matches: list[Match], late: Late) -> Iterator[_Sighting]:
        """The matches, and the pairs that they call for.

        An identifier in a pair stays a sighting of its own: the pair may turn out to be none.
        """
        from leakscan.detect.pair import pairings

        for match in matches:
            yield _Sighting(match)
        for other, rules in self._rules.pairs.items():
            identifiers = _one_a_span(match for match in matches if match.rule.id == other)
            for rule in rules if identifiers else ():
                for pair in pairings(text, identifiers, rule, late):
                    yield _Sighting(pair.secret, pair.identifier, pair.cost[1])

    def _settle(self, sightings: Iterable[_Sighting]) -> list[_Sighting]:
        """Of overlapping secrets the most telling: pair, token, keyword, generic; a provider's; longer."""
        kept: list[_Sighting] = []
        starts: list[int] = []
        for sighting in sorted(sightings, key=self._rank):
            match = sighting.match
            at = bisect_left(starts, match.secret_end)
            if at and kept[at - 1].match.secret_end > match.secret_start:
                continue
            starts.insert(at, match.secret_start)
            kept.insert(at, sighting)
        return kept

    def _rank(self, sighting: _Sighting) -> tuple[int, ...]:
        from leakscan.ruleset.rule import KINDS

        match, rule = sighting.match, sighting.match.rule
        length = match.secret_end - match.secret_start
        severity = -SEVERITIES.index(rule.severity)
        alone = int(sighting.identifier is None)
        anyones = int(rule.provider == "Generic")
        order = self._rules.order[rule.id]
        return (alone, KINDS.index(rule.kind), anyones, -length, severity, order, match.secret_start)


def _one_a_span(matches: Iterable[Match]) -> list[Match]:
    """The first match for each secret's span, in order of offset."""
    spans: dict[tuple[int, int], Match] = {}
    for match in matches:
        spans.setdefault((match.secret_start, match.secret_end), match)
    return [spans[span] for span in sorted(spans)]


class _Lines:
    """Line numbers of offsets, which are asked for in rising order, so that each newline is counted once."""

    def __init__(self, text: bytes) -> None:
        self.text, self.offset, self.line = text, 0, 1

    def position(self, start: int, end: int) -> Position:
        self.line += self.text.count(b"\n", self.offset, start)
        self.offset = start
        end_line = self.line + self.text.count(b"\n", start, end)
        return Position(self.line, self._column(start), end_line, self._column(end))

    def _column(self, offset: int) -> int:
        return offset - self.text.rfind(b"\n", 0, offset)


def _candidate(blob: Blob, view: View, sighting: _Sighting, lines: _Lines) -> Candidate:
    match, text = sighting.match, view.text
    start, end = match.secret_start, match.secret_end
    rule = match.rule
    parts = {name: Secret(value) for name, value in match.groups.items()}
    if sighting.identifier is not None and rule.pair is not None:
        parts[rule.pair.part] = Secret(sighting.identifier.secret(text))
    return Candidate(
        rule=rule.id,
        secret=Secret(text[start:end]),
        start=start,
        end=end,
        position=lines.position(start, end),
        origin=blob.origin,
        before=text[max(0, start - CONTEXT) : start],
        after=text[end : end + CONTEXT],
        lead=text[max(match.start, start - CONTEXT) : start],
        parts=parts,
        pair_distance=sighting.lines,
        encoding=view.encoding,
        binary=view.binary,
    )
