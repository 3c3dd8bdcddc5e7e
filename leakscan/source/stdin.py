"""Standard input, read whole; a diff as the new files that it shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

from leakscan.errors import UsageError
from leakscan.finding import Blob, Gap, Origin
from leakscan.git.names import shown_path
from leakscan.source.diff import Diff, is_diff
from leakscan.source.files import MAX_BYTES, read_up_to


class StdinSource:
    """Yields what is piped in as one blob, under the name that the user gives it.

    Of a diff each new file is a blob of its own, under its path and with its line numbers; all that is in
    none (headers, messages of commits, removed lines) follows as one more.
    """

    def __init__(
        self, stream: BinaryIO | None = None, name: str | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        if stream is None and sys.stdin is None:
            raise UsageError("standard input is closed, so there is nothing to scan: pipe something into it")
        self._stream = stream if stream is not None else sys.stdin.buffer
        self._name, self._max_bytes = name, max_bytes
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0

    def blobs(self) -> Iterator[Blob]:
        try:
            content = read_up_to(self._stream, self._max_bytes + 1)
        except OSError as error:
            why = error.strerror or error
            raise UsageError(f"standard input cannot be read: {why} (pipe a text into it)") from error
        if len(content) > self._max_bytes:
            content = content[: self._max_bytes]
            why = f"longer than {self._max_bytes} bytes: the rest was not read; raise --max-bytes"
            self.incomplete.append(Gap("standard input", why))
        if is_diff(content):
            diff = Diff(content)
            for path, file in diff.files():
                self.files += 1
                yield Blob(file, Origin("stdin", path=shown_path(path)))
            content = bytes(diff.rest)
        self.files = max(1, self.files)
        yield Blob(content, Origin("stdin", path=self._name))
