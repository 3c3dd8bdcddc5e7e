"""All of git's history: every blob, commit message and tag message of the object store, each once.

This is the reference reader, through ``git cat-file``: reachable or not, packed or loose, own or borrowed.
Where an object stands is asked later, and only for those that matter (``leakscan.git.attribution``).
"""

from __future__ import annotations

from collections.abc import Iterator

from leakscan.finding import Blob, Gap, Origin
from leakscan.git.graph import CommitGraph
from leakscan.git.missing import MissingSearch
from leakscan.git.objects import contents, shortened, stored_objects
from leakscan.git.parse import message
from leakscan.git.repository import Repository
from leakscan.source.files import MAX_BYTES, too_large


class HistorySource:
    """Yields messages as ``Origin("message", commit=oid)``, then blobs as ``Origin("history", blob=oid)``.

    ``graph`` is what the commits say about each other, for attribution; whole once the messages are out.
    """

    def __init__(self, repository: Repository, *, max_bytes: int = MAX_BYTES) -> None:
        self._repository, self._max_bytes = repository, max_bytes
        self.graph = CommitGraph()
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = self.total = 0

    def blobs(self) -> Iterator[Blob]:
        blobs, messages = self._listed()
        self.total = len(blobs) + len(messages)
        yield from self._messages(messages)
        missing = MissingSearch(self._repository, self.graph)
        for oid, _, content in contents(self._repository.git, blobs, self.incomplete):
            self.objects += 1
            yield Blob(content, Origin("history", blob=oid))
        self.incomplete[:] = shortened([*self.incomplete, *missing.gaps()])

    def _listed(self) -> tuple[list[str], list[str]]:
        """The ids of all blobs, and of all commits and tags."""
        blobs: list[str] = []
        messages: list[str] = []
        for oid, kind, size in stored_objects(self._repository.git, self.incomplete):
            if kind == "tree":
                continue
            if size > self._max_bytes:
                self.incomplete.append(too_large(f"object {oid}", self._max_bytes))
            elif kind == "blob":
                blobs.append(oid)
            else:
                messages.append(oid)
        return blobs, messages

    def _messages(self, oids: list[str]) -> Iterator[Blob]:
        for oid, kind, content in contents(self._repository.git, oids, self.incomplete):
            self.objects += 1
            self.commits += kind == "commit"
            self.graph.add(oid, kind, content)
            yield Blob(message(content), Origin("message", commit=oid))
