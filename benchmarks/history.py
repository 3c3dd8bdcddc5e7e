"""Times leakscan and other scanners on the full history of repositories, beside what git itself needs.

Run: ``python -m benchmarks.history --help``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.options import add_common, named, parsed
from benchmarks.rounds import (
    Job,
    Run,
    progress,
    raw,
    run_rounds,
    scanner_job,
    summaries,
    tiny_repository,
    warm_up,
    write_json,
    yardstick_job,
)
from benchmarks.store import Content, check, content, yardstick
from benchmarks.tables import comparison, describe, scaling, versions, yardsticks
from benchmarks.tools import BenchmarkError, Installed, installed

DESCRIPTION = """\
Times leakscan and every other scanner that is installed on the full history of each repository: wall
time, CPU time and peak memory of all processes, number of findings, exit code. The scanners take turns,
each with its own rules and limits, without verification and without network. Prints Markdown tables of
medians, and of ratios to leakscan. Two commands of git that read the same are timed as a yardstick.

Where objects are missing (partial clones), scanners that read the output of git log end at the first
one. That is detected, and shown instead of a time.
"""

EPILOG = """\
examples:
  python -m benchmarks.history ~/src/flask ~/src/rails
  python -m benchmarks.history --runs 5 --peers ~/peers/bin --json numbers.json flask=~/mirror/flask.git
  python -m benchmarks.history --only kingfisher,gitleaks ~/src/flask
  python -m benchmarks.history --scaling ~/src/flask ~/src/rails ~/src/linux

Leave the machine to it meanwhile. A line below a table tells if others were at work.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.history",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "repositories", nargs="+", metavar="[NAME=]REPO", help="a repository, and its name in tables"
    )
    parser.add_argument(
        "--scaling",
        action="store_true",
        help="time leakscan alone, and print one table of its time against the sizes of the repositories",
    )
    add_common(parser)
    return parsed(parser, arguments, _benchmark)


def _benchmark(options: argparse.Namespace) -> None:
    repositories = named(options.repositories)
    for path in repositories.values():
        check(path)
    if options.scaling and options.only:
        raise BenchmarkError("--scaling times leakscan alone: leave out --only")
    here, absent = installed(
        ["leakscan"] if options.scaling else options.only, options.peers, options.leakscan
    )
    scanners = [scanner for scanner in here if scanner.tool.history]
    about, tools = machine(), {one.tool.name: one.version for one in scanners}
    print(versions(about, tools, absent) + "\n")
    timed: list[Timed] = []
    with tempfile.TemporaryDirectory(
        prefix="benchmark-"
    ) as name:  # reports hold secrets: it is ours alone, and goes
        folder = Path(name)
        warm_up(_scans(scanners, tiny_repository(folder / "tiny"), folder), folder)
        for label, path in repositories.items():
            timed.append(_timed(label, path, scanners, options, folder))
            if not options.scaling:
                print(timed[-1].report(int(about["cores"])), flush=True)
            if options.json:
                records = [one.record() for one in timed]
                whole = {"machine": about, "tools": tools, "not_compared": absent, "repositories": records}
                write_json(options.json, whole)
    if options.scaling:
        print(scaling((one.name, one.content, summaries(one.runs)) for one in timed))


@dataclass(frozen=True, slots=True)
class Timed:
    """A repository, and all runs on it."""

    name: str
    content: Content
    sticks: frozenset[str]
    runs: list[Run]

    def report(self, cores: int) -> str:
        medians = summaries(self.runs)
        scans = [one for one in medians if one.name not in self.sticks]
        sticks = [one for one in medians if one.name in self.sticks]
        heading = f"### {self.name}\n\n{describe(self.content)}\n"
        return "\n".join([heading, comparison(scans, cores), "", yardsticks(sticks, scans), ""])

    def record(self) -> dict[str, object]:
        return {"name": self.name, "content": asdict(self.content), "runs": raw(self.runs)}


def _timed(
    label: str, path: Path, scanners: Sequence[Installed], options: argparse.Namespace, folder: Path
) -> Timed:
    progress(f"{label}: looking at its objects")
    inside = content(path)
    sticks = [yardstick_job(name, line) for name, line in yardstick(path).items()]
    jobs = [*_scans(scanners, path, folder), *sticks]
    runs = []
    for run in run_rounds(jobs, options.runs, folder, options.timeout):
        progress(f"{label}: round {run.round + 1}, {run.name}: {run.cost.wall:.2f} s {run.outcome.stopped}")
        runs.append(run)
    return Timed(label, inside, frozenset(stick.name for stick in sticks), runs)


def _scans(scanners: Sequence[Installed], target: Path, folder: Path) -> list[Job]:
    return [scanner_job(scanner, scanner.tool.history, target, folder) for scanner in scanners]


if __name__ == "__main__":
    sys.exit(main())
