"""Which trees hold an object: asked of arrays instead of git.

Trees come as changes against each other (:class:`TreeChanges`). The tree at a position has an object if, over
its bases and itself, more events gave it than took it. As all that builds on a tree follows right after
it, an event counts for a stretch of positions, and one running sum answers for all trees at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leakscan.git.catalog import Catalog
from leakscan.git.pack import Numbers
from leakscan.git.treescan import TreeChanges

Flags = npt.NDArray[np.bool_]


class TreeIndex:
    """All trees of a repository. ``absent`` are the ids that trees name and no store has."""

    def __init__(self, catalog: Catalog, parts: Sequence[TreeChanges]) -> None:
        self.catalog = catalog
        self.absent: list[bytes] = []
        self.names: list[bytes] = []
        known: dict[bytes, int] = {}
        names: dict[bytes, int] = {}
        what, called = [], []
        for part in parts:
            absent = [
                number if number >= 0 else known.setdefault(oid, len(catalog) + len(known))
                for oid, number in zip(
                    part.absent, catalog.numbers([oid.hex() for oid in part.absent]).tolist(), strict=True
                )
            ]
            lookup = np.array([*absent, 0], dtype=np.int32)
            what.append(np.where(part.what < 0, lookup[-1 - np.minimum(part.what, -1)], part.what))
            numbers = [names.setdefault(name, len(names)) for name in part.names]
            called.append(np.array([*numbers, 0], dtype=np.int32)[part.called])
        self.absent, self.names = list(known), list(names)
        firsts = np.cumsum([0, *(len(part.trees) for part in parts)])
        shifts = list(zip(parts, firsts.tolist(), strict=False))
        self.trees = _joined([part.trees for part in parts])
        self.bases = _joined([np.where(part.bases < 0, -1, part.bases + first) for part, first in shifts])
        self.ends = _joined([part.ends + first for part, first in shifts])
        self.where = _joined([part.where + first for part, first in shifts])
        self.signs = np.concatenate([np.empty(0, dtype=np.int8), *(part.signs for part in parts)])
        self.what, self.called = _joined(what), _joined(called)

    def changes(self) -> TreeChanges:
        """All as one part, for an index over a catalog in which these objects have the same numbers."""
        count = len(self.catalog)
        what = np.where(self.what < count, self.what, count - 1 - self.what)
        joined = (self.trees, self.bases, self.ends, self.where, self.signs, what, self.called)
        return TreeChanges(*joined, self.names, self.absent)

    @cached_property
    def positions(self) -> Numbers:
        """The position of each tree by its number, -1 for what is no tree."""
        positions = np.full(len(self.catalog) + len(self.absent), -1, dtype=np.int32)
        positions[self.trees] = np.arange(len(self.trees), dtype=np.int32)
        return positions

    def holding(self, wanted: Numbers) -> Flags:
        """For each object by number whether it is wanted, or a tree that holds a wanted one at any depth."""
        hot = np.zeros(len(self.catalog) + len(self.absent), dtype=bool)
        hot[wanted] = True
        fresh = hot.copy()
        while True:
            events = np.nonzero(fresh[self.what])[0]
            if not len(events):
                return hot
            where, signs = self.where[events], self.signs[events].astype(np.float64)
            count = len(self.trees) + 1
            begun = np.bincount(where, weights=signs, minlength=count)
            ended = np.bincount(self.ends[where], weights=signs, minlength=count)
            holders = self.trees[np.cumsum(begun - ended)[:-1] > 0.5]
            fresh = np.zeros(len(hot), dtype=bool)
            fresh[holders] = True
            fresh &= ~hot
            hot |= fresh


def _joined(parts: Sequence[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, dtype=np.int32), *parts]).astype(np.int32, copy=False)
