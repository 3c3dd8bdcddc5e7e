"""``leakscan scan``: find leaks in a repository, a folder, files or standard input."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from leakscan.cli.outputs import add_output_options
from leakscan.cli.remote import as_named, cloned, remotes_of
from leakscan.cli.selection import add_selection_options, selection_of
from leakscan.cli.settings import (
    add_baseline_option,
    add_fail_on_option,
    add_ignoring_options,
    add_judging_options,
    add_known_anywhere_option,
    add_source_options,
    known_findings,
    root_of,
    settings_of,
    suppression_of,
    told,
    whole_here,
)
from leakscan.cli.values import moment, path, processes, size
from leakscan.errors import UsageError, unreadable

if TYPE_CHECKING:
    from leakscan.finding import ScanResult

DESCRIPTION = """\
Scans each PATH. For a repository that is its working tree, its index, and its full history: all
branches, tags, stashes, notes, reflogs and dangling objects, messages, and what only a merge holds.
Files that .gitignore names are left out. Nothing of the repository is run, and nothing is sent anywhere.
The repository of a URL is cloned for the time of the scan, with all its branches and tags.
With no option this is an audit; 'leakscan hook' and 'leakscan ci' are for hooks and pipelines.
"""

EPILOG = """\
examples:
  leakscan scan                                     the repository that you stand in, with all its history
  leakscan scan ~/src/app ~/src/lib                 several, in one report
  leakscan scan --no-history build/ app.log         only files
  kubectl logs app | leakscan scan -                a pipe; a diff is read as the files that it shows
  leakscan scan --range origin/main..HEAD           only what these commits add
  leakscan scan --exclude third_party/ --min-confidence 0.8
  leakscan scan --output html=leaks.html,json=leaks.json
  leakscan scan --since-last ~/src/app              each night: reads only what is new, reports all
  leakscan scan --rules my-rules.yaml .             with rules of your own
  leakscan scan https://github.com/leakscan/leakscan.git
  leakscan scan --keep app.git git@git.example.com:team/app.git

