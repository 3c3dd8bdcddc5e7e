"""``leakscan completion``: the script with which a shell completes leakscan's commands and options."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from leakscan.errors import EXIT_CLEAN

SHELLS = ("bash", "zsh", "fish")

DESCRIPTION = """\
Prints a script that lets your shell complete the commands and options of leakscan with the Tab key. Write it
to where your shell looks for such scripts, and again after an upgrade. Pressing Tab does not start leakscan.
"""

EPILOG = """\
examples:
  mkdir -p ~/.local/share/bash-completion/completions
  leakscan completion bash > ~/.local/share/bash-completion/completions/leakscan

  mkdir -p ~/.zfunc                            # and before compinit, in ~/.zshrc: fpath+=~/.zfunc
  leakscan completion zsh > ~/.zfunc/_leakscan

  leakscan completion fish > ~/.config/fish/completions/leakscan.fish

exit codes:
  0  the script is printed
  2  wrong usage
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "completion",
        help="let the Tab key complete leakscan's commands and options",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    from leakscan.cli.main import parser_of
    from leakscan.report.formats import FORMATS

    parser = parser_of("")
    for action in _actions(parser):
        if action.metavar in ("FILE", "FILE|DIR", "PATH", "RESULT"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif "--format" in action.option_strings:
            action.choices = list(FORMATS)
    print(shtab.complete(parser, shell=options.shell))
    return EXIT_CLEAN


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The options and arguments of all commands; each command is then described in a line, for a list."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                command = action.choices[choice.dest]
                command.description = choice.help
                yield from _actions(command)
