"""Which commits brought which blobs in, and at which paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from leakscan.finding import Gap
from leakscan.git.changes import commit_changes
from leakscan.git.graph import CommitGraph
from leakscan.git.repository import Repository
from leakscan.git.trees import files_below

Merges = Literal["without", "only", "with"]

# 500 ids make 28 KB of arguments, and Windows allows 32; above it Python filters.
_MOST_ARGUMENTS = 500
_LEAST_A_WORKER = 2000


class Introduction(NamedTuple):
    """A blob that came into a commit at a path."""

    blob: str
    path: bytes
    commit: str


Introductions = Callable[[Collection[int], Collection[str], Merges], list[Introduction]]
"""Where commits (by number) brought in one of the wanted blobs, the oldest commit's first."""


@dataclass(slots=True)
class _Walk:
    """What one walk found, and the commits whose changes git could not list, with its reason."""

    found: list[Introduction] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def introductions(
    repository: Repository,
    graph: CommitGraph,
    gaps: list[Gap],
    commits: Collection[int],
    wanted: Collection[str],
    merges: Merges,
) -> list[Introduction]:
    """Where these commits brought in one of the wanted blobs, the oldest commit's first.

    A merge is compared with each of its parents. Of a commit whose changes cannot be listed all files
    count as brought in, as far as they can be read.
    """
    fitting = [number for number in commits if fits(len(graph.parents(number)), merges)]
    ordered = [graph.oid(number) for number in graph.oldest_first(fitting)]
    if not ordered or not wanted:
        return []
    workers = max(1, min(os.cpu_count() or 1, 4, len(ordered) // _LEAST_A_WORKER))
    share = -(-len(ordered) // workers)
    shares = [ordered[at : at + share] for at in range(0, len(ordered), share)]
    with ThreadPoolExecutor(workers) as pool:
        walks = list(pool.map(lambda part: _walk(repository, graph, part, wanted), shares))
    found = [introduction for walk in walks for introduction in walk.found]
    failed = {oid: why for walk in walks for oid, why in walk.failed.items()}
    if failed:
        found += _around_damage(repository, graph, failed, wanted, gaps)
        rank = {oid: at for at, oid in enumerate(ordered)}
        found.sort(key=lambda introduction: rank[introduction.commit])
    return found


def fits(parents: int, merges: Merges) -> bool:
    """Whether a commit with so many parents is one of those that are wanted."""
    return merges == "with" or (parents > 1) == (merges == "only")


def _walk(repository: Repository, graph: CommitGraph, commits: list[str], wanted: Collection[str]) -> _Walk:
    walk = _Walk()
    options = ["--no-renames"]
    if len(wanted) <= _MOST_ARGUMENTS:
        options += [f"--find-object={oid}" for oid in sorted(wanted)]
    for change in commit_changes(repository, graph, commits, options, walk.failed):
        if change.new in wanted:
            walk.found.append(Introduction(change.new, change.path, change.commit))
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
