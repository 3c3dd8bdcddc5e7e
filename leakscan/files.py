"""Writing files so that nobody ever sees half of one, and reading only those that nobody else wrote."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from leakscan.errors import UsageError

PRIVATE = 0o600
ORDINARY = 0o666

_TEMPORARY = ".leakscan-"

_MENDS = {
    errno.ENOENT: "create its folder first, or name another",
    errno.ENOTDIR: "a part of the path is a file: name a folder",
    errno.EISDIR: "it is a folder: name a file in it",
    errno.EACCES: "name a place where you may write",
    errno.EPERM: "name a place where you may write",
    errno.EROFS: "the file system is read-only: name another place",
    errno.ENOSPC: "free some space, or name another place",
    errno.EDQUOT: "free some of your quota, or name another place",
    errno.ENAMETOOLONG: "give a shorter name",
}


def write_atomically(path: Path, content: bytes | list[bytes], mode: int = ORDINARY) -> None:
    """Put ``content`` (in one piece or several) at ``path`` whole or not at all, and say what to do where
    that fails.

    The user's umask applies to ``mode``, as to any new file; a file that was there keeps its
    permissions as far as ``mode`` allows them. A symbolic link is replaced and not followed,
    because it may come from the scanned repository. What is no file (``/dev/null``, a named
    pipe) cannot be replaced, so it is written to.
    """
    pieces = [content] if isinstance(content, bytes) else content
    try:
        before = _permissions(path)
        if before is None or stat.S_ISREG(before) or stat.S_ISLNK(before):
            _replace(path, pieces, mode, before)
        else:
            with path.open("wb") as stream:
                stream.writelines(pieces)
    except OSError as error:
        raise unwritable(path, error) from error


def read_private(path: Path) -> bytes | None:
    """The content of a file of this user's that nobody else can write; None where there is no such file."""
    try:
        stream = open_private(path)
        if stream is None:
            return None
        with stream:
            return stream.read()
    except OSError:
        return None


def open_private(path: Path) -> BinaryIO | None:
    """The same file, open."""
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        stream = os.fdopen(os.open(path, flags), "rb")
    except OSError:
        return None
    status = os.fstat(stream.fileno())
    if stat.S_ISREG(status.st_mode) and is_private(status):
        return stream
    stream.close()
    return None


def is_private(status: os.stat_result) -> bool:
    """Whether only this user can write it (Windows keeps such files under the user's profile)."""
    if os.name == "nt":
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def is_temporary(name: str) -> bool:
    """Whether a file is called as those that :func:`write_atomically` has not yet put in their places."""
    return name.startswith(_TEMPORARY) and name.endswith(".tmp")


def unwritable(path: Path, error: OSError) -> UsageError:
    """The system's error as one that says what can be done about it."""
    what, mend = error.strerror or str(error), _MENDS.get(error.errno or 0)
    return UsageError(f"cannot write {path}: {what}" + (f" ({mend})" if mend else ""))


def _permissions(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _replace(path: Path, pieces: list[bytes], mode: int, before: int | None) -> None:
    import secrets

    temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(descriptor)
        if before is not None and stat.S_ISREG(before):
            temporary.chmod(stat.S_IMODE(before) & mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
