"""What a report format is: a function from a scan's result to text.

A new format is a module here with a ``write`` of this type, and an entry in ``formats.py``. It shows
a finding's secrets, and every text that came from the scanned repository, only through
:class:`leakscan.report.redaction.Redaction`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from leakscan.finding import ScanResult


@dataclass(frozen=True, slots=True)
class Style:
    """How the user wants it shown.

    ``reveal`` prints whole secrets; ``colour`` and ``links`` (clickable places) are for terminals;
    ``width`` is the terminal's, None where nothing limits a line; ``ignored`` shows the findings too that do
    not count.
    """

    reveal: bool = False
    colour: bool = False
    width: int | None = None
    links: bool = False
    ignored: bool = False


Report = Callable[[ScanResult, TextIO, Style], None]
