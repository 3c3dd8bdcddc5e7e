"""The scanners that are compared: how each is asked for its version and started, and how its report is read.

Every one runs with its own rules, limits and confidence, without verification (which needs the network) and
without a look for updates. To add one, add a :class:`Tool`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Settings from outside would make it another scanner than the one that others have.
_DROPPED = ("GIT_", "LEAKSCAN_RULES", "GITLEAKS_", "BETTERLEAKS_", "KF_", "KINGFISHER_", "TRUFFLEHOG_")
# A partial clone must not be completed by whoever comes first, and nothing may be fetched.
_SET = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
}

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_MISSING = re.compile(
    r"unable to read (?:[a-z]+ )?(?:object )?[0-9a-f]{40}|missing (?:blob|object|tree|commit)\b"
    r"|bad object [0-9a-f]{40}|could not (?:fetch|read|get) [0-9a-f]{40}|promisor remote"
)
_ENDED_EARLY = re.compile(r"fatal: .*|stderr is not empty|incomplete scan.*|failed to scan.*")
_REASON_LENGTH = 100


class BenchmarkError(Exception):
    """What keeps a benchmark from being run, said to people."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A scanner. Its arguments hold ``{target}`` and ``{report}``; without the latter it reports to stdout.

    ``version`` must match what it says of itself, and its group is the version; other programs bear the
    same name. ``codes`` are its exit codes for a scan that went to its end. ``reads_git_log`` means that it
    ends where git does, and then says so only in its messages.
    """

    name: str
    version: str
    codes: frozenset[int]
    findings: Callable[[bytes], int]
    history: tuple[str, ...] = ()
    tree: tuple[str, ...] = ()
    reads_git_log: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """A scanner that is here: the command line that starts it, and its version."""

    tool: Tool
    command: tuple[str, ...]
    version: str

    def line(self, arguments: Sequence[str], target: Path, report: Path) -> list[str]:
        filled = (
            part.replace("{target}", str(target)).replace("{report}", str(report)) for part in arguments
        )
        return [*self.command, *filled]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: how many findings, why it ended early if it did, what else it says."""

    findings: int | None
    stopped: str = ""
    note: str = ""


def in_findings(report: bytes) -> int:
    """An object that lists them under ``findings``.

    >>> in_findings(b'{"findings": [{}, {}], "scan": {}}')
    2
    """
    return len(json.loads(report)["findings"])


def in_list(report: bytes) -> int:
    """One array of them.

    >>> in_list(b'[{"RuleID": "x"}]')
    1
    """
    return len(json.loads(report))


def in_lines(report: bytes) -> int:
    """One in each line that is an object with the place where it was found, between lines that log.

    >>> in_lines(b'{"SourceMetadata": {}}' + bytes([10]) + b'{"level": "info"}')
    1
    """
    return sum(
        1 for line in report.splitlines() if line.startswith(b"{") and "SourceMetadata" in json.loads(line)
    )


def in_files(report: bytes) -> int:
    """A list for each file under ``results``.

    >>> in_files(b'{"results": {"a.py": [{}], "b.py": [{}, {}]}}')
    3
    """
    return sum(map(len, json.loads(report)["results"].values()))


TOOLS = (
    Tool(
        "leakscan",
        version=r"leakscan (\S+)",
        history=("scan", "--format", "json", "--output", "{report}", "{target}"),
        tree=("scan", "--no-history", "--format", "json", "--output", "{report}", "{target}"),
        codes=frozenset({0, 1, 3}),
        findings=in_findings,
    ),
    Tool(
        "kingfisher",
        version=r"kingfisher (\d\S*)",
        history=("scan", "{target}", "--no-validate", "--no-update-check", "-f", "json", "-o", "{report}"),
        tree=(
            *("scan", "{target}", "--git-history", "none", "--no-validate", "--no-update-check"),
            *("-f", "json", "-o", "{report}"),
        ),
        codes=frozenset({0, 200, 205}),
        findings=in_findings,
    ),
    Tool(
        "gitleaks",
        version=r"gitleaks version (\S+)",
        history=("git", "{target}", "--no-banner", "-f", "json", "-r", "{report}"),
        tree=("dir", "{target}", "--no-banner", "-f", "json", "-r", "{report}"),
        codes=frozenset({0, 1}),
        findings=in_list,
        reads_git_log=True,
    ),
    Tool(
        "betterleaks",
        version=r"^(?:betterleaks version )?([2-9]\.\S*)",  # 1.x has the options and reports of gitleaks
        history=("git", "{target}", "--no-banner", "-o", "{report}"),
        tree=("filesystem", "{target}", "--no-banner", "-o", "{report}"),
        codes=frozenset({0, 1}),
        findings=in_findings,
        reads_git_log=True,
    ),
    Tool(
        "trufflehog",
        version=r"trufflehog (\S+)",
        history=("git", "file://{target}", "--json", "--no-verification", "--no-update"),
        tree=("filesystem", "{target}", "--json", "--no-verification", "--no-update"),
        codes=frozenset({0, 183}),
        findings=in_lines,
        reads_git_log=True,
    ),
    Tool(
        "detect-secrets",  # knows no history
        version=r"^(\d\S*)",
        tree=("-C", "{target}", "scan", "--all-files", "--no-verify"),
        codes=frozenset({0}),
        findings=in_files,
    ),
)


