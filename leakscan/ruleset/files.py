"""Where rules lie: the folder of the built-in ones, and the files at a path that a user names."""

from __future__ import annotations

from pathlib import Path

from leakscan.errors import UsageError


def builtin_rules() -> Path:
    """The folder of the built-in rules: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


def rule_files(path: Path) -> list[tuple[Path, bytes]]:
    """The rule files at a path (a file, or a folder's ``*.yaml`` and ``*.yml``), sorted, with their bytes."""
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"} and p.is_file())
        if not files:
            raise UsageError(f"{path}: no rule files here (rules are *.yaml files; see docs/rules.md)")
    elif path.is_file():
        files = [path]
    elif path.exists():
        raise UsageError(
            f"{path}: a pipe or device, and no rule file (save the rules in a file, and name that)"
        )
    else:
        raise UsageError(f"{path}: no such rule file or folder")
    try:
        return [(file, file.read_bytes()) for file in files]
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot read the rules: {error.strerror}") from None
