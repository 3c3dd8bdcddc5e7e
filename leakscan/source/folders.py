"""Walks over folders that git has no say in: plain folders, and the git directory itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from leakscan.finding import Gap
from leakscan.git.repository import looks_like_git_dir
from leakscan.source.files import shown_name

# Below a git directory: object stores are read through git, the index lists names and object ids only.
# What Git LFS keeps in lfs/objects are whole files, which nothing else reads.
_STORE = "objects"
_HINTS = frozenset(("HEAD", _STORE))
_INDEXES = ("index", "sharedindex.")


def plain_files(
    root: Path, start: str, incomplete: list[Gap], enter: Callable[[str], bool] = lambda _: True
) -> Iterator[str]:
    """Paths relative to ``root`` of what is not a folder in and below ``root/start``, in a stable order.

    ``enter`` says for each sub-folder whether to go down into it. Links to folders are not folders.
    """
    todo = [start]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as listing:  # noqa: PTH118
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            incomplete.append(Gap(shown_name(folder) or str(root), f"unreadable: {error.strerror}"))
            continue
        below = []
        before = os.path.join(folder, "") if folder else ""  # noqa: PTH118
        for entry in entries:
            relative = before + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield relative
            elif enter(relative):
                below.append(relative)
        todo.extend(reversed(below))


def git_dir_files(git_dir: Path, incomplete: list[Gap], inside: list[str]) -> Iterator[str]:
    """The repository's own files: config, hooks, logs, messages begun, where CI leaves tokens.

    ``inside`` gets the git directories of other repositories in it, such as a submodule's ``modules/x``.
    """

    def enter(relative: str) -> bool:
        folder = git_dir / relative
        if folder.name != _STORE:
            return True
        # Only beside a HEAD: a branch may be called 'objects', and so may the folder of its log.
        is_store = os.path.lexists(folder.parent / "HEAD")
        owner = os.path.dirname(relative)  # noqa: PTH120
        if owner and (is_store or is_bare_repository(folder.parent)):
            inside.append(owner)
        return not is_store

    for relative in plain_files(git_dir, "", incomplete, enter):
        if not relative.rpartition(os.sep)[2].startswith(_INDEXES):
            yield relative


def repositories_below(root: Path, start: str, ignored: Collection[str]) -> tuple[list[str], list[str]]:
    """The tops of other repositories' working trees below ``root/start``, and the bare repositories there.

    Git lists neither what it refuses, nor what lies in a folder with tracked files. Only names are looked
    at, because this passes every folder; not those inside what was found, nor the ``ignored`` ones.
    """
    tops: list[str] = []
    bare: list[str] = []
    todo = [start]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as listing:  # noqa: PTH118
                entries = {entry.name: entry for entry in listing}
        except OSError:
            continue  # whoever reads its files says so
        if folder != start and ".git" in entries:
            tops.append(folder)
        elif folder != start and not _HINTS.isdisjoint(entries) and is_bare_repository(root / folder):
            bare.append(folder)
        else:
            below = (entry.name for entry in entries.values() if entry.is_dir(follow_symlinks=False))
            paths = (f"{folder}/{name}" if folder else name for name in below if name != ".git")
            todo += [path for path in paths if path not in ignored]
    return sorted(tops), sorted(bare)


# Asked of each folder of a tree, where a Path takes longer than the answer.


def is_repository(folder: str | Path) -> bool:
    """Whether a folder is the top of a working tree."""
    return os.path.lexists(os.path.join(folder, ".git"))  # noqa: PTH118


def is_bare_repository(folder: str | Path) -> bool:
    """Whether a folder is a git directory by its looks, or was one before it lost its HEAD."""
    if os.path.isdir(os.path.join(folder, _STORE, "pack")):  # noqa: PTH112, PTH118 - not if we may not look
        return True
    return os.path.lexists(os.path.join(folder, "HEAD")) and looks_like_git_dir(Path(folder))  # noqa: PTH118


def pipe_in_the_way(root: Path) -> str:
    """The pipe at which git waits when it lists files, and the mend; nothing if there is none."""
    for relative in plain_files(root, "", []):
        *folders, name = Path(relative).parts
        if (name == ".gitignore" or ".git" in folders) and (root / relative).is_fifo():
            return f"{shown_name(relative)} is a pipe, and git would wait for it for ever: remove it"
    return ""
