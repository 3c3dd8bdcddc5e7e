"""The commit graph, built from the commit objects themselves.

Git's own walks die at a missing commit, believe grafts and ``.git/shallow``, and stop at what they name;
this one knows only what the objects say, and goes on around what is missing.
"""

from __future__ import annotations

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
    _dates: dict[str, int] = field(default_factory=dict)

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

    def oldest_first(self, commits: Iterable[str]) -> list[str]:
        """These commits by corrected date, which puts parents before children (see :meth:`dates`)."""
        dates = self.dates()
        return sorted(commits, key=lambda oid: (dates[oid], oid))

    def dates(self) -> dict[str, int]:
        """For each commit its committer time, or a second more than its parents' dates if that is later.

        It is what git keeps in commit-graph files as "corrected commit date".
        """
        if len(self._dates) == len(self.commits):
            return self._dates
        dates, waiting = dict[str, int](), dict[str, int]()
        children: dict[str, list[str]] = {}
        ready = []
        for oid, commit in self.commits.items():
            dates[oid] = commit.time
            parents = self.present_parents(oid)
            for parent in parents:
                children.setdefault(parent, []).append(oid)
            if parents:
                waiting[oid] = len(parents)
            else:
                ready.append(oid)
        for oid in ready:  # grows: what waits for no parent any more
            date = dates[oid]
            for child in children.get(oid, ()):
                if dates[child] <= date:
                    dates[child] = date + 1
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        self._dates = dates
        return dates

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
