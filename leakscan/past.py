"""The history of one repository: what was found in it, who knows where that stands, and what to remember."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from leakscan.beside import Beside
from leakscan.finding import Candidate, Gap
from leakscan.git.attribution import Attribution
from leakscan.git.graph import CommitGraph
from leakscan.git.missing import missing_objects
from leakscan.git.objects import shortened
from leakscan.git.repository import Repository
from leakscan.git.seen import Seen
from leakscan.git.treehistory import TreeHistory
from leakscan.git.treeindex import TreeIndex
from leakscan.git.treescan import TreeChanges
from leakscan.harvest import Harvest, ShareWork, harvests
from leakscan.pool import give_back
from leakscan.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Known:
    """What a scan has learned of a history beside what leaked: no content of any file or message."""

    seen: Seen
    graph: CommitGraph
    trees: TreeChanges


@dataclass(frozen=True, slots=True)
class Past:
    """The candidates of a history, not yet placed.

    ``learned`` says what to keep for the next scan, or None where that is what the last one has kept; it is
    None itself where nothing is to be kept. What it says is large: it is asked when little else is needed.
    """

    attribution: Attribution
    candidates: list[Candidate]
    incomplete: list[Gap] = field(default_factory=list)
    skipped: list[Gap] = field(default_factory=list)
    learned: Callable[[], Known | None] | None = None


def read_past(
    repository: Repository,
    work: ShareWork,
    processes: int,
    graph: CommitGraph,
    trees: list[TreeChanges],
    learn: bool,
    count: Callable[[Harvest], None],
    watch: Stopwatch,
) -> Past:
    """Reads what is to be read, and joins it with what is known before; ``count`` gets each share.

    ``graph`` and ``trees`` are what commits and trees say that are not read again; ``trees`` is used up.
    ``learn`` says that the next scan shall know what this one learns.
    """
    found, gaps, skipped = list[Candidate](), list[Gap](), list[Gap]()
    again, damaged = set[str](), False
    structure: Beside[_Structure] | None = None
    for harvest in harvests(work, processes):
        if not harvest.structure and structure is None:  # which has come in whole
            structure = Beside(partial(_structure, repository, work, graph, trees))
        graph.update(harvest.graph)
        trees += [harvest.trees] if harvest.trees else []
        found += harvest.candidates
        gaps += harvest.incomplete
        skipped += harvest.skipped
        again |= harvest.again
        damaged |= harvest.damaged
        count(harvest)
    gaps.sort(key=lambda gap: gap.what)
    skipped.sort(key=lambda gap: gap.what)
    with watch.during("missing objects"):
        told = structure.result() if structure else _structure(repository, work, graph, trees)
    attribution = Attribution(repository, graph, told.history.introductions)
    # What is damaged is named only where its pack is read: such a history is read whole each time.
    keep = learn and not damaged
    learned = partial(_learned, told.trees, graph, again, work.reader.seen) if keep else None
    return Past(attribution, found, shortened(gaps + told.missing), shortened(skipped), learned)


class _Structure(NamedTuple):
    """What commits and trees say, and which objects they name that are missing."""

    trees: TreeIndex
    history: TreeHistory
    missing: list[Gap]


def _structure(
    repository: Repository, work: ShareWork, graph: CommitGraph, trees: list[TreeChanges]
) -> _Structure:
    """``trees`` are used up."""
    index = TreeIndex(work.reader.catalog, trees)
    give_back()
    history = TreeHistory(index, graph)
    missing = missing_objects(repository, graph, history.missing_below)
    graph.dates()
    give_back()
    return _Structure(index, history, missing)


def _learned(index: TreeIndex, graph: CommitGraph, again: set[str], known: Seen | None) -> Known | None:
    """What the next scan need not read; None where that is what is known already."""
    numbers = np.sort(index.catalog.numbers(again))
    if known is None:
        seen = Seen(index.catalog.rows, numbers, len(index.catalog))
    elif len(index.catalog) == len(known.oids) and np.array_equal(numbers, known.again):
        return None
    else:
        seen = Seen(index.catalog.rows, numbers, known.whole)
    return Known(seen, graph, index.changes())
