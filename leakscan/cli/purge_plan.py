"""``leakscan purge-plan``: how to take secrets out of a history, after they have been rotated."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakscan.cli.baseline import add_scan_options
from leakscan.cli.settings import settings_of, suppression_of
from leakscan.cli.values import path
from leakscan.errors import EXIT_CLEAN, EXIT_INCOMPLETE, UsageError

if TYPE_CHECKING:
    from leakscan.finding import Finding, ScanResult
    from leakscan.git.repository import Repository
    from leakscan.purge.plan import Plan

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
    from leakscan.purge.steps import steps
    from leakscan.purge.versions import Versions
    from leakscan.report.output import style_for
    from leakscan.report.terminal import write_summary
    from leakscan.ruleset.compiled import compiled_rules

    repository = require_repository(Path(options.path), "a purge plan")
    if options.output is not None:
        _check_folder(options.output)
    versions = Versions()
    root = repository.name
    settings = settings_of(options, [str(root)], root)
    reported = _reported(options.report) if options.report else None
    scan: dict[str, Any] = suppression_of(settings, None, root)
    least = settings["min_confidence"]
    if reported is not None:  # what it ignores is decided there
        scan = {"marks": False, "suppressors": ()}
        least = min([least, *(finding.confidence for finding in reported)])
    scan["suppressors"] = (*scan["suppressors"], versions)
    result = _scanned(root, rules=settings["rules"], min_confidence=least, **scan)
    findings = [finding for finding in result.findings if finding.state == "new"]
    if reported is not None:
        findings = _same(findings, reported, options.report)
    if findings:
        plan = plan_for(repository, findings, versions, compiled_rules(settings["rules"]))
        folder = _written(plan, options.output) if plan.rewrites else Path()
        print(steps(plan, root, folder, _has_origin(repository)), end="")
        if plan.rewrites:
            warning = f"leakscan: {folder} holds secrets in plain text: delete it when the history is clean"
            print(warning, file=sys.stderr)
    else:
        print("Nothing to purge: no secret was found.")
    if result.complete:
        return EXIT_CLEAN
    write_summary(result, sys.stderr, style_for(sys.stderr))
    return EXIT_INCOMPLETE


def _scanned(root: Path, **options: Any) -> ScanResult:
    from leakscan.cli.outcome import compiling
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    with Progress() as progress:
        return scan_targets([str(root)], Options(**options), progress, compiling)


def _reported(file: str) -> list[Finding]:
    """What the report says that counts."""
    from leakscan.cli.report import stored_result

    return [finding for finding in stored_result(file).findings if finding.state == "new"]


def _same(findings: list[Finding], reported: list[Finding], file: str) -> list[Finding]:
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


def _has_origin(repository: Repository) -> bool:
    return repository.git.attempt("config", "--get", "remote.origin.url").code == 0
