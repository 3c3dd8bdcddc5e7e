"""How a run that failed is told: in one line, with no secret in it and nothing that a terminal obeys."""

from __future__ import annotations

import os
import sys

from leakscan.errors import EXIT_USAGE, LeakscanError


def failed(error: LeakscanError) -> int:
    """Tells an error that the user can mend; the exit code."""
    from leakscan.report.redaction import visible

    print(f"leakscan: error: {visible(without_secrets(str(error)))}", file=sys.stderr)
    return error.exit_code


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
