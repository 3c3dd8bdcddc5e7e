"""``leakscan baseline``: note what is known now, so that only what is new counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.cli.parser import add_verb
from leakscan.cli.settings import (
    add_baseline_option,
    add_ignoring_options,
    add_judging_options,
    add_source_options,
    root_of,
    settings_of,
    suppression_of,
    told,
)
from leakscan.errors import EXIT_CLEAN, EXIT_INCOMPLETE, UsageError

if TYPE_CHECKING:
    from leakscan.finding import ScanResult
    from leakscan.settings.settings import Settings
    from leakscan.suppress.baseline import Baseline, Entry, KnownFindings

DESCRIPTION = """\
The baseline (leakscan-baseline.json) says which findings are known, so that only new ones count. It is made
to be committed: it holds keyed hashes of secrets and paths, but neither a secret nor a line, commit or date.
A known secret counts again at a place where it has not been, unless its file was only renamed.
"""

EPILOG = """\
examples:
  leakscan baseline create                  note everything that is found now
  leakscan scan --baseline leakscan-baseline.json
  leakscan baseline update                  note what has come, drop what is gone
  leakscan baseline update --prune          only drop what is gone
  leakscan baseline show

exit codes:
  0  done
  2  wrong usage, rules or configuration; a file that cannot be read or written
  3  the scan is incomplete: nothing is written
"""

CREATE = """\
Scans all of PATH, and notes what is found in leakscan-baseline.json. From then on only what is new counts,
for scans with --baseline. What a mark or an allowlist covers is not noted. Do it once, look at what it holds
('leakscan triage'), and commit the file.
"""

UPDATE = """\
Scans all of PATH again, notes what has come, and drops what is gone. Decisions and notes are kept. Where new
findings must not slip in unseen, such as in a scheduled job, use --prune.
"""

SHOW = """\
Prints what the baseline holds: id, rule, number of places, and what was decided about each finding. Nothing
is scanned, and there is no secret in it to be shown.
"""

_WRITTEN = """
exit codes:
  0  the baseline is written
  2  wrong usage, rules or configuration; a file that cannot be read or written
  3  the scan is incomplete: nothing is written
"""

_CREATE_EPILOG = f"""\
examples:
  leakscan baseline create                             for the repository that you stand in
  leakscan baseline create --min-confidence 0.8 ~/src/app
  leakscan baseline create --force                     begin anew: all findings get other ids
{_WRITTEN}"""

_UPDATE_EPILOG = f"""\
examples:
  leakscan baseline update
  leakscan baseline update --prune                     drop what is gone, and note nothing new
{_WRITTEN}"""

_SHOW_EPILOG = """\
examples:
  leakscan baseline show
  leakscan baseline show --baseline old-baseline.json

exit codes:
  0  shown
  2  wrong usage; a baseline that cannot be read
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "baseline",
        help="note what is known now, so that only what is new counts",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "scan PATH whole, and note all that is found", CREATE, _CREATE_EPILOG)
    create.add_argument("--force", action="store_true", help="replace a baseline that is there, and its salt")
    create.set_defaults(run=run_create)
    update = add_verb(
        verbs, "update", "scan PATH whole, note what is new, and drop what is gone", UPDATE, _UPDATE_EPILOG
    )
    update.add_argument("--prune", action="store_true", help="only drop what is gone, and note nothing new")
    update.set_defaults(run=run_update)
    show = add_verb(verbs, "show", "what the baseline holds: a line a finding", SHOW, _SHOW_EPILOG)
    show.set_defaults(run=run_show)
    for verb in (create, update, show):
        verb.add_argument(
            "path", nargs="?", default=".", metavar="PATH", help="repository or folder (default: .)"
        )
        add_file_option(verb)
    for verb in (create, update):
        add_scan_options(verb)


def add_file_option(parser: argparse.ArgumentParser) -> None:
    add_baseline_option(parser, "leakscan-baseline.json at the top of PATH's repository")


def add_scan_options(parser: argparse.ArgumentParser) -> None:
    """Those of a scan that decide what is found."""
    judge = parser.add_argument_group("what to find")
    add_judging_options(judge)
    ignore = parser.add_argument_group("what does not count")
    add_ignoring_options(ignore)
    add_source_options(ignore)


