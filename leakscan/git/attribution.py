"""Who brought a blob in, when, and where it stands: asked only for blobs that something was found in.

Blobs are looked for in one part of history after the other, from the most to the least visible, and each
part is asked only for what is still left over: branches and tags, their merges, notes, stashes, reflogs,
commits that nothing reaches, the index. What is in none of them is a dangling object by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from leakscan.finding import Candidate, Commit, Gap, Origin, Where
from leakscan.git.graph import CommitGraph, read_graph
from leakscan.git.introductions import Introduction, Introductions, Merges, introductions
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
    """One place of a blob: the path, and the first commit that brought it there."""

    where: Where
    path: str | None
    commit: str | None


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
        """Each candidate of a history blob once a place, the introducing commit's first; others as they are.

        A tag message gets the tag's ref as its path.
        """
        held = list(candidates)
        places = self.sightings({c.origin.blob for c in held if _is_unplaced(c.origin) and c.origin.blob})
        tags = {ref.oid: ref.name for ref in self._all_refs()} if held else {}
        for candidate in held:
            origin = candidate.origin
            if _is_unplaced(origin) and origin.blob:
                for where, path, commit in places[origin.blob]:
                    if path is not None and origin.member is not None:
                        path = f"{path}!{origin.member}"
                    place = Origin(where, path or origin.member, commit, origin.blob, origin.member)
                    yield candidate._replace(origin=place)
            elif origin.where == "message" and origin.commit in self._graph.tags and origin.path is None:
                yield candidate._replace(origin=origin._replace(path=tags.get(origin.commit)))
            else:
                yield candidate

    def sightings(self, blobs: Collection[str]) -> dict[str, tuple[Sighting, ...]]:
        """Every place of each of these blobs, the earliest first; never empty."""
        found: dict[str, dict[str | None, Sighting]] = {}
        for where, commits, merges, prefix in self._parts() if blobs else ():
            left = {blob for blob in blobs if blob not in found}
            if not left:
                break
            for hit in self._find(commits, left, merges):
                path = _note_path(prefix, hit) if prefix else shown_path(hit.path)
                found.setdefault(hit.blob, {}).setdefault(path, Sighting(where, path, hit.commit))
        left = {blob for blob in blobs if blob not in found}
        for blob, sighting in self._without_commit(left) if left else ():
            found.setdefault(blob, {}).setdefault(sighting.path, sighting)
        self.incomplete[:] = shortened(self.incomplete)
        lost = (Sighting("dangling", None, None),)
        return {blob: tuple(found[blob].values()) if blob in found else lost for blob in blobs}

    def commits(self, oids: Iterable[str | None]) -> dict[str, Commit]:
        """Author, date and subject of these commits and tags; those that cannot be read are left out."""
        wanted = [oid for oid in dict.fromkeys(oids) if oid]
        found = contents(self._repository.git, wanted, self.incomplete)
        return {oid: described(oid, content) for oid, kind, content in found if kind in ("commit", "tag")}

    def in_head(self) -> set[str]:
        """The blobs of HEAD's files."""
        head = self._repository.head
        return blobs_below(self._repository, [f"{head}^{{tree}}"], []) if head else set()

    def _all_refs(self) -> list[Ref]:
        if self._refs is None:
            # What is broken about them, the search for missing objects says.
            self._refs = read_refs(self._repository, [])
        return self._refs

    def _parts(self) -> Iterator[tuple[Where, set[int], Merges, str]]:
        """The parts of history, their commits, how to treat merges, and the ref where paths are notes'."""
        graph, refs = self._graph, self._all_refs()
        shown = [ref.oid for ref in refs if not ref.name.startswith(NOTES) and ref.name != STASH]
        reached = graph.reachable([*shown, *head_commits(self._repository)])
        yield "history", reached, "without", ""
        # Content that only a merge commit has, which people call an evil merge.
        yield "history", reached, "only", ""
        passed = set(reached)
        for ref in refs:
            if ref.name.startswith(NOTES):
                notes = graph.reachable([ref.oid], passed)
                passed |= notes
                yield "message", notes, "with", ref.name
        stashes = graph.reachable(stash_commits(self._repository, refs), passed)
        yield "stash", stashes, "with", ""
        passed |= stashes
        logged = graph.reachable(reflog_commits(self._repository, []), passed)
        yield "reflog", logged, "with", ""
        passed |= logged
        yield "dangling", set(range(len(graph))) - passed, "with", ""

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


def _is_unplaced(origin: Origin) -> bool:
    return origin.where == "history" and origin.path is None


def _note_path(ref: str, hit: Introduction) -> str:
    """``refs/notes/commits:<annotated object>``; where notes are many, folders hold its first letters."""
    return f"{ref}:{shown_path(hit.path.replace(b'/', b''))}"
