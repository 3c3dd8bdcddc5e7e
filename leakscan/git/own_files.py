"""Git's own files, looked at without git: small ones are read, and what git would wait for is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from leakscan.errors import GitError

# At the top of a git directory these hold what git opens only when it is told to.
_FOREIGN = frozenset(("modules", "lfs", "hooks"))


def small_file(path: Path, most: int = 4096) -> bytes:
    """A file of git's own; nothing if it is none, a link, or larger than git would write it."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > most:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def named_git_dir(folder: Path) -> Path:
    """The git directory of a working tree: ``.git`` itself, or what it names if it is a file."""
    dot_git = folder / ".git"
    content = small_file(dot_git)
    return folder / named_path(content[8:]) if content.startswith(b"gitdir: ") else dot_git


def named_path(line: bytes) -> str:
    """The path that a line of one of git's files holds; as for git, it ends at a NUL."""
    return os.fsdecode(line.partition(b"\0")[0].rstrip(b"\r\n"))


def refuse_pipes(git_dir: Path) -> None:
    """A GitError that names the pipe or device in the place of a file that git may open, if there is one.

    Git opens what is called HEAD or config whatever it is, and waits at a named pipe for ever. The whole
    directory is looked through, with the store that it shares or borrows from.
    """
    start = os.path.realpath(git_dir)
    tops = [start, *_named(start, "commondir", start)]
    todo, seen = list(tops), set[str]()
    while todo:
        folder = todo.pop()
        if folder in seen:  # links may lead in a circle
            continue
        seen.add(folder)
        try:
            todo += _folders_without_pipes(folder, _FOREIGN if folder in tops else frozenset())
        except OSError:
            continue  # git says what it cannot read
        if folder.endswith("info"):
            todo += _named(folder, "alternates", os.path.dirname(folder))  # noqa: PTH120


def _folders_without_pipes(folder: str, foreign: frozenset[str]) -> list[str]:
    """The folders in this one but for these; names and kinds only, because a store has thousands of files."""
    found = []
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.is_file(follow_symlinks=False):
                continue
            if entry.is_dir():
                if entry.name not in foreign:
                    found.append(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)
            elif not entry.is_symlink() or _is_special(entry):
                raise GitError(
                    f"{entry.path} is a pipe, socket or device, and git would wait for it for ever: remove it"
                )
    return found


def _is_special(link: os.DirEntry[str]) -> bool:
    try:
        return not stat.S_ISREG(link.stat().st_mode)
    except OSError:
        return False  # it points nowhere


def _named(folder: str, file: str, base: str) -> list[str]:
    """The folders that the lines of a file name, relative to ``base``."""
    lines = small_file(Path(folder, file), most=1 << 16).splitlines()
    return [os.path.realpath(Path(base, named_path(line))) for line in lines if line[:1] not in (b"", b"#")]
