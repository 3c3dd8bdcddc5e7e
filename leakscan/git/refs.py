"""Where history is entered: refs, the HEADs of all working trees, reflogs, the index."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from leakscan.finding import Gap
from leakscan.git.own_files import named_path, small_file
from leakscan.git.plumbing import Answer
from leakscan.git.repository import Repository

NOTES = "refs/notes/"
STASH = "refs/stash"
_BROKEN = re.compile(r"ignoring broken ref (.+)$", re.MULTILINE)
_OID = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64})\s*$")
_SUBMODULE = b"160000"


class Ref(NamedTuple):
    """A name in ``refs/`` and the object that it points at, which may be missing."""

    name: str
    oid: str


class IndexEntry(NamedTuple):
    """A file in the index; an unmerged one has an entry a side."""

    path: bytes
    oid: str
    stage: int


def read_refs(repository: Repository, gaps: list[Gap]) -> list[Ref]:
    """All refs. Neither their objects nor their types are asked for: git would die at a missing one."""
    answer = repository.git.attempt("for-each-ref", "--format=%(objectname) %(refname)")
    if answer.code != 0:
        gaps.append(Gap("refs", f"{answer.reason}; what only they reach is shown as dangling"))
    for name in dict.fromkeys(_BROKEN.findall(answer.complaints)):
        gaps.append(Gap(name, "broken ref: it holds no object id"))
    pairs = (line.split(" ", 1) for line in answer.output.decode("utf-8", "backslashreplace").splitlines())
    return [Ref(name, oid) for oid, name in pairs]


def head_commits(repository: Repository) -> list[str]:
    """The commits that the HEADs of this and all linked working trees name by themselves (detached)."""
    found = [repository.head] if repository.head else []
    linked = sorted((repository.common_dir / "worktrees").glob("*/HEAD"))
    for file in (repository.common_dir / "HEAD", *linked):
        match = _OID.match(small_file(file))
        if match:
            found.append(match.group(1).decode("ascii"))
    return list(dict.fromkeys(found))


def other_working_trees(repository: Repository) -> list[Path]:
    """The working trees that share this one's repository, as far as they still exist."""
    files = (repository.common_dir / "worktrees").glob("*/gitdir")
    named = {file.parent / named_path(small_file(file)) for file in files}
    if repository.common_dir.name == ".git":
        named.add(repository.common_dir)
    there = (found for found in named if found.name == ".git" and os.path.lexists(found))
    trees = {Path(os.path.realpath(dot_git.parent)) for dot_git in there}
    return sorted(trees - {repository.top_level})


def reflog_commits(repository: Repository, gaps: list[Gap]) -> list[str]:
    """Every commit that a reflog of any working tree names and that still exists."""
    answer = repository.git.attempt("rev-list", "--no-walk=unsorted", "--reflog")
    if answer.code != 0 and "usage:" not in answer.complaints:  # with no reflog, old git says how to use it
        gaps.append(Gap("reflogs", f"{answer.reason}; what only they reach is shown as dangling"))
    return _lines(answer)


def stash_commits(repository: Repository, refs: list[Ref]) -> list[str]:
    """All stashes: the newest is a ref, the others stand in its reflog."""
    newest = [ref.oid for ref in refs if ref.name == STASH]
    if not newest:
        return []
    # A damaged log leaves the rest to the walk over all reflogs.
    older = _lines(repository.git.attempt("rev-list", "--walk-reflogs", STASH, "--"))
    return list(dict.fromkeys([*newest, *older]))


def index_entries(repository: Repository, gaps: list[Gap]) -> list[IndexEntry]:
    """The files in this working tree's index; submodules are no files."""
    answer = repository.git.attempt("ls-files", "--stage", "-z", "--full-name")
    if answer.code != 0:
        gaps.append(Gap("index", answer.reason))
    found = []
    for record in answer.output.split(b"\0"):
        fields, _, path = record.partition(b"\t")
        mode, _, rest = fields.partition(b" ")
        if path and mode != _SUBMODULE:
            oid, _, stage = rest.partition(b" ")
            found.append(IndexEntry(path, oid.decode("ascii"), int(stage)))
    return found


def shallow_commits(repository: Repository) -> set[str]:
    """The commits whose parents a shallow clone left out."""
    lines = small_file(repository.common_dir / "shallow", most=1 << 26).split()
    return {line.decode("ascii") for line in lines if _OID.match(line)}


def _lines(answer: Answer) -> list[str]:
    return answer.output.decode("ascii", errors="replace").split()
