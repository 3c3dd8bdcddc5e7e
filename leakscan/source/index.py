"""The index by itself, for scans that leave history out: what is staged is in the object store only."""

from __future__ import annotations

from collections.abc import Iterator

from leakscan.finding import Blob, Gap, Origin
from leakscan.git.names import shown_path
from leakscan.git.objects import contents, shortened
from leakscan.git.refs import index_entries
from leakscan.git.repository import Repository


class IndexSource:
    """Yields each distinct content of the index once, under its first path."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0

    def blobs(self) -> Iterator[Blob]:
        paths: dict[str, bytes] = {}
        for entry in index_entries(self._repository, self.incomplete):
            paths.setdefault(entry.oid, entry.path)
        for oid, _, content in contents(self._repository.git, list(paths), self.incomplete):
            self.objects += 1
            yield Blob(content, Origin("index", shown_path(paths[oid]), blob=oid))
        self.incomplete[:] = shortened(self.incomplete)
