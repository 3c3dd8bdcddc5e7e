"""The hot modules: which they are, and whether they run compiled or interpreted.

They are plain Python that mypyc can compile; `_build.py` does so at installation. Each compiled module
carries the digest of its source, and asks here whether that is still the source beside it: an editable
checkout moves on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from leakscan.errors import LeakscanError

try:
    from _blake2 import blake2b  # hashlib's, without the OpenSSL that hashlib loads first: hooks wait for it
except ImportError:
    from hashlib import blake2b

MODULES = (
    "leakscan.delta",
    "leakscan.detect.batch",
    "leakscan.detect.detect",
    "leakscan.detect.exclude",
    "leakscan.detect.extract",
    "leakscan.detect.prefixed",
    "leakscan.detect.sighting",
    "leakscan.detect.trace",
    "leakscan.detect.windows",
    "leakscan.git.forest",
    "leakscan.git.treediff",
)

_PURE = "leakscan.delta"

_ROOT = Path(__file__).parent.parent


class StaleError(LeakscanError):
    """A compiled module whose source has changed since."""


def source_of(module: str) -> str:
    """Where a module's source lies below the root of the checkout, or below site-packages."""
    return module.replace(".", "/") + ".py"


def digest(source: bytes) -> str:
    """What a compiled module carries of its source."""
    return blake2b(source, digest_size=32).hexdigest()


@cache
def confirm(compiled_from: tuple[tuple[str, str], ...]) -> None:
    """Called by each compiled module when it is imported: all sources are what they were compiled from.

    ``compiled_from`` are the hot modules, each with the digest of its source. Raises StaleError where one
    differs.
    """
    for module, compiled in compiled_from:
        try:
            source = (_ROOT / source_of(module)).read_bytes()
        except OSError:
            continue  # installed without sources: nothing there says anything else
        if digest(source) != compiled:
            raise StaleError(
                f"{source_of(module)} has changed since it was compiled: install leakscan again "
                "(pip install -e . in the checkout)"
            )


def state() -> str:
    """How the hot modules run, for people. Imports only one of them, which itself imports nothing."""
    import importlib.util

    try:
        importlib.import_module(_PURE)
        files = [getattr(importlib.util.find_spec(module), "origin", None) or "" for module in MODULES]
    except StaleError as error:
        return f"hot modules stale: {error}"
    if any(file.endswith(".py") for file in files):
        return (
            "hot modules interpreted: an installation with LEAKSCAN_COMPILE=1 says why they are not compiled"
        )
    return "hot modules compiled by mypyc"
