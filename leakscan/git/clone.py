"""A clone of a repository on a server: bare, with all its refs, and with nothing run or asked on the way."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from leakscan.errors import GitError, UsageError
from leakscan.git.network import clone_process, end
from leakscan.git.plumbing import git_program

if TYPE_CHECKING:
    from git import RemoteProgress

PROTOCOLS = ("https", "http", "ssh", "git", "file")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_TRANSPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_LOGIN_ALONE = re.compile(r"[^/:@\\]+:/?[^/@]+@[^/:@]+[/:]")  # user:password@host/x.git
_SHORT = re.compile(r"(?:[\w.+-]+@)?[\w.-]+:(?!//)[^\\]")  # git@host:path, as scp has it

Progress = Callable[[str, "float | None"], object]
"""Is told what git is doing, and which share of it is done."""


class Remote(NamedTuple):
    """A repository on a server. ``url`` has no password in it, and no user where that may be a token."""

    url: str
    protocol: str
    user: str = ""
    password: str = ""

    @property
    def name(self) -> str:
        """What paths in it begin with, where several targets are scanned: ``host/group/x.git``."""
        if self.protocol == "file":
            return unquote(urlsplit(self.url).path).rstrip("/")
        address = self.url if "://" in self.url else self.url.replace(":", "/", 1)
        return re.sub(r"^([\w+.-]+://)?([^@/]*@)?", "", address).rstrip("/")


def remote(target: str) -> Remote | None:
    """The repository that a URL names; None where the target is a path.

    Raises UsageError, in which no password is, for what looks like a URL and is none that git clones.
    """
    if os.path.lexists(target):
        return None
    scheme = _SCHEME.match(target)
    if scheme is None:
        if _TRANSPORT.match(target):
            raise _refused(target.partition("::")[0] + "::")
        if _LOGIN_ALONE.match(target):
            raise UsageError("it looks like a URL without its protocol: write it as https://host/group/x.git")
        is_short = os.name != "nt" and _SHORT.match(target) and "@" in target.partition(":")[0]
        return Remote(target, "ssh") if is_short else None
    protocol = scheme[1].lower()
    if protocol not in PROTOCOLS:
        raise _refused(f"{protocol}://")
    try:
        parts = urlsplit(target)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError as error:
        raise UsageError(f"the URL cannot be read: {error} (write it as https://host/group/x.git)") from None
    host = parts.netloc.rpartition("@")[2]
    if protocol == "ssh" and user:  # which is no secret there, and part of where to go
        host = f"{parts.username}@{host}"
    if not parts.path.strip("/") or (protocol != "file" and not host):
        raise UsageError("the URL names no repository: write it as https://host/group/x.git")
    return Remote(urlunsplit((protocol, host, parts.path, parts.query, "")), protocol, user, password)


def clone(source: Remote, folder: Path, progress: Progress = lambda doing, share: None) -> None:
    """Clones into ``folder``, which is not there yet or empty. Whatever ends it early leaves no git behind.

    Raises GitError with the mend where the server is unknown, asks for a login, or has no such repository.
    """
    reader = _reader(progress)  # before git begins: importing it takes a while, and may be interrupted
    with clone_process(source.url, folder, source.protocol, _login(source)) as process:
        try:
            complaints = _followed(process, reader)
        except BaseException:
            end(process)
            raise
    if process.returncode != 0:
        raise _failure(source.url, complaints, process.returncode)


def _reader(progress: Progress) -> RemoteProgress:
    """What understands git's lines, and keeps those that are no progress."""
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = git_program()  # which importing it starts once
    from git import RemoteProgress

    class Told(RemoteProgress):
        def update(self, op_code: int, cur_count: Any, max_count: Any = None, message: str = "") -> None:
            doing = {self.RECEIVING: "Receiving", self.RESOLVING: "Resolving deltas"}.get(
                op_code & self.OP_MASK
            )
            if doing:
                progress(doing, float(cur_count) / float(max_count) if max_count else None)

    return Told()


def _followed(process: subprocess.Popen[str], reader: RemoteProgress) -> str:
    """What git says beside its progress, when it has ended."""
    from git.cmd import handle_process_output

    handle_process_output(process, None, reader.new_message_handler(), decode_streams=False)
    process.wait()
    return "\n".join([*reader.other_lines, *reader.error_lines])


def _login(source: Remote) -> dict[str, str]:
    """Settings that carry user and password, which so stand in no command line and no file.

    A helper of the user's that keeps passwords is not told of this one.
    """
    if source.protocol not in ("https", "http") or not source.user:
        return {}
    parts = urlsplit(source.url)
    server = f"{parts.scheme}://{parts.netloc}"
    if not source.password:
        return {f"credential.{server}.username": source.user}
    from base64 import b64encode

    pair = b64encode(f"{source.user}:{source.password}".encode()).decode("ascii")
    return {"credential.helper": "", f"http.{server}/.extraHeader": f"Authorization: Basic {pair}"}


_LOGIN = (
    "Authentication failed",
    "Authentication required",
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "Permission denied",
    "returned error: 401",
    "returned error: 403",
)
_NO_HOST = ("Could not resolve", "Name or service not known", "unable to look up")
_NO_REPOSITORY = (
    "not found",
    "does not appear to be a git repository",
    "does not exist",
    "not valid: is this a git repository",
    "returned error: 404",
)
_NO_KEY = ("Host key verification failed",)
_EMPTY_WORDS = ("Cloning into", "Please make sure", "and the repository exists", "warning:", "hint:")
_MOST_SAID = 400
_FULL = ("No space left on device", "Disk quota exceeded")
_FAILURES = (
    (_NO_KEY, "its host key is not known here", "connect to it once with ssh, and check the key"),
    (_FULL, "the disk is full", "name a folder on another with --keep, or set TMPDIR"),
    (_NO_HOST, "its host is unknown", "check the address and the network"),
    (_LOGIN, "it asks for a login", "store one with a git credential helper or an SSH key, then scan again"),
    (_NO_REPOSITORY, "there is no git repository", "check the address; a private one may only need a login"),
)


def _failure(url: str, complaints: str, code: int) -> GitError:
    for signs, problem, mend in _FAILURES:
        if any(sign in complaints for sign in signs):
            return GitError(f"cannot clone {url}: {problem}: {mend} (git says: {_said(complaints)})")
    return GitError(f"cannot clone {url}: {_said(complaints) or f'git ended with code {code}'}")


def _said(complaints: str) -> str:
    """Git's own words in one line, without those that say nothing."""
    lines = (re.sub(r"^(fatal|error): ", "", line.strip()) for line in complaints.splitlines())
    return "; ".join(line for line in lines if line and not line.startswith(_EMPTY_WORDS))[:_MOST_SAID]


def _refused(protocol: str) -> UsageError:
    allowed = ", ".join(PROTOCOLS)
    return UsageError(f"{protocol} is no protocol that leakscan clones with: give a URL of {allowed}")
