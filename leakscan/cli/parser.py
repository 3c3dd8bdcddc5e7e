"""The parser of arguments, with errors like all others."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from leakscan import __version__
from leakscan.errors import UsageError

EXAMPLES = {
    "--range": "origin/main..HEAD",
    "--branch": "main",
    "--since": "2026-01-31",
    "--only-rule": "aws-access-key-pair",
    "--severity": "high",
    "--max-bytes": "50M",
    "--keep": "app.git",
    "--jobs": "4",
    "--engine": "reference",
    "--rules": "my-rules.yaml",
    "--min-confidence": "0.8",
    "--format": "json",
    "--output": "leaks.json",
}


class Version(argparse.Action):
    """An action of its own, because it loads the hot modules to see what they are."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from leakscan.hot import state

        print(f"leakscan {__version__} ({state()})")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, as everything else that is wrong is said."""

    def error(self, message: str) -> NoReturn:
        option = re.match(r"argument (?:-\w/)?(--[a-z-]+): expected one argument", message)
        if option and option[1] in EXAMPLES:
            message += f", such as {EXAMPLES[option[1]]}"
        raise UsageError(f"{message} (see '{self.prog} --help')")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Argparse tells of unknown arguments at the very end; the command itself knows what comes near."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            from difflib import get_close_matches

            name = unknown[0].partition("=")[0]
            near = get_close_matches(name, self._option_string_actions, n=1)
            self.error(f"unknown argument '{name}'" + (f": did you mean {near[0]}?" if near else ""))
        return known, unknown


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help: str,
    description: str,
    epilog: str,
) -> argparse.ArgumentParser:
    """A command of a command, such as ``baseline create``, with help as whole as that of any other."""
    return verbs.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
