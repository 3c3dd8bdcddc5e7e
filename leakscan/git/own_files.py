"""Git's own files, looked at without git: small ones are read, and what git would wait for is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from leakscan.errors import GitError

# Beside git's own files these hold what git opens only when it is told to.
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
    if content.startswith(b"gitdir: "):
        return folder / os.fsdecode(content[8:].rstrip(b"\n"))
    return dot_git


def refuse_pipes(git_dir: Path) -> None:
    """A GitError that names the pipe or device in the place of a file that git may open, if there is one.

    Git opens what is called HEAD or config whatever it is, and waits at a named pipe for ever. The whole
    directory is looked through, with the store that it shares or borrows from.
    """
    start = os.path.realpath(git_dir)
    todo, seen = [start], set[str]()
    while todo:
        folder = todo.pop()
        if folder in seen:  # links may lead in a circle
            continue
        seen.add(folder)
        try:
            todo += _folders_without_pipes(folder)
        except OSError:
            continue  # git says what it cannot read
        if folder == start:
            todo += _named(folder, "commondir", folder)
        elif folder.endswith("info"):
            todo += _named(folder, "alternates", os.path.dirname(folder))  # noqa: PTH120


def _folders_without_pipes(folder: str) -> list[str]:
    """The folders in this one; names and kinds only, because a store has thousands of files."""
    found = []
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.is_file(follow_symlinks=False):
                continue
            if entry.is_dir():
                if entry.name not in _FOREIGN:
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
    return [os.path.realpath(Path(base, os.fsdecode(line))) for line in lines if line[:1] not in (b"", b"#")]
