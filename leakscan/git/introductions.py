"""Which commits brought in what blobs hold, and at which paths.

A file with a secret in it has many versions that hold the same: only the first one at a path, and the first
after each that did not hold it, is an introduction.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from leakscan.finding import Gap
from leakscan.git.changes import commit_changes
from leakscan.git.graph import CommitGraph
from leakscan.git.repository import Repository
from leakscan.git.trees import files_below

# 500 ids make 28 KB of arguments, and Windows allows 32; above it Python filters.
_MOST_ARGUMENTS = 500
_LEAST_A_WORKER = 2000


class Introduction(NamedTuple):
    """A blob that came into a commit at a path."""

    blob: str
    path: bytes
    commit: str


Holdings = Mapping[str, Hashable]
"""Blobs, and for each what it holds: blobs that hold the same have equal ones."""


@dataclass(slots=True)
class Passage:
    """What some commits say of the blobs that were asked for.

    ``introduced`` is where one came to a path at which no parent had one that holds the same, the oldest
    commit's first. ``standing`` are all that these commits hold, introduced or not.
    """

    introduced: list[Introduction] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)


Introductions = Callable[[Collection[int], Holdings], Passage]
"""What commits (by number) say of blobs."""


@dataclass(slots=True)
class _Walk(Passage):
    """What one walk found, and the commits whose changes git could not list, with its reason."""

    failed: dict[str, str] = field(default_factory=dict)


def introductions(
    repository: Repository,
    graph: CommitGraph,
    gaps: list[Gap],
    commits: Collection[int],
    wanted: Holdings,
) -> Passage:
    """What these commits say of the wanted blobs.

    A merge is compared with each of its parents. Of a commit whose changes cannot be listed all files
    count as brought in, as far as they can be read.
    """
    ordered = [graph.oid(number) for number in graph.oldest_first(commits)]
    if not ordered or not wanted:
        return Passage()
    workers = max(1, min(os.cpu_count() or 1, 4, len(ordered) // _LEAST_A_WORKER))
    share = -(-len(ordered) // workers)
    shares = [ordered[at : at + share] for at in range(0, len(ordered), share)]
    with ThreadPoolExecutor(workers) as pool:
        walks = list(pool.map(lambda part: _walk(repository, graph, part, wanted), shares))
    found = [introduction for walk in walks for introduction in walk.introduced]
    standing = set[str]().union(*(walk.standing for walk in walks))
    failed = {oid: why for walk in walks for oid, why in walk.failed.items()}
    if failed:
        found += _around_damage(repository, graph, failed, wanted, gaps)
        rank = {oid: at for at, oid in enumerate(ordered)}
        found.sort(key=lambda introduction: rank[introduction.commit])
    return Passage(found, standing | {introduction.blob for introduction in found})


def _walk(repository: Repository, graph: CommitGraph, commits: list[str], wanted: Holdings) -> _Walk:
    walk = _Walk()
    options = ["--no-renames"]
    if len(wanted) <= _MOST_ARGUMENTS:
        options += [f"--find-object={oid}" for oid in sorted(wanted)]
    times: dict[Introduction, int] = {}
    for change in commit_changes(repository, graph, commits, options, walk.failed):
        if change.new in wanted:
            walk.standing.add(change.new)
            if change.old not in wanted or wanted[change.old] != wanted[change.new]:
                introduction = Introduction(change.new, change.path, change.commit)
                times[introduction] = times.get(introduction, 0) + 1
    for introduction, parents in times.items():
        if parents >= len(graph.parents(graph.number(introduction.commit))):  # of a merge, all
            walk.introduced.append(introduction)
    return walk


def _around_damage(
    repository: Repository,
    graph: CommitGraph,
    failed: dict[str, str],
    wanted: Collection[str],
    gaps: list[Gap],
) -> Iterator[Introduction]:
    for oid, why in failed.items():
        gaps.append(Gap(f"changes of commit {oid}", why))
        tree = graph.tree(graph.number(oid))
        # The gaps of this reading are not ours to report: the search for missing objects names them.
        for path, blob in files_below(repository, tree, []) if tree else ():
            if blob in wanted:
                yield Introduction(blob, path, oid)
