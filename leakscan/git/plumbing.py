"""The only module that starts git on a repository, in an environment that this cannot bend.

A repository is untrusted: its configuration names programs (hooks, filters, textconv, fsmonitor, pagers,
helpers) and settings that hide content from diffs. So only plumbing commands run, content is asked for by
object id, and what the configuration could say about either is said first on the command line, which wins
over every file git reads (``.git/config``, ``config.worktree``, whatever ``include.path`` pulls in).
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

from leakscan.errors import GitError

# Each line shuts one door; the comment names what would come through it.
OVERRIDES: tuple[str, ...] = (
    # Programs.
    "core.fsmonitor=",  # a program run on every index read; empty is off before and after git 2.36
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.editor=true",
    "core.askPass=true",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.alternateRefsCommand=true",
    "credential.helper=",  # an empty value resets the list of helpers
    "gpg.program=false",
    "log.showSignature=false",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    # The network; GIT_ALLOW_PROTOCOL says it too.
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    # Files that name other files: a missing one kills git, a chosen one hides content.
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "diff.orderFile=/dev/null",
    # Derived data that git trusts without comparing it to the objects: a forged one lies about history.
    "core.commitGraph=false",
    "core.multiPackIndex=false",
    "core.useReplaceRefs=false",
    "core.untrackedCache=false",
    "core.ignoreCase=false",  # true hides an untracked README beside a tracked readme
    # Settings that change what is printed or how much is read.
    "advice.graftFileDeprecated=false",
    "color.ui=false",
    "color.diff=false",
    "core.quotePath=false",
    "core.bigFileThreshold=512m",
    "core.deltaBaseCacheLimit=96m",
    "core.packedGitWindowSize=1g",
    "core.precomposeUnicode=false",
    "core.longPaths=true",
    "diff.relative=false",
    "diff.ignoreSubmodules=none",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    # The user named this path, so a bare repository there is no accident; ownership is still checked.
    "safe.bareRepository=all",
)

# The same for diff-tree and diff-index, which know no configuration for it.
DIFF_FLAGS: tuple[str, ...] = ("--raw", "-z", "-r", "--no-abbrev", "--no-ext-diff", "--no-textconv")

# Variables that make git, or what it might start, talk to a terminal or run a program of the user's.
_DROPPED = frozenset({"SSH_ASKPASS", "PAGER", "EDITOR", "VISUAL", "LESS", "LV"})

_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # git 2.39.4, 2.44 and newer: a missing object is missing
    "GIT_ALLOW_PROTOCOL": "",  # and older ones fail to fetch it, because no protocol is allowed
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_OPTIONAL_LOCKS": "0",  # never rewrite the index of a tree that we only read
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_LITERAL_PATHSPECS": "1",  # a file may be called ':(exclude)x' or '*'
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",  # a container may mount parts of one repository
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "true",
    "LC_ALL": "C",  # messages are parsed and shown as they are
    "LANGUAGE": "C",
}

_INDEX_FILE = "GIT_INDEX_FILE"
_CEILING = "GIT_CEILING_DIRECTORIES"
_PIPE_BYTES = 1 << 20
# Git opens what a configuration includes even if it is a pipe, and then waits for ever.
_PATIENCE = 300.0
_SILENCE = 20.0  # folders within folders, ten times each, make git list paths until memory ends
_SUSPICION = 10.0  # most answers take milliseconds
_F_SETPIPE_SZ = 1031  # Linux; fcntl.F_SETPIPE_SZ exists from Python 3.10 on, but only there


@lru_cache(maxsize=1)
def git_program() -> str:
    """Where git is, from absolute PATH entries only: the scanned folder may hold a ``git`` of its own."""
    folders = [part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part).is_absolute()]
    for folder in folders:
        found = os.path.join(folder, "git")  # noqa: PTH118 - as it is told
        if os.name == "nt":
            import shutil  # slow to import, and only needed where programs have suffixes

            found = shutil.which("git", path=folder) or ""
        if Path(found).is_file() and os.access(found, os.X_OK):
            return found
    raise GitError("git is not installed, or not in PATH: install it (https://git-scm.com) and try again")


def safe_environment() -> dict[str, str]:
    """This process's environment without any GIT_* variable, and with the ones that keep git quiet.

    HOME stays, so that the user's own ``safe.directory`` counts; whatever else the user's configuration
    says is overridden in the same way as the repository's.
    """
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("GIT_") and k not in _DROPPED}
    return {**kept, **_SET}


class Git(NamedTuple):
    """Git, bound to a folder, and once they are known to its git directory and working tree.

    With ``git_dir`` and ``work_tree`` given explicitly, ``core.worktree`` and ``core.bare`` of the
    repository have no say: they could point at another folder, or hide this one.
    """

    folder: Path
    git_dir: Path | None = None
    work_tree: Path | None = None
    index_file: Path | None = None

    def command(self, args: Iterable[str]) -> list[str]:
        """The whole command line for these arguments."""
        line = [git_program(), "--no-pager", "--literal-pathspecs"]
        for override in OVERRIDES:
            line += ["-c", override]
        if self.git_dir is not None:
            line.append(f"--git-dir={self.git_dir}")
        if self.work_tree is not None:
            line += ["-c", "core.bare=false", f"--work-tree={self.work_tree}"]
        return [*line, *args]

    def environment(self, ceiling: Path | None = None) -> dict[str, str]:
        variables = safe_environment()
        if self.index_file is not None:
            variables[_INDEX_FILE] = str(self.index_file)
        if ceiling is not None:
            variables[_CEILING] = str(ceiling)
        return variables

    def attempt(
        self,
        *args: str,
        stdin: bytes = b"",
        ceiling: Path | None = None,
        suspicion: Callable[[], str] = lambda: "",
    ) -> Answer:
        """What git says to this command, success or not.

        ``suspicion`` is asked once, when git has been silent for a few seconds; what it answers is why git
        will never speak, and ends the wait.
        """
        try:
            process = subprocess.Popen(
                self.command(args),
                cwd=self.folder,
                env=self.environment(ceiling),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise GitError(f"git cannot be started in {self.folder}: {error.strerror}") from error
        with process:
            try:
                output, complaints = _communicated(process, stdin, suspicion)
            except TimeoutError as error:
                process.kill()
                return Answer(args[0], self.folder, -1, b"", str(error))
            except BaseException:
                process.kill()
                raise
        return Answer(args[0], self.folder, process.returncode, output, _text(complaints))

    def run(self, *args: str, stdin: bytes = b"") -> bytes:
        """The output of this command; a GitError with git's own reason if it fails."""
        answer = self.attempt(*args, stdin=stdin)
        if answer.code != 0:
            raise answer.error()
        return answer.output

    def stream(self, *args: str, stdin: Iterable[bytes] = ()) -> Stream:
        """This command, started, fed from ``stdin`` in the background; use it in a ``with``."""
        return Stream(self, args, stdin)


