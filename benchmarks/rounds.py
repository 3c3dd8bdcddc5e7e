"""Several commands on one target, in turn, several times: whatever slows the machine hits all alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.measure import Cost, measured
from benchmarks.tools import BenchmarkError, Installed, Outcome, environment, outcome


@dataclass(frozen=True, slots=True)
class Job:
    """One command line of the rotation, and what to make of its exit code, report and complaints."""

    name: str
    line: tuple[str, ...]
    report: Path | None
    judge: Callable[[int, bytes, str], Outcome]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job."""

    name: str
    round: int
    cost: Cost
    outcome: Outcome
    load: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All runs of one job: medians, and the range of the wall time.

    ``others`` are the processors that the rest of the machine kept busy, in the worst of the runs.
    """

    name: str
    runs: int
    wall: float
    fastest: float
    slowest: float
    cpu: float
    pss: int | None
    rss: int | None
    findings: int | None
    codes: tuple[int, ...]
    stopped: str
    note: str
    others: float


def scanner_job(scanner: Installed, arguments: Sequence[str], target: Path, folder: Path) -> Job:
    """A scan; its report lies in the folder, as a file or as its standard output."""
    report = folder / f"{scanner.tool.name}.json"
    return Job(
        scanner.tool.name,
        tuple(scanner.line(arguments, target, report)),
        report if any("{report}" in part for part in arguments) else None,
        lambda code, text, complaints: outcome(scanner.tool, code, text, complaints),
    )


def yardstick_job(name: str, line: Sequence[str]) -> Job:
    """A command of git, whose output goes to /dev/null."""

    def judge(code: int, _report: bytes, complaints: str) -> Outcome:
        last = complaints.strip().splitlines()[-1:]
        return Outcome(None, f"failed with exit code {code}: {''.join(last)[:100]}" if code else "")

    return Job(name, tuple(line), Path(os.devnull), judge)


def run_rounds(jobs: Sequence[Job], rounds: int, folder: Path, timeout: float) -> Iterator[Run]:
    """Every job once in each round. Each round begins one job later, so that nobody is always the first."""
    for number in range(rounds):
        first = number % len(jobs)
        for job in (*jobs[first:], *jobs[:first]):
            yield _run(job, number, folder, timeout)


def _run(job: Job, number: int, folder: Path, timeout: float) -> Run:
    devnull = Path(os.devnull)
    stdout, stderr = folder / "stdout", folder / "stderr"
    if job.report is not None and job.report != devnull:
        job.report.unlink(missing_ok=True)
    load = os.getloadavg()[0]
    cost = measured(
        job.line, folder, environment(), devnull if job.report == devnull else stdout, stderr, timeout
    )
    written = job.report or stdout
    report = written.read_bytes() if written.exists() else b""
    judged = job.judge(cost.code, report, stderr.read_text("utf-8", errors="replace"))
    if cost.timed_out:
        judged = replace(judged, stopped=f"not at its end after {timeout:.0f} s")
    return Run(job.name, number, cost, judged, load)


def warm_up(jobs: Sequence[Job], folder: Path) -> None:
    """Each once, on something tiny and untimed: whoever compiles rules on first use has compiled them."""
    for job in jobs:
        run = _run(job, 0, folder, timeout=300)
        if run.outcome.stopped:
            raise BenchmarkError(f"{job.name} does not work even on a tiny target: {run.outcome.stopped}")


def summaries(runs: Sequence[Run]) -> list[Summary]:
    """One for each job, in the order of their names' first appearance."""
    return [
        _summary([run for run in runs if run.name == name]) for name in dict.fromkeys(r.name for r in runs)
    ]


def _summary(runs: Sequence[Run]) -> Summary:
    wall = [run.cost.wall for run in runs]
    # One run that ended early makes the median no time of a scan, whatever the others did.
    ended = next((run.outcome for run in runs if run.outcome.stopped), runs[-1].outcome)
    return Summary(
        name=runs[0].name,
        runs=len(runs),
        wall=statistics.median(wall),
        fastest=min(wall),
        slowest=max(wall),
        cpu=statistics.median(run.cost.cpu for run in runs),
        pss=_median(run.cost.pss for run in runs),
        rss=_median(run.cost.rss for run in runs),
        findings=_median(run.outcome.findings for run in runs),
        codes=tuple(sorted({run.cost.code for run in runs})),
        stopped=ended.stopped,
        note=ended.note,
        others=max((run.cost.others or 0.0) / run.cost.wall for run in runs),
    )


def _median(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return statistics.median_low(known) if known else None


def tiny_tree(folder: Path) -> Path:
    """A folder with one file."""
    folder.mkdir()
    (folder / "hello.txt").write_text("hello\n")
    return folder


def tiny_repository(folder: Path) -> Path:
    """A repository with one commit."""
    identity = (
        "-c",
        "user.name=Benchmark",
        "-c",
        "user.email=benchmark@example.com",
        "-c",
        "commit.gpgSign=false",
    )
    tiny_tree(folder)
    for args in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "-m", "Say hello")):
        subprocess.run(["git", *args], cwd=folder, env=environment(), check=True)
    return folder


def progress(text: str) -> None:
    """For who waits: to standard error, so that the tables can be redirected."""
    print(text, file=sys.stderr, flush=True)


def write_json(file: Path, content: Mapping[str, object]) -> None:
    """All raw numbers, replaced at once: whoever interrupts a long benchmark keeps the last whole state."""
    draft = file.with_name(file.name + ".new")
    draft.write_text(json.dumps(content, indent=1) + "\n")
    draft.replace(file)


def raw(runs: Sequence[Run]) -> list[dict[str, object]]:
    """The runs as they go into the JSON file. No report and no message is in it, so no secret either."""
    return [
        {
            "tool": run.name,
            "round": run.round,
            "load_before": run.load,
            **asdict(run.cost),
            **asdict(run.outcome),
        }
        for run in runs
    ]
