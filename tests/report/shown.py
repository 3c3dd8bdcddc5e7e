"""Reports as text, for the tests of formats."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from leakscan.finding import ScanResult
from leakscan.report.formats import format_named
from leakscan.report.interface import Style

SCHEMAS = Path(__file__).parents[1] / "schemas"

HOSTILE = (
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "`code` | cell | **bold**",
    "@everyone #1 !2",
    "a\n::error::boo",
    "a\r\nb",
    "%0A::stop-commands::x",
    "=cmd|'/c calc'!A1",
    "]]></failure><x/>",
    "{0} {{1}}",
    "\u202egnp.exe",
    "a,b;c\"d'e",
)
"""Texts as a hostile repository may have them for names of files and people, and for subjects."""


def report(name: str, scan: ScanResult, **style: Any) -> str:
    """The report in the format of this name."""
    stream = io.StringIO()
    format_named(name).report()(scan, stream, Style(**style))
    return stream.getvalue()


def json_report(name: str, scan: ScanResult, **style: Any) -> Any:
    return json.loads(report(name, scan, **style))


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))
