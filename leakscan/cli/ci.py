"""``leakscan ci``: scan what a push, merge request or tag brings, wherever the pipeline runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from leakscan.cli.outputs import add_report_options
from leakscan.cli.settings import add_fail_on_option, add_judging_options, settings_of
from leakscan.errors import EXIT_CLEAN, LeakscanError, unreadable

if TYPE_CHECKING:
    from leakscan.ci.commits import NewCommits
    from leakscan.ci.interface import Event
    from leakscan.finding import ScanResult, Severity
    from leakscan.git.repository import Repository
    from leakscan.report.output import Output
    from leakscan.settings.settings import Settings

DESCRIPTION = """\
Scans the commits that are new in a run of a pipeline. It works out by itself where it runs (GitHub
Actions, GitLab CI, Jenkins, Bitbucket Pipelines, Azure Pipelines, CircleCI, Travis CI, Alibaba Cloud Flow,
or plain git) and which commits are new, says so first, and reports as the platform wants it. What could
not be scanned never passes as clean.
"""

EPILOG = """\
examples:
  leakscan ci
  leakscan ci --fail-on high --min-confidence 0.8
  leakscan ci --format terminal,sarif --output sarif=leaks.sarif
  leakscan ci --base origin/release          what was there before, where leakscan cannot know

exit codes:
  0  clean, or only what is less severe than --fail-on       2  wrong usage, rules or configuration
  1  leaks found                                             3  something could not be scanned
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "ci",
        help="scan what a push or merge request brings, in any pipeline",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the clone (default: .)")
    parser.add_argument(
        "--base", metavar="REV", help="the commit that was there before, instead of what the platform says"
    )
    judge = parser.add_argument_group("what to report")
    add_judging_options(judge)
    add_fail_on_option(judge)
    add_report_options(parser.add_argument_group("how to report it"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scans what is new, reports it, and decides the exit code."""
    from leakscan.report.output import parse_outputs

    outputs = parse_outputs(options.format, options.output)
    chosen = settings_of(options, [options.path], None)
    event: Event | None = None
    try:
        event, new, _ = _worked_out(options)
        _say(event, new, _log(outputs))
        if event.kind == "deletion":
            return EXIT_CLEAN
        result = _scan(options.path, chosen, new)
    except (LeakscanError, OSError) as error:
        failure = unreadable(error) if isinstance(error, OSError) else error
        _tell_failure(failure)
        raise failure from error
    return _report(result, outputs, chosen["fail_on"])


def _worked_out(options: argparse.Namespace) -> tuple[Event, NewCommits | None, Repository]:
    from leakscan.ci.commits import new_commits
    from leakscan.ci.platforms import detect_event
    from leakscan.git.repository import require_repository

    repository = require_repository(Path(options.path), "'leakscan ci'")
    event = detect_event(os.environ)
    if options.base and options.base.strip("0"):  # empty or zeros: nothing was there
        event = replace(event, bases=(options.base,), needs_base=True)
    return event, None if event.kind == "deletion" else new_commits(repository, event), repository


def _say(event: Event, new: NewCommits | None, log: TextIO) -> None:
    """The first lines: where this runs, what is scanned, and why that."""
    from leakscan.cli.failure import told
    from leakscan.report.words import counted

    about = f" {event.ref}" if event.ref else ""
    lines = [f"leakscan ci: {event.platform}, {event.kind}{about}"]
    if new is None:
        lines.append("nothing is new: a branch or tag was deleted")
    else:
        start = new.base.commit[:10] if new.base.commit else "the beginning"
        lines.append(f"range: {start}..{new.head[:10]}, {counted(len(new.commits), 'new commit')}")
        lines.append(f"why: {new.base.why}")
    print("\n".join(map(told, lines)), file=log, flush=True)


def _scan(path: str, chosen: Settings, new: NewCommits | None) -> ScanResult:
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    settings = Options(
        rules=chosen["rules"],
        commits=new.commits if new else (),
        min_confidence=chosen["min_confidence"],
    )
    with Progress() as progress:
        return scan_targets([path], settings, progress)


def _report(result: ScanResult, outputs: Sequence[Output], fail_on: Severity) -> int:
    from leakscan.ci.platforms import detect_event
    from leakscan.ci.reports import write_platform_reports
    from leakscan.cli.outcome import exit_code
    from leakscan.report.output import style_for, write_notice, write_reports

    write_reports(result, outputs, style_for(sys.stdout), sys.stdout)
    write_notice(result, outputs, style_for(sys.stderr), sys.stderr)
    platform = detect_event(os.environ).platform
    write_platform_reports(result, platform, outputs, os.environ, _log(outputs))
    return exit_code(result, allow_incomplete=False, fail_on=fail_on)


def _tell_failure(error: LeakscanError) -> None:
    """The error where the platform shows it; the line on standard error comes on top."""
    from leakscan.ci.reports import write_failure
    from leakscan.cli.failure import told

    write_failure(told(str(error)), os.environ, sys.stderr)


def _log(outputs: Sequence[Output]) -> TextIO:
    """Standard output, unless a report that programs read is there."""
    shown = {output.format.name for output in outputs if output.path is None}
    return sys.stderr if shown - {"terminal", "github"} else sys.stdout
