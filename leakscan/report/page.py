"""How the terminal report lies on the page: badges, labels in a column, texts folded beside them.

Rich's own tables and markup are left alone: a table cuts what does not fit, and scanned text may
look like markup. Only the sixteen colours that every terminal has are used.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from leakscan.report.interface import Style

COLUMN = 11
_READABLE = 100
_NARROWEST = 40
_TO_ASCII = str.maketrans(
    {"…": "...", "−": "-", "·": "-", "✓": "OK", "—": "-", "’": "'", "“": '"', "”": '"', "→": "->"}
)


class Page:
    """Collects lines of styled text, and gives them to a stream at the end."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.width = max(_NARROWEST, style.width or _READABLE)
        self.room = min(self.width, _READABLE) - COLUMN
        """What a text beside the margin may take without being folded."""
        self._buffer = io.StringIO()
        self._console = Console(
            file=self._buffer,
            force_terminal=style.colour,
            color_system="standard" if style.colour else None,
            legacy_windows=False,
            width=self.width,
            highlight=False,
            markup=False,
            emoji=False,
            _environ={},
        )

    def gap(self) -> None:
        self._buffer.write("\n")

    def line(self, text: Text | str, style: str = "") -> None:
        """One line, whole: a pipe can search it, a terminal breaks it by itself."""
        whole = Text(text, style) if isinstance(text, str) else text
        whole.rstrip()
        self._console.print(whole, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)

    def badge(self, word: str, style: str, title: Text) -> None:
        """A coloured word in the margin, and what it is said of."""
        mark = Text(f" {word} " if self.style.colour else word, style)
        margin = Text(" " * max(1, COLUMN - mark.cell_len))
        self._beside(Text.assemble(mark, margin), COLUMN, title, min(self.width, _READABLE))

    def row(self, label: str, *texts: Text) -> None:
        """A label in the margin, and texts beside it, folded between words."""
        for text in texts:
            self._beside(self._label(label), COLUMN, text, min(self.width, _READABLE))
            label = ""

    def place(self, label: str, text: Text) -> None:
        """Like :meth:`row` for paths: whole in a pipe, and folded behind a ``/`` where the terminal ends."""
        margin = self._label(label)
        lines = [text] if self.style.width is None else _path_lines(text, self.width - COLUMN)
        for line in lines:
            self.line(Text.assemble(margin, line))
            margin = Text(" " * COLUMN)

    def single(self, label: str, text: Text) -> None:
        """Like :meth:`row`, but cut where the line ends."""
        text.truncate(self.room, overflow="ellipsis")
        self.line(Text.assemble(self._label(label), text))

    def flow(self, label: str, texts: Iterable[Text]) -> None:
        """Short texts side by side, as many as fit on a line, none of them broken."""
        line = Text()
        for text in texts:
            if line and line.cell_len + 3 + text.cell_len > self.room:
                self.row(label, line)
                label, line = "", Text()
            line = Text.assemble(line, "   ", text) if line else text
        if line:
            self.row(label, line)

    def item(self, mark: str | Text, text: Text, indent: int) -> None:
        """A step of a list: its mark, and the text folded beside it."""
        width = indent + len(mark) + 1
        margin = Text.assemble(" " * indent, mark, " ")
        self._beside(margin, width, text, min(self.width, _READABLE))

    def give(self, stream: TextIO) -> None:
        """Write the page, in simpler characters where the stream cannot hold these."""
        text = self._buffer.getvalue()
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_TO_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        stream.write(text)

    def _label(self, label: str) -> Text:
        return Text(f"  {label}".ljust(COLUMN), "dim" if label else "")

    def _beside(self, margin: Text, column: int, text: Text, width: int) -> None:
        for line in text.wrap(self._console, max(_NARROWEST - COLUMN, width - column), overflow="fold"):
            self.line(Text.assemble(margin, line))
            margin = Text(" " * column)


def _path_lines(text: Text, room: int) -> Iterable[Text]:
    """The text in lines of at most ``room`` cells, broken behind a slash or space if there is one."""
    breaks, start, cells, behind = [], 0, 0, 0
    for at, character in enumerate(text.plain):
        cells += cell_len(character)
        if cells > room:
            start = behind if behind > start else at
            breaks.append(start)
            cells = cell_len(text.plain[start : at + 1])
        if character in "/ ":
            behind = at + 1
    return text.divide(breaks)
