"""``leakscan report``: turn a JSON result into any other format later."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.cli.outputs import add_output_options
from leakscan.errors import EXIT_CLEAN, UsageError, unreadable

if TYPE_CHECKING:
    from leakscan.finding import Finding, ScanResult

DESCRIPTION = """\
Reports a scan again, in another format, from the result that 'leakscan scan --format json' wrote.
Nothing is scanned, so this is the cheap way to several reports of a long scan, or to one later.
"""

EPILOG = """\
examples:
  leakscan scan --format json --output leaks.json; leakscan report leaks.json
  leakscan report leaks.json --output html=leaks.html,sarif=leaks.sarif
  leakscan report leaks.json --format markdown

exit codes:
  0  reported, whatever the result says: it was the scan's to fail
  2  wrong usage; a result or an output that cannot be read or written
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "report",
        help="turn a JSON result into another format",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("result", metavar="RESULT", help="a JSON result; - reads it from standard input")
    add_output_options(parser.add_argument_group("how to report it"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Reads the result and writes the reports."""
    from leakscan.report.output import parse_outputs, style_for, write_notice, write_reports
    from leakscan.report.read import has_values, read_result

    outputs = parse_outputs(options.format, options.output)
    name = _name(options.result)
    if options.reveal:
        result = read_result(_content(options.result), name)
        if not has_values(result):
            raise UsageError(
                f"{name} holds no whole secrets: scan again with --reveal, or leave out --reveal here"
            )
    else:
        result = stored_result(options.result)
    write_reports(result, outputs, style_for(sys.stdout, options.reveal), sys.stdout)
    if not result.complete:
        write_notice(result, outputs, style_for(sys.stderr, options.reveal), sys.stderr)
    return EXIT_CLEAN


def stored_result(path: str) -> ScanResult:
    """The result in a file (``-`` is standard input), with all that must not be shown of it.

    Raises UsageError where it cannot be read, or is no JSON result.
    """
    from leakscan.report.read import has_values, read_result

    result = read_result(_content(path), _name(path))
    if result.findings and has_values(result):
        result = result._replace(named=_named(result))
    return result


def _name(path: str) -> str:
    return "standard input" if path == "-" else path


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise unreadable(error) from error


def _named(result: ScanResult) -> tuple[Finding, ...]:
    """Secrets in the texts beside the findings, which a result that shows whole secrets shows too."""
    from leakscan.corridor import scan_text

    gaps = [text for gap in result.incomplete + result.skipped for text in (gap.what, gap.why)]
    paths = [place.path or "" for finding in result.findings for place in finding.locations]
    texts = "\n".join(dict.fromkeys([*result.targets, *gaps, *paths]))
    return tuple(scan_text(texts.encode("utf-8", "surrogatepass")))
