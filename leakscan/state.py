"""What a scan remembers of a history for the next one, in a file that holds nothing of what leaked."""

from __future__ import annotations

import hashlib
import io
import json
import os
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs
from isal import isal_zlib

from leakscan.errors import UsageError, unreadable
from leakscan.files import PRIVATE, read_private, unwritable, write_atomically
from leakscan.finding import Gap
from leakscan.git.graph import Columns, CommitGraph
from leakscan.git.repository import Repository
from leakscan.git.seen import Seen
from leakscan.git.treescan import TreeChanges
from leakscan.past import Known

_MARK = b"leakscan state "
_FORM = _MARK + b"4\n"
_DIGEST = 32
_COMMITS: dict[str, Callable[[Any], Any]] = {
    "oids": bytearray,
    "trees": bytearray,
    "times": lambda raw: array("q", raw.tobytes()),
    "counts": lambda raw: array("i", raw.tobytes()),
    "parents": bytearray,
}
_TREES = ("trees", "bases", "ends", "firsts", "signs", "what", "called")


@dataclass(frozen=True, slots=True)
class StateFile:
    """Where the state of one history is kept. ``made_with`` is whatever must be the same for it to count."""

    path: Path
    made_with: bytes

    def read(self) -> Known | None:
        """What the last scan left; None where nothing is there, or nothing that can be trusted."""
        whole = read_private(self.path) or b""
        if not whole.startswith(_FORM):
            return None
        body, digest = memoryview(whole)[len(_FORM) : -_DIGEST], whole[-_DIGEST:]
        return decoded(isal_zlib.decompress(body)) if digest == self._digest([body]) else None

    def write(self, known: Known) -> list[Gap]:
        """Replaces it whole; what hinders that is no failure of the scan, but named."""
        body = encoded(known)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.path, [_FORM, *body, self._digest(body)], PRIVATE)
        except OSError as error:
            return [Gap("state for the next scan", str(unwritable(self.path, error)))]
        except UsageError as error:
            return [Gap("state for the next scan", str(error))]
        return []

    def _digest(self, body: Iterable[bytes | memoryview]) -> bytes:
        """Over the content and what it was made with, so that a change of either shows."""
        digest = hashlib.sha256(_FORM + hashlib.sha256(self.made_with).digest())
        for piece in body:
            digest.update(piece)
        return digest.digest()


def state_file(repository: Repository, settings: Iterable[object], path: Path | None = None) -> StateFile:
    """That of this repository, for a scan with these settings; at ``path``, or in the user's state folder."""
    if path is not None:
        check_state_path(path)
    home = os.fsencode(repository.common_dir)
    made_with = repr((home, repository.object_format, *settings)).encode()
    return StateFile(path or state_folder() / f"{hashlib.sha256(home).hexdigest()[:32]}.state", made_with)


def check_state_path(path: Path) -> None:
    """Raises UsageError where a state would replace something else, which may be dear to the user."""
    mend = "give --state a new file, or one that a scan has written"
    if not path.exists():
        return
    if not path.is_file():
        raise UsageError(f"{path} is no file: {mend}")
    try:
        with path.open("rb") as file:
            start = file.read(len(_MARK))
    except OSError as error:
        raise unreadable(error) from None
    if start and start != _MARK:
        raise UsageError(f"{path} holds something else than a state, and would be replaced: {mend}")


def state_folder() -> Path:
    """``LEAKSCAN_STATE_DIR``, or the platform's folder for what leakscan leaves from one run to the next."""
    return Path(os.environ.get("LEAKSCAN_STATE_DIR") or platformdirs.user_state_dir("leakscan"))


class _Packer(io.RawIOBase):
    """A file of which only what it compresses to is kept: half as large, and hardly slower."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._compressor = isal_zlib.compressobj(1)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.pieces.append(self._compressor.compress(content))
        return len(content)

    def ended(self) -> list[bytes]:
        return [*self.pieces, self._compressor.flush()]


def encoded(known: Known) -> list[bytes]:
    """Arrays in numpy's own format, without pickled objects, compressed; in pieces, because it is much."""
    seen, trees, columns = known.seen, known.trees, known.graph.columns
    commits: dict[str, Any] = {f"commit_{name}": _raw(bytes(getattr(columns, name))) for name in _COMMITS}
    file = _Packer()
    np.savez(
        file,
        oids=seen.oids,
        again=seen.again,
        whole=np.array(seen.whole),
        **commits,
        commit_odd=_raw(json.dumps(columns.odd).encode()),
        tags=_raw(json.dumps(known.graph.tags).encode()),
        **{name: getattr(trees, name) for name in _TREES},
        names=_raw(b"".join(name + b"\0" for name in trees.names)),
        absent=_raw(b"".join(trees.absent)),
    )
    return file.ended()


def decoded(content: bytes) -> Known:
    """The reverse of :func:`encoded`, decompressed; only for content that is known to come from there."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        seen = Seen(arrays["oids"], arrays["again"], int(arrays["whole"]))
        numbers = {name: arrays[name] for name in _TREES}
        names = arrays["names"].tobytes().split(b"\0")[:-1]
        absent = arrays["absent"].reshape(-1, seen.oids.shape[1])
        trees = TreeChanges(**numbers, names=names, absent=[row.tobytes() for row in absent])
        columns = {name: make(arrays[f"commit_{name}"]) for name, make in _COMMITS.items()}
        odd, tags = (json.loads(arrays[name].tobytes()) for name in ("commit_odd", "tags"))
        return Known(seen, CommitGraph(Columns(**columns, odd=odd), tags), trees)


def _raw(content: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(content, dtype=np.uint8)
