"""Which commits brought an object in, and which objects are missing: asked of arrays instead of git."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.introductions import Introduction, Merges
from leakscan.git.pack import Numbers
from leakscan.git.treeindex import Flags, TreeIndex
from leakscan.git.trees import MOST_PLACES

Marks = npt.NDArray[np.uint64]
_Entries = dict[int, int]  # name to object, both by number


class HotTrees:
    """The entries of trees that hold some wanted objects, and no others.

    ``marks`` has a number for each object, and at its end a zero for the one without a number (-1): two trees
    with the same mark hold the same wanted objects at the same paths, and those with zero hold none.
    """

    def __init__(self, index: TreeIndex, wanted: Numbers) -> None:
        self._index = index
        hot = index.holding(wanted)
        events = np.nonzero(hot[index.what])[0].astype(np.int32)
        self.marks = self._marked(np.asarray(wanted, dtype=np.int32), events)
        # The events of a tree are those from the one number at its position to the next.
        counts = np.bincount(index.where[events], minlength=len(index.trees))
        self._firsts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32).data
        self._what, self._called = index.what[events].data, index.called[events].data
        self._signs = index.signs[events].data
        self._positions, self._bases = index.positions.data, index.bases.data
        self._known: dict[int, _Entries] = {-1: {}}  # by position
        self._by_tree: dict[int, _Entries] = {-1: self._known[-1]}

    def _marked(self, wanted: Numbers, events: Numbers) -> Marks:
        """A tree's mark is the sum of its entries', so that the changes between trees can be summed up.

        An entry's is made of its name and of the mark of what it names, with chance in it that nobody who
        wrote the history could know.
        """
        index, chance = self._index, np.random.default_rng()
        count, most = len(index.trees) + 1, np.iinfo(np.uint64).max
        marks = np.zeros(len(index.catalog) + len(index.absent) + 1, dtype=np.uint64)
        marks[wanted] = chance.integers(1, most, size=len(wanted), dtype=np.uint64)
        names = chance.integers(1, most, size=len(index.names), dtype=np.uint64)[index.called[events]]
        where, what, lost = index.where[events], index.what[events], index.signs[events] < 0
        ends = index.ends[where]
        while True:
            entries = np.where(marks[what] > 0, _mixed(marks[what] ^ names), np.uint64(0))
            entries = np.where(lost, -entries, entries)
            sums = np.zeros(count, dtype=np.uint64)
            np.add.at(sums, where, entries)
            np.subtract.at(sums, ends, entries)
            trees = np.cumsum(sums)[:-1]
            if (trees == marks[index.trees]).all():
                return marks
            marks[index.trees] = trees

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
            first, last = self._firsts[position], self._firsts[position + 1]
            if first < last:
                entries = self._changed(entries, first, last)
            self._known[position] = entries
        return entries

    def _changed(self, entries: _Entries, first: int, last: int) -> _Entries:
        entries = dict(entries)
        for event in range(first, last):  # what is lost under a name comes before what is gained
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
        found, marks = [], self.marks.data
        todo = [(tree, parent, b"")]
        places: dict[tuple[int, int], int] = {}
        while todo:
            tree, parent, path = todo.pop()
            ours, theirs = self.entries(tree), self.entries(parent)
            if path:
                places[tree, parent] = places.get((tree, parent), 0) + 1
                if places[tree, parent] > MOST_PLACES:
                    continue
            for name, number in ours.items():
                other = theirs.get(name, -1)
                if marks[number] == marks[other]:
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
    def _roots(self) -> Numbers:
        """The tree of each commit."""
        catalog = self._index.catalog
        trees = np.array(self._graph.columns.trees, dtype=np.uint8)
        return catalog.find(trees.reshape(-1, catalog.oid_bytes))

    @cached_property
    def _edges(self) -> tuple[Numbers, Numbers]:
        """Commits, and for each a parent, as often as it has parents that are there."""
        firsts, parents = map(np.array, self._graph.links())
        children = np.repeat(np.arange(len(self._graph), dtype=np.int32), np.diff(firsts))
        return children[parents >= 0], parents[parents >= 0]

    def missing_below(self, commits: Collection[int], trees: Collection[str], _gaps: list[Gap]) -> list[str]:
        """The ids of trees and blobs that these commits and these trees need and no store has."""
        catalog, index = self._index.catalog, self._index
        chosen = _numbers(commits)
        roots = self._roots[chosen]
        lost = {self._graph.tree(number) for number in chosen[roots < 0].tolist()}
        count = len(catalog)
        hot = HotTrees(index, np.arange(count, count + len(index.absent), dtype=np.int32))
        todo = np.concatenate([roots, catalog.numbers(trees)])
        seen = np.zeros(1, dtype=np.uint64)
        while len(todo):
            marks, firsts = np.unique(hot.marks[todo], return_index=True)
            todo, seen = todo[firsts[~np.isin(marks, seen)]], np.union1d(seen, marks)
            below = {number for tree in todo.tolist() for number in hot.entries(tree).values()}
            lost.update(index.absent[number - count].hex() for number in below if number >= count)
            todo = np.array([number for number in below if hot.is_tree(number)], dtype=np.int32)
        return sorted(lost - {""})

    def introductions(
        self, commits: Collection[int], wanted: Collection[str], merges: Merges
    ) -> list[Introduction]:
        """Where these commits brought in one of the wanted blobs, the oldest commit's first."""
        names = dict(zip(self._index.catalog.numbers(wanted).tolist(), wanted, strict=True))
        names.pop(-1, None)
        if self._hot is None or not self._covered.issuperset(wanted):
            self._hot = HotTrees(self._index, np.array(list(names), dtype=np.int32))
            self._covered = frozenset(wanted)
        chosen = _numbers(commits)
        changed = chosen[self._differing(self._hot.marks, merges)[chosen]]
        roots = [*self._roots.tolist(), -1]
        found: list[Introduction] = []
        for commit in self._graph.oldest_first(changed.tolist()):
            for parent in self._graph.parents(commit) or [-1]:
                for path, number in self._hot.differences(roots[commit], roots[parent]):
                    if number in names:
                        found.append(Introduction(names[number], path, self._graph.oid(commit)))
        return found

    def _differing(self, marks: Marks, merges: Merges) -> Flags:
        """For each commit whether it is one that fits, and its tree's mark is not that of a parent's."""
        children, parents = self._edges
        own = marks[self._roots]
        count = np.bincount(children, minlength=len(own))
        differing: Flags = (own != 0) & (count == 0)
        differing[children[own[children] != own[parents]]] = True
        if merges != "with":
            differing &= (count > 1) == (merges == "only")
        return differing


def _numbers(commits: Collection[int]) -> Numbers:
    return np.fromiter(commits, dtype=np.int32, count=len(commits))


def _mixed(numbers: Marks) -> Marks:
    """Numbers in which each bit depends on each of the given ones: the finaliser of SplitMix64."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    numbers ^= numbers >> np.uint64(31)
    return numbers
