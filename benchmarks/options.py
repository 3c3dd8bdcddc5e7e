"""The command line that both benchmarks share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.tools import BenchmarkError


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs", type=_positive, default=3, metavar="N", help="runs of each command (default: 3)"
    )
    parser.add_argument(
        "--peers",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder in which to look for the other scanners before PATH; may be repeated",
    )
    parser.add_argument(
        "--only",
        type=_names,
        default=[],
        metavar="NAME,...",
        help="these scanners beside leakscan, an error if one is missing (default: all that are installed)",
    )
    parser.add_argument(
        "--leakscan",
        metavar="COMMAND",
        help="how to start leakscan (default: the one beside this Python, else the one in PATH)",
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
        default=3600,
        metavar="SECONDS",
        help="end a run after so long, and say so in the table (default: 3600)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers of every single run there"
    )


def parsed(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    benchmark: Callable[[argparse.Namespace], None],
) -> int:
    """Runs the benchmark as the command line says, and returns the exit code."""
    options = parser.parse_args(arguments)
    try:
        if options.json and not options.json.absolute().parent.is_dir():
            raise BenchmarkError(f"{options.json}: there is no folder to write it to")
        benchmark(options)
    except BenchmarkError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def named(arguments: Sequence[str]) -> dict[str, Path]:
    """Paths by the name that tables give them: ``NAME=PATH``, or else the name of the folder.

    >>> {name: str(path) for name, path in named(["a=/x/repo", "/y/b.git"]).items()}
    {'a': '/x/repo', 'b': '/y/b.git'}
    """
    found: dict[str, Path] = {}
    for argument in arguments:
        name, equals, rest = argument.partition("=")
        path = Path(rest if equals and "/" not in name else argument).expanduser().absolute()
        label = name if equals and "/" not in name else path.name.removesuffix(".git") or path.parent.name
        if label in found:
            raise BenchmarkError(f"two targets are called {label}: write {label}-2={path}")
        found[label] = path
    return found


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
