"""What a source is: something that yields blobs, and owns up to what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from leakscan.finding import Blob, Gap, Origin


class Source(Protocol):
    """Yields each distinct content once; ``incomplete`` and ``skipped`` are whole when it is exhausted.

    ``files``, ``objects`` and ``commits`` count what was read of each. A source that knows how many blobs it
    will yield, once it has begun, says so in ``total``, so that a user sees the end coming.
    """

    incomplete: list[Gap]
    skipped: list[Gap]
    objects: int
    commits: int

    @property
    def files(self) -> int: ...

    def blobs(self) -> Iterator[Blob]: ...


class ChangeSource(Source, Protocol):
    """A source that yields changed content, and knows what each replaced."""

    def before(self, origin: Origin) -> tuple[bytes, ...]:
        """The contents that the blob of this origin replaced: none for a new file, several for a merge."""
        ...
