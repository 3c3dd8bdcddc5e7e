"""Files in the user's cache folder, read only where nobody else could have written them.

What an installation brings of them (``_build.py``) lies inside the package. It is trusted exactly as the code
beside it: whoever can write there can change that too.
"""

from __future__ import annotations

import math
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

INSTALLED = Path(__file__).parent.parent / "compiled"
"""What came with the installation; the folder need not be there."""

KEPT = {"rules": 8, "programs": 4, "advice": 4, "settings": 64}
"""How many files of each kind stay, those that were used last: one of compiled rules has 10 MB."""

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
    """Keeps ``content`` for :func:`opened`, and of each kind only the files that were used last.

    A cache that cannot be written is no error, only slow.
    """
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_private(folder.stat()):
            write_atomically(folder / name, content, PRIVATE)
            for path in _superfluous(folder, name):
                with suppress(OSError):  # another process may be doing the same
                    path.unlink()
    except (OSError, UsageError):
        return


def _superfluous(folder: Path, written: str) -> list[Path]:
    """What is there beyond :data:`KEPT`, and what writers left that were killed; nobody else's files.

    The one just ``written`` stays, also where others are said to be younger: clocks go wrong.
    """
    abandoned, kinds = list[Path](), {kind: list[tuple[float, Path]]() for kind in KEPT}
    for path in folder.iterdir():
        kind = _kind(path.name)
        with suppress(OSError):
            if kind:
                date = math.inf if path.name == written else path.lstat().st_mtime
                kinds[kind].append((date, path))
            elif is_temporary(path.name) and time.time() - path.lstat().st_mtime > _ABANDONED:
                abandoned.append(path)
    oldest = [path for kind, dated in kinds.items() for _, path in sorted(dated, reverse=True)[KEPT[kind] :]]
    return abandoned + oldest


def _kind(name: str) -> str:
    """The kind of a file that is called as :func:`named` does; empty for any other."""
    kind, _, digest = name.partition("-")
    is_ours = len(digest) == 2 * _DIGEST_BYTES and set(digest) <= set("0123456789abcdef")
    return kind if is_ours and kind in KEPT else ""


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
