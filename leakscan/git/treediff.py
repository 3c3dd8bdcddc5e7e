"""Trees of a walk over a forest, noted only where each differs from the one that it is stored as a delta of.

A tree is a run of ``mode name``, NUL, and an object id, as in git's Documentation/gitformat-pack.txt. This
module is compiled by mypyc where that is possible: a large repository has a million trees.
"""

from __future__ import annotations

from collections.abc import Iterable

from librt.strings import BytesWriter
from librt.vecs import append, vec
from mypy_extensions import i64

from leakscan.delta import copied_runs, first_instruction, next_run
from leakscan.git.forest import Entry


class Tree:
    """A tree that others may build on.

    ``bounds`` are where its entries start, and where the last one ends. Of each entry ``names`` has the
    number of its mode and name (-1 for a submodule), and ``ids`` that of its object's id: see
    :class:`TreeDiff`.
    """

    def __init__(self, number: int, position: int, content: bytes) -> None:
        self.number = number
        self.position = position
        self.content = content
        self.bounds = vec[i64]()
        self.names = vec[i64]()
        self.ids = vec[i64]()


class TreeDiff:
    """Takes in trees one after the other, each right after its base or what else was made of that.

    Trees get positions from 0 on, in their order. ``numbers`` are the numbers that they came with, ``bases``
    are positions, -1 for what is no delta; ``ends`` is where the trees end that build on a tree, directly or
    not: they follow right after it.

    What differs are events: those of a tree are the ones from the number at its position in ``firsts`` to the
    next one there. By an event the tree has an entry and its base not (``signs`` 1), or lacks one that its
    base has (-1). ``called`` is the number of the entry's mode and name in ``names``, ``what`` that of its id
    in ``oids``. What is lost comes before what is gained under the same name. Submodules are left out: their
    commits are no objects of this repository. ``cut`` are the positions of trees that end within an entry.
    """

    def __init__(self, oid_bytes: int) -> None:
        self.oid_bytes = oid_bytes
        self.count = 0
        self.numbers = vec[i64]()
        self.bases = vec[i64]()
        self.ends = vec[i64]()
        self.firsts = vec[i64]([0])
        self.signs = vec[i64]()
        self.called = vec[i64]()
        self.what = vec[i64]()
        self.oids = BytesWriter()
        self.names: dict[bytes, int] = {}
        self.cut: list[int] = []
        self._path: list[Tree] = []
        self._none = Tree(-1, -1, b"")
        self._none.bounds = append(self._none.bounds, 0)

    def add_all(self, entries: Iterable[Entry]) -> None:
        """The trees of a walk."""
        for number, content, base, _, delta in entries:
            self.add(number, content, base, delta)

    def add(self, number: int, content: bytes, base: int, delta: bytes) -> None:
        """A tree: its number, that of its base or -1, and the delta that makes it of that."""
        while self._path and self._path[-1].number != base:
            self._leave()
        above = self._path[-1] if self._path else self._none
        tree = Tree(number, self.count, content)
        self.numbers = append(self.numbers, number)
        self.bases = append(self.bases, above.position)
        self.ends = append(self.ends, 0)
        if not self._replace(tree, above, delta):
            self._read(tree, above, copied_runs(delta) if delta else [])
        if tree.bounds[len(tree.names)] != len(content):
            self.cut.append(tree.position)
        self.firsts = append(self.firsts, len(self.what))
        self._path.append(tree)
        self.count += 1

    def finish(self) -> None:
        """No tree will follow."""
        while self._path:
            self._leave()

    def _leave(self) -> None:
        position: i64 = self._path.pop().position
        self.ends[position] = self.count

    def _replace(self, tree: Tree, base: Tree, delta: bytes) -> bool:
        """Notes what differs from the base where only ids do, as in most trees; says whether it is so."""
        if not delta:
            return False
        replaced = replaced_ids(tree.content, base, self.oid_bytes, delta)
        if replaced is None:
            return False
        tree.bounds = base.bounds
        tree.names = base.names
        tree.ids = base.ids[:]
        for entry in replaced:
            if base.names[entry] >= 0:
                self._note(base, entry, -1)
                tree.ids[entry] = self._id(tree.content, base.bounds[entry + 1])
                self._note(tree, entry, 1)
        return True

    def _read(self, tree: Tree, base: Tree, runs: list[int]) -> None:
        """Reads the entries of a tree, and notes what differs. Those that it copies whole, its base has read.

        A run (see ``copied_runs``) may begin and end anywhere in an entry. Entries that are copied in another
        order than the base's, as in no sound tree, count as lost and new.
        """
        content = tree.content
        size: i64 = len(content)
        width: i64 = self.oid_bytes
        bounds = vec[i64]()
        names = vec[i64]()
        ids = vec[i64]()
        new = vec[i64]()
        above = base.bounds
        count: i64 = len(base.names)
        at: i64 = 0
        done: i64 = 0  # of the base's entries
        run = 0
        while at < size:
            while run < len(runs) and runs[run + 1] <= at:
                run += 3
            if run < len(runs) and runs[run] <= at:
                moved: i64 = runs[run + 2] - runs[run]
                end: i64 = runs[run + 1] + moved
                first = first_from(above, done, at + moved)
                if first < count and above[first] == at + moved and above[first + 1] <= end:
                    self._lose(base, done, first)
                    done = first
                    while done < count and above[done + 1] <= end:
                        bounds = append(bounds, above[done] - moved)
                        names = append(names, base.names[done])
                        ids = append(ids, base.ids[done])
                        done += 1
                    at = above[done] - moved
                    continue
            nul: i64 = content.find(b"\0", at)
            if nul < 0 or nul + width >= size:
                break
            name = self._name(content[at : nul + 1])
            bounds = append(bounds, at)
            new = append(new, len(names))
            names = append(names, name)
            at = nul + 1 + width
            ids = append(ids, self._id(content, at) if name >= 0 else -1)
        self._lose(base, done, count)
        tree.bounds = append(bounds, at)
        tree.names = names
        tree.ids = ids
        for entry in new:
            self._note(tree, entry, 1)

    def _lose(self, base: Tree, first: i64, last: i64) -> None:
        """Entries that the base has and the tree not."""
        while first < last:
            self._note(base, first, -1)
            first += 1

    def _note(self, tree: Tree, entry: i64, sign: i64) -> None:
        if tree.names[entry] >= 0:
            self.signs = append(self.signs, sign)
            self.called = append(self.called, tree.names[entry])
            self.what = append(self.what, tree.ids[entry])

    def _id(self, content: bytes, end: i64) -> i64:
        """The number of the id that ends there."""
        width: i64 = self.oid_bytes
        self.oids.write(content[end - width : end])
        return len(self.oids) // width - 1

    def _name(self, name: bytes) -> i64:
        """The number of a mode and name, -1 for those of a submodule."""
        if name.startswith(_SUBMODULE):
            return -1
        number = self.names.get(name, -1)
        if number < 0:
            number = len(self.names)
            self.names[name] = number
        return number


