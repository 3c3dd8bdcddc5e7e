"""Many small texts searched in one call of the prefilter, and what later texts inherit from earlier ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from leakscan.delta import copied_runs
from leakscan.detect.extract import Patterns, expression
from leakscan.detect.text import MARKS
from leakscan.detect.trace import Base, Trace
from leakscan.detect.windows import dirty_windows, plain_pieces
from leakscan.finding import Blob

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern

BATCH_BYTES = 1 << 18
"""What is searched in one call: enough to make the call cheap, and small enough for the processor's cache."""

_HELD_BYTES = 1 << 20  # whole texts may be much larger than what is new in them
_REMEMBERED = 2 << 20  # bytes in all
_LARGEST = 1 << 18  # of one piece
_ENTRY = 200  # what a piece takes beside its text
_SEPARATOR = b"\n"

Hits = list[tuple[int, int]]
"""(pattern number, end offset in the text), in no order."""

Search = Callable[[bytes], Hits]


class Searched:
    """What the prefilter found in pieces of text, which come again with one version after the other.

    One is for the batches of one run only: a piece that is in it may still wait in its batch to be searched.
    """

    def __init__(self) -> None:
        self._found: dict[bytes, Hits] = {}
        self._weight = 0

    def get(self, piece: bytes) -> Hits | None:
        return self._found.get(piece)

    def add(self, piece: bytes) -> Hits:
        """Where what is found in it will be."""
        hits: Hits = []
        weight = len(piece) + _ENTRY
        if weight <= _LARGEST:
            self._weight += weight
            if self._weight > _REMEMBERED:
                self._found.clear()
                self._weight = weight
            self._found[piece] = hits
        return hits


class Batch:
    """Blobs with their windows, and for each window the hits in it, which are there when it was searched.

    ``pieces`` are the texts that have to be searched for that, and ``found`` where what is in them belongs.
    """

    def __init__(self, known: Searched) -> None:
        self.blobs: list[Blob] = []
        self.windows: list[list[int]] = []
        self.hits: list[list[Hits] | None] = []
        self.pieces: list[bytes] = []
        self.found: list[Hits] = []
        self.searched = self.held = 0
        self._known = known

    def add(self, blob: Blob, windows: list[int]) -> bool:
        """Takes in a blob, plain text outside of the windows (flat pairs); says whether it is inside too."""
        content = blob.content
        pieces = None if content.startswith(MARKS) else plain_pieces(content, windows)
        self.windows.append(windows)
        self.blobs.append(blob)
        self.hits.append(None if pieces is None else [self._hits(piece) for piece in pieces])
        self.held += len(content)
        return pieces is not None

    def _hits(self, piece: bytes) -> Hits:
        found = self._known.get(piece)
        if found is None:
            found = self._known.add(piece)
            self.pieces.append(piece)
            self.found.append(found)
            self.searched += len(piece)
        return found

    @property
    def full(self) -> bool:
        return self.searched >= BATCH_BYTES or self.held >= _HELD_BYTES

    def search(self, search: Search, patterns: Patterns) -> list[Hits | None]:
        """For each blob what ``search`` finds in its windows; None for what is no plain text."""
        joined = self.pieces[0] if len(self.pieces) == 1 else _SEPARATOR.join(self.pieces)
        raw = search(joined)
        if raw:
            self._hand_out(raw)
        return [self._own(at, patterns) for at in range(len(self.blobs))]

    def _hand_out(self, raw: Hits) -> None:
        starts, at = [], 0
        for piece in self.pieces:
            starts.append(at)
            at += len(piece) + len(_SEPARATOR)
        for number, end in raw:
            which = bisect_right(starts, end - 1) - 1
            within = end - starts[which]
            if within <= len(self.pieces[which]):  # else it ends in a separator
                self.found[which].append((number, within))

    def _own(self, at: int, patterns: Patterns) -> Hits | None:
        """The hits in the windows of one blob, at its offsets."""
        inside = self.hits[at]
        if inside is None:
            return None
        own: Hits = []
        content, windows = self.blobs[at].content, self.windows[at]
        for which, hits in enumerate(inside):
            for number, within in hits:
                start = windows[2 * which]
                if _is_genuine(patterns[number][1], content, start, start + within):
                    own.append((number, start + within))
        return own


def batches(blobs: Iterable[Blob], reach: int) -> Iterator[Batch]:
    """The blobs in batches, with the windows that have to be searched; ``reach`` is the longest hit's."""
    known, odd = Searched(), set[str]()
    batch = Batch(known)
    for blob in blobs:
        content, copied = blob.content, blob.copied
        if copied is None or copied.base in odd:
            windows = [0, len(content)] if content else []
        else:  # what is copied from plain text is plain
            windows = dirty_windows(copied.delta, copied.base_size, len(content), reach)
        if not batch.add(blob, windows):
            odd.add(blob.origin.blob or "")
        if batch.full:
            yield batch
            batch = Batch(known)
    if batch.blobs:
        yield batch


class Lineage:
    """The traces of the texts that later ones may still copy from: a path down the tree under way."""

    def __init__(self) -> None:
        self._path: list[tuple[str | None, Trace | None, bool]] = []

    def base(self, blob: Blob) -> Base | None:
        """What the blob copies from, if anything was found there; forgets what nobody copies from now."""
        copied, path = blob.copied, self._path
        if copied is None:
            path.clear()
            return None
        while path and path[-1][0] != copied.base:
            path.pop()
        if not path:
            return None
        _, trace, barren = path[-1]
        return None if trace is None else Base(trace, copied.base_size, copied_runs(copied.delta), barren)

    def add(self, blob: Blob, trace: Trace | None, barren: bool = False) -> None:
        """``trace`` is None where nothing was found, or nothing can be inherited; ``barren`` as in Base."""
        self._path.append((blob.origin.blob, trace, barren))


def _is_genuine(pattern: Pattern, content: bytes, window: int, end: int) -> bool:
    """Whether an anchor that seems to end here, in a window that starts at ``window``, is in the text itself.

    In the middle of a text an anchor at the window's edge is the base's, and inherited; at the start of
    the text it may have been made up with the text before it in the batch. Hits of whole patterns need no
    such care: extraction looks at the text.
    """
    first = end - pattern.hit_before
    if pattern.anchor is None or first >= window:
        return True
    if window > 0:
        return False
    anchor = expression(pattern.anchor)
    return any(anchor.fullmatch(content, start, end) for start in range(end))
