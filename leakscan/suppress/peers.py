"""What the marks and files of other tools say, for those who switch: counted only where the user asks for it.

Rules have other names there, so an entry counts by place and value. What cannot be carried over is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from leakscan.errors import UsageError
from leakscan.finding import Candidate, Suppression
from leakscan.suppress.interface import Spot, Suppressor

FILES = {"gitleaks": (".gitleaksignore", ".gitleaks.toml"), "detect-secrets": (".secrets.baseline",)}
"""The files of each tool that say what does not count, from the top of a repository."""

_GITLEAKS = re.compile(rb"gitleaks:allow")
_PRAGMA = re.compile(rb"(?:#|//|/\*|'|--|<!--)[ \t]*pragma: ?(?:allow|white)list[ -]secret")
_NEXTLINE = re.compile(
    rb"[ \t]*(?:#|//|/\*|'|--|<!--)[ \t]*pragma: ?(?:allow|white)list[ -]nextline[ -]secret"
)


def suppressors_for(tools: Sequence[str], root: Path | None) -> list[Suppressor]:
    """The suppressors of these tools, with the files that each keeps at ``root``.

    Raises UsageError for a file that is there and cannot be read.
    """
    found: list[Suppressor] = []
    if "gitleaks" in tools:
        from leakscan.suppress.gitleaks import Gitleaks

        ignore, config = _read(root, ".gitleaksignore"), _read(root, ".gitleaks.toml")
        found.append(Gitleaks(ignore, config))
    if "detect-secrets" in tools:
        from leakscan.suppress.detect_secrets import DetectSecrets

        found.append(DetectSecrets(_read(root, ".secrets.baseline")))
    return found


def marked(
    spots: Sequence[Spot], is_marked: Callable[[Candidate], bool], by: str
) -> Mapping[str, Suppression]:
    """The places whose nearest version has a mark for every occurrence of the secret."""
    covered = {}
    for spot in spots:
        if all(is_marked(candidate) for candidate in spot.nearest):
            source = f"{spot.place}:{spot.nearest[0].position.line}"
            covered[spot.place] = Suppression(by, source)
    return covered


def has_gitleaks_mark(candidate: Candidate) -> bool:
    """``gitleaks:allow`` anywhere on the secret's own line."""
    return _GITLEAKS.search(candidate.marked.partition(b"\n")[2]) is not None


def has_pragma(candidate: Candidate) -> bool:
    """``pragma: allowlist secret`` on the line, or ``allowlist nextline secret`` alone above it."""
    above, _, own = candidate.marked.partition(b"\n")
    return _PRAGMA.search(own) is not None or _NEXTLINE.match(above) is not None


def mark_of(line: bytes, tools: Sequence[str]) -> str | None:
    """The mark of one of these tools in a line, if there is one."""
    if "gitleaks" in tools and _GITLEAKS.search(line):
        return "gitleaks:allow"
    if "detect-secrets" in tools and (_PRAGMA.search(line) or _NEXTLINE.match(line)):
        return "pragma: allowlist secret"
    return None


def _read(root: Path | None, name: str) -> str | None:
    path = None if root is None else root / name
    if path is None or path.is_symlink() or not path.is_file():
        return None
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error} (let this user read it)") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the file is not UTF-8 (save it as UTF-8)") from None
