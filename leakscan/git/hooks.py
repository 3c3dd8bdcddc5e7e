"""Git's hooks on this machine: where they lie, and leakscan's own among them."""

from __future__ import annotations

import os
from pathlib import Path

from leakscan.errors import UsageError
from leakscan.files import unwritable, write_atomically
from leakscan.git.plumbing import Git
from leakscan.git.repository import Repository

NAME = "pre-commit"
KEPT = ".before-leakscan"
"""What is added to the name of the hook that was there before."""

# What git runs on the side of who commits; a folder for all repositories hides each one's own.
PASSED_ON = tuple(
    """applypatch-msg pre-applypatch post-applypatch pre-merge-commit prepare-commit-msg commit-msg
    post-commit pre-rebase post-checkout post-merge pre-push post-rewrite pre-auto-gc reference-transaction
    push-to-checkout sendemail-validate post-index-change""".split()  # noqa: SIM905
)

_MARK = "# Written by 'leakscan install-hook'; 'leakscan install-hook --uninstall' removes it."
_PASS_ON = """\
own="$(git rev-parse --git-common-dir)/hooks/${0##*/}"
if [ -x "$own" ]; then "$own" "$@" || exit; fi
"""
_SCAN = """\
leakscan=%s
if [ -x "$0%s" ]; then "$0%s" "$@" || exit; fi
"$leakscan" hook
code=$?
case $code in 126 | 127)
    echo "leakscan: $leakscan does not work any more, so nothing was scanned and nothing is committed." >&2
    echo "leakscan: install it again and run 'leakscan install-hook', or remove the hook: rm '$0'" >&2
    exit 2
esac
exit $code
"""


def hooks_folder(repository: Repository) -> Path:
    """Where git looks for the hooks of this working tree: ``core.hooksPath``, else the one of the repository.

    Raises UsageError for a repository without a working tree.
    """
    if repository.top_level is None:
        raise UsageError(f"{repository.name} has no working tree, so nothing is committed there")
    configured = _configured(repository.git)
    return repository.top_level / configured if configured else repository.common_dir / "hooks"


def global_folder(git: Git) -> Path | None:
    """The user's folder of hooks for all repositories, if there is one."""
    configured = _configured(git, "--global")
    return Path(configured) if configured else None


def set_global_folder(git: Git, folder: Path | None) -> None:
    """Tells git the folder of hooks for all repositories; None that there is none."""
    value = ["--unset", "core.hooksPath"] if folder is None else ["core.hooksPath", str(folder)]
    git.run("config", "--global", *value)


def install(folder: Path, command: str, everywhere: bool = False) -> None:
    """Puts leakscan's hook into a folder; one that was there is kept, and run first.

    ``everywhere`` is for the folder of all repositories: each one's own hooks are run from there.
    Raises UsageError where both names are taken, or the folder cannot be written.
    """
    hook, kept = folder / NAME, folder / (NAME + KEPT)
    scan = _SCAN % (_quoted(command), KEPT, KEPT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(hook) and not is_ours(hook):
            if os.path.lexists(kept):
                raise UsageError(
                    f"{hook} and {kept} are both there (remove or rename the one that is not used)"
                )
            hook.rename(kept)
        for name in PASSED_ON if everywhere else ():
            if not os.path.lexists(folder / name):
                _write(folder / name, _PASS_ON)
    except OSError as error:
        raise unwritable(folder, error) from error
    _write(hook, (_PASS_ON if everywhere else "") + scan)


def uninstall(folder: Path) -> None:
    """Takes leakscan's hook out of a folder, and puts back the one that was there before.

    Raises UsageError where there is none.
    """
    hook, kept = folder / NAME, folder / (NAME + KEPT)
    if not is_ours(hook):
        raise UsageError(f"there is no hook of leakscan in {folder}")
    try:
        for name in (NAME, *PASSED_ON):
            if is_ours(folder / name):
                (folder / name).unlink()
        if os.path.lexists(kept):
            kept.rename(hook)
    except OSError as error:
        raise unwritable(folder, error) from error


def is_ours(hook: Path) -> bool:
    """Whether leakscan wrote this hook."""
    try:
        return _MARK.encode() in hook.read_bytes()[:1000]
    except OSError:
        return False


def _configured(git: Git, *options: str) -> str:
    """``core.hooksPath`` as the user has it: our own setting, which switches hooks off, is the last."""
    answer = git.attempt("config", *options, "--type=path", "-z", "--get-all", "core.hooksPath")
    values = answer.output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    values = values if options else values[:-1]
    return values[-1] if values else ""


def _write(file: Path, script: str) -> None:
    write_atomically(file, f"#!/bin/sh\n{_MARK}\n{script}".encode("utf-8", "surrogateescape"), 0o777)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