def replaced_ids(content: bytes, base: Tree, oid_bytes: int, delta: bytes) -> vec[i64] | None:
    """The entries (by number) whose ids may differ from those in the base.

    None where not only ids may differ: where something is copied to another place, or a name is new.
    """
    bounds = base.bounds
    count: i64 = len(base.names)
    size: i64 = len(content)
    if size != len(base.content) or bounds[count] != size:
        return None
    width: i64 = oid_bytes
    changed = vec[i64]()
    entry: i64 = 0
    at = first_instruction(delta)
    end: i64 = 0
    while True:
        opened = end
        at, start, end, origin = next_run(delta, at, end)
        if start != origin:
            return None
        until = end if start < 0 else start
        if opened < until:
            entry = max(entry, first_from(bounds, entry, opened + 1) - 1)
            while entry < count:
                first: i64 = bounds[entry]
                split: i64 = bounds[entry + 1] - width
                if first >= until:
                    break
                if opened < split and content[first:split] != base.content[first:split]:
                    return None
                changed = append(changed, entry)
                entry += 1
        if start < 0:
            return changed


def first_from(bounds: vec[i64], low: i64, offset: i64) -> i64:
    """The first one, from number ``low`` on, of some rising offsets that is not below this one."""
    high: i64 = len(bounds)
    while low < high:
        middle = (low + high) // 2
        if bounds[middle] < offset:
            low = middle + 1
        else:
            high = middle
    return low


_SUBMODULE = b"160000 "
