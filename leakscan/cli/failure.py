"""How a run that failed is told: in one line, with no secret in it and nothing that a terminal obeys."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO

from leakscan.errors import EXIT_USAGE, LeakscanError


def failed(error: LeakscanError) -> int:
    """Tells an error that the user can mend; the exit code."""
    print(f"leakscan: error: {told(str(error))}", file=sys.stderr)
    return error.exit_code


def told(message: str) -> str:
    """The message as it may be shown: no secret, and nothing that a terminal obeys."""
    from leakscan.report.redaction import visible

    return visible(without_secrets(message))


class Complaints:
    """Standard error that never fails: that a disk is full must not become an exit code which means leaks."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def broken(error: Exception) -> int:
    """Tells of what nobody expected; never 1, which means leaks. Its text may hold what was scanned."""
    if isinstance(error, MemoryError):
        return failed(LeakscanError("not enough memory: lower --max-bytes or --jobs, or scan less at once"))
    name = type(error).__name__
    shown = "LEAKSCAN_TRACEBACK"
    print(
        f"leakscan: internal error: {name}, please report it ({shown}=1 shows where it was)", file=sys.stderr
    )
    if os.environ.get(shown):
        import traceback

        traceback.print_tb(error.__traceback__, file=sys.stderr)
    return EXIT_USAGE


def without_secrets(message: str) -> str:
    """The message with what the built-in rules find in it cut: git quotes lines of configuration."""
    from leakscan.hot import StaleError

    try:
        from leakscan.corridor import scan_text
        from leakscan.report.redaction import Redaction

        urls = message.replace(":/", "://")  # a path has lost one of an address's two slashes
        found = scan_text(f"{message}\n{urls}".encode("utf-8", "surrogatepass"))
        return Redaction(found, reveal=False).text(message)
    except StaleError as stale:  # nothing can be searched until that is mended, and its text is our own
        return str(stale)
    except Exception:  # whatever it is, the message must not go out as it is
        return "it cannot be searched for secrets, and so it is not shown"
