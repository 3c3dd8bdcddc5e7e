"""The repositories in a target: its own, submodules, bare ones, linked ones, those in ``.git/modules``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from leakscan.errors import GitError
from leakscan.finding import Gap
from leakscan.git.names import shown_path
from leakscan.git.own_files import named_path, small_file
from leakscan.git.refs import other_working_trees
from leakscan.git.repository import Repository, repository_at


class Inside(NamedTuple):
    """A repository, and the path at which it lies in the target; for the target itself that is empty."""

    repository: Repository
    where: str


class Repositories:
    """Keeps account of the repositories that a walk through one target meets, each once."""

    def __init__(
        self, target: Path, outer: Repository | None, incomplete: list[Gap], skipped: list[Gap]
    ) -> None:
        self._target = target
        # What belongs to the target: a submodule's store lies in the outer repository's git directory.
        self._homes = [target, outer.common_dir] if outer else [target]
        self._incomplete, self._skipped = incomplete, skipped
        self._met: dict[Path, Inside] = {}
        self._outside = set[Path]()

    def meet(self, folder: Path, where: str) -> Repository | None:
        """The repository in this folder, from now on in the account; None and a gap if git refuses it."""
        if folder in self._met:
            return self._met[folder].repository
        try:
            repository = repository_at(folder)
        except GitError as error:
            self._incomplete.append(Gap(where, str(error)))
            return None
        if repository is None:
            self._incomplete.append(Gap(where, "an object store without a HEAD, which git refuses"))
        else:
            self.add(repository, where)
        return repository

    def add(self, repository: Repository, where: str) -> None:
        """Take this repository into the account."""
        if where and not self._belongs(repository):
            why = f"it lies in {repository.common_dir}, outside the target; scan that by itself"
            self._skipped.append(Gap(f"history of {where}", why))
            return
        self._homes.append(repository.common_dir)
        self._met.setdefault(repository.git_dir, Inside(repository, where))
        for tree in other_working_trees(repository):
            if not tree.is_relative_to(self._target) and tree not in self._outside:
                self._outside.add(tree)
                why = "of this repository, but outside the target: its files are a scan of their own"
                self._skipped.append(Gap(f"working tree {shown_path(os.fsencode(tree))}", why))

    def with_history(self) -> list[Inside]:
        """The repositories with a store of their own: working trees that share one have one history."""
        first: dict[Path, Inside] = {}
        for inside in self._met.values():
            first.setdefault(inside.repository.store, inside)
        return list(first.values())

    def with_index(self) -> list[Inside]:
        """The repositories with a working tree, each of which has an index."""
        return [inside for inside in self._met.values() if not inside.repository.is_bare]

    def _belongs(self, repository: Repository) -> bool:
        """Whether this is a repository of the target's: a ``.git`` file may name any on this machine.

        Of a store elsewhere that is so if the store in turn names this working tree as linked to it.
        """
        if any(repository.common_dir.is_relative_to(home) for home in self._homes):
            return True
        named = named_path(small_file(repository.git_dir / "gitdir"))
        linked = os.path.realpath(repository.git_dir / named / os.pardir)
        return bool(named) and Path(linked) == repository.top_level