class Answer(NamedTuple):
    """How one git command ended."""

    verb: str
    folder: Path
    code: int
    output: bytes
    complaints: str

    @property
    def reason(self) -> str:
        """Git's own words for why it failed, in one line."""
        return reason(self.complaints) or f"git {self.verb} ended with code {self.code}"

    def error(self) -> GitError:
        return GitError(f"git {self.verb} failed in {self.folder}: {self.reason}")


def _communicated(
    process: subprocess.Popen[bytes], stdin: bytes, suspicion: Callable[[], str]
) -> tuple[bytes, bytes]:
    """What git writes to its two outputs; a TimeoutError that says why it will never end."""
    for patience in (min(_SUSPICION, _PATIENCE), _PATIENCE):
        try:
            return process.communicate(stdin, timeout=patience)
        except subprocess.TimeoutExpired:
            if why := suspicion():
                raise TimeoutError(why) from None
    raise TimeoutError(f"no answer after {_PATIENCE:.0f} seconds")


def reason(complaints: str) -> str:
    """The lines that say why, in one: from the first ``fatal:`` on, else all of them."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    first = next((i for i, line in enumerate(lines) if line.startswith("fatal:")), 0)
    return " ".join(line.removeprefix("fatal: ") for line in lines[first : first + 8])


class Stream:
    """A running git command: read ``stdout``, and ask for ``complaints`` when it has ended.

    Leaving the ``with`` before the end kills the command.
    """

    def __init__(self, git: Git, args: tuple[str, ...], stdin: Iterable[bytes]) -> None:
        self._git, self._args, self._stdin = git, args, stdin
        # A file and not a pipe: nobody has to drain it while stdout is read.
        self._stderr = _scratch_file()
        self.code: int | None = None
        self._waiting_since = math.inf
        self._watch: threading.Thread | None = None
        self._over = threading.Event()
        self.was_silent = False

    def __enter__(self) -> Stream:
        try:
            self._process = subprocess.Popen(
                self._git.command(self._args),
                cwd=self._git.folder,
                env=self._git.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                bufsize=_PIPE_BYTES,
            )
        except OSError as error:
            self._stderr.close()
            raise GitError(f"git cannot be started in {self._git.folder}: {error.strerror}") from error
        assert self._process.stdout is not None
        self.stdout: IO[bytes] = self._process.stdout
        _widen(self.stdout)
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()
        return self

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            for piece in self._stdin:
                pipe.write(piece)
        except OSError:
            pass  # git has gone; its exit code and complaints say why
        finally:
            with contextlib.suppress(OSError):  # what was still buffered has nowhere to go
                pipe.close()

    def piece(self, size: int) -> bytes:
        """What git writes next, nothing at its end; if it is silent for too long, this is its end."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._end_silence, daemon=True)
            self._watch.start()
        self._waiting_since = time.monotonic()
        try:
            return self.stdout.read1(size)  # type: ignore[attr-defined, no-any-return]
        finally:
            self._waiting_since = math.inf

    def _end_silence(self) -> None:
        while not self._over.wait(min(1.0, _SILENCE)):
            if time.monotonic() - self._waiting_since > _SILENCE:
                self.was_silent = True
                self._process.kill()
                return

    def finish(self) -> int:
        """Wait for the end, and return the exit code."""
        self.code = self._process.wait()
        return self.code

    @property
    def complaints(self) -> str:
        """What git wrote to standard error so far."""
        self._stderr.seek(0)
        written = _text(self._stderr.read(1 << 20))
        return f"{written}fatal: no answer for {_SILENCE:.0f} seconds" if self.was_silent else written

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._feeder.join()
        self.stdout.close()
        self._stderr.close()


def _scratch_file() -> IO[bytes]:
    """A file without a name; in memory where the system can, which spares the import of tempfile."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("leakscan", os.MFD_CLOEXEC), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _widen(pipe: IO[bytes]) -> None:
    """A pipe of 1 MB instead of 64 KB: sixteen times fewer switches between git and us."""
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, OSError):
        pass  # not Linux, or over the user's limit: only slower


def _text(raw: bytes) -> str:
    """What git complained of, without its hints: they are for people who run git themselves."""
    lines = raw.decode("utf-8", errors="replace").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("hint:"))
