"""detect-secrets' ``pragma: allowlist secret``, and its ``.secrets.baseline``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from leakscan.errors import UsageError
from leakscan.finding import Candidate, Finding, Gap, Suppression
from leakscan.suppress.interface import Scope, Spot
from leakscan.suppress.peers import has_pragma, marked

BASELINE = ".secrets.baseline"

_PREFIX = re.compile(rb"\A[A-Za-z0-9]+(?=[-_])")
_HEADER = re.compile(rb"-----(BEGIN [A-Z0-9 ]+)-----")
_HEADER_REACH = 64


class DetectSecrets:
    """The suppressor of what detect-secrets knows. ``baseline`` is the text of its file, which is data only:
    the plugins that it names are neither loaded nor run."""

    def __init__(self, baseline: str | None = None) -> None:
        self._known = _entries(baseline) if baseline is not None else set()
        self._used: set[tuple[str, str]] = set()

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        covered = dict(marked(spots, has_pragma, "detect-secrets"))
        for spot in spots:
            for digest in {digest for candidate in spot.nearest for digest in _digests(candidate)}:
                if (spot.place, digest) in self._known:
                    self._used.add((spot.place, digest))
                    covered.setdefault(spot.place, Suppression("detect-secrets", BASELINE))
        return covered

    def warnings(self, scope: Scope) -> Iterator[Gap]:
        idle = len(self._known - self._used)
        if scope.history and idle:
            yield Gap(BASELINE, f"{idle} of its {len(self._known)} entries cover no finding")


def _digests(candidate: Candidate) -> set[str]:
    """What detect-secrets may know the value by: itself, or the one group that its pattern has.

    That is the prefix of a GitLab or GitHub token, and of a private key what its first line says.
    """
    value = candidate.secret.raw
    known = [value, *_PREFIX.findall(value), *_HEADER.findall(candidate.before + value[:_HEADER_REACH])[-1:]]
    return {hashlib.sha1(text, usedforsecurity=False).hexdigest() for text in known}


def _entries(text: str) -> set[tuple[str, str]]:
    """Path and SHA-1 of each entry, but for those that an audit has called real secrets.

    Raises UsageError where the file is no baseline of detect-secrets.
    """
    try:
        results = json.loads(text)["results"]
        return {
            (path.replace("\\", "/").removeprefix("./"), entry["hashed_secret"])
            for path, entries in results.items()
            for entry in entries
            if entry.get("is_secret") is not True
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        mend = "make it anew with detect-secrets, or leave out --honour"
        raise UsageError(f"{BASELINE}: not a baseline of detect-secrets ({mend})") from None
