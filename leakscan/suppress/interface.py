"""What a suppressor is: something that says at which of a finding's places it does not count.

A new one is a module here with a class of this shape, and a line in ``suppress.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from leakscan.finding import Candidate, Finding, Gap, Suppression

BASELINE_NAME = "leakscan-baseline.json"
"""What the file of a baseline is called, where nobody says otherwise."""


class Spot(NamedTuple):
    """One place of one secret, with all versions of it in which the secret stands.

    ``place`` is the path, or ``(message)``, ``(dangling)`` … where there is none. ``nearest`` are the
    candidates of the version that is nearest to the user's hands: working tree, index, HEAD, the latest
    commit; all of them where there is no path. ``live`` says that it still stands there: in the working tree
    or the index; in HEAD, where the secret is in neither.
    """

    place: str
    path: str | None
    candidates: tuple[Candidate, ...]
    nearest: tuple[Candidate, ...]
    live: bool


class Scope(NamedTuple):
    """What a scan has read whole: the files of its targets, and (``history``) all else that they hold too."""

    tree: bool = False
    history: bool = False


class Suppressor(Protocol):
    """One source of reasons why findings do not count; made for one scan."""

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        """The places at which the finding does not count, each with why; called once a finding."""
        ...

    def warnings(self, scope: Scope) -> Iterable[Gap]:
        """What somebody should look at, after all findings: such as entries that covered nothing."""
        ...
