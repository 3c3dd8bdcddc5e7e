"""Where reports go: standard output or files, in one format or several."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from leakscan.errors import UsageError
from leakscan.files import ORDINARY, PRIVATE, unwritable, write_atomically
from leakscan.finding import ScanResult
from leakscan.report.formats import FORMATS, Format, format_named
from leakscan.report.interface import Style

_NAMED = re.compile(r"([a-z][a-z0-9-]*)=")


@dataclass(frozen=True, slots=True)
class Output:
    """One report: its format, and its file (None is standard output)."""

    format: Format
    path: Path | None


def parse_outputs(format: str | None, outputs: Sequence[str]) -> tuple[Output, ...]:
    """What ``--format`` and ``--output`` ask for, checked before the scan and not after it.

    A format that no output names goes to standard output.

    >>> [(o.format.name, o.path and str(o.path)) for o in parse_outputs("terminal,json", ["json=a.json"])]
    [('terminal', None), ('json', 'a.json')]
    """
    formats = [] if format is None else [format_named(name.strip()).name for name in format.split(",")]
    written = [_output(item, formats) for given in outputs for item in _split(given)]
    named = dict.fromkeys(formats or ([] if written else ["terminal"]))
    left = named.keys() - {output.format.name for output in written}
    chosen = (*(Output(format_named(name), None) for name in named if name in left), *written)
    if sum(output.path is None for output in chosen) > 1:
        raise UsageError(
            "two reports cannot share standard output: give one of them a file, as --output FORMAT=FILE"
        )
    files = [output.path.absolute() for output in chosen if output.path is not None]
    for path in files:
        _check(path)
        if files.count(path) > 1:
            raise UsageError(f"two reports cannot share {path}: give each its own file")
    return chosen


def write_reports(result: ScanResult, outputs: Iterable[Output], style: Style, stdout: TextIO) -> None:
    """Write each report; a file appears whole or not at all.

    Revealed secrets go into files that only the user can read.
    """
    for output in outputs:
        report = output.format.report()
        if output.path is None:
            report(result, stdout, style)
        else:
            text = io.StringIO()
            report(result, text, replace(style, colour=False, links=False, width=None))
            content = text.getvalue().encode("utf-8", "backslashreplace")
            write_atomically(output.path, content, PRIVATE if style.reveal else ORDINARY)


def write_notice(result: ScanResult, outputs: Iterable[Output], style: Style, stderr: TextIO) -> None:
    """What a person has to know where the reports went elsewhere: how the scan ended, and what it missed.

    Nothing where the terminal report is on standard output, or a complete report in another format.
    """
    shown = [output.format.name for output in outputs if output.path is None]
    if "terminal" not in shown and (not shown or not result.complete):
        from leakscan.report.terminal import write_summary

        write_summary(result, stderr, style)


def style_for(stream: TextIO, reveal: bool = False, environ: Mapping[str, str] = os.environ) -> Style:
    """Colour, links and folded lines on a terminal; none of them in a pipe, a file or a dumb terminal.

    ``NO_COLOR`` switches colour off and ``FORCE_COLOR`` on, as https://no-color.org and
    https://force-color.org have it.
    """
    terminal = stream.isatty()
    colour = terminal and environ.get("TERM") != "dumb" and _obeys_escapes()
    if environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        colour = True
    if environ.get("NO_COLOR"):
        colour = False
    width = shutil.get_terminal_size().columns if terminal else None
    return Style(reveal=reveal, colour=colour, width=width, links=colour and terminal)


def _obeys_escapes() -> bool:
    if sys.platform != "win32":
        return True
    from rich.console import detect_legacy_windows

    return not detect_legacy_windows()


def _split(given: str) -> list[str]:
    """``sarif=a.sarif,html=b.html`` in two; the name of a single file may have commas."""
    if not _NAMED.match(given):
        return [given]
    items = given.split(",")
    for item in items:
        if not _NAMED.match(item):
            raise _unsaid(item, "FORMAT")
    return items


def _output(item: str, formats: Sequence[str]) -> Output:
    """The output that an item names; without a format of its own it has the one of ``--format``."""
    named = _NAMED.match(item)
    if named and named[1] not in FORMATS:
        raise UsageError(
            f"there is no report format {named[1]!r} (known: {', '.join(FORMATS)}; "
            f"for a file of that name, write ./{item})"
        )
    file = item[named.end() :] if named else item
    if not file:
        raise UsageError(f"--output {item!r} names no file (use - for standard output)")
    if not named and len(formats) > 1:
        raise _unsaid(item, formats[0])
    name = named[1] if named else formats[0] if formats else _by_suffix(file)
    return Output(format_named(name), None if file == "-" else Path(file))


def _unsaid(item: str, format: str) -> UsageError:
    return UsageError(f"--output does not say in which format {item!r} is to be: write {format}={item}")


def _by_suffix(file: str) -> str:
    suffix = Path(file).suffix.lower()
    return next((name for name, format in FORMATS.items() if suffix in format.suffixes), "terminal")


def _check(path: Path) -> None:
    try:
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
    except OSError as error:
        raise unwritable(path, error) from error
    if is_folder:
        raise UsageError(f"cannot write {path}: it is a folder (name a file in it)")
    if not has_folder:
        raise UsageError(f"cannot write {path}: there is no folder {path.parent} (create it first)")
