"""Which commits brought which blobs in, and at which paths, asked from ``git diff-tree --stdin``."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Literal, NamedTuple

from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.objects import Complaints
from leakscan.git.plumbing import DIFF_FLAGS, reason
from leakscan.git.repository import Repository
from leakscan.git.trees import files_below

Merges = Literal["without", "only", "with"]

# 500 ids make 32 KB of arguments, which is what Windows allows; above it Python filters.
_MOST_ARGUMENTS = 500
_LEAST_A_WORKER = 2000
_MOST_DEATHS = 200
_CHUNK = 1 << 20


class Introduction(NamedTuple):
    """A blob that came into a commit at a path."""

    blob: str
    path: bytes
    commit: str


@dataclass(slots=True)
class Walk:
    """What one walk found, and the commits whose changes git could not list, with its reason."""

    found: list[Introduction] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def introductions(
    repository: Repository,
    graph: CommitGraph,
    commits: Sequence[str],
    wanted: Collection[str],
    merges: Merges,
    gaps: list[Gap],
) -> list[Introduction]:
    """Where these commits, oldest first, brought in one of the wanted blobs, in their order.

    A merge is compared with each of its parents. Of a commit whose changes cannot be listed all files
    count as brought in, as far as they can be read.
    """
    commits = [oid for oid in commits if _fits(len(graph.present_parents(oid)), merges)]
    if not commits or not wanted:
        return []
    workers = max(1, min(os.cpu_count() or 1, 4, len(commits) // _LEAST_A_WORKER))
    share = -(-len(commits) // workers)
    shares = [commits[at : at + share] for at in range(0, len(commits), share)]
    with ThreadPoolExecutor(workers) as pool:
        walks = list(pool.map(lambda part: _walk(repository, graph, part, wanted), shares))
    found = [introduction for walk in walks for introduction in walk.found]
    complaints = Complaints(gaps)
    for oid, why in (item for walk in walks for item in walk.failed.items()):
        complaints.add(f"changes of commit {oid}", why)
        found += _whole_tree(repository, graph, oid, wanted)
    complaints.close()
    if complaints.any:
        rank = {oid: at for at, oid in enumerate(commits)}
        found.sort(key=lambda introduction: rank[introduction.commit])
    return found


def _fits(parents: int, merges: Merges) -> bool:
    return merges == "with" or (parents > 1) == (merges == "only")


def _walk(repository: Repository, graph: CommitGraph, commits: list[str], wanted: Collection[str]) -> Walk:
    """Git, started again behind each commit that it dies at."""
    walk = Walk()
    arguments = ["diff-tree", "--stdin", *DIFF_FLAGS, "--root", "-m", "--no-commit-id", "--no-renames"]
    if len(wanted) <= _MOST_ARGUMENTS:
        arguments += [f"--find-object={oid}" for oid in sorted(wanted)]
    while commits:
        if len(walk.failed) == _MOST_DEATHS:
            walk.failed[commits[0]] = f"git died too often; of {len(commits)} commits only this was read"
            break
        last = commits[0]
        requests = (_request(repository, graph, oid) for oid in commits)
        with repository.git.stream(*arguments, stdin=requests) as stream:
            for commit, blob, path in _records(stream.stdout, last):
                last = commit
                if blob in wanted:
                    walk.found.append(Introduction(blob, path, commit))
            if stream.finish() == 0:
                break
            walk.failed[last] = reason(stream.complaints) or "git died"
        commits = commits[commits.index(last) + 1 :]
    return walk


def _request(repository: Repository, graph: CommitGraph, oid: str) -> bytes:
    """What to compare, behind a line that git echoes, so that its answers can be told apart.

    The parents are named, and only those that exist: else git would die at a missing one, and believe
    a forged ``.git/shallow``. Without any, the comparison is with the empty tree.
    """
    parents = graph.present_parents(oid)
    if parents:
        return f"#{oid}\n{oid} {' '.join(parents)}\n".encode("ascii")
    tree = graph.commits[oid].tree
    return f"#{oid}\n{repository.empty_tree} {tree}\n".encode("ascii") if tree else b""


def _records(stdout: IO[bytes], first: str) -> Iterator[tuple[str, str, bytes]]:
    """Commit, new blob and path of each change; for a commit without one, itself and empty values.

    The answer mixes echoed lines (``#commit``), ``tree tree`` lines, and raw records, which alone end in
    NUL: ``:mode mode old new status``, NUL, path, NUL.
    """
    commit, held, at = first, b"", 0
    while True:
        kind = held[at : at + 1]
        if kind == b":":
            middle = held.find(b"\0", at)
            end = held.find(b"\0", middle + 1) if middle >= 0 else -1
            if end >= 0:
                yield commit, held[at:middle].split(b" ")[3].decode("ascii"), held[middle + 1 : end]
                at = end + 1
                continue
        else:
            end = held.find(b"\n", at)
            if end >= 0:
                if kind == b"#":
                    commit = held[at + 1 : end].decode("ascii")
                    yield commit, "", b""
                at = end + 1
                continue
        more = stdout.read1(_CHUNK)  # type: ignore[attr-defined]
        if not more:
            return
        held, at = held[at:] + more, 0


def _whole_tree(
    repository: Repository, graph: CommitGraph, oid: str, wanted: Collection[str]
) -> Iterator[Introduction]:
    tree = graph.commits[oid].tree
    if tree:
        # Its gaps are not ours to report: the search for missing objects names them.
        for path, blob in files_below(repository, tree, []):
            if blob in wanted:
                yield Introduction(blob, path, oid)
