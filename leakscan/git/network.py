"""The only module that has git talk to a server, which the user has named.

The user's own configuration counts: proxies, certificates, and helpers for credentials, as far as they ask
nothing. Nothing of the repository that comes is run, and the server has no say in where else to go.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from leakscan.errors import GitError
from leakscan.git.plumbing import git_program, safe_environment

_OVERRIDES = (
    "core.hooksPath=/dev/null",  # a hook is told of each ref that comes
    "core.fsmonitor=",
    "core.pager=cat",
    "core.askPass=true",
    "core.alternateRefsCommand=true",
    "credential.interactive=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=false",  # what is odd is to be scanned, too
    "transfer.fsckObjects=false",
    "transfer.bundleURI=false",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1",  # a server that says nothing for a minute has gone
    "http.lowSpeedTime=60",
    "advice.detachedHead=false",
)


def clone_process(
    url: str, folder: Path, protocol: str, settings: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Git, cloning all refs of ``url`` into a bare repository; its progress is on standard error.

    ``settings`` are given in the environment, where other users do not see them.
    """
    line = [git_program(), "--no-pager"]
    for override in _OVERRIDES:
        line += ["-c", override]
    line += ["clone", "--mirror", "--progress", "--template=", "--", url, str(folder)]
    certificates = {name: value for name, value in os.environ.items() if name.startswith("GIT_SSL_CA")}
    ssh = os.environ.get("GIT_SSH_COMMAND") or "ssh"
    environment = {
        **safe_environment(),
        **certificates,
        "GIT_ALLOW_PROTOCOL": "file" if protocol == "file" else "https:http:ssh:git",
        "GIT_SSH_COMMAND": f"{ssh} -o BatchMode=yes -o ConnectTimeout=30",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        return subprocess.Popen(
            line,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # what git starts ends with it, and has no terminal to ask on
        )
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror}") from error


def end(process: subprocess.Popen[str]) -> None:
    """Ends git and what it has started, which may wait for a server and hold on to git's output."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
