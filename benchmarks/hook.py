"""How long a commit waits for its hook: the wall time of the whole process, for leakscan and its peers.

    python -m benchmarks.hook --peers ~/peers/bin

A repository of 60 files is made, five of them are changed and staged, and each hook scans that as it does
before a commit. The hooks take turns, each is run once before it counts, and Python has its modules
compiled, as an installation leaves them.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CHANGED = 5
_FILES = 60
_PEERS: Mapping[str, tuple[str, ...]] = {
    "betterleaks": ("git", "--staged", "."),
    "gitleaks": ("git", "--pre-commit", "--redact", "--staged", "--verbose"),
    "detect-secrets-hook": tuple(f"src/module{number}.py" for number in range(CHANGED)),
    "kingfisher": ("scan", ".", "--staged", "--no-validate", "--no-update-check"),
}
_CODE = '''\
"""Module {number}: what the service does with its jobs."""

import os


class Job{number}:
    """One job of the queue, and where its result goes."""

    def __init__(self, name: str, queue: str) -> None:
        self.name, self.queue = name, queue

    def run(self) -> int:
        return len(os.environ.get("QUEUE_PREFIX", "")) + {number}
'''
_CHANGE = """

def connection_{number}(user: str) -> dict[str, str]:
    password = os.environ["DATABASE_PASSWORD"]
    return {{"user": user, "password": password, "token": load_token(user)}}
"""

_HARMLESS = """

def connection_{number}(user: str) -> dict[str, str]:
    return {{"user": user, "name": load_name(user), "queue": queue_of(user)}}
"""
_SETTINGS = """\
fail_on: high
min_confidence: 0.6
exclude:
  - tests/fixtures/
  - "*.lock"
allow:
  - paths: [docs/]
    reason: shown in the manual
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", action="append", default=[], metavar="DIR", help="where other scanners are"
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--harmless", action="store_true", help="no changed line looks like a secret")
    parser.add_argument("--settings", action="store_true", help="the repository has a leakscan.yaml")
    options = parser.parse_args(arguments)
    # A hook of a user's has its modules compiled, whatever holds here.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and k[:4] != "GIT_"}
    with tempfile.TemporaryDirectory() as folder:
        repository = _repository(Path(folder), environment, _HARMLESS if options.harmless else _CHANGE)
        if options.settings:
            (repository / "leakscan.yaml").write_text(_SETTINGS)
        commands = _commands(options.peers)
        for name, command in list(commands.items()):
            first = subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=False)
            if first.returncode != 0:  # what is staged is clean
                print(f"left out: {name} ended with {first.returncode}", file=sys.stderr)
                del commands[name]
        busy = os.getloadavg()[0]
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, command in commands.items():
                times[name].append(_run(command, repository, environment))
    print(
        f"load of the machine before: {busy:.1f} on {os.cpu_count()} processors; {options.runs} runs each\n"
    )
    print("| hook | wall ms, median | fastest | slowest | CPU ms, median |\n|---|---|---|---|---|")
    for name, spent in times.items():
        walls, cpus = [1000 * wall for wall, _ in spent], [1000 * cpu for _, cpu in spent]
        print(
            f"| {name} | {statistics.median(walls):.0f} | {min(walls):.0f} | {max(walls):.0f} "
            f"| {statistics.median(cpus):.0f} |"
        )
    return 0


def _commands(folders: Sequence[str]) -> dict[str, list[str]]:
    """leakscan's own, and those of the peers that are there; the first folder that has one counts."""
    commands = {"leakscan": [str(Path(sys.executable).with_name("leakscan")), "hook"]}
    for name, options in _PEERS.items():
        found = next((Path(folder) / name for folder in folders if (Path(folder) / name).is_file()), None)
        if found is not None:
            commands[name] = [str(found.absolute()), *options]
    return commands


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until the process has ended, and of processor time in it and what it started."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _repository(folder: Path, environment: Mapping[str, str], change: str = _CHANGE) -> Path:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *arguments], cwd=folder, env=environment, check=True)

    git("init", "--quiet")
    (folder / "src").mkdir()
    for number in range(_FILES):
        (folder / f"src/module{number}.py").write_text(_CODE.format(number=number) * 4)
    git("add", ".")
    git("commit", "--quiet", "-m", "base")
    for number in range(CHANGED):
        with (folder / f"src/module{number}.py").open("a") as file:
            file.write(change.format(number=number))
    git("add", ".")
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
