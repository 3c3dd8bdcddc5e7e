"""Where settings may stand, and whether any do: told without reading them, as a hook waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from leakscan.suppress.interface import BASELINE_NAME

CONFIG_NAME = "leakscan.yaml"
PYPROJECT = "pyproject.toml"

TABLE_SIGN = b"[tool.leakscan"
_MOST = 1 << 20  # bytes of a pyproject.toml that are looked at
_OTHER_VARIABLES = frozenset(
    f"LEAKSCAN_{name}" for name in ("CACHE_DIR", "STATE_DIR", "FINGERPRINT_KEY", "TRACEBACK", "COMPILE")
)


def anything_set(root: Path, environ: Mapping[str, str]) -> bool:
    """Whether any place has settings: the environment, the user's file, the repository's own at ``root``."""
    if any(name.startswith("LEAKSCAN_") and name not in _OTHER_VARIABLES for name in environ):
        return True
    return user_config().is_file() or any(own_files(root)) or (root / BASELINE_NAME).is_file()


def own_files(root: Path) -> Iterator[str]:
    """The configurations of the repository whose top is ``root``, by name."""
    if (root / CONFIG_NAME).is_file():
        yield CONFIG_NAME
    if TABLE_SIGN in _beginning(root / PYPROJECT):
        yield PYPROJECT


def user_config() -> Path:
    """The user's own file: ``~/.config/leakscan/config.yaml``, or where the platform has such files."""
    name = "config.yaml"
    if sys.platform == "linux":  # as platformdirs, which a hook would wait for ten times as long
        base = os.environ.get("XDG_CONFIG_HOME", "")
        return Path(base if base.strip() else "~/.config").expanduser() / "leakscan" / name
    import platformdirs

    return Path(platformdirs.user_config_dir("leakscan", appauthor=False)) / name


def _beginning(path: Path) -> bytes:
    """Of a file that nobody vouches for; nothing of one that cannot be read, or lies elsewhere."""
    try:
        if path.is_symlink() or not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(_MOST)
    except OSError:
        return b""
