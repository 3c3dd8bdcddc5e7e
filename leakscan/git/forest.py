"""The deltas of a pack as a forest: each entry is inflated once, and each delta applied once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from leakscan.delta import DeltaError, resolve
from leakscan.git.pack import HEAD, Integers, Numbers, Pack, read_at
from leakscan.git.stores import Flags
from leakscan.stopwatch import Stopwatch

HELD_BYTES = 64 << 20
"""Bases that wait for the rest of their deltas may hold so much; beyond it they are made again."""

# Deflate makes at most 1,032 bytes of one: entries up to this size cannot blow up beyond 64 MB.
_SMALL = 64_000


Entry = tuple[int, bytes, int, int, bytes]
"""One object of a pack: its number, its content, the number of the entry that it copies from (or -1), that
one's size, and the delta which makes the content of it. A plain tuple, because there are a million."""


class EntryError(Exception):
    """An entry cannot be had from its pack."""


@dataclass(slots=True)
class _Level:
    """A base whose deltas are under way: ``at`` to ``end`` of the forest's order are still to do."""

    number: int
    content: bytes | None
    size: int
    at: int
    end: int


class Forest:
    """Walks over the ``chosen`` entries of one pack, with which all that they build on is chosen too.

    ``max_bytes`` bounds the size of the objects that are made. ``damaged`` collects the entries whose bytes
    are not those that the index knows; git reads some of these, as something else than they were.
    """

    def __init__(
        self, pack: Pack, max_bytes: int, watch: Stopwatch | None = None, chosen: Flags | None = None
    ) -> None:
        """All of it is chosen where ``chosen`` does not say what."""
        self.pack, self._max_bytes = pack, max_bytes
        self.chosen = np.ones(len(pack), dtype=bool) if chosen is None else chosen
        self.damaged: list[int] = []
        self._descriptor = pack.file.descriptor
        watch = watch or Stopwatch()
        self._inflate = watch.timed("inflate", isal_zlib.decompress)
        self._resolve = watch.timed("delta", resolve)
        deltas = np.nonzero((pack.bases >= 0) & self.chosen)[0]
        order = deltas[np.argsort(pack.bases[deltas], kind="stable")].astype(np.int32)
        counts = np.bincount(pack.bases[deltas], minlength=len(pack)) if len(deltas) else np.zeros(len(pack))
        firsts = np.zeros(len(pack) + 1, dtype=np.int32)
        np.cumsum(counts, out=firsts[1:])
        # A memoryview gives Python's own integers, three times as fast as numpy's.
        self._order, self._firsts = order.data, firsts.data
        self._starts, self._ends = pack.starts.data, pack.ends.data
        self._sizes, self._bases = pack.sizes.data, pack.bases.data
        self._checksums = None if pack.checksums is None else pack.checksums.data

    def roots(self, kind: int) -> Numbers:
        """The entries of this kind that are stored whole, in the order of the pack."""
        found = (self.pack.kinds == kind) & (self.pack.bases == -1) & self.chosen
        return np.nonzero(found)[0].astype(np.int32)

    def totals(self, amounts: npt.NDArray[Any]) -> Integers:
        """For each root the sum of these amounts (one an entry) over its tree; for all others zero."""
        tops = np.where(self.pack.bases >= 0, self.pack.bases, np.arange(len(self.pack), dtype=np.int32))
        for _ in range(32):  # pointers jump twice as far each round
            further = tops[tops]
            if (further == tops).all():
                break
            tops = further
        return np.bincount(tops, weights=amounts * self.chosen, minlength=len(self.pack)).astype(np.int64)

    def walk(self, roots: Sequence[int], failed: list[int]) -> Iterator[Entry]:
        """Every object below these roots, each right after its base or what its base's other deltas made.

        What cannot be made comes into ``failed``, with all that builds on it.
        """
        for root in roots:
            try:
                content = self._stored(root, self._sizes[root])
            except EntryError:
                failed.extend(self.below(root))
                continue
            yield root, content, -1, 0, b""
            yield from self._walk_below(root, content, failed)

    def _walk_below(self, root: int, content: bytes, failed: list[int]) -> Iterator[Entry]:
        firsts, order = self._firsts, self._order
        if firsts[root] == firsts[root + 1]:
            return
        levels = [_Level(root, content, len(content), firsts[root], firsts[root + 1])]
        held = len(content)
        while levels:
            level = levels[-1]
            base = level.content
            number = order[level.at]
            level.at += 1
            if level.at == level.end:
                held -= 0 if base is None else level.size
                levels.pop()
            try:
                delta = self._stored(number, self._sizes[number])
                content = self._applied(self._made(level.number) if base is None else base, delta)
            except EntryError:
                failed.extend(self.below(number))
                continue
            yield number, content, level.number, level.size, delta
            at, end = firsts[number], firsts[number + 1]
            if at < end:
                levels.append(_Level(number, content, len(content), at, end))
                held += len(content)
                held -= _let_go(levels, held)

    def content(self, number: int) -> bytes:
        """One object by itself, through all its bases. Raises EntryError."""
        return self._made(number)

    def _made(self, number: int) -> bytes:
        chain = []
        while self._bases[number] >= 0:
            chain.append(number)
            number = self._bases[number]
        content = self._stored(number, self._sizes[number])
        for delta in reversed(chain):
            content = self._applied(content, self._stored(delta, self._sizes[delta]))
        return content

    def _applied(self, base: bytes, delta: bytes) -> bytes:
        try:
            return self._resolve(base, delta, self._max_bytes)
        except DeltaError as error:
            raise EntryError(str(error)) from None

    def _stored(self, number: int, size: int) -> bytes:
        """What an entry inflates to: an object, or a delta's instructions."""
        if size > self._max_bytes:
            raise EntryError("larger than the limit")
        start, end = self._starts[number], self._ends[number]
        header = self._ends[number - 1] if number else HEAD
        try:
            entry = read_at(self._descriptor, end - header, header)
        except OSError as error:
            raise EntryError(f"unreadable: {error.strerror}") from None
        if self._checksums is not None and isal_zlib.crc32(entry) != self._checksums[number]:
            self.damaged.append(number)
            raise EntryError("not what its checksum says")
        packed = entry[start - header :]  # a copy: most are so short that a view takes longer to make
        try:
            if end - start <= _SMALL:
                found = self._inflate(packed, 15, size or 1)
            else:
                found = isal_zlib.decompressobj().decompress(packed, size + 1)
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub has no class
            raise EntryError(str(error)) from None
        if len(found) != size:
            raise EntryError("of another size than announced")
        return found

    def below(self, number: int) -> Iterator[int]:
        """An entry and all that builds on it."""
        todo = [number]
        while todo:
            number = todo.pop()
            yield number
            todo.extend(self._order[self._firsts[number] : self._firsts[number + 1]])


def with_bases(entries: Numbers, bases: Numbers) -> Flags:
    """Which entries these are, and all that they build on; ``bases`` as in a pack."""
    chosen = np.zeros(len(bases), dtype=bool)
    while len(entries):
        chosen[entries] = True
        entries = bases[entries]
        entries = np.unique(entries[entries >= 0])
        entries = entries[~chosen[entries]]
    return chosen


def _let_go(levels: list[_Level], held: int) -> int:
    """Frees the contents furthest from the leaf until the rest fits; how many bytes that were."""
    freed = 0
    for level in levels[:-1]:
        if held - freed <= HELD_BYTES:
            break
        if level.content is not None:
            level.content = None
            freed += level.size
    return freed
