"""Times leakscan and other scanners on plain folders of files.

Run: ``python -m benchmarks.tree --help``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.options import add_common, named, parsed
from benchmarks.rounds import (
    Job,
    progress,
    raw,
    run_rounds,
    scanner_job,
    summaries,
    tiny_tree,
    warm_up,
    write_json,
)
from benchmarks.tables import comparison, megabytes, versions
from benchmarks.tools import BenchmarkError, Installed, installed

DESCRIPTION = """\
Times leakscan and every other scanner that is installed on each folder: wall time, CPU time and peak
memory of all processes, number of findings, exit code. The scanners take turns, each with its own rules
and limits, without verification and without network. Prints Markdown tables of medians, and of ratios
to leakscan.

The folder shall be no repository: some scanners would read what lies in .git, and others would not.
"""

EPILOG = """\
examples:
  mkdir /tmp/flask && git -C ~/src/flask archive HEAD | tar -x -C /tmp/flask
  python -m benchmarks.tree /tmp/flask
  python -m benchmarks.tree --runs 5 --peers ~/peers/bin --json numbers.json /tmp/flask /tmp/rails
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tree",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folders", nargs="+", metavar="[NAME=]FOLDER", help="a folder, and its name in tables"
    )
    add_common(parser)
    return parsed(parser, arguments, _benchmark)


def _benchmark(options: argparse.Namespace) -> None:
    folders = named(options.folders)
    for path in folders.values():
        _check(path)
    scanners, absent = installed(options.only, options.peers, options.leakscan)
    about, tools = machine(), {one.tool.name: one.version for one in scanners}
    print(versions(about, tools, absent) + "\n")
    records: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(
        prefix="benchmark-"
    ) as name:  # reports hold secrets: it is ours alone, and goes
        work = Path(name)
        warm_up(_jobs(scanners, tiny_tree(work / "tiny"), work), work)
        for label, path in folders.items():
            files, size = _read_through(path)
            runs = []
            for run in run_rounds(_jobs(scanners, path, work), options.runs, work, options.timeout):
                progress(
                    f"{label}: round {run.round + 1}, {run.name}: {run.cost.wall:.2f} s {run.outcome.stopped}"
                )
                runs.append(run)
            print(f"### {label}\n\n{files:,} files, {megabytes(size)} MB.\n")
            print(comparison(summaries(runs), int(about["cores"])) + "\n", flush=True)
            records.append({"name": label, "files": files, "bytes": size, "runs": raw(runs)})
            if options.json:
                whole = {"machine": about, "tools": tools, "not_compared": absent, "folders": records}
                write_json(options.json, whole)


def _jobs(scanners: Sequence[Installed], target: Path, folder: Path) -> list[Job]:
    return [
        scanner_job(scanner, scanner.tool.tree, target, folder) for scanner in scanners if scanner.tool.tree
    ]


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise BenchmarkError(f"{folder}: no such folder")
    if (folder / ".git").exists():
        raise BenchmarkError(f"{folder} is a repository: export its files first, as --help shows")


def _read_through(folder: Path) -> tuple[int, int]:
    """Number and bytes of the files, all read once: every scanner then finds them in the system's cache."""
    files = size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                files += 1
                size += len(path.read_bytes())
    return files, size


if __name__ == "__main__":
    sys.exit(main())
