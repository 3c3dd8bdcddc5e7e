"""``leakscan hook``: what a hook runs before each commit, as quick as it can be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

MIN_CONFIDENCE = 0.5

DESCRIPTION = """\
Scans what the next commit would add, and says in a few lines what is wrong with it. It is silent where
nothing is. Only added lines count: a secret that was in the file before is no reason to stop a commit.
"""

EPILOG = """\
examples:
  leakscan hook                        what is staged, as a pre-commit hook does
  leakscan hook --min-confidence 0.8   only what is more certain
  leakscan install-hook                have git run it before each commit

exit codes:
  0  clean: the commit goes on         2  wrong usage, rules or configuration
  1  secrets found                     3  something could not be scanned
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    import argparse

    from leakscan.cli.values import path, probability

    parser = commands.add_parser(
        "hook",
        help="scan what is staged, as a pre-commit hook",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rules",
        type=path,
        action="append",
        default=[],
        metavar="FILE|DIR",
        help="rules of your own, added to the built-in ones (docs/rules.md); may be repeated",
    )
    parser.add_argument(
        "--min-confidence",
        type=probability,
        default=MIN_CONFIDENCE,
        metavar="P",
        help="stop at what is at least so likely a real leak, 0 to 1 (default: 0.5)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return scan_staged(options.rules, options.min_confidence)


def scan_staged(rules: Iterable[Path] = (), min_confidence: float = MIN_CONFIDENCE) -> int:
    """Scans what is staged where the process stands, and says what is wrong with it; the exit code."""
    from leakscan.cli.outcome import compiling, exit_code
    from leakscan.corridor import Options, scan_targets

    settings = Options(rules=tuple(rules), staged=True, min_confidence=min_confidence)
    result = scan_targets(["."], settings, wait=compiling)
    if result.findings or not result.complete:
        from leakscan.report.brief import write

        write(result, sys.stdout)
    return exit_code(result)
