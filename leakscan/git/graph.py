"""The commit graph, built from the commit objects themselves.

Git's own walks die at a missing commit, believe grafts and ``.git/shallow``, and stop at what they name;
this one knows only what the objects say, and goes on around what is missing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from leakscan.finding import Gap
from leakscan.git.objects import contents, stored_objects
from leakscan.git.parse import parse_commit, parse_tag
from leakscan.git.repository import Repository


class Links(NamedTuple):
    """The parents of all commits by number, -1 for one that is absent: commit ``i`` has those from
    ``firsts[i]`` to ``firsts[i + 1]``."""

    firsts: array[int]
    parents: array[int]


@dataclass(slots=True)
class Columns:
    """What commits say, each thing for all of them, ids as bytes: large repositories have a million.

    A commit without a tree, or with a garbled one, has zeros there. ``parents`` are those of all commits one
    after the other, so many for each as ``counts`` says. ``odd`` has for commits, by id, what they name as
    tree or parent and can be none here: it is of another length, or of zeros.
    """

    oids: bytearray = field(default_factory=bytearray)
    trees: bytearray = field(default_factory=bytearray)
    times: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("i"))
    parents: bytearray = field(default_factory=bytearray)
    odd: dict[str, list[str]] = field(default_factory=dict)


class CommitGraph:
    """All commits and annotated tags of a store, reachable or not.

    Commits have numbers, in the order in which they came. ``tags`` says what a tag's object points at, which
    is an empty string where that is garbled.
    """

    def __init__(self, columns: Columns | None = None, tags: dict[str, str] | None = None) -> None:
        """With what another graph had in these."""
        self.columns, self.tags = columns or Columns(), tags or {}
        self._numbers = {oid: number for number, oid in enumerate(self._ids(self.columns.oids))}
        self._links = Links(array("i", [0]), array("i"))
        self._dates: array[int] = array("q")

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, oid: str) -> bool:
        return self.number(oid) >= 0

    def __reduce__(self) -> tuple[type[CommitGraph], tuple[Columns, dict[str, str]]]:
        return CommitGraph, (self.columns, self.tags)

    def add(self, oid: str, kind: str, content: bytes) -> None:
        """Take in one commit or tag object."""
        if kind == "tag":
            self.tags[oid] = parse_tag(content)
        elif kind == "commit":
            name, (tree, parents, time) = bytes.fromhex(oid), parse_commit(content)
            width = len(name)
            odd = [named.hex() for named in (tree, *parents) if named and not _may_be(named, width)]
            if odd:
                self.columns.odd[oid] = odd
                tree = tree if _may_be(tree, width) else b""
                parents = [parent for parent in parents if _may_be(parent, width)]
            self._add(name, tree or bytes(width), time, len(parents), b"".join(parents))

    def update(self, other: CommitGraph) -> None:
        """Take in all that another graph has."""
        self.tags |= other.tags
        theirs, width, at = other.columns, other._width, 0
        self.columns.odd |= theirs.odd
        parents, ids = bytes(theirs.parents), (other._ids(theirs.oids), other._ids(theirs.trees))
        for oid, tree, time, count in zip(*ids, theirs.times, theirs.counts, strict=True):
            self._add(oid, tree, time, count, parents[at : at + count * width])
            at += count * width

    def _add(self, oid: bytes, tree: bytes, time: int, count: int, parents: bytes) -> None:
        if self._numbers.setdefault(oid, len(self._numbers)) < len(self.columns.times):
            return  # known already
        columns = self.columns
        columns.oids += oid
        columns.trees += tree
        columns.times.append(time)
        columns.counts.append(count)
        columns.parents += parents

    def number(self, oid: str) -> int:
        """The number of a commit; -1 for what is none, and no id."""
        try:
            return self._numbers.get(bytes.fromhex(oid), -1)
        except ValueError:
            return -1

    def oid(self, number: int) -> str:
        """The id of a commit."""
        width = self._width
        return self.columns.oids[number * width : (number + 1) * width].hex()

    def tree(self, number: int) -> str:
        """The tree of a commit; an absent or garbled one is an empty string."""
        width = self._width
        tree = self.columns.trees[number * width : (number + 1) * width]
        return tree.hex() if any(tree) else ""

    def parents(self, number: int) -> list[int]:
        """The parents of a commit that the store has."""
        firsts, parents = self.links()
        return [parent for parent in parents[firsts[number] : firsts[number + 1]] if parent >= 0]

    def absent_parents(self, number: int) -> list[str]:
        """The ids of those that it has not."""
        firsts, parents = self.links()
        width, named = self._width, self.columns.parents
        absent = [at for at in range(firsts[number], firsts[number + 1]) if parents[at] < 0]
        return [named[at * width : (at + 1) * width].hex() for at in absent]

    def torn(self) -> set[int]:
        """The commits of which it lacks a parent."""
        firsts, parents = self.links()
        absent = [at for at, parent in enumerate(parents) if parent < 0]
        return {bisect_right(firsts, at) - 1 for at in absent}

    @property
    def _width(self) -> int:
        """The bytes of an id, as soon as there is one."""
        return len(self.columns.oids) // len(self.columns.times) if self.columns.times else 1

    def _ids(self, column: bytearray) -> list[bytes]:
        """The ids that stand in it one after the other."""
        width, raw = self._width, bytes(column)
        return [raw[at : at + width] for at in range(0, len(raw), width)]

    def links(self) -> Links:
        """Who is whose parent."""
        if len(self._links.firsts) <= len(self):
            firsts = array("i", [0])
            for count in self.columns.counts:
                firsts.append(firsts[-1] + count)
            parents = [self._numbers.get(oid, -1) for oid in self._ids(self.columns.parents)]
            self._links = Links(firsts, array("i", parents))
        return self._links

    def peeled(self, oid: str) -> str:
        """What a chain of annotated tags ends at (itself, if it is no tag)."""
        passed = set[str]()
        while oid in self.tags and oid not in passed:
            passed.add(oid)
            oid = self.tags[oid]
        return oid

    def reachable(self, tips: Iterable[str], beyond: Collection[int] = ()) -> set[int]:
        """The commits that these tips (commits or tags) reach, without those in ``beyond``."""
        firsts, parents = self.links()
        found = set[int]()
        todo = [self.number(self.peeled(tip)) for tip in tips]
        while todo:
            number = todo.pop()
            if number < 0 or number in found or number in beyond:
                continue
            found.add(number)
            todo += parents[firsts[number] : firsts[number + 1]]
        return found

    def oldest_first(self, commits: Iterable[int]) -> list[int]:
        """These commits by corrected date, which puts parents before children (see :meth:`dates`)."""
        dates = self.dates()
        return sorted(commits, key=lambda number: (dates[number], self.oid(number)))

    def dates(self) -> array[int]:
        """For each commit its committer time, or a second more than its parents' dates if that is later.

        It is what git keeps in commit-graph files as "corrected commit date".
        """
        if len(self._dates) < len(self):
            self._dates = self._corrected()
        return self._dates

    def _corrected(self) -> array[int]:
        dates = self.columns.times[:]
        done, waiting = bytearray(len(self)), dict[int, list[int]]()
        for first in sorted(range(len(self)), key=dates.__getitem__):
            todo = [first]
            while todo:
                number = todo.pop()
                parents = self.parents(number)
                undone = next((parent for parent in parents if not done[parent]), -1)
                if undone >= 0:  # a clock was wrong
                    waiting.setdefault(undone, []).append(number)
                    continue
                dates[number] = max([dates[number], *(dates[parent] + 1 for parent in parents)])
                done[number] = 1
                todo += waiting.pop(number, ())
        return dates


def _may_be(named: bytes, width: int) -> bool:
    """Whether some object may have this id."""
    return len(named) == width and any(named)


def read_graph(repository: Repository, gaps: list[Gap]) -> CommitGraph:
    """The commits and tags of the whole store, for readers that do not pass them anyway."""
    graph = CommitGraph()
    oids = [found.oid for found in stored_objects(repository.git, gaps) if found.kind in ("commit", "tag")]
    for oid, kind, content in contents(repository.git, oids, gaps):
        graph.add(oid, kind, content)
    return graph
