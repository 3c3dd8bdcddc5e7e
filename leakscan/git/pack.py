"""Packs read directly: the index, and the header of every entry, as numpy arrays.

The formats are those of git's Documentation/gitformat-pack.txt. A pack is untrusted: every size and offset
is checked against the file before it is used, and what does not fit is a :class:`PackError`.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_INDEX_MARK = b"\xfftOc"
HEAD = 12  # PACK, version, number of objects
_FANOUT = 1024  # 256 counts of 4 bytes
_LONGEST_VARINT = 10
_HEADERS = 100_000  # read at once; each touches a page of the pack, which then is in memory
_SOUGHT = 1 << 16  # ids that are looked up at once
_HASHES = {20: hashlib.sha1, 32: hashlib.sha256}

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]


class PackError(Exception):
    """A pack or its index is not what git would have written; the message says in which respect."""


@dataclass(frozen=True, slots=True)
class Oids:
    """Object ids, a row of bytes each, that can be looked up many at once.

    ``order`` are the numbers of the rows in the order of the ids' first eight bytes, ``prefixes`` these
    bytes as numbers.
    """

    rows: Bytes
    order: Numbers
    prefixes: npt.NDArray[np.uint64]

    def find(self, wanted: Bytes) -> Numbers:
        """The number of each of these ids, -1 where it is not in here."""
        found = np.empty(len(wanted), dtype=np.int32)
        for first in range(0, len(wanted), _SOUGHT):
            found[first : first + _SOUGHT] = self._find(wanted[first : first + _SOUGHT])
        return found

    def _find(self, wanted: Bytes) -> Numbers:
        found = np.full(len(wanted), -1, dtype=np.int32)
        keys = _prefixes(wanted)
        rising = np.argsort(keys)  # neighbours are then looked up one after the other, which is much faster
        at = np.empty(len(wanted), dtype=np.intp)
        at[rising] = np.searchsorted(self.prefixes, keys[rising])
        todo = np.arange(len(wanted))
        while len(todo):  # more than once only where ids share their first eight bytes
            todo = todo[at[todo] < len(self.prefixes)]
            todo = todo[self.prefixes[at[todo]] == keys[todo]]
            numbers = self.order[at[todo]]
            same = (self.rows[numbers] == wanted[todo]).all(axis=1)
            found[todo[same]] = numbers[same]
            todo = todo[~same]
            at[todo] += 1
        return found


class PackFile:
    """An open file, which is closed when nobody refers to it any more. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack; entry ``i`` is the i-th in the order in which they lie in the file.

    ``kinds`` are those of the objects (COMMIT to TAG), for deltas that of the object they end at, and 0
    where that cannot be told. ``checksums`` are the CRC-32 of each whole entry, if the index has them.
    ``starts`` and ``ends`` bound each entry's compressed bytes, ``sizes`` is what they inflate to: the
    object, or for a delta its instructions. ``bases`` are the entries that deltas build on, -1 for what is
    stored whole. ``file`` stays open, so that the pack can be read when git has replaced it with another.
    """

    path: Path
    file: PackFile
    oids: Oids
    kinds: npt.NDArray[np.uint8]
    checksums: npt.NDArray[np.uint32] | None
    starts: npt.NDArray[Any]
    ends: npt.NDArray[Any]
    sizes: npt.NDArray[Any]
    bases: Numbers

    def __len__(self) -> int:
        return len(self.starts)


def open_pack(path: Path, oid_bytes: int) -> Pack:
    """The pack at ``path`` (``….pack``), whose index lies beside it; ids have so many bytes.

    Raises PackError or OSError where it cannot be trusted as a whole.
    """
    index = _read_index(path.with_suffix(".idx"), oid_bytes)
    file = PackFile(path)
    content = mmap.mmap(file.descriptor, 0, access=mmap.ACCESS_READ)
    _check_frame(content, len(index.offsets), index.trailer, oid_bytes)
    oids, offsets, checksums = _in_pack_order(index)
    ends = np.append(offsets[1:], len(content) - oid_bytes)
    if len(offsets) and (offsets[0] != HEAD or (ends <= offsets).any()):
        raise PackError("its index names offsets outside of it")
    kinds, sizes, starts, bases = _headers(content, oids, offsets, ends)
    starts, ends, sizes = _narrowed(starts), _narrowed(ends), _narrowed(sizes)
    return Pack(path, file, oids, _ends_at(kinds, bases), checksums, starts, ends, sizes, bases)


def _narrowed(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """In half the memory where they fit, as those of packs of less than 4 GiB do."""
    return numbers.astype(np.uint32) if numbers.max(initial=0) < 1 << 32 else numbers


def _sought(descriptor: int, size: int, offset: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size)


read_at: Callable[[int, int, int], bytes] = getattr(os, "pread", _sought)
"""Reads from a descriptor so many bytes at an offset, less where the file ends before.

