"""Small files in the user's cache folder, read only where nobody else could have written them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs

from leakscan.errors import UsageError
from leakscan.files import write_atomically


def cache_folder() -> Path:
    """``LEAKSCAN_CACHE_DIR``, or the platform's cache folder for leakscan."""
    return Path(os.environ.get("LEAKSCAN_CACHE_DIR") or platformdirs.user_cache_dir("leakscan"))


def read(name: str) -> bytes | None:
    """The cached content, or None where there is none or it cannot be trusted."""
    file = cache_folder() / name
    try:
        if not (_private(file.parent.stat()) and _private(file.lstat())):
            return None
        return file.read_bytes()
    except OSError:
        return None


def write(name: str, content: bytes) -> None:
    """Keeps ``content`` for :func:`read`; a cache that cannot be written is no error, only slow."""
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _private(folder.stat()):
            write_atomically(folder / name, content, mode=0o600)
    except (OSError, UsageError):
        return


def _private(status: os.stat_result) -> bool:
    """Whether only this user can write it (Windows keeps the cache under the user's profile)."""
    if os.name == "nt":
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
