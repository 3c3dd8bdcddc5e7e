"""``leakscan config``: what is set, and where that came from."""

from __future__ import annotations

import argparse
import sys

from leakscan.cli.settings import add_source_options, root_of, settings_of
from leakscan.errors import EXIT_CLEAN

EPILOG = """\
examples:
  leakscan config show
  leakscan config show --trust-repo-config ~/src/app
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("config", help="what is set, and where that came from")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = verbs.add_parser(
        "show",
        help="each setting with its value and its source",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    show.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="what would be scanned (default: .)"
    )
    add_source_options(show.add_argument_group("which files count"))
    show.set_defaults(run=run_show)


def run_show(options: argparse.Namespace) -> int:
    """Prints every setting; what of the repository does not count is said on standard error."""
    from leakscan.report.redaction import visible
    from leakscan.settings.shown import lines as shown

    settings = settings_of(options, [options.path], root_of(options.path))
    lines = [
        (name, line, setting.source)
        for name, setting in settings.settings.items()
        for line in shown(setting.value)
    ]
    widths = [max(len(row[column]) for row in lines) for column in (0, 1)]
    for name, value, source in lines:
        print(visible(f"{name.ljust(widths[0])}  {value.ljust(widths[1])}  {source}"))
    for gap in settings.unused:
        print(f"{gap.what} is not used: {gap.why}", file=sys.stderr)
    return EXIT_CLEAN
