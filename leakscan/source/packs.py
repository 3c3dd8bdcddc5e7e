"""The objects of a repository straight from its packs, in shares that can be read side by side.

What git stores as a delta comes out with what it copies (:class:`Copied`), so that detection need not search
again what it has searched. What this reader cannot make of a pack, git is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from leakscan.finding import Blob, Copied, Gap, Origin
from leakscan.git.catalog import Catalog, rows_of
from leakscan.git.forest import Entry, Forest, with_bases
from leakscan.git.graph import CommitGraph
from leakscan.git.objects import contents, sizes
from leakscan.git.pack import BLOB, COMMIT, TAG, TREE, Bytes, Integers, Numbers, make_oids
from leakscan.git.parse import message
from leakscan.git.repository import Repository
from leakscan.git.seen import Seen
from leakscan.git.stores import Flags, Stores, open_stores
from leakscan.git.treediff import TreeDiff
from leakscan.git.treescan import TreeChanges, tree_changes
from leakscan.source.files import MAX_BYTES, too_large
from leakscan.stopwatch import Stopwatch

_KINDS = {COMMIT: "commit", TAG: "tag"}
_LEAST_SHARE = 4 << 20  # bytes to inflate; below that handing it over costs more than reading it
_LEAST_ASKED = 2_000  # objects that git is asked for in one share of many
_SHARES_A_WORKER = 12
_GIT = -1
_ASKED = -2  # the number of a tree that is in no pack


class Share(NamedTuple):
    """A part of the objects: trees of deltas in one pack, or (``pack`` is -1) what git is asked for by id."""

    pack: int
    kind: int
    roots: Numbers
    oids: Sequence[str] = ()

    @property
    def is_structure(self) -> bool:
        """Whether commits, tags or trees may be in it."""
        return self.kind != BLOB


class PackReader:
    """An open repository, of which any share can be read; the same one serves many processes.

    Where an earlier scan has ``seen`` most of it, only the rest is read, with what it is a delta of. ``seen``
    is None where everything is.
    """

    def __init__(
        self,
        repository: Repository,
        max_bytes: int = MAX_BYTES,
        seen: Seen | None = None,
        watch: Stopwatch | None = None,
    ) -> None:
        self.repository, self.max_bytes = repository, max_bytes
        self.watch = watch or Stopwatch()
        self.incomplete: list[Gap] = []
        self.stores = stores = open_stores(repository, self.incomplete)
        others = make_oids(rows_of(stores.others, repository.oid_bytes))
        self.catalog = Catalog([*(pack.oids for pack in stores.packs), others], repository.oid_bytes)
        self._asked: Sequence[str] = stores.others
        self._chosen: list[Flags] | None = None
        unseen = None if seen is None else seen.unseen(self.catalog)
        self.seen = None if unseen is None else seen
        if seen is not None and unseen is not None:
            self.catalog = Catalog([make_oids(seen.oids), make_oids(unseen)], repository.oid_bytes)
            self._choose(np.concatenate([unseen, seen.oids[seen.again]]))

    def _choose(self, rows: Bytes) -> None:
        """These objects are all that is to be read: blobs from their packs, and git is asked for the rest."""
        self._chosen = []
        for pack in self.stores.packs:
            at = pack.oids.find(rows)
            here = (at >= 0) & (pack.kinds[at] == BLOB)
            self._chosen.append(with_bases(at[here], pack.bases))
            rows = rows[~here]
        self._asked = [row.tobytes().hex() for row in rows]

    @cached_property
    def _forests(self) -> list[Forest]:
        packs = self.stores.packs
        chosen: Sequence[Flags | None] = self._chosen or [None] * len(packs)
        return [
            Forest(pack, self.max_bytes, self.watch, part) for pack, part in zip(packs, chosen, strict=True)
        ]

    def shares(self, workers: int) -> list[Share]:
        """All that is to be read, cut so that so many workers are busy to the end; structure comes first."""
        step = max(_LEAST_ASKED, len(self._asked) // (workers * _SHARES_A_WORKER))
        first = [by_id(self._asked[at : at + step]) for at in range(0, len(self._asked), step)]
        rest: list[tuple[int, Share]] = []
        for number, forest in enumerate(self._forests):
            weights = forest.totals(forest.pack.sizes)
            for kind in (COMMIT, TAG):
                first += [share for _, share in self._cut(number, kind, weights, workers)]
            for kind in (BLOB, TREE):
                rest += self._cut(number, kind, weights, workers)
            odd = np.nonzero((forest.pack.kinds == 0) & forest.chosen & self.stores.fresh[number])[0]
            if len(odd):
                first.append(by_id(self._oids(number, odd.tolist())))
        rest.sort(key=lambda weighed: (not weighed[1].is_structure, -weighed[0]))
        return first + [share for _, share in rest]

    def close(self) -> None:
        """Only the catalog is needed from now on."""
        self.stores = Stores()
        vars(self).pop("_forests", None)

    def one_by_one(self, share: Share) -> Share:
        """The same objects, but git is asked for each."""
        if share.pack == _GIT:
            return share
        below = self._forests[share.pack].below
        return by_id(
            self._oids(share.pack, [entry for root in share.roots.tolist() for entry in below(root)])
        )

    def walk(self, share: Share, failed: list[str]) -> Iterator[Entry]:
        """The entries of everything in a share; ``failed`` gets the ids of the rest."""
        lost: list[int] = []
        yield from self._forests[share.pack].walk(share.roots.tolist(), lost)
        failed += self._oids(share.pack, lost)

    def damaged(self, share: Share) -> list[str]:
        """The ids of what was met in the share's pack since the last call that is not what its index says."""
        damaged = self._forests[share.pack].damaged
        found = self._oids(share.pack, damaged)
        damaged.clear()
        return found

    def blobs(self, share: Share, failed: list[str]) -> Iterator[Blob]:
        """The same of a share of blobs."""
        rows = self.stores.packs[share.pack].oids.rows
        width, ids = rows.shape[1], rows.reshape(-1).data
        for number, content, base, base_size, delta in self.walk(share, failed):
            origin = Origin("history", blob=ids[number * width : (number + 1) * width].hex())
            if base < 0:
                yield Blob(content, origin)
            else:
                base_id = ids[base * width : (base + 1) * width].hex()
                yield Blob(content, origin, Copied(base_id, base_size, delta))

    def _oids(self, pack: int, entries: Sequence[int]) -> list[str]:
        rows = self.stores.packs[pack].oids.rows
        return [rows[entry].tobytes().hex() for entry in entries]

    def _fresh_roots(self, number: int, kind: int) -> Numbers:
        """The roots of those trees in which something is in no earlier pack."""
        forest, fresh = self._forests[number], self.stores.fresh[number]
        roots = forest.roots(kind)
        return roots if fresh.all() else roots[forest.totals(fresh)[roots] > 0]

    def _cut(self, number: int, kind: int, totals: Integers, workers: int) -> Iterator[tuple[int, Share]]:
        """The trees of deltas of this kind with the bytes that they inflate to, in shares."""
        roots = self._fresh_roots(number, kind)
        weights = totals[roots]
        least = max(_LEAST_SHARE, int(weights.sum()) // (workers * _SHARES_A_WORKER))
        ends = np.cumsum(weights)
        first = 0
        while first < len(roots):
            done = int(ends[first - 1]) if first else 0
            last = min(len(roots), int(np.searchsorted(ends, done + least)) + 1)
            yield int(ends[last - 1]) - done, Share(number, kind, roots[first:last])
            first = last


class ShareSource:
    """Yields the blobs and messages of one share; what its commits, tags and trees say comes on the side.

    ``graph`` and ``trees`` are whole when the blobs are out; ``unread`` are the ids of what could not be had.
    ``damaged`` says that something was read which is not what its id or its kind says.
    """

    def __init__(self, reader: PackReader, share: Share) -> None:
        self._reader, self._share = reader, share
        self.graph = CommitGraph()
        self.trees: TreeChanges | None = None
        self.incomplete: list[Gap] = []
        self.unread: list[str] = []
        self.damaged = False
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = self.bytes = 0
        self._diff = TreeDiff(reader.repository.oid_bytes)
        self._asked_trees: list[str] = []

    def blobs(self) -> Iterator[Blob]:
        failed = list(self._share.oids)
        if self._share.pack != _GIT:
            yield from self._packed(failed)
            for oid in self._reader.damaged(self._share):
                why = "damaged: its bytes in the pack are not those that the pack's index knows"
                self.incomplete.append(Gap(f"object {oid}", why))
                self.damaged = True
        if failed:
            yield from self._asked_for(failed)
        if self._diff.count:
            self._finish_trees()

    def _finish_trees(self) -> None:
        ids, find = self._tree_ids(), self._reader.catalog.find
        self._diff.finish()
        for position in self._diff.cut:
            why = "damaged: a folder that ends within an entry"
            self.incomplete.append(Gap(f"object {ids[position].tobytes().hex()}", why))
            self.damaged = True
        with self._reader.watch.during("trees"):
            self.trees = tree_changes(self._diff, find(ids), find)

    def _packed(self, failed: list[str]) -> Iterator[Blob]:
        kind = self._share.kind
        if kind == BLOB:
            for blob in self._reader.blobs(self._share, failed):
                self.objects += 1
                self.bytes += len(blob.content)
                yield blob
            return
        rows = self._reader.stores.packs[self._share.pack].oids.rows
        entries = self._reader.walk(self._share, failed)
        if kind == TREE:
            with self._reader.watch.during("trees"):
                self._diff.add_all(entries)
            return
        for number, content, _, _, _ in entries:
            self.objects += 1
            yield self._message(rows[number].tobytes().hex(), _KINDS[kind], content)

    def _asked_for(self, oids: Sequence[str]) -> Iterator[Blob]:
        git = self._reader.repository.git
        small, read = [], set[str]()
        for oid, kind, size in sizes(git, oids, self.incomplete):
            if kind != "tree" and size > self._reader.max_bytes:
                self.incomplete.append(too_large(f"object {oid}", self._reader.max_bytes))
            else:
                small.append(oid)
        for oid, kind, content in contents(git, small, self.incomplete):
            read.add(oid)
            if kind == "tree":
                self._asked_trees.append(oid)
                self._diff.add(_ASKED, content, -1, b"")
                continue
            self.objects += 1
            if kind == "blob":
                self.bytes += len(content)
                yield Blob(content, Origin("history", blob=oid))
            else:
                yield self._message(oid, kind, content)
        self.unread = [oid for oid in oids if oid not in read]

    def _tree_ids(self) -> Bytes:
        """The ids of the trees in the order in which they were read."""
        asked = rows_of(self._asked_trees, self._diff.oid_bytes)
        numbers = np.array(self._diff.numbers, dtype=np.int32)
        packed = numbers[numbers != _ASKED]
        if not len(packed):
            return asked
        return np.concatenate([self._reader.stores.packs[self._share.pack].oids.rows[packed], asked])

    def _message(self, oid: str, kind: str, content: bytes) -> Blob:
        self.commits += kind == "commit"
        self.graph.add(oid, kind, content)
        text = message(content)
        self.bytes += len(text)
        return Blob(text, Origin("message", commit=oid))


def by_id(oids: Sequence[str]) -> Share:
    """A share of what git is asked for."""
    return Share(_GIT, 0, np.empty(0, dtype=np.int32), oids)
