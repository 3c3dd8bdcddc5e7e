"""Who brought in what a blob holds, when, and where it stands: asked only where something was found.

Blobs are looked for in one part of history after the other, from the most to the least visible, and each
part is asked only for what is still left over: branches and tags, notes, stashes, reflogs, commits that
nothing reaches, the index. What is in none of them is a dangling object by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from functools import partial
from itertools import groupby
from math import inf
from operator import attrgetter, itemgetter
from typing import NamedTuple

from leakscan.finding import Candidate, Commit, Gap, Origin, Where
from leakscan.git.graph import CommitGraph, read_graph
from leakscan.git.introductions import Holdings, Introduction, Introductions, introductions
from leakscan.git.names import shown_path
from leakscan.git.objects import contents, shortened
from leakscan.git.parse import described
from leakscan.git.refs import (
    NOTES,
    STASH,
    Ref,
    head_commits,
    index_entries,
    read_refs,
    reflog_commits,
    stash_commits,
)
from leakscan.git.repository import Repository
from leakscan.git.trees import blobs_below, files_below


class Sighting(NamedTuple):
    """One place of what a blob holds: the path, and the first commit that brought it there.

    ``inherited`` says that it came there in another blob that holds the same.
    """

    where: Where
    path: str | None
    commit: str | None
    inherited: bool = False


_AS_IT_IS = Sighting("history", None, None)  # of what has a place already


class Attribution:
    """Answers for one repository; ``incomplete`` grows with what could not be followed.

    >>> history = Attribution(repository, source.graph)               # doctest: +SKIP
    >>> candidates = list(history.attribute(candidates))               # doctest: +SKIP
    >>> people = history.commits(c.origin.commit for c in candidates)  # doctest: +SKIP
    """

    def __init__(
        self, repository: Repository, graph: CommitGraph | None = None, find: Introductions | None = None
    ) -> None:
        """``find`` follows trees; without it git is asked."""
        self._repository = repository
        self.incomplete: list[Gap] = []
        self._graph = graph if graph is not None else read_graph(repository, self.incomplete)
        self._find = find or partial(introductions, repository, self._graph, self.incomplete)
        self._refs: list[Ref] | None = None

    def attribute(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Each candidate of a history blob once a place, all in the order of the commits, the oldest first.

        What came nowhere first comes last, at a place where another blob had the same. A tag message gets
        the tag's ref as its path.
        """
        held = list(candidates)
        places = self.sightings(_holdings(held))
        placed = [
            (place.inherited, self._age(place.commit or candidate.origin.commit), candidate, place)
            for candidate in held
            for place in places.get(_unplaced(candidate.origin), (_AS_IT_IS,))
        ]
        placed.sort(key=itemgetter(0, 1))
        tags = {ref.oid: ref.name for ref in self._all_refs()} if held else {}
        for _, _, candidate, place in placed:
            origin = candidate.origin
            if place is not _AS_IT_IS:
                yield candidate._replace(origin=_placed(origin, place))
            elif origin.where == "message" and origin.commit in self._graph.tags and origin.path is None:
                yield candidate._replace(origin=origin._replace(path=tags.get(origin.commit)))
            else:
                yield candidate

    def _age(self, commit: str | None) -> float:
        """The date of a commit, or of what a tag is put on, for comparisons; where there is none, no end."""
        number = self._graph.number(self._graph.peeled(commit or ""))
        return self._graph.dates()[number] if number >= 0 else inf

    def sightings(self, blobs: Holdings) -> dict[str, tuple[Sighting, ...]]:
        """For each of these blobs the places where it was the first that holds the same, and those in HEAD.

        None is without a place.
        """
        found: dict[str, dict[str | None, Sighting]] = {blob: {} for blob in blobs}
        # The first place of what blobs hold: at a path, and at any.
        firsts: dict[tuple[Where, Hashable, str | None], Sighting] = {}
        stands: dict[str, Where] = {}  # in which part of history
        for where, commits, prefix in self._parts() if blobs else ():
            left = {blob: held for blob, held in blobs.items() if blob not in stands}
            if not left:
                break
            passage = self._find(commits, left)
            stands |= dict.fromkeys(passage.standing, where)
            for hit in _by_path(passage.introduced):
                path = _note_path(prefix, hit) if prefix else shown_path(hit.path)
                sighting = found[hit.blob].setdefault(path, Sighting(where, path, hit.commit))
                for place in (path, None):
                    firsts.setdefault((where, blobs[hit.blob], place), sighting)
        lost = set(blobs) - stands.keys()
        for blob, sighting in self._without_commit(lost) if lost else ():
            found[blob].setdefault(sighting.path, sighting)
        self.incomplete[:] = shortened(self.incomplete)
        for blob, path in self._head_places(stands.keys()):
            first = firsts.get(("history", blobs[blob], path))
            if first is not None:
                found[blob].setdefault(path, first._replace(inherited=True))
        for blob in (blob for blob, places in found.items() if not places):
            where = stands.get(blob, "dangling")
            elsewhere = firsts.get((where, blobs[blob], None), Sighting(where, None, None))
            found[blob][None] = elsewhere._replace(inherited=blob in stands)
        return {blob: tuple(places.values()) for blob, places in found.items()}

    def _head_places(self, blobs: Collection[str]) -> Iterator[tuple[str, str]]:
        """Which of these blobs are HEAD's files, and their paths."""
        number = self._graph.number(self._repository.head or "")
        if number >= 0 and blobs:
            for path, blob in files_below(self._repository, self._graph.tree(number), []):
                if blob in blobs:
                    yield blob, shown_path(path)

    def commits(self, oids: Iterable[str | None]) -> dict[str, Commit]:
        """Author, date and subject of these commits and tags; those that cannot be read are left out."""
        wanted = [oid for oid in dict.fromkeys(oids) if oid]
        found = contents(self._repository.git, wanted, self.incomplete)
        told = (described(oid, content) for oid, kind, content in found if kind in ("commit", "tag"))
        return {commit.oid: commit._replace(committed=self._committed(commit)) for commit in told}

    def _committed(self, commit: Commit) -> int:
        """A tag comes after what it is put on."""
        age = self._age(commit.oid)
        if age == inf:
            return commit.committed
        return max(commit.committed, int(age)) if commit.oid in self._graph.tags else int(age)

    def in_head(self) -> set[str]:
        """The blobs of HEAD's files."""
        head = self._repository.head
        return blobs_below(self._repository, [f"{head}^{{tree}}"], []) if head else set()

    def _all_refs(self) -> list[Ref]:
        if self._refs is None:
            # What is broken about them, the search for missing objects says.
            self._refs = read_refs(self._repository, [])
        return self._refs

    def _parts(self) -> Iterator[tuple[Where, set[int], str]]:
        """The parts of history, their commits, and the ref where paths are notes'."""
        graph, refs = self._graph, self._all_refs()
        shown = [ref.oid for ref in refs if not ref.name.startswith(NOTES) and ref.name != STASH]
        reached = graph.reachable([*shown, *head_commits(self._repository)])
        yield "history", reached, ""
        passed = set(reached)
        for ref in refs:
            if ref.name.startswith(NOTES):
                notes = graph.reachable([ref.oid], passed)
                passed |= notes
                yield "message", notes, ref.name
        stashes = graph.reachable(stash_commits(self._repository, refs), passed)
        yield "stash", stashes, ""
        passed |= stashes
        logged = graph.reachable(reflog_commits(self._repository, []), passed)
        yield "reflog", logged, ""
        passed |= logged
        yield "dangling", set(range(len(graph))) - passed, ""

    def _without_commit(self, blobs: set[str]) -> Iterator[tuple[str, Sighting]]:
        """What a ref points at without a commit between, and what is only staged."""
        for ref in self._all_refs():
            end = self._graph.peeled(ref.oid)
            if end in blobs:
                yield end, Sighting("history", ref.name, None)
            elif end and end not in self._graph:
                for path, blob in files_below(self._repository, end, []):
                    if blob in blobs:
                        yield blob, Sighting("history", f"{ref.name}:{shown_path(path)}", None)
        for entry in index_entries(self._repository, []):
            if entry.oid in blobs:
                yield entry.oid, Sighting("index", shown_path(entry.path), None)


