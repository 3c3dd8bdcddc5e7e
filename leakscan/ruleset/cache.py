"""Small files in the user's cache folder, read only where nobody else could have written them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from leakscan.errors import UsageError
from leakscan.files import PRIVATE, is_private, open_private, write_atomically


def cache_folder() -> Path:
    """``LEAKSCAN_CACHE_DIR``, or the platform's cache folder for leakscan."""
    given = os.environ.get("LEAKSCAN_CACHE_DIR")
    if given:
        return Path(given)
    if sys.platform == "linux":  # as platformdirs, which a hook would wait for ten times as long
        base = os.environ.get("XDG_CACHE_HOME", "")
        return Path(base if base.strip() else "~/.cache").expanduser() / "leakscan"
    import platformdirs

    return Path(platformdirs.user_cache_dir("leakscan"))


def opened(name: str) -> BinaryIO | None:
    """The cached file, or None where there is none or it cannot be trusted."""
    file = cache_folder() / name
    try:
        return open_private(file) if is_private(file.parent.stat()) else None
    except OSError:
        return None


def write(name: str, content: bytes) -> None:
    """Keeps ``content`` for :func:`opened`; a cache that cannot be written is no error, only slow."""
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_private(folder.stat()):
            write_atomically(folder / name, content, PRIVATE)
    except (OSError, UsageError):
        return
