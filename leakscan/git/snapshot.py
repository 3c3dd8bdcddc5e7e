"""The files of one commit, read by name: nothing is checked out, and no symbolic link is followed."""

from __future__ import annotations

from typing import NamedTuple

from leakscan.errors import LostError
from leakscan.finding import Gap
from leakscan.git.objects import contents
from leakscan.git.repository import Repository

_FILES = (b"100644", b"100755", b"100664")


class Snapshot(NamedTuple):
    """A repository as it was at a commit."""

    repository: Repository
    commit: str

    @property
    def name(self) -> str:
        """What the commit is called where people read it."""
        return self.commit[:10]

    def files(self, *names: str) -> dict[str, str]:
        """The files with these paths, and all below those that are folders, each with its blob's id.

        Raises LostError where a tree is missing or damaged.
        """
        git = self.repository.git
        answer = git.attempt("ls-tree", "-r", "-z", "--full-tree", self.commit, "--", *names)
        if answer.code != 0:
            raise LostError(f"the files of commit {self.name} cannot be read: {answer.reason}")
        found = {}
        for entry in answer.output.split(b"\0")[:-1]:
            head, _, path = entry.partition(b"\t")
            mode, _, oid = head.split(b" ")
            if mode in _FILES:
                found[path.decode("utf-8", "surrogateescape")] = oid.decode("ascii")
        return found

    def read(self, *names: str) -> dict[str, bytes]:
        """The same with their contents. Raises LostError where one is missing or damaged."""
        found = self.files(*names)
        gaps: list[Gap] = []
        blobs = {blob.oid: blob.content for blob in contents(self.repository.git, [*found.values()], gaps)}
        if gaps:
            raise LostError(f"{', '.join(found)} of commit {self.name} cannot be read: {gaps[0].why}")
        return {path: blobs[oid] for path, oid in found.items()}