def run_create(options: argparse.Namespace) -> int:
    """Writes a new baseline with all that is found."""
    from leakscan.suppress.baseline import KnownFindings, new_baseline

    root = top_of(options.path)
    settings = settings_of(options, [options.path], root)
    file = options.baseline or settings["baseline"] or default_file(root)
    if file.exists() and not options.force:
        raise UsageError(f"{file} is there already: 'leakscan baseline update', or --force to begin anew")
    known = KnownFindings(new_baseline(settings["min_confidence"]), str(file))
    result = scanned(options.path, root, settings, known)
    if not result.complete:
        return not_written(result, file)
    return _write(file, known.baseline, _counting(result, known))


def run_update(options: argparse.Namespace) -> int:
    """Writes the baseline as it is now."""
    from leakscan.suppress.baseline import KnownFindings, read_baseline

    root = top_of(options.path)
    settings = settings_of(options, [options.path], root)
    file = options.baseline or settings["baseline"] or default_file(root)
    known = KnownFindings(read_baseline(file), str(file), settings["known_anywhere"])
    result = scanned(options.path, root, settings, known)
    if not result.complete:
        return not_written(result, file)
    entries = _counting(result, known)
    if options.prune:
        covered = {finding.id for finding in result.findings if finding.state == "baseline"}
        entries = {
            id: entry if id in covered else _without_new_places(entry, known.baseline.entries[id])
            for id, entry in entries.items()
            if id in known.baseline.entries
        }
    return _write(file, known.baseline, entries)


def run_show(options: argparse.Namespace) -> int:
    """Prints what a baseline holds, which is not much."""
    from leakscan.report.redaction import visible
    from leakscan.report.words import counted
    from leakscan.suppress.baseline import read_baseline

    file = options.baseline or default_file(root_of(options.path))
    baseline = read_baseline(file)
    for entry in sorted(baseline.entries.values(), key=lambda entry: (entry.rule, entry.id)):
        live, past = counted(len(entry.live), "place"), counted(len(entry.past), "former place")
        places = " and ".join(text for text, number in ((live, entry.live), (past, entry.past)) if number)
        note = f": {entry.note}" if entry.note else ""
        print(visible(f"{entry.id}  {entry.rule}  {places}  {entry.decision}{note}".rstrip()))
    print(f"{counted(len(baseline.entries), 'finding')} in {visible(str(file))}.")
    return EXIT_CLEAN


def top_of(target: str) -> Path:
    """The folder that a baseline is about. Raises UsageError for a part of one, which would drop the rest."""
    root = root_of(target)
    if root is None or root.resolve() != Path(target).resolve():
        raise UsageError(f"a baseline is about all of a repository or folder: name {root or 'one'}")
    return root


def default_file(root: Path | None) -> Path:
    from leakscan.suppress.interface import BASELINE_NAME

    return (root or Path()) / BASELINE_NAME


def scanned(target: str, root: Path, settings: Settings, known: KnownFindings) -> ScanResult:
    """All that the target holds. Its confidence is the baseline's, where nobody has set another."""
    from leakscan.cli.outcome import compiling
    from leakscan.cli.progress import Progress
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    setting = settings.settings["min_confidence"]
    least = known.baseline.min_confidence if setting.source == "default" else setting.value
    ignoring = suppression_of(settings, known, root)
    options = Options(rules=settings["rules"], min_confidence=least, **ignoring)
    with Progress() as progress:
        return told(scan_targets([target], options, progress, compiling), settings)


def not_written(result: ScanResult, file: Path) -> int:
    """Of a scan with gaps it is unknown what is gone: says what they are."""
    from leakscan.report.output import style_for
    from leakscan.report.terminal import write_summary

    write_summary(result, sys.stderr, style_for(sys.stderr))
    print(f"leakscan: {file} is left as it was, because the scan is incomplete", file=sys.stderr)
    return EXIT_INCOMPLETE


def _counting(result: ScanResult, known: KnownFindings) -> dict[str, Entry]:
    """The entries of all findings but those that something else covers."""
    return {finding.id: known.seen[finding.id] for finding in result.findings if finding.state != "ignored"}


def _without_new_places(entry: Entry, before: Entry) -> Entry:
    old = before.live | before.past
    return entry._replace(live=entry.live & old, past=entry.past & old)


def _write(file: Path, before: Baseline, entries: dict[str, Entry]) -> int:
    from leakscan.report.words import counted
    from leakscan.suppress.baseline import write_baseline

    new, gone = len(entries.keys() - before.entries.keys()), len(before.entries.keys() - entries.keys())
    moved = sum(id in before.entries and entry != before.entries[id] for id, entry in entries.items())
    write_baseline(file, before._replace(entries=entries))
    changes = f"{new:,} new, {gone:,} gone, {moved:,} at other places"
    print(f"{file}: {counted(len(entries), 'finding')} ({changes}).")
    return EXIT_CLEAN
