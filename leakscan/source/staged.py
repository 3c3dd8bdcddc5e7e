"""What is about to be committed, and the commits of a range: only what they bring in.

Both know what stood at the same place before, so that a secret which was there already is not reported as
new: look for ``before(origin)`` of those blobs in which something was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.errors import UsageError
from leakscan.finding import Blob, Gap, Origin
from leakscan.git.changes import Change, commit_changes, staged_changes
from leakscan.git.names import shown_path
from leakscan.git.objects import contents, shortened
from leakscan.git.plumbing import Git
from leakscan.git.repository import Repository
from leakscan.source.unchanged import unchanged

# What reads the history of a range is not needed for what is staged.
if TYPE_CHECKING:
    from leakscan.git.graph import CommitGraph


class _Replaced:
    """What each yielded blob replaced, read when it is asked for."""

    def __init__(self, git: Git, incomplete: list[Gap]) -> None:
        self._git, self._incomplete = git, incomplete
        self._olds: dict[Origin, tuple[str, ...]] = {}

    def note(self, origin: Origin, olds: tuple[str, ...]) -> None:
        self._olds[origin] = olds

    def contents(self, origin: Origin) -> tuple[bytes, ...]:
        olds = self._olds.get(origin, ())
        return tuple(found.content for found in contents(self._git, olds, self._incomplete))


class StagedSource:
    """Yields the files that the index changes against HEAD, as ``Origin("index", path, blob=oid)``.

    ``index_file`` is for hooks: git sets GIT_INDEX_FILE when it commits from an index of its own
    (``git commit -a``, ``git commit FILE``). It counts only inside the git directory.
    """

    def __init__(self, repository: Repository, index_file: Path | None = None) -> None:
        if repository.is_bare:
            raise UsageError(f"{repository.name} has no working tree, so nothing can be staged in it")
        self._repository = repository.with_index(_own_index(repository, index_file))
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0
        self._replaced = _Replaced(repository.git, self.incomplete)

    def blobs(self) -> Iterator[Blob]:
        staged = staged_changes(self._repository)
        places: dict[tuple[str, str], list[Origin]] = {}
        for change in [*staged.changes, *(self._conflicts() if staged.unmerged else ())]:
            if change.new == change.old:
                continue  # moved, or only its mode changed
            origin = Origin("index", shown_path(change.path), blob=change.new)
            places.setdefault((change.old, change.new), []).append(origin)
            self._replaced.note(origin, (change.old,) if change.old else ())
        read = set[str]()
        for pair, old, new in self._read(list(places)):
            read.add(pair[1])
            copied = None if old is None else unchanged(pair[0], old, new)
            for origin in places[pair]:
                self.files += 1
                yield Blob(new, origin, copied)
        self.objects = len(read)
        self.incomplete[:] = shortened(self.incomplete)

    def _read(self, pairs: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], bytes | None, bytes]]:
        """Each pair with its old content, if that can be read, and its new one; both come from one git."""
        gaps: list[Gap] = []
        requests = [(pair, oid) for pair in pairs for oid in pair if oid]
        answers = contents(self._repository.git, [oid for _, oid in requests], gaps)
        asked = iter(requests)
        olds: dict[tuple[str, str], bytes] = {}
        for answer in answers:  # what cannot be read is not among them
            pair = next(pair for pair, oid in asked if oid == answer.oid)
            if answer.oid == pair[0]:
                olds = {pair: answer.content}
            else:
                yield pair, olds.get(pair), answer.content
        wanted = {f"object {new}" for _, new in pairs}
        self.incomplete += (gap for gap in gaps if gap.what in wanted)

    def before(self, origin: Origin) -> tuple[bytes, ...]:
        return self._replaced.contents(origin)

    def _conflicts(self) -> Iterator[Change]:
        """The other side of a merge under way; ours is HEAD's own content."""
        from leakscan.git.refs import index_entries

        ours: dict[bytes, str] = {}
        for entry in index_entries(self._repository, self.incomplete):
            if entry.stage == 2:
                ours[entry.path] = entry.oid
            elif entry.stage == 3:
                yield Change("", ours.get(entry.path, ""), entry.oid, entry.path)


