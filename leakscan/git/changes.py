"""What commits and the index change, blob by blob, from ``git diff-tree`` and ``git diff-index``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from leakscan.git.own_files import refuse_pipes
from leakscan.git.plumbing import DIFF_FLAGS, Stream, reason
from leakscan.git.repository import Repository, check_settings

if TYPE_CHECKING:
    from leakscan.git.graph import CommitGraph

_SUBMODULE = b"160000"
_MOST_DEATHS = 200
_A_SILENCE = 40  # so many deaths of another kind does one cost
_CHUNK = 1 << 20


class Change(NamedTuple):
    """A blob that stands at a path where before another stood (``old``), or none (an empty string)."""

    commit: str
    old: str
    new: str
    path: bytes


def commit_changes(
    repository: Repository,
    graph: CommitGraph,
    commits: Sequence[str],
    options: Sequence[str],
    failed: dict[str, str],
) -> Iterator[Change]:
    """What these commits change against each of their parents; deletions are left out.

    Git dies at a commit whose trees are damaged: that commit comes into ``failed`` with the reason,
    and git is started again behind it.
    """
    arguments = ("diff-tree", "--stdin", *DIFF_FLAGS, "--root", "-m", "--no-commit-id", *options)
    rest = list(commits)
    deaths = 0
    while rest:
        if deaths >= _MOST_DEATHS:
            failed[rest[0]] = f"git died too often; of {len(rest)} commits only this was read"
            return
        last = rest[0]
        requests = (_request(repository, graph, oid) for oid in rest)
        with repository.git.stream(*arguments, stdin=requests) as stream:
            for change in _records(stream, last):
                last = change.commit
                if change.new:
                    yield change
            if stream.finish() == 0:
                return
            failed[last] = reason(stream.complaints) or "git died"
            deaths += _A_SILENCE if stream.was_silent else 1
        rest = rest[rest.index(last) + 1 :]


class Staged(NamedTuple):
    """What the index changes; ``unmerged`` says whether it holds the sides of a merge besides."""

    changes: list[Change]
    unmerged: bool


def staged_changes(repository: Repository) -> Staged:
    """What the index changes against HEAD, or against nothing while there is no commit yet."""
    against = repository.head or repository.empty_tree
    arguments = ("diff-index", "--cached", *DIFF_FLAGS, "--ignore-submodules=none")
    answer = repository.git.attempt(
        *arguments, "--find-renames", against, "--", suspicion=partial(_pipes, repository)
    )
    if answer.code != 0:
        # Renames are found by content, and some of that may be missing.
        answer = repository.git.attempt(*arguments, "--no-renames", against, "--")
    if answer.code != 0:
        check_settings(repository)
        raise answer.error()
    return Staged(_changes(answer.output), b" U\0" in answer.output)


def tree_changes(repository: Repository, before: str, after: str) -> list[Change]:
    """What differs between the files of two commits; deletions are left out. Raises GitError."""
    answer = repository.git.attempt("diff-tree", *DIFF_FLAGS, "--find-renames", before, after, "--")
    if answer.code != 0:  # as above
        answer = repository.git.attempt("diff-tree", *DIFF_FLAGS, "--no-renames", before, after, "--")
    if answer.code != 0:
        raise answer.error()
    return _changes(answer.output)


def _changes(output: bytes) -> list[Change]:
    found: list[Change] = []
    at = 0
    while (record := _raw_record(output, at, "")) is not None:
        change, at = record
        if change.new:
            found.append(change)
    return found


def _pipes(repository: Repository) -> str:
    """Nothing, or a GitError for what git would wait for."""
    refuse_pipes(repository.git_dir)
    return ""


def _request(repository: Repository, graph: CommitGraph, oid: str) -> bytes:
    """What to compare, behind a line that git echoes, so that its answers can be told apart.

    The parents are named, and only those that exist: else git would die at a missing one, and believe
    a forged ``.git/shallow``. Without any, the comparison is with the empty tree.
    """
    number = graph.number(oid)
    parents = graph.parents(number)
    if parents:
        return f"#{oid}\n{oid} {' '.join(map(graph.oid, parents))}\n".encode("ascii")
    tree = graph.tree(number)
    return f"#{oid}\n{repository.empty_tree} {tree}\n".encode("ascii") if tree else b""


def _records(stream: Stream, first: str) -> Iterator[Change]:
    """The changes, and for each commit one without blobs, to say that git has come so far.

    The answer mixes echoed lines (``#commit``), ``tree tree`` lines, and raw records, which alone end in
    NUL.
    """
    commit, held, at = first, b"", 0
    while True:
        kind = held[at : at + 1]
        if kind == b":":
            record = _raw_record(held, at, commit)
            if record is not None:
                change, at = record
                yield change
                continue
        else:
            end = held.find(b"\n", at)
            if end >= 0:
                if kind == b"#":
                    commit = held[at + 1 : end].decode("ascii")
                    yield Change(commit, "", "", b"")
                at = end + 1
                continue
        more = stream.piece(_CHUNK)
        if not more:
            return
        held, at = held[at:] + more, 0


def _raw_record(held: bytes, at: int, commit: str) -> tuple[Change, int] | None:
    """The record at this offset and where the next begins; None if it is not whole.

    ``:mode mode old new status``, NUL, path, NUL, and a second path after a rename or copy. What is a
    deletion, a submodule or unmerged has no new blob.
    """
    middle = held.find(b"\0", at)
    end = held.find(b"\0", middle + 1) if middle >= 0 else -1
    if end < 0:
        return None
    before, after, old, new, status = held[at + 1 : middle].split(b" ")
    path = held[middle + 1 : end]
    if status[:1] in (b"R", b"C"):
        second = held.find(b"\0", end + 1)
        if second < 0:
            return None
        path, end = held[end + 1 : second], second
    return Change(commit, _blob(before, old), _blob(after, new), path), end + 1


def _blob(mode: bytes, oid: bytes) -> str:
    absent = mode in (b"000000", _SUBMODULE) or not oid.strip(b"0")
    return "" if absent else oid.decode("ascii")
