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
_ARMOUR = (b"-----BEGIN ", b"-----END ")
_PADDING = 4 << 20  # empty lines up to a hunk's own, for every diff; more only for a text as long as they are


def is_diff(content: bytes) -> bool:
    """Whether there is anything to take apart; the answer is cheap also for a log of a gigabyte."""
    return (content.startswith(b"--- ") or b"\n--- " in content) and b"\n@@ -" in content


class Diff:
    """A diff, or several behind each other, to be taken apart by :meth:`files`.

    A line is taken for a new file's only where a hunk's header announces it. All others stand in ``rest``,
    those that the diff removes among them, at their own line numbers: no line is in neither.
    """

    def __init__(self, content: bytes) -> None:
        self._lines = io.BytesIO(content)
        self._padding = _PADDING + len(content)
        self.rest = bytearray()

    def files(self) -> Iterator[tuple[bytes, bytes]]:
        """Each new file's path, and what is known of it: its lines where they stand, the others empty."""
        before = b""
        for line in self._lines:
            self.rest += line
            if line.startswith(b"+++ ") and before.startswith(b"--- ") and (file := self._file()):
                yield _path(line), file
            before = line

    def _file(self) -> bytes:
        """The lines of the hunks up to the first line that is none's."""
        pieces: list[bytes] = []
        end = 1  # the line that follows the pieces
        while header := _HUNK.match(line := self._next()):
            old, start, new = (1 if count is None else int(count) for count in header.groups())
            padding = start - end if new else 0
            if not 0 <= padding <= self._padding:
                break
            self._padding -= padding
            self.rest += line
            hunk = list(self._hunk(old, new))
            removes = any(line.startswith(b"-") for line in hunk)
            self.rest += b"".join(_remaining(line, removes) for line in hunk)
            lines = [line[line[:1] in b" +" :] for line in hunk if line[:1] not in b"-\\"]
            pieces += [b"\n" * padding, *lines]
            end += padding + len(lines)
        self._back(line)
        return b"".join(pieces)

    def _hunk(self, old: int, new: int) -> Iterator[bytes]:
        """As many lines as the header announces, with their signs."""
        while line := self._next():
            sign = line[:1]
            if sign == b"+" and new:
                new -= 1
            elif sign == b"-" and old:
                old -= 1
            elif sign in b" \r\n" and old and new:  # some programs cut the space of an empty line
                old, new = old - 1, new - 1
            elif not line.startswith(b"\\ "):  # "\ No newline at end of file"
                break
            yield line
        self._back(line)

    def _next(self) -> bytes:
        return next(self._lines, b"")

    def _back(self, line: bytes) -> None:
        self._lines.seek(-len(line), io.SEEK_CUR)


def _remaining(line: bytes, removes: bool) -> bytes:
    """A hunk's line in the rest: empty if the new file has it, and the hunk ``removes`` nothing beside it.

    The lines between which a key was removed are part of it. Where the text is no diff in truth, a minus is
    no sign: it stays in the dashes of a key's first and last line, where it would be missed.
    """
    if line.startswith(b"-"):
        return line if line.startswith(_ARMOUR) else b" " + line[1:]
    return line if line.startswith(b"\\") or (removes and not line.startswith(b"+")) else b"\n"


def _path(header: bytes) -> bytes:
    """The path in ``+++ b/path``, which may be quoted, or have a date behind a tab."""
    name = header[4:].rstrip(b"\r\n")
    quoted = re.match(rb'"((?:[^"\\]|\\.)*)"', name)
    name = _ESCAPED.sub(_unescaped, quoted[1]) if quoted else name.split(b"\t")[0]
    return name[2:] if _PREFIX.match(name) else name


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8) & 0xFF if len(code) == 3 else _ESCAPES[code[0]]])
