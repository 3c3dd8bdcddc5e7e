"""``leakscan purge-plan``: how to take secrets out of a history, after they have been rotated."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakscan.cli.baseline import add_scan_options
from leakscan.cli.settings import settings_of, suppression_of, told
from leakscan.cli.values import path
from leakscan.errors import EXIT_CLEAN, EXIT_INCOMPLETE, UsageError

if TYPE_CHECKING:
    from leakscan.finding import Finding, Gap, ScanResult
    from leakscan.git.repository import Repository
    from leakscan.purge.plan import Plan
    from leakscan.purge.versions import Versions
    from leakscan.settings.settings import Settings

_ROUNDED = 0.0001  # as much as a confidence in a report may be too high

DESCRIPTION = """\
Says how to take secrets out of the history of PATH's repository, and writes what git-filter-repo needs for
that into a folder. Rotate the secrets first: a rewritten history takes them back from nobody who has a clone.

All history is scanned, and the plan is for what is found; with --report, for what an earlier scan reported.
The plan and its commands are printed and show no secret. Nothing of the repository is changed, and no
command is run. THE FOLDER HOLDS THE SECRETS: only you can read it, and you should delete it afterwards.
"""

EPILOG = """\
examples:
  leakscan purge-plan                          a plan for all that leaks in this repository
  leakscan purge-plan --output ~/purge         its files go there, and not into a temporary folder
  leakscan scan --format json --output leaks.json --only-rule private-key
  leakscan purge-plan --report leaks.json      only for what this scan reported

exit codes:
  0  the plan is made, or there is nothing to purge
  2  wrong usage, rules or configuration; PATH is in no git repository
  3  the plan is made, but something could not be scanned: there may be more

docs/cleaning-history.md tells it step by step.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "purge-plan",
        help="how to take secrets out of a history",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="repository (default: .)")
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="plan only for what counts in this JSON result of a scan of PATH (it needs no --reveal)",
    )
    parser.add_argument(
        "--output",
        type=path,
        metavar="DIR",
        help="folder for the files of the plan, in no repository (default: a new temporary one)",
    )
    add_scan_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scans, writes the files of the plan, and prints the plan."""
    from leakscan.git.repository import require_repository
    from leakscan.purge.plan import plan_for
    from leakscan.purge.versions import Versions
    from leakscan.ruleset.compiled import compiled_rules

    repository = require_repository(Path(options.path), "a purge plan")
    if options.output is not None:
        _check_folder(options.output)
    root, versions = repository.name, Versions()
    settings = settings_of(options, [str(root)], root)
    if options.report is None:
        scan = suppression_of(settings, None, root)
        result = _scanned(root, settings, versions, min_confidence=settings["min_confidence"], **scan)
        findings = [finding for finding in result.findings if finding.state == "new"]
    else:
        reported = _reported(options.report)
        least = max(0.0, min((finding.confidence for finding in reported), default=1.0) - _ROUNDED)
        result = _scanned(root, settings, versions, min_confidence=least, marks=False)
        findings = _same(result.findings, reported, options.report)
    if not findings:
        print("Nothing to purge: no secret was found.")
        return _ended(result, ())
    plan = plan_for(repository, findings, versions, compiled_rules(settings["rules"]))
    _give(plan, repository, options.output)
    return _ended(result, plan.unread)


def _scanned(root: Path, settings: Settings, versions: Versions, **options: Any) -> ScanResult:
    from leakscan.cli.outcome import compiling
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    suppressors = (*options.pop("suppressors", ()), versions)
    chosen = Options(rules=settings["rules"], suppressors=suppressors, **options)
    with Progress() as progress:
        return told(scan_targets([str(root)], chosen, progress, compiling), settings)


def _give(plan: Plan, repository: Repository, given: Path | None) -> None:
    """Writes the plan's files, if it has any, and prints the plan."""
    from leakscan.purge.steps import origin_of, steps

    folder = _written(plan, given) if plan.rewrites else Path()
    print(steps(plan, origin_of(repository), folder), end="")
    if plan.rewrites:
        warning = f"leakscan: {folder} holds secrets in plain text: delete it when the history is clean"
        print(warning, file=sys.stderr)


def _ended(result: ScanResult, unread: Sequence[Gap]) -> int:
    """Says what could not be read, where something could not; the exit code."""
    from leakscan.report.output import style_for
    from leakscan.report.terminal import write_summary

    result = result._replace(incomplete=(*result.incomplete, *unread))
    if result.complete:
        return EXIT_CLEAN
    write_summary(result, sys.stderr, style_for(sys.stderr))
    return EXIT_INCOMPLETE


def _reported(file: str) -> list[Finding]:
    """What the report says that counts."""
    from leakscan.cli.report import stored_result

    return [finding for finding in stored_result(file).findings if finding.state == "new"]


def _same(findings: Iterable[Finding], reported: list[Finding], file: str) -> list[Finding]:
    """Those findings that the report has too. Ids depend on a key that it does not tell: places do not."""

    def places(finding: Finding) -> set[tuple[object, ...]]:
        return {
            (finding.rule, place.blob or place.commit or place.path, place.position)
            for place in finding.locations
        }

    known = {place for finding in reported for place in places(finding)}
    found = [finding for finding in findings if places(finding) & known]
    if len(found) < len(reported):
        gone = len(reported) - len(found)
        print(f"leakscan: {gone:,} of the findings in {file} are not in the repository", file=sys.stderr)
    return found


def _check_folder(folder: Path) -> None:
    """Raises UsageError where the folder could be committed: it is going to hold secrets."""
    from leakscan.git.repository import discover

    parent = next(above for above in (folder.absolute(), *folder.absolute().parents) if above.exists())
    repository = discover(parent)
    if repository is not None:
        raise UsageError(
            f"{folder} is in the repository {repository.name}, and the plan's files hold secrets:"
            " name a folder outside of any repository"
        )


def _written(plan: Plan, given: Path | None) -> Path:
    """The folder with the files of the plan, which nobody but the user can read."""
    from leakscan.files import PRIVATE, unwritable, write_atomically
    from leakscan.purge.steps import BLOBS, EXPRESSIONS

    folder = given.absolute() if given is not None else _new_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    for name, content in ((EXPRESSIONS, plan.expressions()), (BLOBS, plan.blob_ids())):
        if content:
            write_atomically(folder / name, content, PRIVATE)
    return folder


def _new_folder() -> Path:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="leakscan-purge-"))
    try:
        _check_folder(folder)
    except UsageError:
        folder.rmdir()
        raise
    return folder