Processes that forked share a descriptor's position, so it is not moved; Windows can only move it, and does
not fork. A mapping of the file would cost more: entries lie scattered, and each touches pages of its own.
"""


def make_oids(rows: Bytes) -> Oids:
    """Ids in any order, numbered as they stand."""
    keys = _prefixes(rows)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    return Oids(rows, order, keys[order])


class _Index(NamedTuple):
    """An index as it stands in its file, in the order of the ids; ``trailer`` is the pack's own checksum."""

    oids: Bytes
    offsets: Integers
    checksums: npt.NDArray[np.uint32] | None
    trailer: bytes


def _in_pack_order(index: _Index) -> tuple[Oids, Integers, npt.NDArray[np.uint32] | None]:
    """The ids, their offsets and checksums, from the order of the ids to that of the offsets."""
    prefixes = _prefixes(index.oids)
    if (prefixes[1:] < prefixes[:-1]).any():
        raise PackError("its index is not sorted")
    by_offset = np.argsort(index.offsets)
    order = np.empty(len(by_offset), dtype=np.int32)
    order[by_offset] = np.arange(len(by_offset), dtype=np.int32)
    oids = Oids(index.oids[by_offset], order, prefixes)
    return oids, index.offsets[by_offset], None if index.checksums is None else index.checksums[by_offset]


def _prefixes(rows: Bytes) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(rows[:, :8]).view(">u8").reshape(len(rows)).astype(np.uint64)


