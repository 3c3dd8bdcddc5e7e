"""Trees of a walk over a forest, noted only where each differs from the one that it is stored as a delta of.

A tree is a run of ``mode name``, NUL, and an object id, as in git's Documentation/gitformat-pack.txt. This
module is compiled by mypyc where that is possible: a large repository has a million trees.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from leakscan.delta import copied_runs, first_instruction, next_run

if TYPE_CHECKING:
    from mypy_extensions import i64


class TreeDiff:
    """Takes in trees one after the other, each right after its base or what else was made of that.

    Trees get positions from 0 on, in their order. ``bases`` are positions too, -1 for what is no delta;
    ``ends`` is where the trees end that build on a tree, directly or not: they follow right after it. What
    differs is noted entry by entry: in ``called`` the number of mode and name in ``names``, and the object's
    id in ``oids``. So many ``counts`` of them in a row belong to the tree at the position ``where``, which
    has them and its base not (``signs`` 1), or lacks them and its base not (-1), or has another id under the
    same name (0): then its base's and its own are in ``oids``. ``cut`` are the positions of trees that end
    within an entry.
    """

    def __init__(self, oid_bytes: int) -> None:
        self.oid_bytes = oid_bytes
        self.count = 0
        self.bases: list[int] = []
        self.ends: list[int] = []
        self.oids = bytearray()
        self.called: list[int] = []
        self.names: dict[bytes, int] = {}
        self.counts: list[int] = []
        self.where: list[int] = []
        self.signs: list[int] = []
        self.cut: list[int] = []
        # The trees that the next one may build on, and for each its entry number, position and bounds.
        self._contents: list[bytes] = []
        self._numbers: list[int] = []
        self._positions: list[int] = []
        self._bounds: list[list[int]] = []

    def add(self, number: int, content: bytes, base: int, delta: bytes) -> None:
        """A tree: its number, that of its base or -1, and the delta that makes it of that."""
        position = self.count
        while self._numbers and self._numbers[-1] != base:
            self._leave()
        self.ends.append(0)
        if self._numbers:
            self.bases.append(self._positions[-1])
            bounds = self._differ(position, content, delta)
        else:
            self.bases.append(-1)
            bounds = entry_bounds(content, self.oid_bytes, [0], [])
            self._note(position, 1, content, bounds, [0, len(bounds) - 1])
        if bounds[-1] != len(content):
            self.cut.append(position)
        self._contents.append(content)
        self._numbers.append(number)
        self._positions.append(position)
        self._bounds.append(bounds)
        self.count = position + 1

    def finish(self) -> None:
        """No tree will follow."""
        while self._numbers:
            self._leave()

    def _leave(self) -> None:
        self.ends[self._positions.pop()] = self.count
        self._numbers.pop()
        self._contents.pop()
        self._bounds.pop()

    def _differ(self, position: int, content: bytes, delta: bytes) -> list[int]:
        """Notes what a tree has or lacks against the last one; gives its bounds."""
        base, above = self._contents[-1], self._bounds[-1]
        changed = replaced_ids(content, base, above, self.oid_bytes, delta)
        if changed is not None:  # as in most trees
            if changed:
                self.counts.append(len(changed))
                self.where.append(position)
                self.signs.append(0)
            for entry in changed:
                end = above[entry + 1]
                split = end - self.oid_bytes
                self.oids += base[split:end]
                self.oids += content[split:end]
                self.called.append(self._number_of(content[above[entry] : split]))
            return above
        runs = copied_runs(delta)
        bounds = entry_bounds(content, self.oid_bytes, above, runs)
        new, lacking = changed_entries(bounds, above, runs)
        self._note(position, -1, base, above, lacking)
        self._note(position, 1, content, bounds, new)
        return bounds

    def _note(self, position: int, sign: int, content: bytes, bounds: list[int], ranges: list[int]) -> None:
        """Entries of a tree, by number: from, to, from, to …"""
        for at in range(0, len(ranges), 2):
            first = ranges[at]
            last = ranges[at + 1]
            if first == last:
                continue
            self.counts.append(last - first)
            self.where.append(position)
            self.signs.append(sign)
            for entry in range(first, last):
                end = bounds[entry + 1]
                split = end - self.oid_bytes
                self.oids += content[split:end]
                self.called.append(self._number_of(content[bounds[entry] : split]))

    def _number_of(self, name: bytes) -> int:
        number = self.names.get(name, -1)
        if number < 0:
            number = len(self.names)
            self.names[name] = number
        return number


def replaced_ids(
    content: bytes, base: bytes, bounds: list[int], oid_bytes: int, delta: bytes
) -> list[int] | None:
    """The entries (by number) whose ids may differ from those in the base, which has these bounds.

    None where not only ids may differ: where something is copied to another place, or a name is new.
    """
    size: i64 = len(content)
    if size != len(base) or bounds[-1] != size:
        return None
    width: i64 = oid_bytes
    count: i64 = len(bounds) - 1
    changed: list[int] = []
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
            entry = _entry_with(bounds, entry, opened)
            while entry < count:
                first: i64 = bounds[entry]
                split: i64 = bounds[entry + 1] - width
                if first >= until:
                    break
                if opened < split and content[first:split] != base[first:split]:
                    return None
                changed.append(entry)
                entry += 1
        if start < 0:
            return changed


def _entry_with(bounds: list[int], low: i64, offset: i64) -> i64:
    """The entry in which the byte at the offset is, if that is not one before ``low``; else ``low``."""
    high: i64 = len(bounds) - 1
    while low < high:
        middle = (low + high) // 2
        last: i64 = bounds[middle + 1]
        if last <= offset:
            low = middle + 1
        else:
            high = middle
    return low


def entry_bounds(content: bytes, oid_bytes: int, base: list[int], runs: list[int]) -> list[int]:
    """Where each entry starts, and where the last one ends; what is cut short at the end is left out.

    Where the tree copies whole entries (see ``copied_runs``), its ``base`` had them already.
    """
    bounds: list[int] = []
    at = 0
    run = 0
    size = len(content)
    while at < size:
        while run < len(runs) and runs[run + 1] <= at:
            run += 3
        if run < len(runs) and runs[run] <= at:
            moved = runs[run + 2] - runs[run]
            first = bisect_left(base, at + moved)
            last = bisect_left(base, runs[run + 1] + moved + 1) - 1
            if first < last and base[first] == at + moved:
                for number in range(first, last):
                    bounds.append(base[number] - moved)
                at = base[last] - moved
                continue
        bounds.append(at)
        nul = content.find(b"\0", at)
        if nul < 0 or nul + oid_bytes >= size:
            return bounds
        at = nul + 1 + oid_bytes
    bounds.append(at)
    return bounds


def changed_entries(bounds: list[int], base: list[int], runs: list[int]) -> tuple[list[int], list[int]]:
    """Which entries a tree has beyond those that it copies from its base, and which of the base's it lacks.

    Both are flat pairs of numbers of entries, from and to. ``bounds`` and ``base`` are those of the tree and
    of its base. A run may begin and end anywhere in an entry, and copies need not be in the base's order.
    """
    new: list[int] = []
    kept: list[tuple[int, int]] = []
    done = 0
    for run in range(0, len(runs), 3):
        first = bisect_left(bounds, runs[run])
        last = bisect_left(bounds, runs[run + 1] + 1) - 1
        if last <= first:
            continue
        moved = runs[run + 2] - runs[run]
        base_first = bisect_left(base, bounds[first] + moved)
        base_last = base_first + last - first
        if base_last >= len(base) or base[base_first] != bounds[first] + moved:
            continue  # what is the start of an entry here is the middle of one in the base
        new.append(done)
        new.append(first)
        done = last
        kept.append((base_first, base_last))
    new.append(done)
    new.append(len(bounds) - 1)
    kept.sort()
    lacking: list[int] = []
    done = 0
    for base_first, base_last in kept:
        if base_first < done:  # an entry copied twice: no sound tree has that
            return [0, len(bounds) - 1], [0, len(base) - 1]
        lacking.append(done)
        lacking.append(base_first)
        done = base_last
    lacking.append(done)
    lacking.append(len(base) - 1)
    return new, lacking
