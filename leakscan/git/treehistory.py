"""Which commits brought an object in, and which objects are missing: asked of arrays instead of git."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.introductions import Holdings, Introduction, Passage
from leakscan.git.pack import Numbers
from leakscan.git.treeindex import TreeIndex
from leakscan.git.trees import MOST_PLACES
from leakscan.git.treescan import Flags

Marks = npt.NDArray[np.uint64]
_Entries = dict[int, int]  # name to object, both by number


class HotTrees:
    """The entries of trees that hold some wanted objects, and no others.

    ``kinds`` are numbers from 0 on, equal for objects that hold the same. ``marks`` has a number for each
    object, and at its end a zero for the one without a number (-1): two trees with the same mark hold wanted
    objects of the same kinds at the same paths, and those with zero hold none.
    """

    def __init__(self, index: TreeIndex, wanted: Numbers, kinds: Numbers) -> None:
        self._index = index
        hot = index.holding(wanted)
        self._events = events = np.nonzero(hot[index.what])[0].astype(np.int32)
        self.marks = self._marked(wanted, kinds, events)
        # The events of a tree are those from the one number at its position to the next.
        counts = np.bincount(index.where(events), minlength=len(index.trees))
        self._firsts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32).data
        self._what, self._called = index.what[events].data, index.called[events].data
        self._signs = index.signs[events].data
        self._positions = index.positions.data
        # For each position the nearest one, itself or of its bases, whose entries are not those of its base.
        self._tops = _nearest(np.append(counts > 0, True), np.append(index.bases, -1)).data
        self._bases = index.bases.data
        self._known: dict[int, _Entries] = {len(index.trees): {}}  # by position

    def _marked(self, wanted: Numbers, kinds: Numbers, events: Numbers) -> Marks:
        """A tree's mark is the sum of its entries', so that the changes between trees can be summed up.

        An entry's is made of its name and of the mark of what it names, with chance in it that nobody who
        wrote the history could know.
        """
        index, chance = self._index, np.random.default_rng()
        count, most = len(index.trees) + 1, np.iinfo(np.uint64).max
        marks = np.zeros(len(index.catalog) + len(index.absent) + 1, dtype=np.uint64)
        marks[wanted] = chance.integers(1, most, size=len(wanted), dtype=np.uint64)[kinds]
        names = chance.integers(1, most, size=len(index.names), dtype=np.uint64)[index.called[events]]
        where, what, lost = index.where(events), index.what[events], index.signs[events] < 0
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

    def below(self, trees: Numbers) -> Flags:
        """For each object whether it leads to a wanted one and stands in one of these trees, at any depth.

        An event counts for a stretch of positions, and so for as many of the trees as lie in that.
        """
        index = self._index
        where, what = index.where(self._events), index.what[self._events]
        ends, signs = index.ends[where], index.signs[self._events].astype(np.float64)
        found = np.zeros(len(index.positions), dtype=bool)
        fresh = trees[trees >= 0]
        while len(fresh):
            positions = index.positions[fresh]
            chosen = np.zeros(len(index.trees) + 1, dtype=np.int32)
            chosen[positions[positions >= 0] + 1] = 1
            before = np.cumsum(chosen, dtype=np.int32)
            times = np.bincount(what, weights=signs * (before[ends] - before[where]), minlength=len(found))
            more = (times > 0.5) & ~found
            found |= more
            fresh = np.nonzero(more)[0].astype(np.int32)
        return found

    def is_tree(self, number: int) -> bool:
        return self._positions[number] >= 0

    def entries(self, number: int) -> _Entries:
        """Of the tree with this number (or -1 for none) the entries that lead to a wanted object."""
        top = self._tops[self._positions[number] if number >= 0 else -1]
        entries = self._known.get(top)
        return self._at(top) if entries is None else entries

    def _at(self, top: int) -> _Entries:
        path = []
        while top not in self._known:
            path.append(top)
            top = self._tops[self._bases[top]]
        entries = self._known[top]
        for top in reversed(path):
            entries = self._known[top] = self._changed(entries, self._firsts[top], self._firsts[top + 1])
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


def _nearest(marked: Flags, bases: Numbers) -> Numbers:
    """For each position itself if it is marked, or else the nearest among its bases that is.

    Pointers jump twice as far each round, so that a chain of 4,095 takes twelve.
    """
    nearest = np.where(marked, np.arange(len(bases), dtype=np.int32), bases)
    while True:
        further = nearest[nearest]
        if (further == nearest).all():
            return nearest
        nearest = further


class TreeHistory:
    """Answers what :func:`introductions` answers, from the index."""

    def __init__(self, index: TreeIndex, graph: CommitGraph) -> None:
        self._index, self._graph = index, graph
        self._hot: tuple[Holdings, HotTrees] | None = None

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
        absent = np.arange(len(index.absent), dtype=np.int32)
        hot = HotTrees(index, count + absent, absent)
        todo = np.concatenate([roots, catalog.numbers(trees)])
        seen = np.zeros(1, dtype=np.uint64)
        while len(todo):
            marks, firsts = np.unique(hot.marks[todo], return_index=True)
            todo, seen = todo[firsts[~np.isin(marks, seen)]], np.union1d(seen, marks)
            below = {number for tree in todo.tolist() for number in hot.entries(tree).values()}
            lost.update(index.absent[number - count].hex() for number in below if number >= count)
            todo = np.array([number for number in below if hot.is_tree(number)], dtype=np.int32)
        return sorted(lost - {""})

    def introductions(self, commits: Collection[int], wanted: Holdings) -> Passage:
        """What these commits say of the wanted blobs."""
        chosen = _numbers(commits)
        numbers = self._index.catalog.numbers(wanted)
        names = dict(zip(numbers.tolist(), wanted, strict=True))
        names.pop(-1, None)
        if not len(chosen) or not names:
            return Passage()
        hot = self._trees_with(wanted, numbers)
        roots = [*self._roots.tolist(), -1]
        introduced: list[Introduction] = []
        for commit in self._graph.oldest_first(chosen[self._differing(hot.marks)[chosen]].tolist()):
            parents = self._graph.parents(commit) or [-1]
            new = set.intersection(
                *(set(hot.differences(roots[commit], roots[parent])) for parent in parents)
            )
            for path, number in new:
                if number in names:
                    introduced.append(Introduction(names[number], path, self._graph.oid(commit)))
        standing = hot.below(self._roots[chosen])
        return Passage(introduced, {name for number, name in names.items() if standing[number]})

    def _trees_with(self, wanted: Holdings, numbers: Numbers) -> HotTrees:
        """The last ones again, where the same is wanted."""
        if self._hot is None or self._hot[0] != wanted:
            kinds: dict[Hashable, int] = {}
            of = np.array([kinds.setdefault(held, len(kinds)) for held in wanted.values()], dtype=np.int32)
            self._hot = wanted, HotTrees(self._index, numbers[numbers >= 0], of[numbers >= 0])
        return self._hot[1]

    def _differing(self, marks: Marks) -> Flags:
        """For each commit whether its tree's mark is not one of its parents'.

        A merge with the mark of one of them has nothing that this one has not.
        """
        children, parents = self._edges
        own = marks[self._roots]
        differing: Flags = own != 0
        differing[children[own[children] == own[parents]]] = False
        return differing


def _numbers(commits: Collection[int]) -> Numbers:
    return np.fromiter(commits, dtype=np.int32, count=len(commits))


def _mixed(numbers: Marks) -> Marks:
    """Numbers in which each bit depends on each of the given ones: the finaliser of SplitMix64."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    numbers ^= numbers >> np.uint64(31)
    return numbers
