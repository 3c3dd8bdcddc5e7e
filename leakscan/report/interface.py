"""What a report format is: a function from a scan's result to text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from leakscan.finding import ScanResult


@dataclass(frozen=True, slots=True)
class Style:
    """How the user wants it shown. ``reveal`` prints whole secrets; ``colour`` is for terminals."""

    reveal: bool = False
    colour: bool = False
    width: int | None = None


Report = Callable[[ScanResult, TextIO, Style], None]
