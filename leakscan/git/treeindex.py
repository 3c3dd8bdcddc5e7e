"""Which trees hold an object: asked of arrays instead of git.

Trees come as changes against each other (:class:`TreeChanges`). The tree at a position has an object if, over
its bases and itself, more events gave it than took it. As all that builds on a tree follows right after
it, an event counts for a stretch of positions, and one running sum answers for all trees at once.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leakscan.git.catalog import Catalog
from leakscan.git.pack import Numbers
from leakscan.git.treescan import Flags, TreeChanges


class TreeIndex:
    """All trees of a repository. ``absent`` are the ids that trees name and no store has.

    ``parts`` are used up, one after the other: together they are as large as the index.
    """

    def __init__(self, catalog: Catalog, parts: list[TreeChanges]) -> None:
        self.catalog = catalog
        self.absent: list[bytes] = []
        self.names: list[bytes] = []
        trees, events = sum(len(part.trees) for part in parts), sum(len(part.what) for part in parts)
        self.trees, self.bases, self.ends = (np.empty(trees, dtype=np.int32) for _ in range(3))
        self.firsts = np.zeros(trees + 1, dtype=np.int32)
        self.signs = np.empty(events, dtype=np.int8)
        self.what = np.empty(events, dtype=np.int32)
        self.called: npt.NDArray[Any] = np.empty(events, dtype=np.int32)
        absent: dict[bytes, int] = {}
        names: dict[bytes, int] = {}
        tree = event = 0
        parts.reverse()
        while parts:
            part = parts.pop()
            self._take_in(part, tree, event, absent, names)
            tree, event = tree + len(part.trees), event + len(part.what)
        self.absent, self.names = list(absent), list(names)
        if len(names) <= np.iinfo(np.uint16).max:
            self.called = self.called.astype(np.uint16)

    def _take_in(
        self, part: TreeChanges, tree: int, event: int, absent: dict[bytes, int], names: dict[bytes, int]
    ) -> None:
        """Puts a part at so many trees and events from the start; it adds to the absent and to the names."""
        own = slice(tree, tree + len(part.trees))
        self.trees[own] = part.trees
        self.bases[own] = np.where(part.bases < 0, -1, part.bases + tree)
        self.ends[own] = part.ends + tree
        self.firsts[tree : tree + len(part.firsts)] = part.firsts + event
        found = self.catalog.numbers([oid.hex() for oid in part.absent]).tolist()
        numbers = [
            number if number >= 0 else absent.setdefault(oid, len(self.catalog) + len(absent))
            for oid, number in zip(part.absent, found, strict=True)
        ]
        own = slice(event, event + len(part.what))
        self.signs[own] = part.signs
        lookup = np.array([*numbers, 0], dtype=np.int32)
        self.what[own] = np.where(part.what < 0, lookup[-1 - np.minimum(part.what, -1)], part.what)
        numbers = [names.setdefault(name, len(names)) for name in part.names]
        self.called[own] = np.array([*numbers, 0], dtype=np.int32)[part.called]

    def changes(self) -> TreeChanges:
        """All as one part, for an index over a catalog in which these objects have the same numbers."""
        count = len(self.catalog)
        what = np.where(self.what < count, self.what, count - 1 - self.what)
        joined = (self.trees, self.bases, self.ends, self.firsts, self.signs, what, self.called)
        return TreeChanges(*joined, self.names, self.absent)

    def where(self, events: Numbers) -> Numbers:
        """The positions of the trees that these events (by number) belong to."""
        return (np.searchsorted(self.firsts, events, side="right") - 1).astype(np.int32)

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
            events = np.nonzero(fresh[self.what])[0].astype(np.int32)
            if not len(events):
                return hot
            where, signs = self.where(events), self.signs[events].astype(np.float64)
            count = len(self.trees) + 1
            begun = np.bincount(where, weights=signs, minlength=count)
            ended = np.bincount(self.ends[where], weights=signs, minlength=count)
            holders = self.trees[np.cumsum(begun - ended)[:-1] > 0.5]
            fresh = np.zeros(len(hot), dtype=bool)
            fresh[holders] = True
            fresh &= ~hot
            hot |= fresh