def _by_path(introduced: Iterable[Introduction]) -> Iterator[Introduction]:
    """The same, those of each commit by path."""
    for _, together in groupby(introduced, key=attrgetter("commit")):
        yield from sorted(together, key=attrgetter("path", "blob"))


def _holdings(candidates: Iterable[Candidate]) -> Holdings:
    """The blobs that are still to be placed, and what was found in each, with all that it is judged by."""
    held: dict[str, set[tuple[object, ...]]] = {}
    for candidate in candidates:
        blob = _unplaced(candidate.origin)
        if blob:
            parts = frozenset(candidate.parts.items())
            around = candidate.before, candidate.after, candidate.lead, candidate.marked, candidate.encoding
            same = candidate.rule, candidate.secret, parts, candidate.pair_distance, candidate.origin.member
            held.setdefault(blob, set()).add((*same, *around))
    numbers: dict[Hashable, int] = {}
    return {blob: numbers.setdefault(frozenset(found), len(numbers)) for blob, found in held.items()}


def _placed(origin: Origin, place: Sighting) -> Origin:
    path = place.path
    if path is not None and origin.member is not None:
        path = f"{path}!{origin.member}"
    return Origin(place.where, path or origin.member, place.commit, origin.blob, origin.member)


def _unplaced(origin: Origin) -> str:
    """The blob that is still to be placed, if it is one."""
    return origin.blob or "" if origin.where == "history" and origin.path is None else ""


def _note_path(ref: str, hit: Introduction) -> str:
    """``refs/notes/commits:<annotated object>``; where notes are many, folders hold its first letters."""
    return f"{ref}:{shown_path(hit.path.replace(b'/', b''))}"
