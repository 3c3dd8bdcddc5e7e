"""Where a repository keeps its objects: its own packs and loose files, and those that it borrows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leakscan.finding import Gap
from leakscan.git.objects import stored_objects
from leakscan.git.pack import Pack, PackError, open_pack
from leakscan.git.repository import Repository

Flags = npt.NDArray[np.bool_]

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
    oid_bytes = repository.oid_bytes
    others = set[str]()
    for folder in _folders(repository.common_dir / "objects", stores):
        _find_packs(folder / "pack", oid_bytes, stores)
        others.update(_loose(folder, oid_bytes, stores))
    stores.packs.sort(key=len, reverse=True)
    stores.fresh = list(_fresh(stores.packs))
    if stores.odd:
        others.update(found.oid for found in stored_objects(repository.git, gaps))
    stores.others = _unpacked(stores.packs, sorted(others))
    return stores


def _folders(own: Path, stores: Stores) -> list[Path]:
    """This object folder and those that its alternates name, each once."""
    found: list[Path] = []
    todo = [(own, 0)]
    while todo:
        folder, depth = todo.pop()
        if folder in found:
            continue
        if depth > _DEEPEST:
            stores.odd = True
            continue
        found.append(folder)
        todo.extend((other, depth + 1) for other in _alternates(folder, stores))
    return found


def _alternates(folder: Path, stores: Stores) -> list[Path]:
    file = folder / "info" / "alternates"
    if not os.path.lexists(file):
        return []
    try:
        if not file.is_file() or file.stat().st_size > _MOST_ALTERNATES:
            raise OSError
        lines = file.read_bytes().split(b"\n")
    except OSError:
        stores.odd = True
        return []
    found = []
    for line in lines:
        if line.startswith(b'"'):
            stores.odd = True  # quoted in C's manner: rare enough to leave it to git
        elif line and not line.startswith(b"#"):
            other = Path(os.path.normpath(folder / os.fsdecode(line)))
            found.append(other)
            stores.odd |= not other.is_dir()
    return found


def _find_packs(folder: Path, oid_bytes: int, stores: Stores) -> None:
    try:
        indexes = sorted(folder.glob("pack-*.idx"))
    except OSError:
        stores.odd = True
        return
    for index in indexes:
        try:
            stores.packs.append(open_pack(index.with_suffix(".pack"), oid_bytes))
        except (PackError, OSError, ValueError):
            stores.odd = True


def _loose(folder: Path, oid_bytes: int, stores: Stores) -> list[str]:
    found: list[str] = []
    for fan in (f"{number:02x}" for number in range(256)):
        try:
            with os.scandir(folder / fan) as listing:
                names = [entry.name for entry in listing]
        except FileNotFoundError:
            continue
        except OSError:
            stores.odd = True
            continue
        found += [fan + name for name in names if _is_loose(name, oid_bytes)]
    return found


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
