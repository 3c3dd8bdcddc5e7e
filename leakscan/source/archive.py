"""What is inside of archives, compressed files, documents and databases, read in memory and never written.

An archive is untrusted: its names lead nowhere, its sizes are lies until they are read, and what it unpacks
to is limited in bytes, entries and depth. What is left out because of that is a gap; what nobody can read
without a password, or what is damaged, is named as passed over, and searched only as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from leakscan.finding import Blob, Candidate, Gap, Origin
from leakscan.source.files import MAX_BYTES
from leakscan.source.magic import is_archive

# What opens archives is imported when there is one: a hook mostly sees none.
if TYPE_CHECKING:
    from leakscan.source.unpack import Limits

MAX_DEPTH = 3
"""So many archives within each other are opened."""

_ON_DISK = ("worktree", "stdin")
_BETWEEN = "!"
"""Between the path of an archive and the path in it."""


def inside(origin: Origin, member: str) -> Origin:
    """The place of a member, ``outer.zip!inner/file.env``; outside of git it is said to be in an archive."""
    where = "archive" if origin.where in _ON_DISK else origin.where
    path = origin.path and f"{origin.path}{_BETWEEN}{member}"
    if path is None and origin.where == "stdin":
        path = member
    return origin._replace(where=where, path=path, member=member)


def container(origin: Origin) -> Origin:
    """Where the archive stands that holds what is at ``origin``; what is in none stands for itself."""
    if origin.member is None or origin.path is None:
        return origin._replace(member=None)
    return origin._replace(path=origin.path.removesuffix(_BETWEEN + origin.member), member=None)


class Unpacker:
    """Opens archives; what could not be read goes into ``incomplete``, what is not to be into ``skipped``."""

    def __init__(self, incomplete: list[Gap], skipped: list[Gap], max_bytes: int = MAX_BYTES) -> None:
        self._incomplete, self._skipped, self._max_bytes = incomplete, skipped, max_bytes

    def members(self, blob: Blob) -> Iterator[Blob]:
        """What is in an archive, and in the archives in it."""
        from leakscan.source.unpack import Beyond, Limits

        limits = Limits(len(blob.content), self._max_bytes)
        try:
            yield from self._below(blob.origin, blob.content, "", limits, MAX_DEPTH)
        except Beyond as beyond:
            self._incomplete.append(Gap(_name(blob.origin, ""), str(beyond)))

    def _below(
        self, origin: Origin, content: bytes, prefix: str, limits: Limits, depth: int
    ) -> Iterator[Blob]:
        from leakscan.source.unpack import opened

        def tell(member: str, why: str, on_purpose: bool = True) -> None:
            gap = Gap(_name(origin, prefix + member), why)
            (self._skipped if on_purpose else self._incomplete).append(gap)

        if depth == 0:
            tell("", f"more than {MAX_DEPTH} archives within each other: the innermost was not opened", False)
            return
        for member in opened(content, limits, tell):
            name = prefix + member.name
            yield Blob(member.content, inside(origin, name))
            if is_archive(member.content):
                yield from self._below(origin, member.content, name + _BETWEEN, limits, depth - 1)


def searched(
    detect: Callable[[Iterable[Blob]], Iterator[Candidate]], blobs: Iterable[Blob], unpacker: Unpacker
) -> Iterator[Candidate]:
    """The candidates of the blobs and of what is in archives among them.

    What an archive holds uncompressed is reported where it is in the archive, and not again in its bytes.
    """
    held: list[Candidate] = []
    values: dict[Origin, set[bytes]] = {}

    def passing() -> Iterator[Blob]:
        for blob in blobs:
            if is_archive(blob.content):
                members = list(detect(unpacker.members(blob)))
                if members:
                    values[blob.origin] = {candidate.secret.raw for candidate in members}
                    held.extend(members)
            yield blob

    for candidate in detect(passing()):
        if candidate.secret.raw not in values.get(candidate.origin, ()):
            yield candidate
    yield from held


def _name(origin: Origin, member: str) -> str:
    """The place for a report; without a member, of the archive itself."""
    outer = origin.path or (f"object {origin.blob}" if origin.blob else "standard input")
    return outer + (_BETWEEN + member.removesuffix(_BETWEEN) if member else "")
