"""What the repository refers to and does not have."""

from __future__ import annotations

from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph
from leakscan.git.repository import Repository


def missing_objects(repository: Repository, graph: CommitGraph) -> list[Gap]:
    return []
