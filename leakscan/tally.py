"""What all sources of a scan add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.finding import Blob, Candidate, Commit, Counts, Gap
from leakscan.stopwatch import Stopwatch
from leakscan.suppress.inline import Marks

if TYPE_CHECKING:
    from leakscan.git.attribution import Attribution
    from leakscan.groups import Searched
    from leakscan.harvest import Harvest
    from leakscan.source.interface import Source


class Tally:
    """What all targets of a scan add up to."""

    def __init__(
        self,
        candidates: Iterable[Candidate] = (),
        progress: Callable[[Counts, float | None], None] | None = None,
        profile: bool = False,
    ) -> None:
        self.candidates = list(candidates)
        self.commits: dict[str, Commit] = {}
        self.head: set[str] | None = None
        self.repositories: set[Path] = set()  # of which changes were read, for all their paths
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.warnings: list[Gap] = []
        self.counts = Counts()
        self.progress = progress
        self.watch = Stopwatch(profile)
        self.marks = Marks()
        self.tree_is_whole = True

    def read(self, source: Source, where: str = "") -> Iterator[Blob]:
        """The source's blobs, counted; its gaps are taken over at the end, ``where`` they are."""
        before, size = self.counts, 0
        for number, blob in enumerate(source.blobs()):
            size += len(blob.content)
            self.marks.see(blob)
            yield blob
            if self.progress is not None and number % _PROGRESS_BLOBS == 0:
                total = getattr(source, "total", None)
                self.progress(_added(before, source, size), number / total if total else None)
        self.incomplete += placed(source.incomplete, where)
        self.skipped += placed(source.skipped, where)
        self.counts = _added(before, source, size)

    def add(self, harvest: Harvest) -> None:
        """Takes over what a share of the history counted."""
        self.counts = self.counts._replace(
            bytes=self.counts.bytes + harvest.bytes,
            objects=self.counts.objects + harvest.objects,
            commits=self.counts.commits + harvest.commits,
        )
        self.watch.add(harvest.spent)
        if self.progress is not None:
            self.progress(self.counts, harvest.done)

    def take(self, found: Searched) -> list[Candidate]:
        """Takes over the gaps of files that were searched; the candidates are not yet placed."""
        self.incomplete += found.incomplete
        self.skipped += found.skipped
        if found.seconds:
            self.watch.add({"working tree, other processes": found.seconds})
        return found.candidates

    def describe(self, attribution: Attribution, found: Sequence[Candidate], where: str = "") -> None:
        """Adds what reports say of the candidates' commits, and whether they still stand in HEAD."""
        self.commits |= attribution.commits(candidate.origin.commit for candidate in found)
        self.head = (self.head or set()) | (attribution.in_head() if found else set())
        self.incomplete += placed(attribution.incomplete, where)


_PROGRESS_BLOBS = 64  # from one report of progress to the next


def placed(gaps: Iterable[Gap], where: str) -> Iterator[Gap]:
    """The gaps of a repository inside the target, with the path at which it lies there."""
    return (Gap(f"{gap.what} in {where}", gap.why) if where else gap for gap in gaps)


def _added(before: Counts, source: Source, size: int) -> Counts:
    return before._replace(
        bytes=before.bytes + size,
        objects=before.objects + source.objects,
        commits=before.commits + source.commits,
        files=before.files + source.files,
    )
