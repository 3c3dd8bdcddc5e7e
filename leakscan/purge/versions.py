"""All versions in which a secret stands: a finding names one a place, and to purge takes them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leakscan.finding import Candidate, Finding, Gap, Suppression
from leakscan.suppress.interface import Scope, Spot


class Versions:
    """A suppressor that covers nothing, and remembers what it is shown, by the finding's id."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Candidate, ...]] = {}

    def of(self, finding: Finding) -> tuple[Candidate, ...]:
        """Where the finding stands, once a version and a path."""
        return self._of.get(finding.id, ())

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        self._of[finding.id] = tuple(candidate for spot in spots for candidate in spot.candidates)
        return {}

    def warnings(self, scope: Scope) -> Iterable[Gap]:
        return ()
