"""Which trees hold an object, and which commits brought it in: asked of arrays instead of git.

Trees come as changes against each other (:class:`TreeChanges`). The tree at a position has an object if, over
its bases and itself, more events gave it than took it. As all that builds on a tree follows right after
it, an event counts for a stretch of positions, and one running sum answers for all trees at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leakscan.finding import Gap
from leakscan.git.catalog import Catalog
from leakscan.git.graph import CommitGraph
from leakscan.git.introductions import Introduction, Merges, fits
from leakscan.git.pack import Numbers
from leakscan.git.trees import MOST_PLACES
from leakscan.git.treescan import TreeChanges

Flags = npt.NDArray[np.bool_]
_Entries = dict[int, int]  # name to object, both by number


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


class HotTrees:
    """The entries of trees that hold some wanted objects, and no others."""

    def __init__(self, index: TreeIndex, wanted: Numbers) -> None:
        self._index = index
        hot = index.holding(wanted)
        events = np.nonzero(hot[index.what])[0]
        where = index.where[events]
        starts = np.nonzero(np.diff(where, prepend=-1))[0]
        firsts, lasts = starts.tolist(), [*starts[1:].tolist(), len(where)]
        self._events = dict(zip(where[starts].tolist(), zip(firsts, lasts, strict=False), strict=False))
        self._what, self._called = index.what[events].data, index.called[events].data
        self._signs = index.signs[events].data
        self._positions, self._bases = index.positions.data, index.bases.data
        self._known: dict[int, _Entries] = {-1: {}}  # by position
        self._by_tree: dict[int, _Entries] = {-1: self._known[-1]}

    def is_tree(self, number: int) -> bool:
        return self._positions[number] >= 0

    def entries(self, number: int) -> _Entries:
        """Of the tree with this number (or -1 for none) the entries that lead to a wanted object."""
        entries = self._by_tree.get(number)
        if entries is None:
            entries = self._by_tree[number] = self._at(self._positions[number])
        return entries

    def _at(self, position: int) -> _Entries:
        path = []
        while position not in self._known:
            path.append(position)
            position = self._bases[position]
        entries = self._known[position]
        for position in reversed(path):
            if position in self._events:
                entries = self._changed(entries, *self._events[position])
            self._known[position] = entries
        return entries

    def _changed(self, entries: _Entries, first: int, last: int) -> _Entries:
        entries = dict(entries)
        for event in range(first, last):  # a tree's losses come before its gains
            name = self._called[event]
            if self._signs[event] > 0:
                entries[name] = self._what[event]
            else:
                entries.pop(name, None)
        return entries

    def differences(self, tree: int, parent: int) -> list[tuple[bytes, int]]:
        """Path and number of each wanted object that one tree has, and the other not at the same path.

        A folder that stands at thousands of paths is followed at the first hundred of them.
        """
        found = []
        todo = [(tree, parent, b"")]
        places: dict[tuple[int, int], int] = {}
        while todo:
            tree, parent, path = todo.pop()
            ours, theirs = self.entries(tree), self.entries(parent)
            if ours is theirs:
                continue
            if path:
                places[tree, parent] = places.get((tree, parent), 0) + 1
                if places[tree, parent] > MOST_PLACES:
                    continue
            for name, number in ours.items():
                other = theirs.get(name, -1)
                if other == number:
                    continue
                below = path + self._index.names[name]
                if self._positions[number] >= 0:
                    todo.append((number, other, below + b"/"))
                else:
                    found.append((below, number))
        return found


class TreeHistory:
    """Answers what :func:`introductions` answers, from the index."""

    def __init__(self, index: TreeIndex, graph: CommitGraph) -> None:
        self._index, self._graph = index, graph
        self._hot: HotTrees | None = None
        self._covered: frozenset[str] = frozenset()

    @cached_property
    def _roots(self) -> dict[str, int]:
        commits = self._graph.commits
        numbers = self._index.catalog.numbers([commit.tree for commit in commits.values()])
        return dict(zip(commits, numbers.tolist(), strict=True))

    def missing_below(self, commits: Collection[str], trees: Collection[str], _gaps: list[Gap]) -> list[str]:
        """The ids of trees and blobs that these commits and these trees need and no store has."""
        catalog, index = self._index.catalog, self._index
        lost = {self._graph.commits[oid].tree for oid in commits if self._roots[oid] < 0} - {""}
        todo = {self._roots[oid] for oid in commits} | set(catalog.numbers(trees).tolist())
        count = len(catalog)
        hot = HotTrees(index, np.arange(count, count + len(index.absent), dtype=np.int32))
        seen = todo
        while todo:
            below = {number for tree in todo for number in hot.entries(tree).values()}
            lost.update(index.absent[number - count].hex() for number in below if number >= count)
            todo = {number for number in below if hot.is_tree(number)} - seen
            seen |= todo
        return sorted(lost)

    def introductions(
        self, commits: Sequence[str], wanted: Collection[str], merges: Merges
    ) -> list[Introduction]:
        """Where these commits, oldest first, brought in one of the wanted blobs, in their order."""
        names = dict(zip(self._index.catalog.numbers(wanted).tolist(), wanted, strict=True))
        names.pop(-1, None)
        if self._hot is None or not self._covered.issuperset(wanted):
            self._hot = HotTrees(self._index, np.array(list(names), dtype=np.int32))
            self._covered = frozenset(wanted)
        found: list[Introduction] = []
        for commit in commits:
            parents = self._graph.present_parents(commit)
            if not fits(len(parents), merges):
                continue
            tree = self._roots[commit]
            for parent in parents or [""]:
                for path, number in self._hot.differences(tree, self._roots.get(parent, -1)):
                    if number in names:
                        found.append(Introduction(names[number], path, commit))
        return found


def _joined(parts: Sequence[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, dtype=np.int32), *parts]).astype(np.int32, copy=False)