def _read_index(path: Path, oid_bytes: int) -> _Index:
    """The index in this file, which is of version 1 or 2."""
    raw = np.fromfile(path, dtype=np.uint8)
    if len(raw) < _FANOUT + 2 * oid_bytes:
        raise PackError("its index is cut short")
    if _HASHES[oid_bytes](raw[:-oid_bytes].data).digest() != raw[-oid_bytes:].tobytes():
        raise PackError("its index does not match its own checksum")
    trailer = raw[-2 * oid_bytes : -oid_bytes].tobytes()
    if raw[:4].tobytes() != _INDEX_MARK:
        count = int.from_bytes(raw[_FANOUT - 4 : _FANOUT].tobytes(), "big")
        rows = _table(raw, _FANOUT, count * (4 + oid_bytes)).reshape(count, 4 + oid_bytes)
        offsets = np.ascontiguousarray(rows[:, :4]).view(">u4").reshape(count).astype(np.int64)
        return _Index(np.ascontiguousarray(rows[:, 4:]), offsets, None, trailer)
    if raw[4:8].tobytes() != b"\0\0\0\2":
        raise PackError("its index is of an unknown version")
    count = int.from_bytes(raw[8 + _FANOUT - 4 : 8 + _FANOUT].tobytes(), "big")
    at = 8 + _FANOUT
    oids = _table(raw, at, count * oid_bytes).reshape(count, oid_bytes)
    at += count * oid_bytes
    checksums = _table(raw, at, count * 4).view(">u4").astype(np.uint32)
    at += count * 4
    offsets = _table(raw, at, count * 4).view(">u4").astype(np.int64)
    large = np.nonzero(offsets & 0x80000000)[0]
    if len(large):  # bit 31 says that the rest is a position in a table of 64-bit offsets
        table = raw[at + count * 4 : -2 * oid_bytes]
        wide = table[: len(table) // 8 * 8].view(">u8")
        where = offsets[large] & 0x7FFFFFFF
        if where.max() >= len(wide) or int(wide.max()) > np.iinfo(np.int64).max:
            raise PackError("its index names offsets outside of it")
        offsets[large] = wide[where].astype(np.int64)
    return _Index(oids, offsets, checksums, trailer)


def _table(raw: Bytes, at: int, size: int) -> Bytes:
    if at + size > len(raw):
        raise PackError("its index is cut short")
    return raw[at : at + size]


def _check_frame(content: mmap.mmap, count: int, trailer: bytes, oid_bytes: int) -> None:
    """The pack's own head and tail: mark, version, number of objects; the checksum that its index expects."""
    if (
        len(content) < HEAD + oid_bytes
        or content[:4] != b"PACK"
        or content[4:8] not in (b"\0\0\0\2", b"\0\0\0\3")
    ):
        raise PackError("it does not begin like a pack")
    if int.from_bytes(content[8:12], "big") != count or content[-oid_bytes:] != trailer:
        raise PackError("it is not the pack that its index describes")


def _headers(
    content: mmap.mmap, oids: Oids, offsets: Integers, ends: Integers
) -> tuple[npt.NDArray[np.uint8], Integers, Integers, Numbers]:
    """Kind, inflated size, start of the compressed bytes, and base of each entry."""
    raw, parts = np.frombuffer(content, dtype=np.uint8), []
    for first in range(0, max(1, len(offsets)), _HEADERS):
        part = slice(first, first + _HEADERS)
        parts.append(_some_headers(raw, oids, offsets, offsets[part], ends[part]))
        _release(content)
    kinds, sizes, starts, bases = map(np.concatenate, zip(*parts, strict=True))
    return kinds, sizes, starts, bases


def _release(content: mmap.mmap) -> None:
    """Gives back the memory of what was read of a file so far; it stays in the system's cache."""
    if hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


def _some_headers(
    raw: Bytes, oids: Oids, all_offsets: Integers, offsets: Integers, ends: Integers
) -> tuple[npt.NDArray[np.uint8], Integers, Integers, Numbers]:
    """The same of these entries, all at once; their bases may be any."""
    at = offsets.copy()
    byte = raw[at].astype(np.int64)
    kinds = ((byte >> 4) & 7).astype(np.uint8)
    sizes = byte & 15
    at += 1
    shift = 4
    more = np.nonzero(byte & 128)[0]
    while len(more):
        byte = _next_bytes(raw, at, more, ends)
        if shift > 7 * _LONGEST_VARINT - 14:
            raise PackError("the size of an entry has too many digits")
        sizes[more] |= (byte & 127) << shift
        shift += 7
        more = more[(byte & 128) != 0]
    bases = np.full(len(offsets), -1, dtype=np.int32)
    distances = _distances(raw, kinds, at, ends)
    _offset_bases(kinds, all_offsets, offsets, distances, bases)
    _reference_bases(raw, kinds, oids, at, ends, bases)
    if (at >= ends).any() or (kinds == 0).any() or (kinds == 5).any():
        raise PackError("an entry has no content, or is of an unknown kind")
    return kinds, sizes, at, bases


def _next_bytes(raw: Bytes, at: Integers, which: Integers, ends: Integers) -> Integers:
    """The byte at the position of each of these entries, which moves on by one."""
    where = at[which]
    if (where >= ends[which]).any():
        raise PackError("the header of an entry is cut short")
    at[which] += 1
    return raw[where].astype(np.int64)


def _distances(raw: Bytes, kinds: Any, at: Integers, ends: Integers) -> Integers:
    """How far before each offset delta its base begins: digits of 7 bits; a continuation counts one more."""
    deltas = np.nonzero(kinds == _OFFSET_DELTA)[0]
    distances = np.zeros(len(deltas), dtype=np.int64)
    more = np.arange(len(deltas))
    for digit in range(_LONGEST_VARINT):
        if not len(more):
            break
        byte = _next_bytes(raw, at, deltas[more], ends)
        distances[more] = ((distances[more] + (digit > 0)) << 7) | (byte & 127)
        more = more[(byte & 128) != 0]
    if len(more) or (distances <= 0).any():
        raise PackError("a delta names a base where none begins")
    return distances


def _offset_bases(
    kinds: Any, all_offsets: Integers, offsets: Integers, distances: Integers, bases: Any
) -> None:
    """Bases that are given as a distance back."""
    deltas = np.nonzero(kinds == _OFFSET_DELTA)[0]
    targets = offsets[deltas] - distances
    found = np.searchsorted(all_offsets, targets)
    found[found == len(all_offsets)] = 0
    if len(deltas) and (all_offsets[found] != targets).any():
        raise PackError("a delta names a base where none begins")
    bases[deltas] = found


def _reference_bases(raw: Bytes, kinds: Any, oids: Oids, at: Integers, ends: Integers, bases: Any) -> None:
    """Bases that are given by id. One that the pack lacks leaves -2: git itself completes such packs."""
    deltas = np.nonzero(kinds == _REFERENCE_DELTA)[0]
    width = oids.rows.shape[1]
    if (at[deltas] + width >= ends[deltas]).any():
        raise PackError("the header of an entry is cut short")
    named = raw[at[deltas][:, None] + np.arange(width)]
    found = oids.find(named)
    bases[deltas] = np.where(found < 0, -2, found)
    at[deltas] += width


def _ends_at(kinds: npt.NDArray[np.uint8], bases: Numbers) -> npt.NDArray[np.uint8]:
    """The kind that each entry's chain of bases ends at; 0 for chains that end nowhere, or in a circle.

    Pointers jump twice as far each round, so that a chain of 4,095 takes twelve.
    """
    itself = np.arange(len(bases), dtype=np.int32)
    ends = np.where(bases >= 0, bases, itself)
    for _ in range(32):
        further = ends[ends]
        if (further == ends).all():
            break
        ends = further
    kinds_at_end: npt.NDArray[np.uint8] = np.where(bases[ends] == -1, kinds[ends], 0).astype(np.uint8)
    return kinds_at_end
