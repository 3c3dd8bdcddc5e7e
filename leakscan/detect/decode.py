"""What is found in encoded text, and what it replaces of what was found in the text as it stands.

What a stretch of text says is a function of its bytes and of where encoded text begins in it; so it is
remembered, and a file's next version, which has most of its stretches in common, costs little.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from leakscan.detect.encodings import Run
from leakscan.detect.extract import Late
from leakscan.detect.sighting import Sighting
from leakscan.detect.unwrap import MAX_RUNS, Start, Unwrapped, runs_in, stretches, unwrapped
from leakscan.ruleset.rule import KINDS, Rule

MAX_DEPTH = 3
"""So many encodings within each other are decoded; what is compressed or UTF-16 in base64 is one with it."""

MAX_DECODED = 32 << 20
"""So many bytes of one text are decoded."""

_SPREAD = 8  # so many times its own length may be decoded within decoded text, and this much in any case
_LEAST_SPREAD = 64 << 10
_REMEMBERED = 1 << 20  # bytes
_PLAIN = ("percent", "escapes", "quoted-printable")
"""Encodings in which a secret that needs none stands as it is: what looks encoded may be the secret."""

Search = Callable[[bytes, Late], tuple[list[Sighting], list[Start]]]
"""What stands in a text, settled, and where encoded text begins in it (rising)."""


class Decoded(NamedTuple):
    """A sighting in decoded ``text``, and where that stands encoded: offsets in the text that was given.

    ``whole`` says that nobody would write a secret as it stands encoded. ``binary`` is as for a blob.
    """

    sighting: Sighting
    text: bytes
    start: int
    end: int
    encoding: tuple[str, ...]
    whole: bool
    binary: bool

    @property
    def value(self) -> bytes:
        return self.sighting.match.secret(self.text)

    def moved(self, distance: int) -> Decoded:
        return self._replace(start=self.start + distance, end=self.end + distance)


@dataclass(slots=True)
class _Allowance:
    """How many bytes may still be decoded; ``exceeded`` says that something was left out."""

    left: int
    exceeded: bool = False

    def grants(self, runs: Sequence[Run]) -> list[Run]:
        """Those of the runs that are within the limits, the first ones."""
        granted = []
        for run in runs[:MAX_RUNS]:
            self.left -= sum(len(part.text) for part in run.parts)
            if self.left < 0:
                break
            granted.append(run)
        self.exceeded |= len(granted) < len(runs) or any(run.cut for run in granted)
        return granted


@dataclass(slots=True)
class Decoder:
    """Searches encoded text with the same rules as any other; ``search`` is how."""

    search: Search
    _known: dict[tuple[object, ...], tuple[list[Decoded], bool]] = field(default_factory=dict)
    _weight: int = 0

    def decoded(
        self, text: bytes, starts: Sequence[Start], kept: Sequence[Sighting], late: Late
    ) -> tuple[list[Decoded], bool]:
        """What encoded text in ``text`` says, in its order; and whether something was too much to decode.

        Nothing within a token that was ``kept`` (a JSON Web Token is base64) is decoded, unless its rule says
        that it is the encoded form of a secret.
        """
        allowance = _Allowance(MAX_DECODED)
        runs = allowance.grants(runs_in(text, _outside(starts, kept)))
        found: list[Decoded] = []
        for first, last, own in stretches(text, runs):
            inside, exceeded = self._remembered(text, first, last, own, late)
            found += [sight.moved(first) for sight in inside]
            allowance.exceeded |= exceeded
        return found, allowance.exceeded

    def _remembered(
        self, text: bytes, first: int, last: int, runs: Sequence[Run], late: Late
    ) -> tuple[list[Decoded], bool]:
        stretch = text[first:last]
        key = (stretch, *((run.start - first, run.end - first, run.encoding, run.textual) for run in runs))
        known = self._known.get(key)
        if known is not None:
            return known
        in_time = True

        def too_late(rule: Rule) -> None:
            nonlocal in_time
            in_time = False
            late(rule)

        whole = unwrapped(text, first, last, runs)
        allowance = _Allowance(max(_LEAST_SPREAD, _SPREAD * len(whole.text)))
        found = self._in(whole, too_late, allowance, MAX_DEPTH - 1)
        known = [sight.moved(-first) for sight in found], allowance.exceeded
        if in_time:
            self._weight += len(stretch) + len(whole.text) * bool(found)
            if self._weight > _REMEMBERED:
                self._known.clear()
                self._weight = len(stretch) + len(whole.text)
            self._known[key] = known
        return known

    def _in(self, whole: Unwrapped, late: Late, allowance: _Allowance, depth: int) -> list[Decoded]:
        """What is found in a decoded stretch, and in what is encoded within what was decoded."""
        sightings, starts = self.search(whole.text, late)
        found = [sight for sighting in sightings if (sight := _sight(whole, sighting)) is not None]
        inner = [start for start in starts if whole.is_in_run(start[0])] if depth else []
        if inner:
            runs = allowance.grants(runs_in(whole.text, _outside(inner, sightings)))
            deeper = [
                _outer(sight, whole)
                for first, last, own in stretches(whole.text, runs)
                for sight in self._in(unwrapped(whole.text, first, last, own), late, allowance, depth - 1)
            ]
            known = {(sight.start, sight.value) for sight in found}
            deeper = [new for new in deeper if (new.start, new.value) not in known]
            found = [sight for sight in found if not any(replaces(new, sight) for new in deeper)] + deeper
        return sorted(found, key=lambda sight: (sight.start, sight.end))


def _outside(starts: Sequence[Start], kept: Sequence[Sighting]) -> list[Start]:
    """The starts that are in no token."""
    tokens = [sighting.match for sighting in kept if _is_final(sighting.match.rule)]
    firsts = [match.secret_start for match in tokens]

    def is_in_token(offset: int) -> bool:
        at = bisect_right(firsts, offset)
        return at > 0 and offset < tokens[at - 1].secret_end

    return [start for start in starts if not is_in_token(start[0])]


def _sight(whole: Unwrapped, sighting: Sighting) -> Decoded | None:
    """The sighting at its place; None where it has nothing to do with what was decoded."""
    match, other = sighting.match, sighting.identifier
    # What stands next to a token may hide where it begins or ends, as %2F does.
    beside = int(match.rule.kind == "token")
    runs = whole.runs(match.secret_start - beside, match.secret_end + beside)
    if not runs:
        runs = whole.runs(match.start, match.end)
    if not runs and other is not None:
        runs = whole.runs(other.secret_start, other.secret_end)
    binary = any(not run.textual for run in runs)
    if not runs or (binary and match.rule.kind != "token"):
        return None
    start, end = whole.encoded(match.secret_start, match.secret_end)
    encoding = runs[0].encoding
    return Decoded(sighting, whole.text, start, end, encoding, encoding[0] not in _PLAIN, binary)


def _outer(sight: Decoded, whole: Unwrapped) -> Decoded:
    """What was found within a decoded text, at its place in the text around."""
    runs = whole.runs(sight.start, sight.end)
    start, end = whole.encoded(sight.start, sight.end)
    encoding = (runs[0].encoding if runs else ()) + sight.encoding
    binary = sight.binary or any(not run.textual for run in runs)
    return sight._replace(start=start, end=end, encoding=encoding, binary=binary)


def replaces(sight: Decoded, other: Decoded) -> bool:
    """Whether of two sightings the deeper one counts, because the other is its encoded form."""
    match = other.sighting.match
    return (
        sight.start < other.end
        and other.start < sight.end
        and _is_better(sight, other.sighting)
        and not _is_final(match.rule)
    )


def _is_final(rule: Rule) -> bool:
    """Whether what the rule finds is the secret itself, even if it is text that could be decoded."""
    return rule.kind == "token" and not rule.encoded


def _is_better(sight: Decoded, other: Sighting) -> bool:
    """Whether decoded text says more of a secret than the encoded form that overlaps it."""
    kind, known = (KINDS.index(found.match.rule.kind) for found in (sight.sighting, other))
    return kind < known or (kind == known and (sight.whole or other.match.rule.encoded))


def _contend(rule: Rule, other: Rule) -> bool:
    """Whether what one of the rules finds can push out what the other finds in the same place.

    What a rule for some paths finds stands beside: whether it counts is known with the path.
    """
    return rule.id == other.id or not (rule.is_for_some_paths or other.is_for_some_paths)


def merged(
    text: bytes, kept: Sequence[Sighting], decoded: Sequence[Decoded]
) -> tuple[list[Sighting], list[Decoded]]:
    """What counts of what was found in a text and in what is encoded in it: no secret twice.

    Where a rule has found an encoded form, the secret in it counts there, even if it stands in plain text.
    """
    values: dict[bytes, bool] = {}
    for sighting in kept:
        value = sighting.match.secret(text)
        values[value] = values.get(value, False) or sighting.identifier is not None
    starts = [sighting.match.secret_start for sighting in kept]
    lost, new = set[int](), list[Decoded]()
    for sight in decoded:
        at = bisect_right(starts, sight.end - 1) - 1
        overlapped = []
        while at >= 0 and kept[at].match.secret_end > sight.start:
            if _contend(sight.sighting.match.rule, kept[at].match.rule):
                overlapped.append(at)
            at -= 1
        paired = values.get(sight.value)
        is_new = paired is None or (sight.sighting.identifier is not None and not paired)
        if not is_new and not any(kept[number].match.rule.encoded for number in overlapped):
            continue
        if all(_is_better(sight, kept[number]) for number in overlapped):
            lost.update(overlapped)
            new.append(sight)
    return [sighting for number, sighting in enumerate(kept) if number not in lost], new
