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
_SEPARATOR = b"\n"

Hits = list[tuple[int, int]]
"""(pattern number, end offset in the text), in no order."""

Search = Callable[[bytes], Hits]


class Batch:
    """Blobs with their windows, and the pieces of text in these, blob by blob: from ``firsts`` on in each."""

    def __init__(self) -> None:
        self.blobs: list[Blob] = []
        self.plain: list[bool] = []
        self.windows: list[list[int]] = []
        self.firsts: list[int] = []
        self.pieces: list[bytes] = []
        self.searched = self.held = 0

    def add(self, blob: Blob, windows: list[int]) -> bool:
        """Takes in a blob, plain text outside of the windows (flat pairs); says whether it is inside too."""
        content = blob.content
        pieces = None if content.startswith(MARKS) else plain_pieces(content, windows)
        self.firsts.append(len(self.pieces))
        if pieces is not None:
            self.pieces += pieces
            for piece in pieces:
                self.searched += len(piece)
        self.windows.append(windows)
        self.blobs.append(blob)
        self.plain.append(pieces is not None)
        self.held += len(content)
        return pieces is not None

    @property
    def full(self) -> bool:
        return self.searched >= BATCH_BYTES or self.held >= _HELD_BYTES

    def hits(self, search: Search, patterns: Patterns) -> list[Hits | None]:
        """For each blob what ``search`` finds in its windows; None for what is no plain text."""
        found: list[Hits | None] = [[] if plain else None for plain in self.plain]
        joined = self.pieces[0] if len(self.pieces) == 1 else _SEPARATOR.join(self.pieces)
        raw = search(joined)
        if not raw:
            return found
        starts, at = [], 0
        for piece in self.pieces:
            starts.append(at)
            at += len(piece) + len(_SEPARATOR)
        for number, end in raw:
            which = bisect_right(starts, end - 1) - 1
            owner = bisect_right(self.firsts, which) - 1
            offset = self.windows[owner][2 * (which - self.firsts[owner])]
            within = end - starts[which]
            if within > len(self.pieces[which]):
                continue  # it ends in a separator
            content, own = self.blobs[owner].content, found[owner]
            if own is not None and _is_genuine(patterns[number][1], content, offset, offset + within):
                own.append((number, offset + within))
        return found


def batches(blobs: Iterable[Blob], reach: int) -> Iterator[Batch]:
    """The blobs in batches, with the windows that have to be searched; ``reach`` is the longest hit's."""
    batch, odd = Batch(), set[str]()
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
            batch = Batch()
    if batch.blobs:
        yield batch


class Lineage:
    """The traces of the texts that later ones may still copy from: a path down the tree under way."""

    def __init__(self) -> None:
        self._path: list[tuple[str | None, Trace | None, int]] = []

    def base(self, blob: Blob) -> Base | None:
        """What the blob copies from, if anything was found there; forgets what nobody copies from now."""
        copied, path = blob.copied, self._path
        if copied is None:
            path.clear()
            return None
        while path and path[-1][0] != copied.base:
            path.pop()
        trace = path[-1][1] if path else None
        return None if trace is None else Base(trace, copied.base_size, copied_runs(copied.delta))

    def add(self, blob: Blob, trace: Trace | None) -> None:
        """``trace`` is None where nothing was found, or nothing can be inherited."""
        self._path.append((blob.origin.blob, trace, len(blob.content)))


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
