"""The index, as far as it is not what the working tree has."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from leakscan.finding import Blob, Gap, Origin
from leakscan.git.names import shown_path
from leakscan.git.objects import contents, shortened, sizes
from leakscan.git.refs import IndexEntry, index_entries
from leakscan.git.repository import Repository
from leakscan.source.files import MAX_BYTES, FileReader, too_large


class IndexSource:
    """Yields the files that are otherwise in the index than on disk, as ``Origin("index", path, blob=oid)``.

    Those are changed, deleted, or left out of a sparse checkout. Git's own answer would rest on what the
    index says about the files, and run filters; so the files in and below ``start`` are read and compared.
    """

    def __init__(self, repository: Repository, start: str = "", *, max_bytes: int = MAX_BYTES) -> None:
        self._repository, self._start, self._max_bytes = repository, os.fsencode(start), max_bytes
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0
        # What it cannot read of the working tree, the source of that says.
        self._reader = FileReader([], max_bytes)

    def blobs(self) -> Iterator[Blob]:
        places: dict[str, list[Origin]] = {}
        for entry in index_entries(self._repository, self.incomplete):
            if self._is_asked_for(entry.path) and not self._is_on_disk(entry):
                origin = Origin("index", shown_path(entry.path), blob=entry.oid)
                places.setdefault(entry.oid, []).append(origin)
        for oid, _, content in contents(self._repository.git, self._small(list(places)), self.incomplete):
            self.objects += 1
            for origin in places[oid]:
                self.files += 1
                yield Blob(content, origin)
        self.incomplete[:] = shortened(self.incomplete)

    def _small(self, oids: list[str]) -> list[str]:
        """Those within the limit."""
        stored = list(sizes(self._repository.git, oids, self.incomplete))
        large = [found for found in stored if found.size > self._max_bytes]
        self.incomplete += [too_large(f"object {found.oid}", self._max_bytes) for found in large]
        return [found.oid for found in stored if found.size <= self._max_bytes]

    def _is_asked_for(self, path: bytes) -> bool:
        return not self._start or path == self._start or path.startswith(self._start + b"/")

    def _is_on_disk(self, entry: IndexEntry) -> bool:
        top = self._repository.top_level
        assert top is not None
        content = self._reader.read(top, os.fsdecode(entry.path), "")
        if content is None:
            return False
        header = b"blob %d\0" % len(content)
        digest = hashlib.new(self._repository.object_format, header, usedforsecurity=False)
        digest.update(content)
        return digest.hexdigest() == entry.oid
