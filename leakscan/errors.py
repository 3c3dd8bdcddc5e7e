"""What can go wrong, said to people: what, where and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3


class LeakscanError(Exception):
    """An error that the user can act on; printed as one line, never as a traceback."""

    exit_code = EXIT_USAGE


class UsageError(LeakscanError):
    """A path, option or value that leakscan cannot work with."""


class RuleError(LeakscanError):
    """A rule file that breaks the schema: ``file:line: what is wrong (the mend)``."""

    def __init__(self, file: str, line: int, problem: str, mend: str = "") -> None:
        self.file, self.line, self.problem, self.mend = file, line, problem, mend
        super().__init__(f"{file}:{line}: {problem}" + (f" ({mend})" if mend else ""))


Report = Callable[[RuleError], object]
"""Is told of a mistake; what reads rules goes on with the rest where this returns."""


def at_first(error: RuleError) -> NoReturn:
    """The report of those for whom one mistake is enough: raises it."""
    raise error


class GitError(LeakscanError):
    """Git refused or failed; the message carries git's own reason."""


class LostError(GitError):
    """Git has not the objects without which it cannot be said what counts."""

    exit_code = EXIT_INCOMPLETE


def unreadable(error: OSError) -> UsageError:
    """An error of the system that no room of the corridor expected, as one about what was being read."""
    if error.filename is None and not _is_somewhere():
        return UsageError("the current folder has been deleted (change to another)")
    named = error.filename if error.filename is not None else "what was asked for"
    name = os.fsdecode(named) if isinstance(named, str | bytes) else str(named)
    mend = "let the user who runs leakscan read it" if isinstance(error, PermissionError) else "name another"
    return UsageError(f"cannot read {name}: {error.strerror or error} ({mend})")


def _is_somewhere() -> bool:
    """Whether the folder that this process works in is still there."""
    try:
        os.getcwd()  # noqa: PTH109 - its error is the answer
    except OSError:
        return False
    return True


@contextmanager
def renamed(folder: str, name: str) -> Iterator[None]:
    """Errors that are raised within call a folder by this name: one that was made for the time being."""
    try:
        yield
    except LeakscanError as error:
        text = str(error).replace(folder, name)
        if text == str(error):
            raise
        told = LeakscanError(text)
        told.exit_code = error.exit_code
        raise told from error
