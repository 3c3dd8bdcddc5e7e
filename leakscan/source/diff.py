"""Unified diffs, such as ``git diff`` and ``git log -p`` write, as the new files that they show.

A secret on several lines is only whole without the signs in front of them, and only a file has a path and
line numbers. https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html has the format.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

_HUNK = re.compile(rb"@@ -\d{1,9}(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_PREFIX = re.compile(rb"[biwco]/")  # git's own; all but b with diff.mnemonicPrefix
_ESCAPED = re.compile(rb'\\([0-7]{3}|["\\abtnvfr])')
_ESCAPES = dict(zip(b'"\\abtnvfr', b'"\\\a\b\t\n\v\f\r', strict=True))
_LAST_LINE = 1_000_000  # files are padded to their hunks' line numbers; what claims more is no diff


def is_diff(content: bytes) -> bool:
    """Whether there is anything to take apart; the answer is cheap also for a log of a gigabyte."""
    return (content.startswith(b"--- ") or b"\n--- " in content) and b"\n@@ -" in content


class Diff:
    """A diff, or several behind each other, to be taken apart by :meth:`files`.

    A line is taken for a hunk's only where the hunk's header announces it. All others stand in ``rest``, at
    their own line numbers; ``removed`` counts those that the new files no longer have.
    """

    def __init__(self, content: bytes) -> None:
        self._lines = io.BytesIO(content)
        self.rest: list[bytes] = []
        self.removed = 0

    def files(self) -> Iterator[tuple[bytes, bytes]]:
        """Each new file's path, and what is known of it: its lines where they stand, the others empty."""
        before = b""
        for line in self._lines:
            self.rest.append(line)
            if line.startswith(b"+++ ") and before.startswith(b"--- ") and (file := self._file()):
                yield _path(line), b"".join(file)
            before = line

    def _file(self) -> list[bytes]:
        """The lines of the hunks up to the first line that is none's."""
        file: list[bytes] = []
        while header := _HUNK.match(line := self._next()):
            old, start, new = (1 if count is None else int(count) for count in header.groups())
            if start + new > _LAST_LINE or (new and start <= len(file)):
                break
            self.rest.append(line)
            file += [b"\n"] * (start - 1 - len(file) if new else 0)
            file += self._hunk(old, new)
        self._back(line)
        return file

    def _hunk(self, old: int, new: int) -> Iterator[bytes]:
        while line := self._next():
            sign = line[:1]
            if sign == b"+" and new:
                new -= 1
                yield line[1:]
            elif sign == b"-" and old:
                old -= 1
                self.removed += 1
            elif sign in b" \r\n" and old and new:  # some programs cut the space of an empty line
                old, new = old - 1, new - 1
                yield line[sign == b" " :]
            elif not line.startswith(b"\\ "):  # "\ No newline at end of file"
                break
            self.rest.append(b"\n")
        self._back(line)

    def _next(self) -> bytes:
        return next(self._lines, b"")

    def _back(self, line: bytes) -> None:
        self._lines.seek(-len(line), io.SEEK_CUR)


def _path(header: bytes) -> bytes:
    """The path in ``+++ b/path``, which may be quoted, or have a date behind a tab."""
    name = header[4:].rstrip(b"\r\n")
    quoted = re.match(rb'"((?:[^"\\]|\\.)*)"', name)
    name = _ESCAPED.sub(_unescaped, quoted[1]) if quoted else name.split(b"\t")[0]
    return name[2:] if _PREFIX.match(name) else name


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8) & 0xFF if len(code) == 3 else _ESCAPES[code[0]]])
