"""``leakscan hook``: what a hook runs before each commit, as quick as it can be."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from leakscan.finding import Severity
    from leakscan.options import Options

DESCRIPTION = """\
Scans what the next commit would add, and says in a few lines what is wrong with it. It is silent where
nothing is. Only added lines count: a secret that was in the file before is no reason to stop a commit.
The repository's own settings and baseline count, as they stand in the working tree.
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

    from leakscan.cli.settings import (
        add_baseline_option,
        add_config_option,
        add_fail_on_option,
        add_ignoring_options,
        add_judging_options,
        add_known_anywhere_option,
    )

    parser = commands.add_parser(
        "hook",
        help="scan what is staged, as a pre-commit hook",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    judge = parser.add_argument_group("what to report")
    add_judging_options(judge)
    add_fail_on_option(judge)
    ignore = parser.add_argument_group("what does not count")
    add_baseline_option(ignore, "leakscan-baseline.json at the top of the repository, if it is there")
    add_known_anywhere_option(ignore)
    add_ignoring_options(ignore)
    add_config_option(ignore)
    ignore.add_argument(
        "--no-repo-config",
        dest="trust_repo_config",
        action="store_false",
        help="let the repository's own leakscan.yaml, pyproject.toml and leakscan-baseline.json not count",
    )
    parser.add_argument(
        "--agent",
        action="store_true",
        help="read from standard input what a coding agent is about to do, and refuse it with a secret in it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return judge_agent(options) if options.agent else scan_staged(options)


def scan_staged(options: argparse.Namespace | None = None) -> int:
    """Scans what is staged where the process stands, and says what is wrong with it; the exit code."""
    from leakscan.cli.outcome import compiling, exit_code
    from leakscan.corridor import scan_targets
    from leakscan.detect.extract import keep_programs

    settings, fail_on = _in_force(options, _top())
    result = scan_targets(["."], settings, wait=compiling)
    keep_programs()
    code = exit_code(result, fail_on=fail_on)
    for finding in result.findings:
        why = finding.suppression
        if why is not None and why.by == "mark" and not why.reason:
            print(f"leakscan: the mark at {why.source} gives no reason: write one behind leakscan:ignore")
    if result.findings or not result.complete:
        from leakscan.report.brief import write

        write(result, sys.stdout, fail_on)
    return code


def _in_force(options: argparse.Namespace | None, root: Path) -> tuple[Options, Severity]:
    """What is set for a scan of what is staged; nothing is read or imported for it where nothing is set."""
    from leakscan.options import Options
    from leakscan.settings.places import anything_set

    if options is None and not anything_set(root, os.environ):
        return Options(staged=True), "info"
    from types import SimpleNamespace

    from leakscan.cli.settings import known_findings, settings_of, suppression_of

    chosen = settings_of(options or SimpleNamespace(trust_repo_config=True), ["."], root)
    suppression = suppression_of(chosen, known_findings(chosen), root)
    rules, least = chosen["rules"], chosen["min_confidence"]
    return Options(rules=rules, staged=True, min_confidence=least, **suppression), chosen["fail_on"]


def _top() -> Path:
    """The top of the working tree that the process stands in, or where it stands if that is none."""
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if os.path.lexists(folder / ".git")), here)
    return Path() if top == here else top


def judge_agent(options: argparse.Namespace) -> int:
    """Refuses what an agent is about to do with a secret, in the agent's own form; the exit code.

    The repository has no say: the agent writes in it.
    """
    from leakscan.agent import read_event, refusal
    from leakscan.cli.outcome import compiling
    from leakscan.cli.settings import settings_of
    from leakscan.corridor import scan_texts
    from leakscan.detect.extract import keep_programs
    from leakscan.errors import EXIT_CLEAN

    options.trust_repo_config = False
    chosen = settings_of(options, ["."], None)
    event = read_event(sys.stdin.buffer.read())
    findings = scan_texts(event.texts, chosen["rules"], chosen["min_confidence"], compiling)
    keep_programs()
    if not findings:
        return EXIT_CLEAN
    answer = refusal(event, findings)
    print(answer.output, end="\n" if answer.output else "")
    print(answer.error, end="\n" if answer.error else "", file=sys.stderr)
    return answer.code
