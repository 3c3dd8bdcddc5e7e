"""Where a repository keeps its objects: its own packs and loose files, and those that it borrows."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leakscan.finding import Gap
from leakscan.git.names import shown_path
from leakscan.git.objects import stored_objects
from leakscan.git.pack import Pack, PackError, open_pack
from leakscan.git.repository import Repository

Flags = npt.NDArray[np.bool_]

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_ESCAPES |= {character: character for character in (b'"', b"\\")}
_DEEPEST = 5  # git itself follows alternates of alternates so far
_MOST_ALTERNATES = 1 << 20


@dataclass(slots=True)
class Stores:
    """The packs, the largest first, with which of their entries no earlier pack has; and ``others``.

    These are the ids of objects that are in no pack which could be opened: loose ones, and what else git
    knows of where something is there that this reader does not know or trust (``odd``).
    """

    packs: list[Pack] = field(default_factory=list)
    fresh: list[Flags] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    odd: bool = False


def open_stores(repository: Repository, gaps: list[Gap]) -> Stores:
    """All object stores of the repository, opened. Nothing in them is read yet but indexes and headers."""
    stores = Stores()
    others = set[str]()
    for folder in object_folders(repository, gaps):
        _open_packs(folder / "pack", repository.oid_bytes, stores, gaps)
        others.update(_loose(folder, repository.oid_bytes, gaps))
    stores.packs.sort(key=len, reverse=True)
    stores.fresh = list(_fresh(stores.packs))
    if stores.odd or gaps:
        others.update(found.oid for found in stored_objects(repository.git, gaps))
    stores.others = _unpacked(stores.packs, sorted(others))
    return stores


def object_folders(repository: Repository, gaps: list[Gap]) -> list[Path]:
    """The repository's object folder and those that its alternates name, each once."""
    found: list[Path] = []
    todo = [(repository.common_dir / "objects", 0)]
    while todo:
        named, depth = todo.pop()
        folder = Path(os.path.realpath(named))
        if folder in found:
            continue
        if depth > _DEEPEST:
            gaps.append(Gap(str(named), f"borrowed over more than {_DEEPEST} stores: git does not follow it"))
            continue
        found.append(folder)
        todo.extend((other, depth + 1) for other in _alternates(folder, gaps))
    return found


def _alternates(folder: Path, gaps: list[Gap]) -> list[Path]:
    """The object folders that this one borrows from; relative ones begin at where it really is."""
    file = folder / "info" / "alternates"
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(0, "not a file")
        with file.open("rb") as opened:
            content = opened.read(_MOST_ALTERNATES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        gaps.append(_unreadable(file, error))
        return []
    if len(content) > _MOST_ALTERNATES:
        gaps.append(Gap(str(file), "larger than any list of object folders"))
    lines = [line for line in content.split(b"\n") if line and not line.startswith(b"#")]
    return [Path(os.path.normpath(folder / os.fsdecode(_unquoted(line)))) for line in lines]


def _unquoted(line: bytes) -> bytes:
    """A path in C's quotes as git writes it where it holds odd characters; others as they are."""
    if not line.startswith(b'"'):
        return line
    return _ESCAPE.sub(lambda m: _ESCAPES.get(m[1]) or bytes([int(m[1], 8) & 255]), line.strip(b'"\r'))


def _open_packs(folder: Path, oid_bytes: int, stores: Stores, gaps: list[Gap]) -> None:
    for name in _listed(folder, gaps):
        if not name.endswith(".idx"):
            continue
        index = folder / name
        try:
            stores.packs.append(open_pack(index.with_suffix(".pack"), oid_bytes))
        except (PackError, ValueError):
            stores.odd = True  # git may know better; where it does not, it says so
        except OSError as error:
            gaps.append(_unreadable(Path(error.filename or index), error))


def _loose(folder: Path, oid_bytes: int, gaps: list[Gap]) -> Iterator[str]:
    for fan in (f"{number:02x}" for number in range(256)):
        yield from (fan + name for name in _listed(folder / fan, gaps) if _is_loose(name, oid_bytes))


def _listed(folder: Path, gaps: list[Gap]) -> list[str]:
    """The names in a folder; none where it is not there, and a gap where it cannot be read."""
    try:
        with os.scandir(folder) as listing:
            return sorted(entry.name for entry in listing)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        gaps.append(_unreadable(folder, error))
        return []


def _unreadable(path: Path, error: OSError) -> Gap:
    return Gap(shown_path(os.fsencode(path)), f"unreadable: {error.strerror}")


def unindexed_packs(repository: Repository) -> Iterator[Gap]:
    """Packs that git does not look into, because the file that says what is in them is gone."""
    for folder in object_folders(repository, []):
        names = _listed(folder / "pack", [])
        for name in names:
            if name.endswith(".pack") and f"{name[:-5]}.idx" not in names:
                path = shown_path(os.fsencode(folder / "pack" / name))
                yield Gap(
                    path, f"a pack without an index, which git does not read: run 'git index-pack {path}'"
                )


def _is_loose(name: str, oid_bytes: int) -> bool:
    """Whether a file in one of the 256 folders is named like an object."""
    return len(name) == 2 * oid_bytes - 2 and not name.strip("0123456789abcdef")


def _fresh(packs: list[Pack]) -> Iterator[Flags]:
    """For each pack which of its entries no pack before it has."""
    for at, pack in enumerate(packs):
        fresh = np.ones(len(pack), dtype=bool)
        for earlier in packs[:at]:
            fresh &= earlier.oids.find(pack.oids.rows) < 0
        yield fresh


def _unpacked(packs: list[Pack], oids: list[str]) -> list[str]:
    """Those of these ids that no pack has."""
    fresh = np.ones(len(oids), dtype=bool)
    if oids:
        rows = np.frombuffer(bytes.fromhex("".join(oids)), dtype=np.uint8).reshape(len(oids), -1)
        for pack in packs:
            fresh &= pack.oids.find(rows) < 0
    return [oids[at] for at in np.nonzero(fresh)[0]]