class RangeSource:
    """Yields what commits bring in, with path and commit, and their messages.

    Tags among those given have nothing but a message.
    Of a merge only that is new which none of its parents has: the rest came with other commits.
    """

    def __init__(self, repository: Repository, commits: Sequence[str]) -> None:
        self._repository, self._commits = repository, commits
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.files = self.objects = self.commits = 0
        self._replaced = _Replaced(repository.git, self.incomplete)

    def blobs(self) -> Iterator[Blob]:
        from leakscan.git.parse import message, tag_ref
        from leakscan.git.ranges import range_graph

        graph = range_graph(self._repository, self._commits, self.incomplete)
        for oid, kind, content in contents(self._repository.git, self._commits, self.incomplete):
            self.commits += kind == "commit"
            path = tag_ref(content) if kind == "tag" else None
            yield Blob(message(content), Origin("message", path, commit=oid))
        places: dict[str, list[Origin]] = {}
        for change, olds in self._changes(graph):
            origin = Origin("history", shown_path(change.path), change.commit, change.new)
            places.setdefault(change.new, []).append(origin)
            self._replaced.note(origin, olds)
        for oid, _, content in contents(self._repository.git, list(places), self.incomplete):
            self.objects += 1
            for origin in places[oid]:
                self.files += 1
                yield Blob(content, origin)
        self.incomplete[:] = shortened(self.incomplete)

    def before(self, origin: Origin) -> tuple[bytes, ...]:
        return self._replaced.contents(origin)

    def _changes(self, graph: CommitGraph) -> Iterator[tuple[Change, tuple[str, ...]]]:
        """Each new content of each commit once, with what it replaced in every parent."""
        commits = [oid for oid in self._commits if oid in graph]
        seen = set[tuple[str, tuple[str, ...]]]()
        for group in _together(self._listed(graph, commits)):
            parents = max(1, len(graph.parents(graph.number(group[0].commit))))
            if len(group) < parents:
                continue
            olds = tuple(dict.fromkeys(change.old for change in group if change.old))
            if group[0].new not in olds and (group[0].new, olds) not in seen:
                seen.add((group[0].new, olds))
                yield group[0], olds

    def _listed(self, graph: CommitGraph, commits: list[str]) -> Iterator[Change]:
        blind: dict[str, str] = {}
        from leakscan.git.trees import files_below

        yield from commit_changes(self._repository, graph, commits, ["--find-renames"], blind)
        # Renames are found by content, and some of that may be missing.
        failed: dict[str, str] = {}
        yield from commit_changes(self._repository, graph, list(blind), ["--no-renames"], failed)
        for oid, why in failed.items():
            self.incomplete.append(Gap(f"changes of commit {oid}", f"{why}; all its files count as new"))
            number = graph.number(oid)
            tree = graph.tree(number)
            for path, blob in files_below(self._repository, tree, self.incomplete) if tree else ():
                for _ in range(max(1, len(graph.parents(number)))):
                    yield Change(oid, "", blob, path)


def _together(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """The changes of one commit at one path to one blob, side by side: one for each parent that differs."""
    groups: dict[tuple[str, bytes, str], list[Change]] = {}
    for change in changes:
        if groups and next(iter(groups))[0] != change.commit:
            yield from groups.values()
            groups = {}
        groups.setdefault((change.commit, change.path, change.new), []).append(change)
    yield from groups.values()


def _own_index(repository: Repository, index_file: Path | None) -> Path | None:
    if index_file is None:
        return None
    # Git gives it relative to the top of the working tree, where it starts its hooks.
    path = (repository.name / index_file).resolve()
    return path if path.is_relative_to(repository.git_dir.resolve()) else None
