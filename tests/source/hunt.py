"""Looks for one token in what sources yield: the smallest detection that tests of sources need."""

from __future__ import annotations

from pathlib import Path

from leakscan.finding import Candidate, Gap, Origin, Position, Secret
from leakscan.git.attribution import Attribution
from leakscan.git.ranges import range_commits
from leakscan.git.repository import Repository, discover, require_repository
from leakscan.source.history import HistorySource
from leakscan.source.interface import Source
from leakscan.source.staged import RangeSource
from leakscan.source.tree import TreeSource


def origins(source: Source, token: str) -> list[Origin]:
    """Where this source yields the token."""
    return [blob.origin for blob in source.blobs() if token.encode() in blob.content]


def in_history(path: Path, token: str) -> list[Origin]:
    """Where the token stands in the history of the repository at ``path``, after attribution."""
    return history_and_gaps(path, token)[0]


def history_and_gaps(path: Path, token: str) -> tuple[list[Origin], list[Gap]]:
    """The same, and what could not be read."""
    repository = require_repository(path, "a test")
    source = HistorySource(repository)
    found = [_candidate(token, origin) for origin in origins(source, token)]
    attribution = Attribution(repository, source.graph)
    placed = [candidate.origin for candidate in attribution.attribute(found)]
    return placed, source.incomplete + attribution.incomplete


def in_tree(path: Path, token: str, *, include_ignored: bool = False) -> list[str | None]:
    """The paths at which the working tree (or folder, or file) has the token."""
    source = TreeSource(path, discover(path), include_ignored=include_ignored)
    return [origin.path for origin in origins(source, token)]


def _candidate(token: str, origin: Origin) -> Candidate:
    secret = Secret(token.encode())
    return Candidate("test", secret, 0, len(token), Position(1, 1, 1, len(token) + 1), origin)


def in_range(repository: Repository, range_: str) -> RangeSource:
    """What the commits of ``A..B`` bring in."""
    return RangeSource(repository, range_commits(repository, range_))
