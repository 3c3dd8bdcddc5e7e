"""Settings as text, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leakscan.suppress.allowlist import Allowance


def lines(value: Any) -> Sequence[str]:
    """A setting's value as a file would have it; a line for each of several."""
    if isinstance(value, tuple):
        return [_shown(item) for item in value] or ["none"]
    return [_shown(value)]


def _shown(value: Any) -> str:
    if isinstance(value, Allowance):
        return _allowance(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _allowance(entry: Allowance) -> str:
    if entry.by == "exclude":
        return ", ".join(entry.paths)
    kinds = {"values": entry.values, "hashes": entry.hashes, "paths": entry.paths, "rules": entry.rules}
    conditions = "; ".join(f"{name}: {', '.join(items)}" for name, items in kinds.items() if items)
    return f"{conditions} ({entry.reason})" if entry.reason else conditions
