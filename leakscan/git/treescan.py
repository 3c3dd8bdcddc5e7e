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
    """The arrays of a finished diff. ``find`` gives the numbers of ids, -1 for those that are unknown."""
    oids = np.frombuffer(diff.oids.getvalue(), dtype=np.uint8).reshape(-1, diff.oid_bytes)
    different, which = _distinct(oids)
    numbers = find(different)
    missing = np.nonzero(numbers < 0)[0]
    numbers[missing] = -1 - np.arange(len(missing), dtype=np.int32)
    return TreeChanges(
        trees=trees,
        bases=np.array(diff.bases, dtype=np.int32),
        ends=np.array(diff.ends, dtype=np.int32),
        firsts=np.array(diff.firsts, dtype=np.int32),
        signs=np.array(diff.signs, dtype=np.int8),
        what=numbers[which[np.array(diff.what, dtype=np.int32)]],
        called=np.array(diff.called, dtype=np.int32),
        names=[name.partition(b" ")[2].rstrip(b"\0") for name in diff.names],
        absent=[different[row].tobytes() for row in missing],
    )


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
    """Eight bytes of each id as a number, in whose order the ids are too."""
    return np.ascontiguousarray(oids[:, at : at + 8]).view(">u8").reshape(len(oids)).astype(np.uint64)
