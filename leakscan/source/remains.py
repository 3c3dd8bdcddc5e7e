"""What a repository holds beside its objects: names of refs, and what interrupted commands left behind."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator

from leakscan.finding import Blob, Gap, Origin
from leakscan.git.objects import shortened
from leakscan.git.parse import message
from leakscan.git.refs import read_refs
from leakscan.git.repository import Repository
from leakscan.source.files import MAX_BYTES, FileReader, shown_name
from leakscan.source.folders import plain_files

# Paths in the object store, from git's Documentation/gitrepository-layout.txt.
_LOOSE = re.compile(r"([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})")
_READ_BY_GIT = re.compile(
    r"pack/([^/]*\.(pack|idx|rev|bitmap|mtimes|keep|promisor)|multi-pack-index[^/]*)|info/commit-graph.*"
)
_MEND = "delete it if no git is at work there"
_STEP = 1024  # zlib keeps back what stands in one step with damage
_HEADER = re.compile(rb"(blob|tree|commit|tag) \d+\0")


class RemainsSource:
    """Yields the refs' names as one text at ``refs``, then leftovers as ``Origin("dangling", path)``.

    Loose objects come with the history; here their content is compared with their ids, which git itself
    does not do when it reads them. ``mistaken`` says that one holds another's content.
    """

    def __init__(self, repository: Repository, *, max_bytes: int = MAX_BYTES) -> None:
        self._repository, self._store, self._max_bytes = repository, repository.store, max_bytes
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0
        self.mistaken = False
        self._reader = FileReader(self.incomplete, max_bytes)

    def blobs(self) -> Iterator[Blob]:
        # What is broken about the refs, the search for missing objects says.
        names = "".join(f"{ref.name}\n" for ref in read_refs(self._repository, []))
        yield Blob(names.encode(), Origin("history", "refs"))
        folder = "objects" if self._repository.is_bare else ".git/objects"
        for relative in plain_files(self._store, "", self.incomplete):
            name = shown_name(relative)
            if loose := _LOOSE.fullmatch(name):
                self._compare(relative, "".join(loose.groups()))
            elif not _READ_BY_GIT.fullmatch(name):
                yield from self._leftover(relative, f"{folder}/{name}")
        self.incomplete[:] = shortened(self.incomplete)

    def _compare(self, relative: str, oid: str) -> None:
        raw = self._reader.read(self._store, relative, f"object {oid}")
        content, flaw = inflated(raw or b"", self._max_bytes)
        # What does not inflate to its end, the reader of history names.
        if raw and not flaw and hashlib.new(self._repository.object_format, content).hexdigest() != oid:
            self.mistaken = True
            self.incomplete.append(Gap(f"object {oid}", "damaged: its file holds another object's content"))

    def _leftover(self, relative: str, shown: str) -> Iterator[Blob]:
        raw = self._reader.read(self._store, relative, shown)
        if raw is None:
            return
        self.objects += 1
        if raw.startswith(b"PACK"):
            self.incomplete.append(Gap(shown, f"a pack that git does not look into: {_MEND}"))
            return
        content, flaw = inflated(raw, self._max_bytes)
        if content and flaw:
            self.incomplete.append(Gap(shown, f"{flaw}: {_MEND}"))
        header = _HEADER.match(content)
        if header is None:
            yield Blob(content or raw, Origin("dangling", shown))
        elif header.group(1) != b"tree":
            body = content[header.end() :]
            yield Blob(body if header.group(1) == b"blob" else message(body), Origin("dangling", shown))


def inflated(raw: bytes, most: int) -> tuple[bytes, str]:
    """What a zlib stream holds, and why it ends before its end, if it does.

    A stream that was cut short is no flaw: what is lacking was never written.
    """
    stream, pieces, size = zlib.decompressobj(), list[bytes](), 0
    try:
        for at in range(0, len(raw), _STEP):
            pieces.append(stream.decompress(raw[at : at + _STEP], most + 1))
            size += len(pieces[-1])
            if size > most:
                return b"".join(pieces), f"inflates to more than {most} bytes"
    except zlib.error:
        return b"".join(pieces), "damaged"
    return b"".join(pieces), ""
