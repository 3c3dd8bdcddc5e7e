"""``leakscan explain``: why a finding is one."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from leakscan.cli.settings import (
    add_ignoring_options,
    add_judging_options,
    add_source_options,
    known_findings,
    root_of,
    settings_of,
    suppression_of,
    told,
    whole_here,
)
from leakscan.cli.values import path
from leakscan.errors import EXIT_CLEAN, UsageError, unreadable

if TYPE_CHECKING:
    from leakscan.finding import Finding, ScanResult

DESCRIPTION = """\
Shows what spoke for a finding and against it, with the weight of each feature, and how they come to its
confidence. Secrets are shown redacted. The ID is the one that reports show; its beginning is enough
where no other finding's begins so. Without --report, PATH is scanned again.
"""

EPILOG = """\
examples:
  leakscan explain 5f0c2a91                            scans the current folder again, and explains it
  leakscan explain 5f0c2a91 ~/src/app --no-history     the same of another folder, files only
  leakscan explain 5f0c2a91 --report leaks.json        from what 'leakscan scan --output leaks.json' wrote

exit codes:
  0  explained
  2  wrong usage; no finding, or several, with this ID; a result that cannot be read
"""

_MOST_LISTED = 5


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="why a finding is one: what spoke for it and against it",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar="ID", help="the finding's id, or how it begins")
    parser.add_argument("path", nargs="?", metavar="PATH", help="what to scan for it (default: .)")
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="take it from this JSON result (- is standard input): nothing is scanned",
    )
    parser.add_argument("--no-history", action="store_true", help="scan only the working tree and the index")
    parser.add_argument("--include-ignored", action="store_true", help="also files that .gitignore names")
    add_judging_options(parser.add_argument_group("what to find"))
    ignore = parser.add_argument_group("what does not count")
    ignore.add_argument(
        "--baseline", type=path, metavar="FILE", help="the baseline of that scan: ids depend on it"
    )
    add_ignoring_options(ignore)
    add_source_options(ignore)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Finds the finding, and explains it. Raises UsageError where none or several have such an id."""
    from leakscan.cli.report import stored_result
    from leakscan.report.explain import write_explanation
    from leakscan.report.output import style_for

    start = _beginning(options.id)
    if options.report is None:
        result = _scanned(options)
    elif options.path is None:
        result = stored_result(options.report)
    else:
        raise UsageError("--report tells what to explain without a scan: leave out --report or PATH")
    finding = _named(start, result, options.report)
    write_explanation(finding, result, sys.stdout, style_for(sys.stdout))
    return EXIT_CLEAN


def _beginning(given: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{1,32}", given):
        raise UsageError(
            f"'{given}' is no id of a finding: it has 32 hexadecimal digits, and the first ones are enough"
        )
    return given.lower()


def _scanned(options: argparse.Namespace) -> ScanResult:
    from leakscan.cli.outcome import compiling
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    try:
        target = options.path or whole_here()
        root = root_of(target)
        settings = settings_of(options, [target], root)
        chosen = Options(
            rules=settings["rules"],
            history=not options.no_history,
            include_ignored=options.include_ignored,
            min_confidence=settings["min_confidence"],
            **suppression_of(settings, known_findings(settings), root),
        )
        with Progress() as progress:
            return told(scan_targets([target], chosen, progress, compiling), settings)
    except OSError as error:
        raise unreadable(error) from error


def _named(start: str, result: ScanResult, report: str | None) -> Finding:
    found = [finding for finding in result.findings if finding.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} findings have ids that begin so, give more of one: {_listed(found)}")
    number = len(result.findings)
    hint = (
        "leave out --report to scan again"
        if report is not None
        else "give the scan's own --baseline, --rules and --min-confidence, or its JSON result with --report"
    )
    gaps = "" if result.complete else ", but not everything could be read"
    raise UsageError(f"none of {number:,} findings has an id that begins with {start}{gaps} ({hint})")


def _listed(findings: Sequence[Finding]) -> str:
    from leakscan.report.order import ordered

    names = [f"{finding.id} ({finding.rule})" for finding in ordered(findings)[:_MOST_LISTED]]
    more = len(findings) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