def environment() -> dict[str, str]:
    """For every tool the same: no settings of ours, no network for git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return {**kept, **_SET}


def installed(
    names: Sequence[str], folders: Sequence[Path], leakscan: str | None
) -> tuple[list[Installed], list[str]]:
    """The tools of these names (all, if none are given) that are here, and why others are not compared.

    They are looked for in the folders, then in PATH. leakscan is the one beside the running Python, unless
    a command line is given for it.
    """
    known = {tool.name: tool for tool in TOOLS}
    if unknown := [name for name in names if name not in known]:
        raise BenchmarkError(f"no tool {', '.join(unknown)} is known here: choose from {', '.join(known)}")
    for folder in folders:
        if not folder.is_dir():
            raise BenchmarkError(f"{folder}: no such folder of tools")
    here: list[Installed] = []
    absent: list[str] = []
    for tool in TOOLS:
        wanted = not names or tool.name in names or tool.name == "leakscan"
        if not wanted:
            continue
        others: list[str] = []
        found = next(_matching(tool, _candidates(tool, folders, leakscan), others), None)
        if found is not None:
            here.append(found)
            continue
        why = "; ".join(others) or "not in PATH, nor in a folder given with --peers"
        if tool.name == "leakscan":
            raise BenchmarkError(
                f"leakscan: {why}: install it, or say how to start it with --leakscan COMMAND"
            )
        if tool.name in names:
            raise BenchmarkError(f"{tool.name}: {why}: install it, or leave it out of --only")
        absent.append(f"{tool.name} ({why})")
    return here, absent


def _candidates(tool: Tool, folders: Sequence[Path], leakscan: str | None) -> Iterator[tuple[str, ...]]:
    if tool.name == "leakscan" and leakscan is not None:
        program, *arguments = shlex.split(leakscan) or [""]
        # Scans are started in another folder than this one.
        yield (str(Path(program).expanduser().absolute()) if "/" in program else program, *arguments)
        return
    own = [str(Path(sys.executable).parent)] if tool.name == "leakscan" else []
    for folder in [*own, *map(str, folders), *os.environ.get("PATH", "").split(os.pathsep)]:
        if folder and (path := shutil.which(tool.name, path=folder)):
            yield (str(Path(path).absolute()),)


def _matching(tool: Tool, candidates: Iterator[tuple[str, ...]], others: list[str]) -> Iterator[Installed]:
    """Those candidates that are what their name says; of the rest, ``others`` tells what they are."""
    for command in candidates:
        try:
            asked = subprocess.run(
                [*command, "--version"], capture_output=True, text=True, timeout=60, env=environment()
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            others.append(f"{shlex.join(command)} does not start: {error}")
            continue
        said = (asked.stdout + asked.stderr).strip().partition("\n")[0]
        if matched := re.search(tool.version, said):
            yield Installed(tool, command, matched[1])
        else:
            others.append(f"the program of that name answers {said[:40]!r}, which is another or too old")


def outcome(tool: Tool, code: int, report: bytes, complaints: str) -> Outcome:
    """What to make of a run: of its exit code, its report, and what it wrote to standard error."""
    stopped = stop_reason(tool, code, complaints)
    try:
        found = tool.findings(report)
    except (ValueError, KeyError, TypeError):
        return Outcome(None, stopped or "wrote no report")
    return Outcome(found, stopped, _own_gaps(tool, report))


def stop_reason(tool: Tool, code: int, complaints: str) -> str:
    """Why the scan did not go to its end, or nothing: its time is then not that of a scan.

    >>> gitleaks = next(tool for tool in TOOLS if tool.name == "gitleaks")
    >>> stop_reason(gitleaks, 1, "INF 6 commits scanned.")
    ''
    >>> stop_reason(gitleaks, 0, "ERR [git] fatal: unable to read " + "7" * 40)
    'stopped at a missing object'
    """
    text = _COLOURS.sub("", complaints)
    if tool.reads_git_log and (found := _ENDED_EARLY.search(text)):
        return "stopped at a missing object" if _MISSING.search(text) else f"stopped: {_short(found[0])}"
    if code not in tool.codes:
        lines = [line for line in text.splitlines() if line.strip()]
        return f"failed with exit code {code}" + (f": {_short(lines[-1])}" if lines else "")
    return ""


def _own_gaps(tool: Tool, report: bytes) -> str:
    """leakscan's report says what it could not read; others do not."""
    if tool.name != "leakscan":
        return ""
    scan: dict[str, Any] = json.loads(report).get("scan", {})
    return "" if scan.get("complete", True) else f"gaps named: {len(scan['incomplete']):,}"


def _short(text: str) -> str:
    line = " ".join(text.replace("|", "/").split())
    return line if len(line) <= _REASON_LENGTH else line[: _REASON_LENGTH - 1] + "…"
