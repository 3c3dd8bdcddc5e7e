"""Numbers for all objects of a repository, wherever their ids come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from leakscan.git.pack import Bytes, Numbers, Oids


class Catalog:
    """The objects of all parts in their order; what stands there twice has the number of the first."""

    def __init__(self, parts: Sequence[Oids], oid_bytes: int) -> None:
        self._parts, self.oid_bytes = parts, oid_bytes
        self._firsts = np.cumsum([0, *(len(part.rows) for part in parts)]).tolist()

    def __len__(self) -> int:
        return int(self._firsts[-1])

    @property
    def rows(self) -> Bytes:
        """All ids, at their numbers."""
        return np.concatenate([part.rows for part in self._parts])

    def find(self, rows: Bytes) -> Numbers:
        """The number of each of these ids (a row of bytes each), -1 where no object has it."""
        numbers = np.full(len(rows), -1, dtype=np.int32)
        for first, part in zip(self._firsts, self._parts, strict=False):
            open_ = np.nonzero(numbers < 0)[0]
            if not len(open_):
                break
            found = part.find(rows[open_])
            numbers[open_[found >= 0]] = found[found >= 0] + first
        return numbers

    def numbers(self, oids: Collection[str]) -> Numbers:
        """The same for ids in hexadecimal; -1 too for what is no id."""
        width = 2 * self.oid_bytes
        padded = [oid if len(oid) == width else "0" * width for oid in oids]
        return self.find(rows_of(padded, self.oid_bytes))

    def oid(self, number: int) -> str:
        """The id of the object with this number."""
        part = int(np.searchsorted(self._firsts, number, side="right")) - 1
        return str(self._parts[part].rows[number - self._firsts[part]].tobytes().hex())


def rows_of(oids: Collection[str], oid_bytes: int) -> Bytes:
    """Ids in hexadecimal as rows of bytes."""
    return np.frombuffer(bytes.fromhex("".join(oids)), dtype=np.uint8).reshape(-1, oid_bytes)
