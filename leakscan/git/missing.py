"""What the repository refers to and does not have: each such thing is a gap, with its mend where one exists.

``git fsck`` would read every object for this; here git only follows trees (``rev-list --objects``), and the
commits, refs and index entries are compared with what the store has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from leakscan.beside import Beside
from leakscan.errors import GitError
from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.objects import kinds
from leakscan.git.refs import (
    Ref,
    head_commits,
    index_entries,
    read_refs,
    reflog_commits,
    shallow_commits,
)
from leakscan.git.repository import Repository
from leakscan.git.stores import unindexed_packs
from leakscan.git.trees import blobs_below

_FEW = 3


class MissingSearch:
    """Looks for what is referenced but absent in the background, because git takes its time over it."""

    def __init__(self, repository: Repository, graph: CommitGraph) -> None:
        self._search = Beside(partial(missing_objects, repository, graph))

    def gaps(self) -> list[Gap]:
        try:
            return self._search.result()
        except GitError as error:
            return [Gap("search for missing objects", str(error))]
        except Exception as error:  # whatever it was, the scan is not complete
            return [Gap("search for missing objects", f"{type(error).__name__}: {error}")]


MissingBelow = Callable[[Collection[int], Collection[str], list[Gap]], list[str]]
"""The ids of trees and blobs that these commits (by number) and these trees need and the store lacks."""


def missing_objects(
    repository: Repository, graph: CommitGraph, missing_below: MissingBelow | None = None
) -> list[Gap]:
    """Gaps for everything that refs, HEADs, reflogs and the index reach and the store lacks.

    ``graph`` must hold all commits and tags that the store has. What only dangling objects miss is no
    gap: git itself deletes such objects one by one. Without ``missing_below``, git is asked to follow trees.
    """
    gaps: list[Gap] = list(unindexed_packs(repository))
    refs = read_refs(repository, gaps)
    absent: dict[str, str] = {}
    others = _targets(repository, graph, refs, absent, gaps)
    heads = [*head_commits(repository), *reflog_commits(repository, gaps)]
    reached = graph.reachable([*(ref.oid for ref in refs), *heads])
    gaps += _missing_parents(repository, graph, reached, absent)
    staged = [entry.oid for entry in index_entries(repository, gaps)]
    _add_missing(absent, repository, staged, "in the index")
    trees = [oid for oid, kind in others.items() if kind == "tree"]
    below = missing_below or partial(_missing_below, repository, graph)
    for oid in below(reached, trees, gaps):
        absent.setdefault(oid, "part of a commit's files")
    for oid, named in graph.columns.odd.items():
        if graph.number(oid) in reached:
            absent.update(dict.fromkeys(named, f"named by commit {oid}, which is garbled"))
    absent.pop(repository.empty_tree, None)  # which git knows without an object
    gaps += _absence(repository, absent)
    return gaps


def _targets(
    repository: Repository, graph: CommitGraph, refs: list[Ref], absent: dict[str, str], gaps: list[Gap]
) -> dict[str, str]:
    """What refs and tags point at besides commits, with its kind; what is absent gets its own gap."""
    outside = {}
    for name, oid in refs:
        end = graph.peeled(oid)
        if end not in graph:
            outside[end] = name
    for target in graph.tags.values():
        # A tag inside another tag, or one that no ref names any more but another does.
        if target and graph.peeled(target) not in graph:
            outside.setdefault(graph.peeled(target), "")
    known = kinds(repository.git, list(outside))
    for oid, name in outside.items():
        if oid not in known and name:
            gaps.append(Gap(name, f"points to object {oid or '(garbled)'}, which is missing"))
    return known


def _missing_parents(
    repository: Repository, graph: CommitGraph, reached: set[int], absent: dict[str, str]
) -> Iterator[Gap]:
    shallow = shallow_commits(repository)
    cut = []
    for oid, number in sorted((graph.oid(number), number) for number in graph.torn() & reached):
        if oid in shallow:
            cut.append(oid)
            continue
        for parent in graph.absent_parents(number):
            absent[parent] = f"the parent of commit {oid}; commits before it may be shown as dangling"
    if cut:
        yield Gap(f"history before {_some(cut)}", "shallow clone: run 'git fetch --unshallow'")


def _missing_below(
    repository: Repository,
    graph: CommitGraph,
    reached: Collection[int],
    trees: Collection[str],
    gaps: list[Gap],
) -> list[str]:
    """Missing trees and blobs of these commits.

    Every commit is named and none is walked from: git would die at a missing parent.
    """
    # Newest first: git's packs are laid out for that, and in any other order this takes three times as long.
    commits = map(graph.oid, reversed(graph.oldest_first(reached)))
    arguments = ("rev-list", "--objects", "--no-walk=unsorted", "--missing=print", "--quiet", "--stdin")
    with repository.git.stream(*arguments, stdin=_named([*commits, *trees])) as walk:
        found = [line[1:].decode("ascii").strip() for line in walk.stdout if line.startswith(b"?")]
        if walk.finish() == 0:
            return found
    # A damaged tree kills the walk, and nothing tells git to go on behind it.
    roots = {graph.tree(number) for number in reached} - {""}
    lost: list[Gap] = []
    blobs = blobs_below(repository, roots | set(trees), lost)
    gaps += lost
    return sorted(blobs - kinds(repository.git, sorted(blobs)).keys())


def _named(oids: Iterable[str]) -> Iterator[bytes]:
    for oid in oids:
        yield oid.encode("ascii") + b"\n"


def _add_missing(absent: dict[str, str], repository: Repository, oids: list[str], why: str) -> None:
    known = kinds(repository.git, list(dict.fromkeys(oids)))
    absent.update({oid: why for oid in oids if oid not in known})


def _absence(repository: Repository, absent: dict[str, str]) -> Iterator[Gap]:
    if repository.is_partial and absent:
        noun = "1 object" if len(absent) == 1 else f"{len(absent)} objects"
        why = f"partial clone: never fetched, such as {_some(sorted(absent))}; clone again without --filter"
        yield Gap(noun, why)
        return
    for oid, why in sorted(absent.items()):
        yield Gap(f"object {oid}", f"missing: {why}")


def _some(oids: list[str]) -> str:
    more = len(oids) - _FEW
    return ", ".join(oids[:_FEW]) + (f" and {more} more" if more > 0 else "")
