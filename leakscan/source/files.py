"""The one place that opens files of the scanned tree: regular files only, and never through a link.

A scanned tree is untrusted: a symbolic link may point at the reader's own keys, a pipe may block for ever.
"""

from __future__ import annotations

import os
import stat
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

from leakscan.finding import Gap
from leakscan.git.names import shown_path

MAX_BYTES = 512 << 20
_STEP = 1 << 20

# O_NONBLOCK: opening a pipe or device that took the file's place after lstat must not wait.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class FileReader:
    """Reads files below trusted folders, and keeps account of what it did not read."""

    def __init__(self, incomplete: list[Gap], max_bytes: int = MAX_BYTES) -> None:
        self._incomplete, self._max_bytes = incomplete, max_bytes
        self._folders: dict[str, bool] = {}
        self.files = self.links = self.special = 0

    def read(self, root: Path, relative: str, shown: str) -> bytes | None:
        """The bytes of ``root/relative``; None, and an entry in the account, if it is not to be read.

        Of a symbolic link it is the path that it holds, as for git.
        """
        path = os.path.join(root, relative)  # noqa: PTH118 - a Path per file costs more than its read
        try:
            if not self._without_links(root, relative):
                self.links += 1
                return None
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode):
                return self._content(path, shown)
            if stat.S_ISLNK(mode):
                self.links += 1
                return os.fsencode(os.readlink(path))  # noqa: PTH115
            self.special += not stat.S_ISDIR(mode)
        except (FileNotFoundError, NotADirectoryError):
            pass  # deleted in the working tree, or while we read it
        except OSError as error:
            self._incomplete.append(Gap(shown, f"unreadable: {error.strerror}"))
        return None

    def _content(self, path: str, shown: str) -> bytes | None:
        descriptor = os.open(path, _FLAGS)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self.special += 1
                return None
            content = self._bytes(file, status.st_size)
        if content is None:
            self._incomplete.append(too_large(shown, self._max_bytes))
            return None
        self.files += 1
        return content

    def _bytes(self, file: RawIOBase, size: int) -> bytes | None:
        """The whole file; None if it is over the limit."""
        if size > self._max_bytes:
            return None
        content = file.read(size + 1) or b""  # room for the limit would be 512 MB for each file
        if len(content) != size:  # it has grown, is one of /proc, which have no size, or comes in pieces
            content += read_up_to(file, self._max_bytes + 1 - len(content))
        return content if len(content) <= self._max_bytes else None

    def _without_links(self, root: Path, relative: str) -> bool:
        """Whether every folder between root and file is a real one: an index may list ``link/file``."""
        folder, todo = os.path.dirname(relative), list[str]()  # noqa: PTH120
        while folder and f"{root}\0{folder}" not in self._folders:
            todo.append(folder)
            folder = os.path.dirname(folder)  # noqa: PTH120
        known = self._folders[f"{root}\0{folder}"] if folder else True
        for folder in reversed(todo):
            known = known and not stat.S_ISLNK(os.lstat(os.path.join(root, folder)).st_mode)  # noqa: PTH118
            self._folders[f"{root}\0{folder}"] = known
        return known

    def left_out(self) -> list[Gap]:
        """What was passed over on purpose, counted."""
        found = []
        if self.links:
            found.append(
                Gap(
                    _counted(self.links, "symbolic link"),
                    "only their own text is read, never what they point to",
                )
            )
        if self.special:
            found.append(Gap(_counted(self.special, "special file"), "pipes, sockets, devices: never read"))
        return found


def read_up_to(stream: BinaryIO | RawIOBase, most: int) -> bytes:
    """The next ``most`` bytes, or fewer at the end; room is made as they come, because few texts are long."""
    pieces = []
    while most and (piece := stream.read(min(most, _STEP))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def too_large(what: str, max_bytes: int) -> Gap:
    """The gap of something that is over the size limit."""
    return Gap(what, f"larger than {max_bytes} bytes: raise --max-bytes to read it")


def shown_name(relative: str) -> str:
    """A path of the file system as text that is safe to print, with ``/`` between its parts."""
    shown = shown_path(os.fsencode(relative))
    return shown if os.sep == "/" else shown.replace(os.sep, "/")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
