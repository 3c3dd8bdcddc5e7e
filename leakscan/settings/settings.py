"""The settings in force, each with where it came from.

The first that sets a key decides it whole: command line, environment (``LEAKSCAN_…``), the file of
``--config`` (or ``LEAKSCAN_CONFIG``), the scanned repository's own file (only where the user trusts it), the
user's file, the defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from leakscan.document import Field, read_yaml
from leakscan.errors import UsageError
from leakscan.finding import Gap
from leakscan.settings import parsed
from leakscan.settings.keys import KEYS, read_settings, read_variable
from leakscan.settings.places import own_files, user_config
from leakscan.suppress.interface import BASELINE_NAME

CONFIG_VARIABLE = "LEAKSCAN_CONFIG"

_TOML = ".toml"


class Setting(NamedTuple):
    """One value and its source: ``leakscan.yaml:3``, ``LEAKSCAN_FAIL_ON``, ``default``, …"""

    value: Any
    source: str


class Settings:
    """What is in force. ``files`` had a say in it; ``unused`` are the repository's that are not trusted."""

    def __init__(
        self, settings: Mapping[str, Setting], files: tuple[str, ...] = (), unused: tuple[Gap, ...] = ()
    ) -> None:
        self.settings, self.files, self.unused = settings, files, unused

    def __getitem__(self, name: str) -> Any:
        return self.settings[name].value


def settings_in_force(
    command_line: Mapping[str, Any],
    environ: Mapping[str, str],
    root: Path | None = None,
    config: Path | None = None,
    trusted: bool = False,
    user_file: Path | None = None,
    own: Mapping[str, Setting] | None = None,
) -> Settings:
    """Looks in all places. ``root`` is the top of what is scanned, ``command_line`` what was given there.

    ``own`` are the repository's own settings, where others count than those that lie at ``root``.

    Raises RuleError or UsageError with file, line and mend for what is wrong in any of them.
    """
    if config is None and environ.get(CONFIG_VARIABLE):
        config = Path(environ[CONFIG_VARIABLE])
    layers = [
        {name: Setting(value, "command line") for name, value in command_line.items()},
        dict(_environment(environ)),
        _named(config) if config is not None else {},
        own or (_repository(root) if root is not None and trusted else {}),
        _optional(user_file or user_config()),
    ]
    chosen = {name: Setting(key.default, "default") for name, key in KEYS.items()}
    for layer in reversed(layers):
        chosen |= layer
    sources = {setting.source for setting in layers[3].values()}
    used = [setting.source for setting in chosen.values() if setting.source in sources]
    files = tuple(dict.fromkeys(source.rpartition(":")[0] or source for source in used))
    unused = () if trusted or root is None else tuple(_untrusted(root, config, chosen["baseline"].value))
    return Settings(chosen, files, unused)


def _environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    for name, key in KEYS.items():
        text = environ.get(key.variable) if key.of_text is not None else None
        if text:
            yield name, Setting(read_variable(key, text), key.variable)


def _named(path: Path) -> dict[str, Setting]:
    if not path.exists():
        raise UsageError(f"{path}: no such configuration file (docs/configuration.md shows one)")
    return _from_file(path)


def _optional(path: Path) -> dict[str, Setting]:
    return _from_file(path) if path.is_file() else {}


def own_settings(files: Mapping[Path, bytes], where: str) -> dict[str, Setting]:
    """The settings in a repository's own configuration, of which it may have one.

    ``where`` names the repository in the UsageError about two. Raises RuleError for a mistake in one.
    """
    if len(files) > 1:
        names = " and ".join(path.name.rpartition(":")[2] for path in files)
        raise UsageError(f"{where} has two configurations: keep only one of {names}")
    return next((_settings(path, content) for path, content in files.items()), {})


def _repository(root: Path) -> dict[str, Setting]:
    """From its configuration, and its baseline where that names no other."""
    found = own_settings({root / name: _content(root / name) for name in own_files(root)}, str(root))
    if "baseline" not in found and (root / BASELINE_NAME).is_file():
        found["baseline"] = Setting(root / BASELINE_NAME, str(root / BASELINE_NAME))
    return found


def _untrusted(root: Path, config: Path | None, baseline: Path | None) -> Iterator[Gap]:
    """The repository's files that do not count, but for those that the user has named."""
    named = {path.resolve() for path in (config, baseline) if path is not None}
    names = [*own_files(root), *([BASELINE_NAME] if (root / BASELINE_NAME).is_file() else [])]
    for name in names:
        if (root / name).resolve() not in named:
            option = "--baseline" if name == BASELINE_NAME else "--config"
            why = f"what a scanned repository says counts only with --trust-repo-config, or named by {option}"
            yield Gap(f"the repository's {name}", why)


def _from_file(path: Path) -> dict[str, Setting]:
    return _settings(path, _content(path))


def _settings(path: Path, content: bytes) -> dict[str, Setting]:
    root = _root(path, content)
    if root is None:
        return {}
    found = read_settings(root)
    if path.suffix != _TOML:
        parsed.keep(content, root)
    return {name: Setting(value, f"{path}:{line}") for name, (value, line) in found.items()}


def _root(path: Path, content: bytes) -> Field | None:
    if path.suffix != _TOML:
        return parsed.kept(path, content) or read_yaml(path, content)
    from leakscan.settings.toml import read_pyproject

    return read_pyproject(path, content)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"{path}: a folder, pipe or device, and no configuration: name its file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error} (let this user read it)") from error
