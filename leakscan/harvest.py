"""The first two rooms over a whole history: shares of its packs read and searched in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from leakscan.detect.detect import Detector
from leakscan.finding import Candidate, Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.repository import Repository
from leakscan.git.seen import Seen
from leakscan.git.treescan import TreeChanges
from leakscan.pool import Pool, forks
from leakscan.ruleset.compiled import CompiledRules
from leakscan.source.archive import Unpacker, searched
from leakscan.source.packs import PackReader, Share, ShareSource
from leakscan.stopwatch import Stopwatch

_FEW = 3  # so many shares are read sooner by one process than several are started

_VERDICTS = 5_000  # remembered; each is about a kilobyte

Keep = Callable[[Candidate], bool]
"""Which candidates are worth bringing back."""


@dataclass(slots=True)
class Harvest:
    """What one share of the history gave; ``messages`` says that commits may have been in it.

    ``spent`` are seconds by the step, where a profile is wanted.
    ``again`` are the ids of what the next scan has to read again: because something was found in it, whose
    value must not be kept, or because it could not be read or searched to its end.
    ``done`` is how much of the history has been read when it comes, from 0 to 1.
    """

    candidates: list[Candidate] = field(default_factory=list)
    graph: CommitGraph = field(default_factory=CommitGraph)
    trees: TreeChanges | None = None
    messages: bool = False
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
        compiled: CompiledRules,
        keep: Keep,
        max_bytes: int,
        seen: Seen | None = None,
        profile: bool = False,
    ) -> None:
        self._arguments = (repository, compiled, keep, max_bytes, seen, profile)
        self._watch = Stopwatch(profile)
        self._max_bytes = max_bytes
        self._keep = self._watch.timed("score", keep)
        self._verdicts: dict[tuple[object, ...], bool] = {}
        self._detector = Detector(compiled, self._watch)
        self.reader = PackReader(repository, max_bytes, seen, self._watch)

    def __reduce__(self) -> tuple[Any, ...]:
        return (ShareWork, self._arguments)

    def __call__(self, share: Share) -> Harvest:
        source, harvest = ShareSource(self.reader, share), Harvest(messages=share.has_messages)

        unopened, closed = list[Gap](), list[Gap]()
        self._watch.spent.clear()
        with self._watch.during("other"):
            found = searched(
                self._detector.detect, source.blobs(), Unpacker(unopened, closed, self._max_bytes)
            )
            harvest.candidates = list(filter(self._is_kept, found))
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
        return harvest

    def _is_kept(self, candidate: Candidate) -> bool:
        """``keep``, asked once for what stands alike in version after version of a file."""
        key = (
            candidate.rule,
            candidate.secret.raw,
            candidate.before,
            candidate.after,
            candidate.lead,
            candidate.pair_distance,
        )
        kept = self._verdicts.get(key)
        if kept is None:
            if len(self._verdicts) >= _VERDICTS:
                self._verdicts.clear()
            kept = self._verdicts[key] = self._keep(candidate)
        return kept


def _object(gap: Gap) -> str:
    """The id in ``object 3f2a…``, also where it is an archive that holds what is named."""
    return gap.what.removeprefix("object ").partition("!")[0]


def harvests(work: ShareWork, processes: int) -> Iterator[Harvest]:
    """The whole object store, share by share; all commits and tags come before the first share of blobs."""
    shares = work.reader.shares(processes)
    yield Harvest(incomplete=work.reader.incomplete, messages=True)
    for number, harvest in enumerate(_harvested(work, shares, processes), 1):
        harvest.done = min(1.0, number / len(shares))
        yield harvest


def _harvested(work: ShareWork, shares: list[Share], processes: int) -> Iterator[Harvest]:
    """In other processes, even if it is one: a pack that shrinks while it is read kills whoever reads it."""
    if len(shares) <= _FEW:
        processes = 1
        if not forks():  # then even one takes longer to start
            yield from map(work, shares)
            return
    with Pool(work, min(processes, len(shares))) as pool:
        for messages in (True, False):
            lost: list[Share] = []
            yield from pool.results([share for share in shares if share.has_messages == messages], lost)
            for share in lost:  # its workers died: git reads it, one object after the other
                yield work(work.reader.one_by_one(share))
