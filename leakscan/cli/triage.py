"""``leakscan triage``: decide about findings one by one; the decisions go into the baseline."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from leakscan.cli.baseline import add_file_option, add_scan_options, default_file, scanned, top_of
from leakscan.cli.settings import settings_of
from leakscan.errors import EXIT_CLEAN

if TYPE_CHECKING:
    from leakscan.finding import Finding, ScanResult
    from leakscan.report.redaction import Redaction
    from leakscan.suppress.baseline import Entry

DESCRIPTION = """\
Scans PATH whole, shows each finding that nobody has decided about, and asks what it is:

  r  real      it goes on counting, and is not asked again; rotate it
  f  false     it is no secret, and does not count any more
  a  accepted  it is one, and is left as it is; it does not count any more
  s  skip      ask again next time
  q  quit      what is decided is kept

Behind the letter you can write a note: 'a only opens the demo'. Each decision is written into the baseline at
once, so that you can stop at any time and go on later.
"""

EPILOG = """\
examples:
  leakscan triage                      decide about all that is found here
  leakscan triage --min-confidence 0.8 ~/src/app
  leakscan triage --all                think again about what is decided
  leakscan scan --baseline leakscan-baseline.json

exit codes:
  0  all asked, or stopped: what is decided is kept
  2  wrong usage, rules or configuration; a baseline that cannot be read or written
"""

_DECISIONS = {"r": "real", "f": "false", "a": "accepted"}
_QUESTION = "real, false, accepted, skip or quit? [r/f/a/s/q] "


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "triage",
        help="decide about findings one by one",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="repository or folder (default: .)"
    )
    parser.add_argument(
        "--all", action="store_true", help="ask again about what is known already, to correct a decision"
    )
    add_file_option(parser)
    add_scan_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Asks, and writes the baseline after each answer."""
    from leakscan.report.order import ordered
    from leakscan.report.redaction import Redaction
    from leakscan.report.words import counted
    from leakscan.suppress.baseline import KnownFindings, new_baseline, read_baseline, write_baseline

    root = top_of(options.path)
    settings = settings_of(options, [options.path], root)
    file = options.baseline or settings["baseline"] or default_file(root)
    baseline = read_baseline(file) if file.exists() else new_baseline(settings["min_confidence"])
    known = KnownFindings(baseline, str(file), settings["known_anywhere"])
    result = scanned(options.path, root, settings, known)
    asked = [
        finding
        for finding in ordered(result.findings)
        if finding.state != "ignored" and (options.all or _is_open(finding, baseline.entries.get(finding.id)))
    ]
    redaction = Redaction([*result.findings, *result.named], reveal=False)
    decided = 0
    for number, finding in enumerate(asked, 1):
        _show(finding, result, redaction, f"{number} of {len(asked)}")
        answer = _answer()
        if answer is None:
            break
        if answer[0] in _DECISIONS:
            entry = known.seen[finding.id]._replace(decision=_DECISIONS[answer[0]], note=answer[1])
            baseline = baseline._replace(entries={**baseline.entries, finding.id: entry})
            write_baseline(file, baseline)
            decided += 1
    print(f"{counted(decided, 'finding')} decided, {len(asked) - decided:,} left: {file}")
    if not result.complete:
        print("leakscan: the scan is incomplete: 'leakscan scan' names what is missing", file=sys.stderr)
    return EXIT_CLEAN


def _is_open(finding: Finding, entry: Entry | None) -> bool:
    """Whether nobody has decided: it is new, or a known secret at a new place."""
    return finding.state == "new" and (entry is None or entry.decision != "real")


def _show(finding: Finding, result: ScanResult, redaction: Redaction, number: str) -> None:
    from rich.text import Text

    from leakscan.report.card import BADGES, card
    from leakscan.report.output import style_for
    from leakscan.report.page import Page
    from leakscan.report.redaction import visible

    page = Page(style_for(sys.stdout))
    title = Text.assemble((visible(finding.title), "bold"), f"   {number}")
    page.badge(finding.severity.upper(), BADGES[finding.severity], title)
    page.row("rule", Text(visible(finding.rule), "dim"))
    card(page, finding, redaction, result.started, None)
    page.gap()
    page.give(sys.stdout)


def _answer() -> tuple[str, str] | None:
    """The letter and the note; None where the user quits, or the input ends. Asks until it understands."""
    while True:
        try:
            letter, _, note = input(_QUESTION).strip().partition(" ")
        except EOFError:
            print()
            return None
        letter = letter.lower()[:1]
        if letter == "q":
            return None
        if letter == "s" or letter in _DECISIONS:
            return letter, note.strip()
        print("r is real, f false, a accepted, s skip, q quit; a note may follow: a only for the demo")
