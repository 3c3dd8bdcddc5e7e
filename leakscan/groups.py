"""The first two rooms over the files of a working tree, by several processes where there are many.

The main process reads all files, and keeps all accounts of them. It lays the contents of a group into memory
that its forks share: that is one copy, where a pipe would take several.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from leakscan.detect.detect import Detector
from leakscan.detect.programs import PROGRAMS, Program
from leakscan.finding import Blob, Candidate, Gap, Origin
from leakscan.source.archive import Unpacker, searched

_GROUP_BYTES, _GROUP_FILES = 512 << 10, 128  # enough for a cheap call of the prefilter
_ALONE = 0.05  # seconds; where it takes longer, it pays to start other processes, which takes 0.02
_SLOT_BYTES = 16 << 20  # of shared memory, used only as far as it is filled; a larger file is searched here

Group = list[Blob]


class Searched(NamedTuple):
    """What was found in some files, and what could not be searched or opened.

    ``seconds`` is how long other processes took.
    """

    candidates: list[Candidate]
    incomplete: list[Gap]
    skipped: list[Gap]
    seconds: float = 0.0


Search = Callable[[Group], Searched]


def search_files(blobs: Iterable[Blob], detector: Detector, max_bytes: int, processes: int) -> Searched:
    """Searches blobs of which none copies from another, and what is in archives among them.

    What comes out is the same, in the same order, for any number of processes.
    """
    search = partial(_searched, detector, max_bytes)
    groups = _groups(blobs)
    done, started = list[Searched](), time.perf_counter()
    for group in groups:  # the other processes inherit all that is compiled and imported for the first ones
        done.append(search(group))
        if processes > 1 and time.perf_counter() - started > _ALONE:
            break
    following = list(islice(groups, 2))
    if len(following) > 1:
        done += _side_by_side(chain(following, groups), search, processes)
    else:
        done += map(search, following)
    found = [candidate for each in done for candidate in each.candidates]
    found.sort(key=lambda candidate: candidate.origin.member is not None)  # what is in archives comes last
    return Searched(
        found,
        [gap for each in done for gap in each.incomplete],
        [gap for each in done for gap in each.skipped],
        sum(each.seconds for each in done),
    )


def _groups(blobs: Iterable[Blob]) -> Iterator[Group]:
    group, size = Group(), 0
    for blob in blobs:
        if group and (size + len(blob.content) > _GROUP_BYTES or len(group) >= _GROUP_FILES):
            yield group
            group, size = Group(), 0
        group.append(blob)
        size += len(blob.content)
    if group:
        yield group


def _size(group: Group) -> int:
    return sum(len(blob.content) for blob in group)


def _searched(detector: Detector, max_bytes: int, group: Group) -> Searched:
    unopened, closed = list[Gap](), list[Gap]()
    found = list(searched(detector.detect, group, Unpacker(unopened, closed, max_bytes)))
    late, detector.incomplete = detector.incomplete, []
    return Searched(found, unopened + late, closed)


class _Laid(NamedTuple):
    """A group whose contents lie one behind the other in a slot of shared memory."""

    number: int
    slot: int
    files: list[tuple[Origin, int]]


class _Result(NamedTuple):
    task: _Laid
    found: Searched
    programs: dict[str, Program]


class _Work:
    """Searches a group that lies in shared memory; each fork inherits it."""

    def __init__(self, search: Search, slots: int) -> None:
        self._search = search
        self._slots = [mmap.mmap(-1, _SLOT_BYTES) for _ in range(slots)]

    def lay(self, number: int, group: Group, free: int) -> _Laid:
        """Puts the group's contents into a slot that is free."""
        slot = self._slots[free]
        slot.seek(0)
        for blob in group:
            slot.write(blob.content)
        return _Laid(number, free, [(blob.origin, len(blob.content)) for blob in group])

    def __call__(self, task: _Laid) -> _Result:
        started = time.perf_counter()
        slot = self._slots[task.slot]
        slot.seek(0)
        found = self._search([Blob(slot.read(size), origin) for origin, size in task.files])
        return _Result(task, found._replace(seconds=time.perf_counter() - started), PROGRAMS.new())


def _side_by_side(groups: Iterable[Group], search: Search, processes: int) -> Iterator[Searched]:
    """What is found in each group, in their order."""
    from leakscan.pool import Pool, forks

    if not forks():  # to start a process anew takes longer than to search most trees
        yield from map(search, groups)
        return
    slots = processes + 1  # one for what each process has in hand, and one that is filled meanwhile
    work, free = _Work(search, slots), list(range(slots))
    done: dict[int, Searched] = {}
    lost: list[_Laid] = []

    def laid() -> Iterator[_Laid]:
        for number, group in enumerate(groups):
            while lost:
                take(work(lost.pop()))  # the processes that had it died, and it holds a slot
            if _size(group) > _SLOT_BYTES:
                done[number] = search(group)
            else:
                yield work.lay(number, group, free.pop())

    def take(result: _Result) -> None:
        done[result.task.number] = result.found
        free.append(result.task.slot)
        PROGRAMS.add(result.programs)

    PROGRAMS.add(PROGRAMS.new())  # which the others inherit, and need not tell
    with Pool(work, processes) as pool:
        for result in pool.results(laid(), lost):
            take(result)
    for task in lost:
        take(work(task))
    yield from (done[number] for number in sorted(done))
