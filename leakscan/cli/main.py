"""The ``leakscan`` command: finds the subcommand, and turns errors into one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from leakscan.cli.failure import Complaints, failed
from leakscan.errors import EXIT_USAGE, LeakscanError, UsageError, unreadable

if TYPE_CHECKING:
    import argparse

COMMANDS = (
    "scan",
    "hook",
    "install-hook",
    "ci",
    "report",
    "explain",
    "baseline",
    "triage",
    "purge-plan",
    "config",
    "rules",
    "completion",
)
"""Each has a module of its own, which is imported when it is named: the others would cost a hook time."""

DESCRIPTION = """\
Finds leaked credentials in git history, working trees, files and pipes; says how sure it is
and why, and what to do about each one.
"""

EPILOG = """\
examples:
  leakscan scan                       this repository: working tree, index and full history
  leakscan scan --staged              only what the next commit would add
  leakscan scan --range main..HEAD    only what these commits add
  leakscan scan --no-history DIR      only the files of a folder
  kubectl logs app | leakscan scan -  whatever comes through a pipe
  leakscan ci                         what a push or merge request brings, in any pipeline
  leakscan report leaks.json          the result of a scan again, in any format
  leakscan explain 5f0c2a91           what spoke for a finding, and against it
  leakscan baseline create            note what is known, so that only what is new counts
  leakscan purge-plan                 how to take leaks out of the history, once they are rotated
  leakscan rules list                 what it looks for

exit codes:
  0  clean            2  wrong usage, rules or configuration
  1  leaks found      3  nothing found, but something could not be scanned

'leakscan COMMAND --help' has the options of a command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit code."""
    if sys.stderr is None:  # closed: what is said there goes nowhere, and never into a report
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - it stays open as long as the program
    if not isinstance(sys.stderr, Complaints):
        sys.stderr = Complaints(sys.stderr)
    gc.set_threshold(100_000, 50, 100)  # hardly anything that a scan makes is cyclic
    try:
        if sys.stdout is None:
            raise UsageError("standard output is closed: open it, or send it to /dev/null")
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except LeakscanError as error:
        return failed(error)
    except OSError as error:
        if error.filename is not None:  # an output that is open already has no name
            return failed(unreadable(error))
        if not isinstance(error, BrokenPipeError):  # whose reader, such as `head`, has had enough
            failed(LeakscanError(f"{error.strerror or error}: the report is not whole"))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush at exit
        return EXIT_USAGE
    return code


def _run(arguments: list[str]) -> int:
    if arguments == ["hook"]:  # as git runs it: nothing is there to parse, and a tenth of the time to save
        from leakscan.cli.hook import scan_staged

        return scan_staged()
    options = parser_of(arguments[0] if arguments else "").parse_args(arguments)
    return int(options.run(options))


def parser_of(named: str) -> argparse.ArgumentParser:
    """The parser of the command that is named first; of all of them, where none is (such as for --help)."""
    import argparse
    import importlib

    from leakscan.cli.parser import Parser, Version

    parser: argparse.ArgumentParser = Parser(
        prog="leakscan",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version, and what is compiled")
    commands = parser.add_subparsers(prog=parser.prog, title="commands", metavar="COMMAND", required=True)
    for name in [named] if named in COMMANDS else COMMANDS:
        importlib.import_module(f"leakscan.cli.{name.replace('-', '_')}").add_command(commands)
    return parser
