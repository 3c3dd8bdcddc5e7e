"""Files in the user's cache folder, read only where nobody else could have written them.

What an installation brings of them (``_build.py``) lies inside the package. It is trusted exactly as the code
beside it: whoever can write there can change that too.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from leakscan.errors import UsageError
from leakscan.files import PRIVATE, is_private, is_temporary, open_private, write_atomically

try:
    from _blake2 import blake2b  # hashlib's, without the OpenSSL that hashlib loads first
except ImportError:
    from hashlib import blake2b

INSTALLED = Path(__file__).resolve().parent.parent / "compiled"
"""What came with the installation; the folder need not be there."""

KEPT = {"rules": 8, "settings": 64}
"""How many files of a kind stay, those that were used last: a file for compiled rules has 10 MB."""

_KEPT_OF_OTHERS = 4
_ABANDONED = 24 * 60 * 60  # seconds; what takes longer to write has no writer any more
_CRC_BYTES, _DIGEST_BYTES = 4, 16


def named(kind: str, contents: Iterable[bytes]) -> str:
    """A name that changes with any of the contents."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
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
    """The user's cached file, or else that of the installation; None where neither is there to be trusted."""
    path = cache_folder() / name
    try:
        file = open_private(path) if is_private(path.parent.stat()) else None
        if file is not None:
            with suppress(OSError):
                os.utime(path)  # so that it is none of the oldest
            return file
    except OSError:
        pass
    try:
        return (INSTALLED / name).open("rb")
    except OSError:
        return None


def write(name: str, content: bytes) -> None:
    """Keeps ``content`` for :func:`opened`, and of its kind only the files that were used last.

    A cache that cannot be written is no error, only slow.
    """
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_private(folder.stat()):
            write_atomically(folder / name, content, PRIVATE)
            _remove_oldest(folder, name.partition("-")[0])
    except (OSError, UsageError):
        return


def _remove_oldest(folder: Path, kind: str) -> None:
    """Removes what is there beyond :data:`KEPT`, and what writers left that were killed; nothing else.

    Other processes may do the same meanwhile; who has a file open goes on reading it.
    """
    ours, abandoned = list[tuple[float, Path]](), list[Path]()
    for path in folder.iterdir():
        with suppress(OSError):
            if _is_named(path.name, kind):
                ours.append((path.lstat().st_mtime, path))
            elif is_temporary(path.name) and time.time() - path.lstat().st_mtime > _ABANDONED:
                abandoned.append(path)
    ours.sort(reverse=True)
    for path in [*abandoned, *(path for _, path in ours[KEPT.get(kind, _KEPT_OF_OTHERS) :])]:
        with suppress(OSError):
            path.unlink()


def _is_named(name: str, kind: str) -> bool:
    """Whether a file is called as :func:`named` does."""
    start, _, digest = name.partition("-")
    return start == kind and len(digest) == 2 * _DIGEST_BYTES and set(digest) <= set("0123456789abcdef")


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
