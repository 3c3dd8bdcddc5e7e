"""Which repository a path belongs to, if any, and what kind it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from leakscan.errors import GitError, UsageError
from leakscan.git.own_files import named_git_dir, refuse_pipes
from leakscan.git.plumbing import Answer, Git

# The name of the tree without entries, which git knows without having stored it.
_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

_PROMISORS = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"


class Repository(NamedTuple):
    """One repository as git sees it.

    ``git_dir`` is this working tree's own directory, ``common_dir`` the one that all linked working trees
    share (the same, where there are none). ``top_level`` is None without a working tree: bare, or the
    target is the git directory itself. ``head`` is None while HEAD has no commit yet.
    """

    git_dir: Path
    common_dir: Path
    top_level: Path | None
    is_shallow: bool
    object_format: str
    head: str | None
    index_file: Path | None = None

    @property
    def git(self) -> Git:
        """Git for objects, refs and the index, whatever the configuration says about bare and worktree.

        Its working tree is the git directory: no ``.gitattributes`` of the real one is opened.
        """
        return Git(self.git_dir, self.git_dir, self.git_dir, self.index_file)

    @property
    def git_in_tree(self) -> Git:
        """Git for the files of the working tree."""
        assert self.top_level is not None
        return Git(self.top_level, self.git_dir, self.top_level, self.index_file)

    @property
    def is_bare(self) -> bool:
        return self.top_level is None

    @property
    def is_partial(self) -> bool:
        """Whether objects may be absent on purpose: a promisor remote, or a pack that came from one."""
        if self.git.attempt("config", "--get-regexp", _PROMISORS).code == 0:
            return True
        return any((self.common_dir / "objects" / "pack").glob("*.promisor"))

    @property
    def store(self) -> Path:
        """Where the objects lie; repositories that share it have the same history."""
        return (self.common_dir / "objects").resolve()

    def with_index(self, index_file: Path | None) -> Repository:
        """This repository with another index than its own; None changes nothing."""
        return self._replace(index_file=index_file)

    @property
    def empty_tree(self) -> str:
        return _EMPTY_TREES[self.object_format]

    @property
    def oid_bytes(self) -> int:
        """The length of an object id."""
        return len(self.empty_tree) // 2

    @property
    def name(self) -> Path:
        """The path that people know it by."""
        return self.top_level or self.git_dir


def discover(path: Path, in_use: bool = False) -> Repository | None:
    """The repository that holds ``path`` (a folder or file), or None if no repository does.

    What looks like a repository but is refused by git (damaged, owned by another user) is a GitError with
    git's reason: to call it a plain folder would quietly leave its history out. One that is ``in_use``, such
    as by a commit under way, is not looked through for what would make git wait or die.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    start = path.resolve()
    found = (repository_at(folder, in_use) for folder in (start, *start.parents))
    return next((repository for repository in found if repository is not None), None)


def repository_at(folder: Path, in_use: bool = False) -> Repository | None:
    """The repository whose top is this very folder, or whose git directory it is; see :func:`discover`."""
    if os.path.lexists(folder / ".git"):
        return _described(folder, folder, in_use)
    return _described(folder, None, in_use) if looks_like_git_dir(folder) else None


def require_repository(path: Path, purpose: str, in_use: bool = False) -> Repository:
    """The repository that holds ``path``; a UsageError that names what it is needed for if none does."""
    repository = discover(path, in_use)
    if repository is None:
        raise UsageError(f"{path} is in no git repository, and {purpose} needs one: give a path inside one")
    return repository


def looks_like_git_dir(folder: Path) -> bool:
    """The test that git itself makes, on names only; git then has its own say about the content."""
    try:
        if not (folder / "HEAD").is_symlink() and not (folder / "HEAD").is_file():
            return False
        linked = (folder / "commondir").is_file()
        return linked or ((folder / "objects").is_dir() and (folder / "refs").is_dir())
    except PermissionError:
        return False


def _described(folder: Path, top_level: Path | None, in_use: bool) -> Repository:
    found = folder if top_level is None else folder / ".git"
    if not in_use:
        refuse_pipes(folder if top_level is None else named_git_dir(folder))
    # Found by git itself, which then looks at the owner; the ceiling keeps it from walking past a damaged
    # .git to a repository further up, and the working tree from believing core.worktree.
    answer = Git(folder, work_tree=folder).attempt(
        "rev-parse",
        "--absolute-git-dir",
        "--git-common-dir",
        "--is-shallow-repository",
        "--show-object-format",
        "HEAD",
        ceiling=folder.parent,
        suspicion=lambda: "no answer: its configuration may include a pipe or a device",
    )
    lines = answer.output.decode("utf-8", errors="surrogateescape").rstrip("\n").split("\n")
    if len(lines) not in (4, 5):  # a HEAD without commits, or in damaged refs, is refused after the others
        raise _refusal(found, answer)
    git_dir, common_dir = Path(lines[0]), (folder / lines[1]).resolve()
    if lines[3] not in _EMPTY_TREES:
        raise GitError(f"{folder}: objects named by {lines[3]} are not supported: only sha1 and sha256 are")
    repository = Repository(
        git_dir=git_dir,
        common_dir=common_dir,
        top_level=top_level,
        is_shallow=lines[2] == "true",
        object_format=lines[3],
        head=None if lines[4:] in ([], ["HEAD"]) else lines[4],
    )
    if not in_use:
        check_settings(repository)
    return repository


def check_settings(repository: Repository) -> None:
    """A GitError with the mend, where git cannot read the repository's configuration."""
    # Of all commands that are used, this one reads the most settings, and dies at a malformed one. It would
    # die at a damaged index as well, which is no reason to read nothing.
    git = repository.git._replace(index_file=repository.git_dir / "no-such-index")
    settings = git.attempt("diff-tree", "--stdin")
    if settings.code != 0:
        top = repository.top_level
        raise _refusal(repository.git_dir if top is None else top / ".git", settings)


def _refusal(found: Path, answer: Answer) -> GitError:
    why = answer.reason
    mend = ""
    if "Permission denied" in answer.complaints:
        mend = "; let the user who runs the scan read it"
    elif "safe.directory" not in why and "config" in why.replace(str(found), ""):  # of the owner, git says it
        mend = "; correct or remove that line of its configuration"
    return GitError(f"{found} is there, but git refuses it: {why}{mend}")
