"""``--help``: whoever reads it can use the command without any other text."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from leakscan.cli.main import COMMANDS, parser_of
from tests.cli.test_scan import leakscan

Parsers = Iterator[argparse.ArgumentParser]


def commands(parser: argparse.ArgumentParser) -> Parsers:
    """The parser, and those of all commands below it."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from commands(command)


ALL = {parser.prog: parser for parser in commands(parser_of(""))}


@pytest.mark.parametrize("name", ALL)
def test_every_command_says_what_it_does_with_examples_and_exit_codes(name: str) -> None:
    text = " ".join(ALL[name].format_help().split())
    parts = re.search(r"usage: .*?[.)] .*examples: (.*) exit codes: (.*)", text)
    assert ALL[name].description
    assert parts, text
    assert f"{name} " in parts[1], "no example of itself"
    assert "0 " in parts[2]
    assert "2 wrong usage" in parts[2]


@pytest.mark.parametrize("name", ALL)
def test_every_option_has_a_word_and_no_line_is_too_long_for_a_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert not [action.dest for action in ALL[name]._actions if not action.help and action.option_strings]
    assert not [line for line in ALL[name].format_help().splitlines() if len(line) > 110]


@pytest.mark.parametrize("name", ALL)
def test_an_example_has_no_option_that_the_command_lacks(name: str) -> None:
    examples = (ALL[name].epilog or "").partition("exit codes:")[0]
    for line in examples.splitlines()[1:]:
        line = line.strip().partition("   ")[0]
        for call in re.findall(r"leakscan ((?:[a-z-]+ )+[^|;#>]*)", f"{line} "):
            words = call.split()
            given = next(
                (" ".join(words[:n]) for n in (2, 1) if f"leakscan {' '.join(words[:n])}" in ALL), ""
            )
            assert given, line
            known = ALL[f"leakscan {given}"]._option_string_actions
            assert not [word for word in words if word.startswith("--") and word not in known], line


def test_help_is_shown_and_ends_with_0() -> None:
    for command in COMMANDS:
        done = leakscan(command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: leakscan {command}")
