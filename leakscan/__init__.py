"""leakscan finds leaked credentials in git history and working trees.

    from leakscan import scan

    for finding in scan("path/to/repository"):
        print(finding.title, finding.locations[0].path)

What is named in ``__all__`` is the public interface; everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "Finding",
    "Gap",
    "LeakscanError",
    "Location",
    "Options",
    "ScanResult",
    "Secret",
    "scan",
    "scan_targets",
    "scan_text",
]

if TYPE_CHECKING:
    from leakscan.corridor import scan, scan_targets, scan_text
    from leakscan.errors import LeakscanError
    from leakscan.finding import Advice, Finding, Gap, Location, ScanResult, Secret
    from leakscan.options import Options


def __getattr__(name: str) -> Any:
    """Imports on first use, so that ``leakscan --version`` and the hook start at once."""
    if name not in __all__:
        raise AttributeError(f"module 'leakscan' has no attribute '{name}'")
    import importlib

    modules = {
        "LeakscanError": "errors",
        "Options": "options",
        "scan": "corridor",
        "scan_targets": "corridor",
        "scan_text": "corridor",
    }
    module = modules.get(name, "finding")
    return getattr(importlib.import_module(f"leakscan.{module}"), name)
