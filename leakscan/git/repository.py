"""Which repository a path belongs to, if any, and what kind it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from leakscan.errors import GitError, UsageError
from leakscan.git.plumbing import Answer, Git

# The name of the tree without entries, which git knows without having stored it.
_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository as git sees it.

    ``git_dir`` is this working tree's own directory, ``common_dir`` the one that all linked working trees
    share (the same, where there are none). ``top_level`` is None without a working tree: bare, or the
    target is the git directory itself. ``head`` is None while HEAD has no commit yet.
    """

    git_dir: Path
    common_dir: Path
    top_level: Path | None
    is_bare: bool
    is_shallow: bool
    is_partial: bool
    object_format: str
    head: str | None
    index_file: Path | None = None

    @property
    def git(self) -> Git:
        """Git, bound to this repository whatever its configuration says about bare and worktree."""
        return Git(self.top_level or self.git_dir, self.git_dir, self.top_level, self.index_file)

    def with_index(self, index_file: Path | None) -> Repository:
        """This repository with another index than its own; None changes nothing."""
        return replace(self, index_file=index_file)

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


def discover(path: Path) -> Repository | None:
    """The repository that holds ``path`` (a folder or file), or None if no repository does.

    What looks like a repository but is refused by git (damaged, owned by another user) is a GitError with
    git's reason: to call it a plain folder would quietly leave its history out.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    start = path.resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists() or (folder / ".git").is_symlink():
            return _described(folder, top_level=folder)
        if looks_like_git_dir(folder):
            return _described(folder, top_level=None)
    return None


def require_repository(path: Path, purpose: str) -> Repository:
    """The repository that holds ``path``; a UsageError that names what it is needed for if none does."""
    repository = discover(path)
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


def _described(folder: Path, top_level: Path | None) -> Repository:
    # The ceiling keeps git from walking past a damaged .git to a repository further up.
    git = Git(folder)
    answer = git.attempt(
        "rev-parse",
        "--absolute-git-dir",
        "--git-common-dir",
        "--is-shallow-repository",
        "--show-object-format",
        ceiling=folder.parent,
    )
    lines = answer.output.decode("utf-8", errors="surrogateescape").rstrip("\n").split("\n")
    if answer.code != 0 or len(lines) != 4:
        raise _refusal(folder, top_level, answer)
    git_dir, common_dir = Path(lines[0]), (folder / lines[1]).resolve()
    if lines[3] not in _EMPTY_TREES:
        raise GitError(f"{folder}: objects named by {lines[3]} are not supported: only sha1 and sha256 are")
    bound = Git(top_level or git_dir, git_dir, top_level)
    return Repository(
        git_dir=git_dir,
        common_dir=common_dir,
        top_level=top_level,
        is_bare=top_level is None,
        is_shallow=lines[2] == "true",
        is_partial=_is_partial(bound, common_dir),
        object_format=lines[3],
        head=_head(bound),
    )


def _refusal(folder: Path, top_level: Path | None, answer: Answer) -> GitError:
    found = folder if top_level is None else folder / ".git"
    return GitError(f"{found} is there, but git refuses it: {answer.reason}")


def _head(git: Git) -> str | None:
    answer = git.attempt("rev-parse", "--verify", "--quiet", "HEAD")
    return answer.output.decode("ascii").strip() if answer.code == 0 else None


def _is_partial(git: Git, common_dir: Path) -> bool:
    """Whether objects may be absent on purpose: a promisor remote, or a pack that came from one."""
    wanted = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    if git.attempt("config", "--get-regexp", wanted).code == 0:
        return True
    return any((common_dir / "objects" / "pack").glob("*.promisor"))