exit codes:
  0  clean, or only what is less severe than --fail-on, or does not count
  1  leaks found
  2  wrong usage, rules or configuration; a path that is not there; a repository that git refuses
  3  nothing found, but something could not be scanned (--allow-incomplete makes it 0)
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "scan",
        help="find leaks in a repository, a folder, files or a pipe",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="repository, folder or file; a URL that git can clone; - reads standard input (default: the"
        " repository that you stand in, wherever in it; else the folder)",
    )
    what = parser.add_argument_group("what to scan")
    only = what.add_mutually_exclusive_group()
    only.add_argument(
        "--staged", action="store_true", help="only what the next commit of PATH's repository adds"
    )
    only.add_argument("--range", metavar="A..B", help="only what these commits of it add, such as main..HEAD")
    only.add_argument(
        "--no-history",
        action="store_true",
        help="only the working tree and the index: fast, but a secret that was removed stays unseen",
    )
    what.add_argument("--branch", metavar="NAME", help="only what the commits of this branch add")
    what.add_argument(
        "--since",
        type=moment,
        metavar="DATE",
        help="only what commits since then add, such as 2026-01-31 or 90d (h, d, w, m or y)",
    )
    what.add_argument(
        "--include-ignored", action="store_true", help="also files that .gitignore names, such as .env"
    )
    what.add_argument(
        "--max-bytes",
        type=size,
        default=512 << 20,
        metavar="SIZE",
        help="largest file or object to read, such as 50M; larger ones are named (default: 512M)",
    )
    what.add_argument(
        "--since-last",
        action="store_true",
        help="report the whole history, but read only what is new since the last scan with this option: "
        "for scans again and again",
    )
    what.add_argument(
        "--state",
        type=path,
        metavar="FILE",
        help="the same, remembered in FILE, such as one that a pipeline caches; for PATH's own repository, "
        "others inside it are read whole",
    )
    what.add_argument(
        "-j",
        "--jobs",
        type=processes,
        default=0,
        metavar="N",
        help="processes that search the history, and on Linux the files (default: one a processor)",
    )
    what.add_argument(
        "--engine",
        choices=("packs", "reference"),
        default="packs",
        help="how to read the history: from its packs (default), or slowly, object by object, to compare: "
        "both find the same",
    )
    what.add_argument(
        "--keep",
        type=path,
        metavar="DIR",
        help="keep the clone of a URL there, in a folder that is new or empty (default: it is removed)",
    )
    judge = parser.add_argument_group("what to report")
    add_judging_options(judge)
    add_fail_on_option(judge)
    judge.add_argument(
        "--allow-incomplete",
        action="store_true",
        help="exit with 0 instead of 3 where nothing was found but something could not be scanned: "
        "once you have looked at what it was",
    )
    ignore = parser.add_argument_group("what does not count")
    add_baseline_option(ignore, "none")
    add_known_anywhere_option(ignore)
    add_ignoring_options(ignore)
    add_source_options(ignore)
    add_selection_options(parser.add_argument_group("which findings to report"))
    how = parser.add_argument_group("how to report it")
    add_output_options(how)
    how.add_argument(
        "--show-ignored", action="store_true", help="show what does not count as well, and why it does not"
    )
    how.add_argument(
        "--profile",
        action="store_true",
        help="say on standard error how long each step took, where a scan is slow",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scans, reports, and decides the exit code."""
    from leakscan.cli.outcome import compiling, exit_code
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.detect.extract import keep_programs
    from leakscan.options import Options
    from leakscan.report.output import parse_outputs, style_for, write_notice, write_reports

    started = time.process_time()
    _check_paths(options)
    outputs = parse_outputs(options.format, options.output)
    try:
        options.paths = options.paths or [whole_here()]
        remotes = remotes_of(options)
        root = root_of(options.paths[0]) if len(options.paths) == 1 and not remotes else None
        chosen = settings_of(options, options.paths, root)
    except OSError as error:
        raise unreadable(error) from error
    settings = Options(
        rules=chosen["rules"],
        staged=options.staged,
        range=options.range,
        branch=options.branch,
        since=options.since,
        selection=selection_of(options),
        history=not options.no_history,
        include_ignored=options.include_ignored,
        max_bytes=options.max_bytes,
        engine=options.engine,
        jobs=options.jobs,
        profile=options.profile,
        min_confidence=chosen["min_confidence"],
        since_last=options.since_last,
        state=options.state,
        **suppression_of(chosen, known_findings(chosen), root),
    )
    try:
        with cloned(remotes, options.keep) as places:
            targets = [str(places.get(target, target)) for target in options.paths]
            names = {str(place): remotes[target].name for target, place in places.items()}
            with Progress() as progress:
                result = scan_targets(targets, settings._replace(names=names), progress, compiling)
        keep_programs()
        result = as_named(told(result, chosen), options.paths, remotes, places)
    except OSError as error:
        raise unreadable(error) from error
    scanned = time.perf_counter()
    style = replace(style_for(sys.stdout, options.reveal), ignored=options.show_ignored)
    write_reports(result, outputs, style, sys.stdout)
    write_notice(result, outputs, style_for(sys.stderr, options.reveal), sys.stderr)
    if options.profile:
        print(_profile(result, started, time.perf_counter() - scanned), file=sys.stderr)
    return exit_code(result, options.allow_incomplete, chosen["fail_on"])


def _profile(result: ScanResult, started: float, reported: float) -> str:
    """A line a step, the longest first; the seconds until the scan began, and of the report, come on top."""
    steps = dict(result.profile)
    steps["start-up of the program"] = started
    steps["report"] = reported
    lines = [
        f"{seconds:8.2f} s  {step}" for step, seconds in sorted(steps.items(), key=lambda step: -step[1])
    ]
    return "\n".join(["time by step, added up over all processes:", *lines])


def _check_paths(options: argparse.Namespace) -> None:
    option = "--staged" if options.staged else "--range" if options.range is not None else None
    of_commits = (
        "--branch" if options.branch is not None else "--since" if options.since is not None else None
    )
    without = "--no-history" if options.no_history else option
    if of_commits and without:
        raise UsageError(f"{of_commits} chooses commits: leave out {of_commits} or {without}")
    option = option or of_commits
    if option and "-" in options.paths:
        raise UsageError(f"{option} reads a repository and not standard input: leave out {option} or -")
