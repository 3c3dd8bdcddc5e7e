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
from leakscan.cli.settings import (
    add_baseline_option,
    add_config_option,
    add_fail_on_option,
    add_ignoring_options,
    add_judging_options,
    add_known_anywhere_option,
)
from leakscan.errors import EXIT_CLEAN, LeakscanError, unreadable
from leakscan.finding import Gap

if TYPE_CHECKING:
    from leakscan.ci.commits import NewCommits
    from leakscan.ci.interface import Event
    from leakscan.finding import Finding, ScanResult, Severity
    from leakscan.git.repository import Repository
    from leakscan.report.output import Output

DESCRIPTION = """\
Scans the commits that are new in a run of a pipeline. It works out by itself where it runs (GitHub
Actions, GitLab CI, Jenkins, Bitbucket Pipelines, Azure Pipelines, CircleCI, Travis CI, Alibaba Cloud Flow,
or plain git) and which commits are new, says so first, and reports as the platform wants it. What could
not be scanned never passes as clean. The repository's own settings and baseline count as the commit has them
that was there before (the base), and what the new commits change in them is shown.
"""

_MOST_CHANGES = 20

EPILOG = """\
examples:
  leakscan ci                                what is new, on any platform
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
        "--base",
        metavar="REV",
        help="the commit or branch that was there before, where the platform does not say it, or wrongly",
    )
    judge = parser.add_argument_group("what to report")
    add_judging_options(judge)
    add_fail_on_option(judge)
    ignore = parser.add_argument_group("what does not count")
    add_baseline_option(ignore, "leakscan-baseline.json of the base, if it has one")
    add_known_anywhere_option(ignore)
    add_ignoring_options(ignore)
    add_config_option(ignore)
    add_report_options(parser.add_argument_group("how to report it"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scans what is new, reports it, and decides the exit code."""
    from leakscan.report.output import parse_outputs

    outputs = parse_outputs(options.format, options.output)
    log = _log(outputs)
    try:
        event, new, repository = _worked_out(options)
        _say(event, new, log)
        if new is None:
            return EXIT_CLEAN
        result, fail_on = _scan(options, new, repository, log)
    except (LeakscanError, OSError) as error:
        failure = unreadable(error) if isinstance(error, OSError) else error
        _tell_failure(failure)
        raise failure from error
    return _report(result, outputs, fail_on)


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
    from leakscan.report.words import counted

    about = f" {event.ref}" if event.ref else ""
    lines = [f"leakscan ci: {event.platform}, {event.called}{about}"]
    if new is None:
        lines.append("nothing is new: a branch or tag was deleted")
    else:
        start = new.base.commit[:10] if new.base.commit else "the beginning"
        tagged = " and the tag's message" if new.tags else ""
        lines.append(f"range: {start}..{new.head[:10]}, {counted(len(new.commits), 'new commit')}{tagged}")
        lines.append(f"why: {new.base.why}")
    _print(lines, log)


def _scan(
    options: argparse.Namespace, new: NewCommits, repository: Repository, log: TextIO
) -> tuple[ScanResult, Severity]:
    """The result, and which severity fails, both as what was there before would have it."""
    from leakscan.ci.own import own_at
    from leakscan.cli.outcome import compiling
    from leakscan.cli.progress import Progress
    from leakscan.cli.settings import known_findings, settings_of, suppression_of, told
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    with own_at(repository, new.base.commit) as own:
        chosen = settings_of(options, [options.path], None, own.settings)
        settings = Options(
            rules=chosen["rules"],
            commits=(*new.commits, *new.tags),
            min_confidence=chosen["min_confidence"],
            **suppression_of(chosen, known_findings(chosen, own.shown), own.folder),
        )
        changes, unused = _changed(repository, new)
        _say_changes(chosen.files, unused, changes, log)
        with Progress() as progress:
            result = told(scan_targets([options.path], settings, progress, compiling), chosen)
    skipped, warnings = (*result.skipped, *new.skipped, *unused), (*result.warnings, *changes)
    named = (*result.named, *_secrets_in(changes))
    return result._replace(skipped=skipped, warnings=warnings, named=named), chosen["fail_on"]


def _changed(repository: Repository, new: NewCommits) -> tuple[list[Gap], list[Gap]]:
    """What the commits change about their check; where nothing was there before, what does not count."""
    from leakscan.ci.changes import check_changes
    from leakscan.ci.own import own_files_at
    from leakscan.git.ranges import fork_point

    base = new.base.commit
    if base is not None:
        return list(check_changes(repository, fork_point(repository, base, new.head) or base, new.head)), []
    why = "no commit was there before, and what comes in does not decide about itself"
    return [], [Gap(f"the repository's {name}", why) for name in own_files_at(repository, new.head)]


def _say_changes(files: Sequence[str], unused: Sequence[Gap], changes: Sequence[Gap], log: TextIO) -> None:
    from leakscan.report.words import by_reason

    lines = [f"settings: {', '.join(files)}"] if files else []
    lines += [f"{gap.what} does not count: {gap.why}" for gap in unused]
    for why, whats in by_reason(changes).items():
        lines += [f"{why}:", *(f"  {what}" for what in whats[:_MOST_CHANGES])]
        if len(whats) > _MOST_CHANGES:
            lines.append(f"  and {len(whats) - _MOST_CHANGES:,} more (--format json has them all)")
    _print(lines, log)


def _secrets_in(changes: Sequence[Gap]) -> Sequence[Finding]:
    """Secrets in what was changed, such as in the reason of a mark: reports must not show them."""
    from leakscan.corridor import scan_text

    texts = "\n".join(gap.what for gap in changes)
    return scan_text(texts.encode("utf-8", "surrogatepass")) if texts else ()


def _print(lines: Sequence[str], log: TextIO) -> None:
    from leakscan.cli.failure import told

    if lines:
        print("\n".join(map(told, lines)), file=log, flush=True)


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
