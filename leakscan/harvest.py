"""The first two rooms over a whole history: shares of its packs read and searched in several processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from leakscan.detect.detect import Detector
from leakscan.finding import Candidate, Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.repository import Repository
from leakscan.git.seen import Seen
from leakscan.git.treescan import TreeChanges
from leakscan.pool import Pool, forks, give_back
from leakscan.source.archive import Unpacker, searched
from leakscan.source.packs import PackReader, Share, ShareSource
from leakscan.stopwatch import Stopwatch

_FEW = 3  # so many shares are read sooner by one process than several are started


@dataclass(slots=True)
class Harvest:
    """What one share of the history gave; ``structure`` says that commits, tags or trees may have been in it.

    ``spent`` are seconds by the step, where a profile is wanted.
    ``again`` are the ids of what the next scan has to read again: because something was found in it, whose
    value must not be kept, or because it could not be read or searched to its end.
    ``done`` is how much of the history has been read when it comes, from 0 to 1.
    """

    candidates: list[Candidate] = field(default_factory=list)
    graph: CommitGraph = field(default_factory=CommitGraph)
    trees: TreeChanges | None = None
    structure: bool = False
    incomplete: list[Gap] = field(default_factory=list)
    skipped: list[Gap] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    objects: int = 0
    commits: int = 0
    bytes: int = 0
    damaged: bool = False
    spent: dict[str, float] = field(default_factory=dict)
    done: float = 0.0


class ShareWork:
    """Reads and searches one share. Pickled for a process that is no fork, it opens all again."""

    def __init__(
        self,
        repository: Repository,
        detector: Detector,
        max_bytes: int,
        seen: Seen | None = None,
        profile: bool = False,
    ) -> None:
        """It has a detector of its own, like the given one."""
        if forks():
            detector.let_go()
        self._arguments = (repository, detector, max_bytes, seen, profile)
        self._watch = Stopwatch(profile)
        self._max_bytes = max_bytes
        self._detector = detector.timed(self._watch)
        self.reader = PackReader(repository, max_bytes, seen, self._watch)

    def __reduce__(self) -> tuple[Any, ...]:
        return (ShareWork, self._arguments)

    def __call__(self, share: Share) -> Harvest:
        source, harvest = ShareSource(self.reader, share), Harvest(structure=share.is_structure)

        unopened, closed = list[Gap](), list[Gap]()
        self._watch.spent.clear()
        with self._watch.during("other"):
            found = searched(
                self._detector.detect, source.blobs(), Unpacker(unopened, closed, self._max_bytes)
            )
            harvest.candidates = list(found)
        late = self._detector.incomplete + unopened
        harvest.graph, harvest.incomplete = source.graph, source.incomplete + late
        harvest.again = {
            candidate.origin.blob or candidate.origin.commit or "" for candidate in harvest.candidates
        }
        harvest.skipped = closed
        harvest.again.update(source.unread, map(_object, late + closed))
        harvest.damaged = source.damaged
        harvest.trees = source.trees
        harvest.objects, harvest.commits, harvest.bytes = source.objects, source.commits, source.bytes
        harvest.spent = dict(self._watch.spent)
        self._detector.incomplete = []
        if share.is_structure:  # of which little is needed any more, unlike of what was made for blobs
            give_back()
        return harvest


def _object(gap: Gap) -> str:
    """The id in ``object 3f2a…``, also where it is an archive that holds what is named."""
    return gap.what.removeprefix("object ").partition("!")[0]


def harvests(work: ShareWork, processes: int) -> Iterator[Harvest]:
    """The whole object store, share by share; all commits, tags and trees come before the first blobs."""
    shares = work.reader.shares(processes)
    give_back()  # or each process that is forked holds it
    yield Harvest(incomplete=work.reader.incomplete, structure=True)
    for number, harvest in enumerate(_harvested(work, shares, processes), 1):
        harvest.done = min(1.0, number / len(shares))
        yield harvest


def _harvested(work: ShareWork, shares: list[Share], processes: int) -> Iterator[Harvest]:
    """In other processes, even if it is one: what kills a reader must not kill the scan."""
    if len(shares) <= _FEW:
        processes = 1
        if not forks():  # then even one takes longer to start
            yield from map(work, shares)
            return
    with Pool(work, min(processes, len(shares))) as pool:
        for structure in (True, False):
            lost: list[Share] = []
            yield from pool.results([share for share in shares if share.is_structure == structure], lost)
            for share in lost:  # its workers died: git reads it, one object after the other
                yield work(work.reader.one_by_one(share))
    work.reader.close()
    give_back()
