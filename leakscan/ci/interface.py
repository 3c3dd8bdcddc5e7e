"""What a build server says about its run, in one form for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leakscan.errors import EXIT_INCOMPLETE, LeakscanError

Kind = Literal["merge request", "push", "tag", "deletion", "run"]

_REQUESTS = {"GitLab CI": "merge request", "Jenkins": "change request"}


@dataclass(frozen=True, slots=True)
class Event:
    """Why a pipeline runs.

    ``platform`` and ``ref`` (a branch or tag, "" where it is not said) are for people. ``head`` is the newest
    commit. ``bases`` are revisions that were there before; the first that the clone has counts. ``default``
    is the default branch, None where the platform does not say. ``deepen`` is how its clones are made whole.
    With ``needs_base`` one of the bases has to be there, as for a merge request.
    """

    platform: str
    kind: Kind
    ref: str
    head: str
    bases: tuple[str, ...] = ()
    default: str | None = None
    needs_base: bool = False
    deepen: str = "run 'git fetch --unshallow' before leakscan"

    @property
    def called(self) -> str:
        """The kind, in the words of the platform."""
        return _REQUESTS.get(self.platform, "pull request") if self.kind == "merge request" else self.kind


class UnknownCommits(LeakscanError):
    """It cannot be said which commits are new, and so they cannot be scanned."""

    exit_code = EXIT_INCOMPLETE
