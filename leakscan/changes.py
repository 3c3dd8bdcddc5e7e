"""What is staged, or what some commits bring in: scanned without what stood at the same place before."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Gap, Origin, Secret
from leakscan.git.repository import Repository, require_repository
from leakscan.options import Options
from leakscan.source.archive import Unpacker, container, searched
from leakscan.tally import Tally

if TYPE_CHECKING:
    from leakscan.source.interface import ChangeSource, Source

    class Likely(Protocol):
        """The candidates of a source that may come to a finding; ``where`` names the repository inside."""

        def __call__(self, source: Source, where: str = "") -> list[Candidate]: ...


def changed(
    path: Path,
    options: Options,
    detector: Detector,
    tally: Tally,
    likely: Likely,
) -> list[Candidate]:
    """What is staged, or what a range of commits brings in, without what stood at the same place before."""
    from leakscan.source.staged import RangeSource, StagedSource

    repository = require_repository(path, _purpose(options), in_use=options.staged)
    if repository.name in tally.repositories:
        return []
    tally.repositories.add(repository.name)
    source: ChangeSource
    of_commits = commits_only(options)
    if of_commits:
        commits = _wanted(repository, options)
        if not commits and options.commits is None:
            tally.warnings.append(Gap(f"no commit of {repository.name} was scanned", _why_none(options)))
        source = RangeSource(repository, commits)
    else:  # in a hook of `git commit -a`, git names an index of its own
        index = os.environ.get("GIT_INDEX_FILE")
        source = StagedSource(repository, Path(index) if index else None)
    before: dict[Origin, set[tuple[str, Secret]]] = {}
    fresh = []
    for candidate in likely(source):
        origin = container(candidate.origin)
        if origin not in before:
            olds = [Blob(content, origin) for content in source.before(origin)]
            found = searched(detector.detect, olds, Unpacker([], [], options.max_bytes))
            before[origin] = {(old.rule, old.secret) for old in found}
        if (candidate.rule, candidate.secret) not in before[origin]:
            fresh.append(candidate)
    if of_commits:
        from leakscan.git.attribution import Attribution
        from leakscan.git.graph import CommitGraph

        tally.describe(Attribution(repository, CommitGraph()), fresh)
    return fresh


def _purpose(options: Options) -> str:
    given = {"--staged": options.staged, "--branch": options.branch, "--since": options.since is not None}
    return next((name for name, value in given.items() if value), "--range")


def commits_only(options: Options) -> bool:
    """Whether only what some commits bring in is to be read."""
    chosen = (options.range, options.commits, options.branch, options.since)
    return any(choice is not None for choice in chosen)


def _why_none(options: Options) -> str:
    if options.range is not None:
        return f"none is in {options.range}, for which what stands behind '..' has to be the newer one"
    if options.since is not None and options.since > time.time():
        return "--since is in the future"
    return "none is so new as --since asks for"


def _wanted(repository: Repository, options: Options) -> Sequence[str]:
    from leakscan.git.ranges import range_commits, recent_commits

    if options.commits is not None:
        return options.commits
    if options.range is not None:
        return range_commits(repository, options.range)
    return recent_commits(repository, options.branch, options.since)
