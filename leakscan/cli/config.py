"""``leakscan config``: what is set, and where that came from."""

from __future__ import annotations

import argparse
import sys

from leakscan.cli.parser import add_verb
from leakscan.cli.settings import add_source_options, root_of, settings_of
from leakscan.errors import EXIT_CLEAN

DESCRIPTION = """\
Settings come from the command line, variables (LEAKSCAN_…), the file of --config, the scanned repository's
own leakscan.yaml or pyproject.toml (only with --trust-repo-config), and your ~/.config/leakscan/config.yaml,
in this order: the first that has a setting decides it. docs/configuration.md has all of them.
"""

SHOW = """\
Prints each setting that a scan of PATH would have, and where its value comes from: to find out why something
counts or does not. Nothing is scanned. Files of the repository that do not count are named on standard error.
"""

EPILOG = """\
examples:
  leakscan config show                                   what counts here
  leakscan config show --trust-repo-config ~/src/app     with the repository's own settings
  LEAKSCAN_FAIL_ON=high leakscan config show

exit codes:
  0  shown
  2  wrong usage; a settings file that cannot be read, or has a mistake
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_verb(commands, "config", "what is set, and where that came from", DESCRIPTION, EPILOG)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = add_verb(verbs, "show", "each setting with its value and its source", SHOW, EPILOG)
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
