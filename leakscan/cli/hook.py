"""``leakscan hook``: what a hook runs before each commit, as quick as it can be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

MIN_CONFIDENCE = 0.5

DESCRIPTION = """\
Scans what the next commit would add, and says in a few lines what is wrong with it. It is silent where
nothing is. Only added lines count: a secret that was in the file before is no reason to stop a commit.
"""

EPILOG = """\
examples:
  leakscan hook                        what is staged, as a pre-commit hook does
  leakscan hook --min-confidence 0.8   only what is more certain
  leakscan hook --agent                as a hook of Claude Code, Codex, Gemini CLI, Cursor or Copilot
  leakscan install-hook                have git run it before each commit

exit codes:
  0  clean: the commit goes on         2  wrong usage, rules or configuration
  1  secrets found                     3  something could not be scanned
With --agent, 2 is also how most agents are told no; others get their answer on standard output.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    import argparse

    from leakscan.cli.settings import add_judging_options

    parser = commands.add_parser(
        "hook",
        help="scan what is staged, as a pre-commit hook",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_judging_options(parser.add_argument_group("what to report"))
    parser.add_argument(
        "--agent",
        action="store_true",
        help="read from standard input what a coding agent is about to do, and refuse it with a secret in it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    rules, least = options.rules or (), options.min_confidence
    least = MIN_CONFIDENCE if least is None else least
    return judge_agent(rules, least) if options.agent else scan_staged(rules, least)


def scan_staged(rules: Iterable[Path] = (), min_confidence: float = MIN_CONFIDENCE) -> int:
    """Scans what is staged where the process stands, and says what is wrong with it; the exit code."""
    from leakscan.cli.outcome import compiling, exit_code
    from leakscan.corridor import scan_targets
    from leakscan.options import Options

    settings = Options(rules=tuple(rules), staged=True, min_confidence=min_confidence)
    result = scan_targets(["."], settings, wait=compiling)
    if result.findings or not result.complete:
        from leakscan.report.brief import write

        write(result, sys.stdout)
    return exit_code(result)


def judge_agent(rules: Iterable[Path], min_confidence: float) -> int:
    """Refuses what an agent is about to do with a secret, in the agent's own form; the exit code."""
    from leakscan.agent import read_event, refusal
    from leakscan.cli.outcome import compiling
    from leakscan.corridor import scan_texts
    from leakscan.errors import EXIT_CLEAN

    event = read_event(sys.stdin.buffer.read())
    findings = scan_texts(event.texts, tuple(rules), min_confidence, compiling)
    if not findings:
        return EXIT_CLEAN
    answer = refusal(event, findings)
    print(answer.output, end="\n" if answer.output else "")
    print(answer.error, end="\n" if answer.error else "", file=sys.stderr)
    return answer.code
