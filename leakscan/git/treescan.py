"""What so many trees hold, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leakscan.git.pack import Bytes, Numbers
from leakscan.git.treediff import TreeDiff

Flags = npt.NDArray[np.bool_]

_SUBMODULE = b"160000 "


@dataclass(frozen=True, slots=True)
class TreeChanges:
    """Trees in an order in which all that builds on a tree follows right after it, as far as ``ends``.

    ``trees`` are their numbers among all objects, ``bases`` the positions of their bases (-1 for none). The
    events of the tree at a position are those from the number at it in ``firsts`` to the next one there. An
    event says that the tree has the object ``what`` (by number) under the name ``called`` (a position in
    ``names``) where its base has not (``signs`` 1), or lacks it where its base has it (-1). ``absent`` are
    the ids of objects without a number: ``what`` is -1 for the first, -2 for the second …
    """

    trees: Numbers
    bases: Numbers
    ends: Numbers
    firsts: Numbers
    signs: npt.NDArray[np.int8]
    what: Numbers
    called: npt.NDArray[Any]
    names: Sequence[bytes]
    absent: Sequence[bytes]


def tree_changes(diff: TreeDiff, trees: Numbers, find: Callable[[Bytes], Numbers]) -> TreeChanges:
    """The arrays of a finished diff. ``find`` gives the numbers of ids, -1 for those that are unknown.

    Submodules are left out: their commits are no objects of this repository.
    """
    counts = _numbers(diff.counts)
    signs = np.repeat(_numbers(diff.signs).astype(np.int8), counts)
    times = np.where(signs == 0, 2, 1)
    called = np.repeat(_numbers(diff.called), times)
    where = np.repeat(np.repeat(_numbers(diff.where), counts), times)
    signs = np.repeat(signs, times)
    pairs = np.nonzero(signs == 0)[0]
    signs[pairs[0::2]], signs[pairs[1::2]] = -1, 1
    names = list(diff.names)
    own: Flags = np.array([not name.startswith(_SUBMODULE) for name in names], dtype=bool)[called]
    oids = np.frombuffer(diff.oids, dtype=np.uint8).reshape(-1, diff.oid_bytes)
    different, which = _distinct(oids[own])
    numbers = find(different)
    missing = np.nonzero(numbers < 0)[0]
    numbers[missing] = -1 - np.arange(len(missing), dtype=np.int32)
    return TreeChanges(
        trees=trees,
        bases=_numbers(diff.bases),
        ends=_numbers(diff.ends),
        firsts=_firsts(where[own], diff.count),
        signs=signs[own],
        what=numbers[which],
        called=called[own],
        names=[name.partition(b" ")[2].rstrip(b"\0") for name in names],
        absent=[different[row].tobytes() for row in missing],
    )


def _numbers(listed: list[int]) -> Numbers:
    return np.fromiter(listed, dtype=np.int32, count=len(listed))


def _firsts(where: Numbers, trees: int) -> Numbers:
    """From the positions of trees in rising order, one for each event, to where those of each tree begin."""
    return np.concatenate([[0], np.cumsum(np.bincount(where, minlength=trees))]).astype(np.int32)


def _distinct(oids: Bytes) -> tuple[Bytes, Numbers]:
    """Each id once, and for each of all which that is."""
    keys = _eight(oids, 0)
    order = np.argsort(keys)  # np.unique would sort so that equal ones stay in their order, in twice the time
    ranked = keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = ranked[1:] != ranked[:-1]
    which: npt.NDArray[Any] = np.empty(len(keys), dtype=np.int32)
    which[order] = np.cumsum(new) - 1
    different = oids[order[new]]
    ends = range(8, oids.shape[1] - 7, 4)
    if not all((_eight(different, at)[which] == _eight(oids, at)).all() for at in ends):
        different, which = np.unique(oids, axis=0, return_inverse=True)  # some share their first eight bytes
    return different, which.reshape(-1).astype(np.int32)


def _eight(oids: Bytes, at: int) -> npt.NDArray[np.uint64]:
    """Eight bytes of each id as a number."""
    return np.ascontiguousarray(oids[:, at : at + 8]).view(np.uint64).reshape(len(oids))
