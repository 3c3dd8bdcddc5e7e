"""The repository's own settings in a pipeline: those of the commit that was there before count.

Those that a request brings along do not: it could switch its own check off.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from leakscan.errors import UsageError, renamed
from leakscan.git.repository import Repository
from leakscan.git.snapshot import Snapshot
from leakscan.settings.places import CONFIG_NAME, PYPROJECT, TABLE_SIGN
from leakscan.settings.settings import Setting, own_settings
from leakscan.suppress.interface import BASELINE_NAME
from leakscan.suppress.peers import FILES


@dataclass(frozen=True, slots=True)
class Own:
    """What counts of the repository itself. The files that ``settings`` name lie below ``folder``."""

    settings: Mapping[str, Setting]
    folder: Path
    commit: str = ""

    def shown(self, path: Path) -> str:
        """A path below the folder as git names it: ``3f2a9c1b04:leakscan-baseline.json``."""
        inside = path.is_relative_to(self.folder)
        return f"{self.commit}:{path.relative_to(self.folder).as_posix()}" if inside else str(path)


@contextmanager
def own_at(repository: Repository, commit: str | None) -> Iterator[Own]:
    """The repository's own settings as of this commit; none without one.

    Raises UsageError where they name a file that the commit has not, and LostError where one cannot be read.
    Errors that are raised within name files as of the commit.
    """
    with tempfile.TemporaryDirectory(prefix="leakscan-") as name:
        folder = Path(name).resolve()
        if commit is None:
            yield Own({}, folder)
            return
        snapshot = Snapshot(repository, commit)
        found = settings_at(snapshot)
        laid = {key: _laid(snapshot, setting, folder) for key, setting in found.items()}
        _copy(snapshot.read(*(file for files in FILES.values() for file in files)), folder)
        with renamed(f"{folder}{os.sep}", f"{snapshot.name}:"):
            yield Own(laid, folder, snapshot.name)


def settings_at(snapshot: Snapshot) -> dict[str, Setting]:
    """The repository's own settings as of this commit, with paths from its top; a baseline is one of them."""
    files = snapshot.read(CONFIG_NAME, PYPROJECT)
    configurations = {
        Path(f"{snapshot.name}:{name}"): content
        for name, content in files.items()
        if name == CONFIG_NAME or TABLE_SIGN in content
    }
    found = own_settings(configurations, f"commit {snapshot.name}")
    if "baseline" not in found and snapshot.files(BASELINE_NAME):
        found["baseline"] = Setting(Path(BASELINE_NAME), f"{snapshot.name}:{BASELINE_NAME}")
    return found


def own_files_at(repository: Repository, commit: str) -> list[str]:
    """The configuration and baseline that a commit has, by name."""
    found = Snapshot(repository, commit).read(CONFIG_NAME, PYPROJECT, BASELINE_NAME)
    return [name for name, content in found.items() if name != PYPROJECT or TABLE_SIGN in content]


def named_files(setting: Setting) -> list[str]:
    """The paths of the files that a setting names, from the top of the repository.

    Raises UsageError where one of them lies elsewhere.
    """
    values = setting.value if isinstance(setting.value, tuple) else (setting.value,)
    names = [os.path.normpath(value).replace(os.sep, "/") for value in values if isinstance(value, Path)]
    for name in names:
        if name.partition("/")[0] in ("", "..") or Path(name).is_absolute():
            why = "it lies outside the repository, and what lies there is not of that commit"
            raise UsageError(f"{setting.source}: {name}: {why} (name it on the command line)")
    return names


def _laid(snapshot: Snapshot, setting: Setting, folder: Path) -> Setting:
    """The setting, with paths to copies of the files that it names."""
    names = named_files(setting)
    if not names:
        return setting
    for name in names:
        files = snapshot.read(name)
        if not files:
            raise UsageError(
                f"{setting.source}: commit {snapshot.name} has no {name} (add it, or name another)"
            )
        _copy(files, folder)
    paths = tuple(folder / name for name in names)
    return setting._replace(value=paths if isinstance(setting.value, tuple) else paths[0])


def _copy(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        if ".." in PurePosixPath(name).parts:  # no tree that git made has such a name
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
