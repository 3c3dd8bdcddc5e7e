"""The detection room: blobs in, candidates out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from leakscan.detect.batch import Hits, Lineage, batches
from leakscan.detect.extract import Late, Match, Remembered
from leakscan.detect.marked import marked_lines
from leakscan.detect.prefilter import Prefilter
from leakscan.detect.text import View, plain_view, views
from leakscan.detect.trace import Searcher
from leakscan.finding import Blob, Candidate, Gap, Origin, Position, Secret
from leakscan.ruleset.encoding import AT_START, ENCODING_NAMES
from leakscan.stopwatch import Stopwatch

# What a hook does without where nothing is found, or nothing is encoded, is imported where it is used.
if TYPE_CHECKING:
    from leakscan.detect.decode import Decoded, Decoder
    from leakscan.detect.sighting import Sighting
    from leakscan.detect.unwrap import Start
    from leakscan.ruleset.compiled import CompiledRules
    from leakscan.ruleset.rule import Rule

CONTEXT = 256
"""Bytes before and after a secret that a candidate carries along for scoring."""

Keep = Callable[[Candidate], bool]
"""Which candidates are worth bringing back."""

_Look = tuple[str, Secret, bytes, bytes, bytes, "int | None", bool]
"""What a candidate is judged by: rule, secret, bytes before, after and in between, lines to the other half of
a pair, and whether it stands in a message. Candidates that look the same share these: files have versions."""

_VERDICTS = 5_000  # remembered; each is about a kilobyte


class Detector:
    """Finds candidates in blobs. ``incomplete`` names what could not be searched to its end."""

    def __init__(
        self,
        compiled: CompiledRules,
        watch: Stopwatch | None = None,
        keep: Keep | None = None,
        prefilter: Prefilter | None = None,
    ) -> None:
        """``keep`` says which candidates are wanted; it must not ask for their paths or positions.

        ``prefilter`` is one for the same rules, where there is one already: it is large.
        """
        watch = watch or Stopwatch()
        self.compiled, self._worth_keeping = compiled, keep
        self._keep = keep and watch.timed("score", keep)
        self._verdicts: dict[_Look, _Look | None] = {}
        self._rules = compiled.rules
        self._prefilter = prefilter or Prefilter(compiled)
        self._hits = watch.timed("scan", self._prefilter.hits)
        self._remembered = Remembered()
        self._searcher = Searcher(self._rules.prefiltered, self._remembered)
        self._searched = watch.timed("extract", self._searcher.searched)
        self._inherited = watch.timed("extract", self._searcher.inherited)
        self.incomplete: list[Gap] = []

    def __reduce__(self) -> tuple[type[Detector], tuple[CompiledRules, None, Keep | None]]:
        return Detector, (self.compiled, None, self._worth_keeping)

    def timed(self, watch: Stopwatch) -> Detector:
        """Another one that does the same, whose time is counted."""
        return Detector(self.compiled, watch, self._worth_keeping, self._prefilter)

    def let_go(self) -> None:
        """Forgets the databases as they are stored: only who is no fork opens them again."""
        self.compiled = self.compiled._replace(databases=())

    @cached_property
    def _decoder(self) -> Decoder:
        from leakscan.detect.decode import Decoder

        return Decoder(self._stands_in)

    def detect(self, blobs: Iterable[Blob]) -> Iterator[Candidate]:
        """The candidates of all blobs, blob by blob, each in order of offset.

        A blob that copies from another must come after it, and before any that does not copy and is not
        its elder: as in a walk down a tree.
        """
        lineage = Lineage()
        for batch in batches(blobs, self._rules.hit_reach):
            hits = batch.search(self._hits, self._rules.prefiltered)
            for blob, own in zip(batch.blobs, hits, strict=True):
                yield from self._in_blob(blob, own, lineage)

    def candidates(self, blob: Blob) -> list[Candidate]:
        """The candidates of one blob, after pairing and with overlaps settled."""
        return list(self.detect([blob]))

    def _in_blob(self, blob: Blob, hits: Hits | None, lineage: Lineage) -> Iterator[Candidate]:
        """``hits`` are those in what is new of the blob; None where it is no plain text but read in views."""
        base, late = lineage.base(blob), self._late(blob)
        if hits is None:
            lineage.add(blob, None)
            for view in views(blob.content):
                found = self._hits(view.text)
                if found or AT_START.match(view.text):
                    yield from self._in_view(blob, view, self._searched(view.text, found, late).matches, late)
            return
        begins = AT_START.match(blob.content) is not None
        if not hits and base is None and not begins:
            lineage.add(blob, None)
            return
        if base is None:
            trace = self._searched(blob.content, hits, late)
        else:
            trace = self._inherited(blob.content, hits, base, late)
            still = base.barren and not begins
            if still and self._searcher.alike(trace, base, len(blob.content), CONTEXT):
                lineage.add(blob, trace, barren=True)
                return
        view, matches = plain_view(blob.content), trace.matches
        barren = not (begins or view.binary or trace.late or self._depend(matches))
        if matches or begins:
            for candidate in self._in_view(blob, view, matches, late):
                barren = False
                yield candidate
        lineage.add(blob, trace, barren)

    def _depend(self, matches: list[Match]) -> bool:
        """Whether what comes of any of them depends on more than what stands around it."""
        return any(match.rule.id in ENCODING_NAMES or match.rule.id in self._rules.pairs for match in matches)

    def _late(self, blob: Blob) -> Late:
        def late(rule: Rule) -> None:
            why = f"the pattern of rule '{rule.id}' took too long on it"
            self.incomplete.append(Gap(_name(blob.origin), why))

        return late

    def _in_view(self, blob: Blob, view: View, matches: list[Match], late: Late) -> Iterator[Candidate]:
        if view.binary:
            matches = [match for match in matches if match.rule.kind == "token"]
        kept, starts = self._sorted_out(view.text, matches, late)
        decoded: list[Decoded] = []
        if starts:
            from leakscan.detect.decode import MAX_DECODED, merged

            decoded, exceeded = self._decoder.decoded(view.text, starts, kept, late)
            if exceeded:
                why = f"more is encoded in it than is decoded (at most {MAX_DECODED} bytes in one text)"
                self.incomplete.append(Gap(_name(blob.origin), why))
            if view.binary:
                decoded = [sight for sight in decoded if sight.sighting.match.rule.kind == "token"]
            kept, decoded = merged(view.text, kept, decoded)
        lines = _Lines(view.text)
        for sighting in kept:
            place = sighting.match.secret_start, sighting.match.secret_end
            yield from self._wanted(blob, view.text, sighting, place, lines, view.encoding, view.binary)
        lines = _Lines(view.text)
        for sight in decoded:
            encoding = (*view.encoding, *sight.encoding)
            binary = view.binary or sight.binary
            place = sight.start, sight.end
            yield from self._wanted(blob, sight.text, sight.sighting, place, lines, encoding, binary)

    def _wanted(
        self,
        blob: Blob,
        text: bytes,
        sighting: Sighting,
        place: tuple[int, int],
        lines: _Lines,
        encoding: tuple[str, ...],
        binary: bool,
    ) -> Iterator[Candidate]:
        """The sighting as a candidate, if that is worth keeping: asked once for what always looks the same.

        ``text`` is what the sighting is in, and ``place`` where its secret stands in what ``lines`` count.
        """
        start, end = sighting.match.secret_start, sighting.match.secret_end
        secret = text[start:end]
        before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
        lead = text[max(sighting.match.start, start - CONTEXT) : start]
        message = blob.origin.where == "message"
        look: _Look = (sighting.match.rule.id, Secret(secret), before, after, lead, sighting.lines, message)
        known = self._verdicts.get(look)  # not told by identity: compiled, a tuple is not always the same one
        if known is None and look in self._verdicts:
            return
        rule, shared, known_before, known_after, known_lead, _, _ = known or look
        candidate = Candidate(
            rule=rule,
            secret=shared,
            start=place[0],
            end=place[1],
            position=lines.position(*place),
            origin=blob.origin,
            before=known_before,
            after=known_after,
            lead=known_lead,
            parts=_parts(text, sighting),
            pair_distance=sighting.lines,
            encoding=encoding,
            binary=binary,
            marked=marked_lines(lines.text, *place),
        )
        if known is None and self._keep is not None:
            if len(self._verdicts) >= _VERDICTS:
                self._verdicts.clear()
            wanted = self._keep(candidate)
            self._verdicts[look] = look if wanted else None
            if not wanted:
                return
        yield candidate

    def _stands_in(self, text: bytes, late: Late) -> tuple[list[Sighting], list[Start]]:
        """What stands in a text that was decoded, and where encoded text begins in it."""
        hits = self._hits(text)
        trace = self._searched(text, hits, late)
        return self._sorted_out(text, trace.matches, late)

    def _sorted_out(
        self, text: bytes, matches: list[Match], late: Late
    ) -> tuple[list[Sighting], list[Start]]:
        """The matches after pairing, with overlaps settled; and those that say where encoded text begins."""
        starts = sorted(
            (match.secret_start, ENCODING_NAMES[match.rule.id])
            for match in matches
            if match.rule.id in ENCODING_NAMES
        )
        if AT_START.match(text):
            starts.insert(0, (0, "base64"))
        if starts:
            matches = [match for match in matches if match.rule.id not in ENCODING_NAMES]
        if not matches:
            return [], starts
        from leakscan.detect.sighting import settled

        return settled(self._paired(text, matches, late), self._rules.order), starts

    def _paired(self, text: bytes, matches: list[Match], late: Late) -> Iterator[Sighting]:
        """The matches, and the pairs that they call for.

        An identifier in a pair stays a sighting of its own: the pair may turn out to be none.
        """
        from leakscan.detect.pair import pairings
        from leakscan.detect.sighting import Sighting, one_a_span

        by_rule: dict[str, list[Match]] = {}
        for match in matches:
            yield Sighting(match)
            by_rule.setdefault(match.rule.id, []).append(match)
        for other, rules in self._rules.pairs.items():
            if other not in by_rule:
                continue
            identifiers = one_a_span(by_rule[other])
            for rule in rules:
                for pair in pairings(text, identifiers, rule, late, self._remembered):
                    yield Sighting(pair.secret, pair.identifier, pair.cost[1])


def _name(origin: Origin) -> str:
    return origin.path or f"object {origin.blob or origin.commit}"


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


def _parts(text: bytes, sighting: Sighting) -> dict[str, Secret]:
    parts = {name: Secret(value) for name, value in sighting.match.groups.items()}
    if sighting.identifier is not None and sighting.match.rule.pair is not None:
        parts[sighting.match.rule.pair.part] = Secret(sighting.identifier.secret(text))
    return parts
