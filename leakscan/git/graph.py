"""The commit graph, built from the commit objects themselves.

Git's own walks die at a missing commit, believe grafts and ``.git/shallow``, and stop at what they name;
this one knows only what the objects say, and goes on around what is missing.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from leakscan.finding import Gap
from leakscan.git.objects import contents, stored_objects
from leakscan.git.parse import ParsedCommit, ParsedTag, parse_commit, parse_tag
from leakscan.git.repository import Repository


@dataclass(slots=True)
class CommitGraph:
    """All commits and annotated tags of a store, reachable or not."""

    commits: dict[str, ParsedCommit] = field(default_factory=dict)
    tags: dict[str, ParsedTag] = field(default_factory=dict)

    def add(self, oid: str, kind: str, content: bytes) -> None:
        """Take in one commit or tag object."""
        if kind == "commit":
            self.commits[oid] = parse_commit(content)
        elif kind == "tag":
            self.tags[oid] = parse_tag(content)

    def peeled(self, oid: str) -> str:
        """What a chain of annotated tags ends at (itself, if it is no tag)."""
        passed = set[str]()
        while oid in self.tags and oid not in passed:
            passed.add(oid)
            oid = self.tags[oid].target
        return oid

    def reachable(self, tips: Iterable[str], beyond: Collection[str] = ()) -> set[str]:
        """The commits that these tips (commits or tags) reach, without those in ``beyond``."""
        found = set[str]()
        todo = [self.peeled(tip) for tip in tips]
        while todo:
            oid = todo.pop()
            if oid in found or oid in beyond or oid not in self.commits:
                continue
            found.add(oid)
            todo.extend(self.commits[oid].parents)
        return found

    def oldest_first(self, commits: Collection[str]) -> list[str]:
        """These commits with parents before children, and by committer time where that leaves a choice."""
        members = commits if isinstance(commits, (set, dict)) else set(commits)
        waiting: dict[str, int] = {}
        children: dict[str, list[str]] = {}
        ready: list[tuple[int, str]] = []
        for oid in members:
            parents = {parent for parent in self.commits[oid].parents if parent in members}
            waiting[oid] = len(parents)
            for parent in parents:
                children.setdefault(parent, []).append(oid)
            if not parents:
                ready.append((self.commits[oid].time, oid))
        heapq.heapify(ready)
        order: list[str] = []
        while ready:
            oid = heapq.heappop(ready)[1]
            order.append(oid)
            for child in children.get(oid, ()):
                waiting[child] -= 1
                if waiting[child] == 0:
                    heapq.heappush(ready, (self.commits[child].time, child))
        return order

    def present_parents(self, oid: str) -> list[str]:
        """The parents of a commit that the store has."""
        return [parent for parent in self.commits[oid].parents if parent in self.commits]


def read_graph(repository: Repository, gaps: list[Gap]) -> CommitGraph:
    """The commits and tags of the whole store, for readers that do not pass them anyway."""
    graph = CommitGraph()
    oids = [found.oid for found in stored_objects(repository.git, gaps) if found.kind in ("commit", "tag")]
    for oid, kind, content in contents(repository.git, oids, gaps):
        graph.add(oid, kind, content)
    return graph
