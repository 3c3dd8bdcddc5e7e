"""Small files in the user's cache folder, read only where nobody else could have written them."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from leakscan.errors import UsageError
from leakscan.files import PRIVATE, is_private, open_private, write_atomically

try:
    from _blake2 import blake2b  # hashlib's, without the OpenSSL that hashlib loads first
except ImportError:
    from hashlib import blake2b

_CRC_BYTES = 4


def named(kind: str, contents: Iterable[bytes]) -> str:
    """A name that changes with any of the contents."""
    digest = blake2b(digest_size=16)
    for content in contents:
        digest.update(len(content).to_bytes(8, "big") + content)
    return f"{kind}-{digest.hexdigest()}"


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


def kept(name: str) -> bytes | None:
    """What :func:`keep` was given; None where there is none, or it is damaged or cannot be trusted."""
    file = opened(name)
    if file is None:
        return None
    with file:
        check, content = file.read(_CRC_BYTES), file.read()
    return content if _check(content) == check else None


def keep(name: str, content: bytes) -> None:
    """Keeps ``content`` for :func:`kept`, as :func:`write` does."""
    write(name, _check(content) + content)


def _check(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CRC_BYTES, "big")
