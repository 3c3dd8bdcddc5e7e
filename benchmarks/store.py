"""What lies in a repository's object store, in the numbers that the time of a scan could depend on."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tools import BenchmarkError, environment
from leakscan.git.pack import PackError, open_pack

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes and counts. ``packed`` is the size of the pack files.

    ``inflated`` is what all their entries decompress to: whole objects, and for each delta its
    instructions, of which ``deltas`` are those alone. ``expanded`` is every blob at its full length.
    ``missing`` is the number of objects that are referred to and not there, None where git cannot say.
    """

    packs: int
    packed: int
    inflated: int
    deltas: int
    expanded: int
    blobs: int
    commits: int
    loose: int
    missing: int | None


def content(repository: Path) -> Content:
    """Looks at every pack and object, which also brings the packs into the system's cache."""
    objects = _counted(repository)
    oid_bytes = 32 if git(repository, "rev-parse", "--show-object-format").strip() == "sha256" else 20
    folders = [_object_folder(repository), *_alternates(git(repository, "count-objects", "-v"))]
    files = [file for folder in folders for file in sorted((folder / "pack").glob("pack-*.pack"))]
    inflated = deltas = 0
    for file in files:
        _read_through(file)
        try:
            pack = open_pack(file, oid_bytes)
        except (PackError, OSError) as error:
            raise BenchmarkError(f"{file}: this pack cannot be read: {error}") from error
        inflated += int(pack.sizes.sum())
        deltas += int(pack.sizes[pack.bases != -1].sum())
    return Content(
        packs=len(files),
        packed=sum(file.stat().st_size for file in files),
        inflated=inflated,
        deltas=deltas,
        expanded=objects.bytes["blob"],
        blobs=objects.number["blob"],
        commits=objects.number["commit"],
        loose=_loose(git(repository, "count-objects", "-v")),
        missing=_missing(repository),
    )


@dataclass(frozen=True, slots=True)
class Objects:
    """How many objects of each type there are, and how long they are together."""

    number: Counter[str]
    bytes: Counter[str]


def count_objects(lines: Iterable[str]) -> Objects:
    """From lines of a type and a size.

    >>> count_objects(["blob 3", "blob 4", "commit 200"]).bytes["blob"]
    7
    """
    number, size = Counter[str](), Counter[str]()
    for line in lines:
        kind, length = line.split()
        number[kind] += 1
        size[kind] += int(length)
    return Objects(number, size)


def count_missing(listing: Iterable[str]) -> int:
    """From ``git rev-list --missing=print``, which marks what is not there.

    >>> count_missing(["1111 a.txt", "?2222", "?3333"])
    2
    """
    return sum(line.startswith("?") for line in listing)


def git(repository: Path, *args: str) -> str:
    """What git says there; a BenchmarkError with its reason where it refuses."""
    line = ["git", "-C", str(repository), *args]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise BenchmarkError(f"{repository}: git {args[0]} failed: {done.stderr.strip()}")
    return done.stdout


def check(repository: Path) -> None:
    """A BenchmarkError where the path is not there, or is not the top of a repository of its own."""
    if not repository.exists():
        raise BenchmarkError(f"{repository}: no such folder")
    if (repository / ".git").exists() or (repository / "HEAD").is_file():
        git(repository, "rev-parse", "--git-dir")
        return
    raise BenchmarkError(
        f"{repository} is not the top of a git repository: clone one, or name the folder above"
    )


def yardstick(repository: Path) -> dict[str, list[str]]:
    """Two commands of git that read all objects, and all changes, but no renames, which would open blobs."""
    start = ["git", "--no-pager", "-C", str(repository)]
    return {
        "git cat-file": [*start, "cat-file", "--batch-all-objects", "--batch"],
        "git log": [*start, "log", "--raw", "--all", "--no-renames"],
    }


def _counted(repository: Path) -> Objects:
    form = "--batch-check=%(objecttype) %(objectsize)"
    return count_objects(git(repository, "cat-file", "--batch-all-objects", "--unordered", form).splitlines())


def _missing(repository: Path) -> int | None:
    try:
        return count_missing(
            git(repository, "rev-list", "--objects", "--all", "--missing=print").splitlines()
        )
    except BenchmarkError:
        return None


def _object_folder(repository: Path) -> Path:
    return repository / git(repository, "rev-parse", "--git-path", "objects").rstrip("\n")


def _alternates(counts: str) -> list[Path]:
    mark = "alternate: "
    return [Path(line.removeprefix(mark).strip('"')) for line in counts.splitlines() if line.startswith(mark)]


def _loose(counts: str) -> int:
    return next(int(line.split()[1]) for line in counts.splitlines() if line.startswith("count: "))


def _read_through(file: Path) -> None:
    with file.open("rb") as opened:
        while opened.read(_PIECE):
            pass
