"""The working tree as git sees it, plain folders, single files, and the repository's own files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from leakscan.errors import UsageError
from leakscan.finding import Blob, Gap, Origin
from leakscan.git.names import shown_path
from leakscan.git.repository import Repository
from leakscan.source.files import MAX_BYTES, FileReader, shown_name
from leakscan.source.folders import (
    git_dir_files,
    is_bare_repository,
    is_repository,
    pipe_in_the_way,
    plain_files,
    repositories_below,
)
from leakscan.source.inside import Repositories

_UNREADABLE = re.compile(r"^warning: could not open directory '((?s:.*?))': ([^\n]*)$", re.MULTILINE)
_DEEPEST = 30  # repositories inside repositories; a chain longer than this is a trap


class TreeSource:
    """Yields the files of a folder, or a single file; paths are relative to the repository, if there is one.

    Inside a repository git lists them: tracked, and untracked but not ignored (all, with
    ``include_ignored``), also in submodules and in repositories that lie inside. If the target is a whole
    repository, the files in its git directory follow, shown as ``.git/config``. ``repositories`` is whole
    when the blobs are out.
    """

    def __init__(
        self,
        target: Path,
        repository: Repository | None = None,
        *,
        include_ignored: bool = False,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        if not target.exists():
            raise UsageError(f"{target}: no such file or folder")
        self._target, self._repository = target.resolve(), repository
        self._include_ignored = include_ignored
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.objects = self.commits = 0
        self.repositories = Repositories(self._target, repository, self.incomplete, self.skipped)
        self._reader = FileReader(self.incomplete, max_bytes)
        self._passed = set[str]()
        self._ignored = self._of_git = 0
        _check_readable(target)

    @property
    def is_whole(self) -> bool:
        """Whether the target is a whole repository, and not a part of one."""
        repository = self._repository
        return repository is not None and self._target in (repository.top_level, repository.git_dir)

    @property
    def part(self) -> str | None:
        """Which folder of a repository's working tree the target is, if it is one."""
        top = self._repository.top_level if self._repository else None
        inside = top is not None and self._target.is_dir() and self._target != top
        return os.path.relpath(self._target, top) if inside else None

    @property
    def is_in_git_dir(self) -> bool:
        """Whether the target is a folder in a git directory, or a file of its objects: history in part."""
        repository = self._repository
        if repository is None or repository.top_level is not None or self.is_whole:
            return False
        return self._target.is_dir() or self._target.is_relative_to(repository.git_dir / "objects")

    @property
    def files(self) -> int:
        """How many were read, without git's own, such as its hooks."""
        return self._reader.files - self._of_git

    def blobs(self) -> Iterator[Blob]:
        yield from self._all()
        if self._ignored:
            noun = "entry" if self._ignored == 1 else "entries"
            why = "ignored by git: --include-ignored reads them"
            self.skipped.append(Gap(f"{self._ignored} ignored {noun} (files and folders)", why))
        self.skipped.extend(self._reader.left_out())

    def _all(self) -> Iterator[Blob]:
        repository, target = self._repository, self._target
        top = repository.top_level if repository else None
        if repository and self.is_whole:
            self.repositories.add(repository, "")
        if target.is_file():
            root = repository.name if repository else target.parent
            yield from self._file(root, os.path.relpath(target, root), "")
        elif repository is None:
            store = target.parent if target.name == "objects" else target
            if is_bare_repository(store):
                self.repositories.meet(store, shown_name(store.name))
            yield from self._folder(target, "", "", 0)
        elif self.is_in_git_dir:
            yield from self._folder(repository.git_dir, os.path.relpath(target, repository.git_dir), "", 0)
        elif top is None:
            yield from self._git_dir(repository.git_dir, "")
        else:
            start = os.path.relpath(target, top)
            yield from self._working_tree(repository, "" if start == os.curdir else start, "", 0)
            if target == top:
                yield from self._git_dir(repository.common_dir, ".git/")

    def _file(self, root: Path, relative: str, prefix: str) -> Iterator[Blob]:
        shown = prefix + shown_name(relative)
        if (path := os.path.join(root, relative)) in self._passed:  # noqa: PTH118
            return  # tracked by two repositories, one inside the other
        self._passed.add(path)
        content = self._reader.read(root, relative, shown)
        if content is not None:
            yield Blob(content, Origin("worktree", path=shown))

    def _git_dir(self, git_dir: Path, prefix: str) -> Iterator[Blob]:
        inside: list[str] = []
        before = self._reader.files
        for relative in git_dir_files(git_dir, self.incomplete, inside):
            yield from self._file(git_dir, relative, prefix)
        self._of_git += self._reader.files - before
        for relative in inside:
            self.repositories.meet(git_dir / relative, prefix + shown_name(relative))

    def _working_tree(self, repository: Repository, start: str, prefix: str, depth: int) -> Iterator[Blob]:
        top = repository.top_level
        assert top is not None
        listed = self._listed(repository, start, prefix)
        if listed is None or (start and not listed):  # a folder that is ignored, but was asked for by name
            yield from self._folder(top, start, prefix, depth)
            return
        tops, bare = repositories_below(top, start, self._ignored_below(repository, start))
        found = {store: self.repositories.meet(top / store, prefix + shown_name(store)) for store in bare}
        stores = tuple(f"{store}/" for store in bare if found[store])
        for store in stores:
            yield from self._git_dir(top / store, prefix + shown_name(store))
        for relative in dict.fromkeys([*tops, *listed]):
            if _is_folder(top, relative):
                yield from self._nested(top, relative, prefix, depth + 1)
            elif not relative.startswith(stores):
                yield from self._file(top, relative, prefix)

    def _listed(self, repository: Repository, start: str, prefix: str) -> list[str] | None:
        """What git lists below ``start``, each once; None if it cannot say, because the index is damaged."""
        exclude = () if self._include_ignored else ("--exclude-standard",)
        below = ("--", start) if start else ()
        git = repository.git_in_tree
        listing = ("ls-files", "-z", "--cached", "--others", *exclude, *below)
        answer = git.attempt(*listing, suspicion=lambda: pipe_in_the_way(git.folder))
        if answer.code != 0:
            why = f"{answer.reason}; all files of the folder were read instead, ignored ones too"
            self.incomplete.append(Gap(f"{prefix}index", why))
            return None
        for name, why in _UNREADABLE.findall(answer.complaints):
            self.incomplete.append(Gap(prefix + shown_path(name.encode()), f"unreadable: {why}"))
        # A conflict is listed once a side, and a repository inside with a slash at its end.
        listed = dict.fromkeys(name.rstrip(b"/") for name in answer.output.split(b"\0") if name)
        return [os.fsdecode(name) for name in listed]

    def _ignored_below(self, repository: Repository, start: str) -> set[str]:
        """The files and folders that git ignores; the same rules hide what would be listed in them."""
        if self._include_ignored:
            return set()
        arguments = ("--others", "--ignored", "--exclude-standard", "--directory")
        below = ("--", start) if start else ()
        names = repository.git_in_tree.attempt("ls-files", "-z", *arguments, *below).output.split(b"\0")
        ignored = {os.fsdecode(name.rstrip(b"/")) for name in names if name}
        self._ignored += len(ignored)
        return ignored

    def _nested(self, root: Path, relative: str, prefix: str, depth: int) -> Iterator[Blob]:
        """The files of a submodule or a repository inside."""
        folder, shown = root / relative, prefix + shown_name(relative)
        if depth > _DEEPEST:
            self.incomplete.append(Gap(shown, f"more than {_DEEPEST} repositories inside each other"))
            return
        if not is_repository(folder):
            # A link to a commit whose folder holds plain files: git never looks into it.
            yield from self._folder(root, relative, prefix, depth)
            return
        repository = self.repositories.meet(folder, shown)
        if repository is None:
            yield from self._folder(root, relative, prefix, depth)
        else:
            yield from self._working_tree(repository, "", f"{shown}/", depth)
        if _is_folder(folder, ".git"):
            yield from self._git_dir(folder / ".git", f"{shown}/.git/")

    def _folder(self, root: Path, start: str, prefix: str, depth: int) -> Iterator[Blob]:
        """A folder without git's help; repositories below it are read as such."""
        nested: list[str] = []
        bare: list[str] = []

        def enter(relative: str) -> bool:
            folder = os.path.join(root, relative)  # noqa: PTH118
            if is_repository(folder):
                nested.append(relative)
            elif os.path.basename(relative) == ".git":  # noqa: PTH119
                return False  # of a repository that git refused in part; its caller reads it
            elif is_bare_repository(folder):
                bare.append(relative)
            else:
                return True
            return False

        for relative in plain_files(root, start, self.incomplete, enter):
            yield from self._file(root, relative, prefix)
        for relative in nested:
            yield from self._nested(root, relative, prefix, depth + 1)
        for relative in bare:
            shown = prefix + shown_name(relative)
            self.repositories.meet(root / relative, shown)
            yield from self._git_dir(root / relative, f"{shown}/")


def _is_folder(root: Path, relative: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(os.path.join(root, relative)).st_mode)  # noqa: PTH118
    except OSError:
        return False


def _check_readable(target: Path) -> None:
    """Refuse what the user named and we cannot read: that is no gap in a scan, but no scan at all."""
    if not target.is_dir() and not target.is_file():
        raise UsageError(f"{target} is neither a file nor a folder: pipe its content into 'leakscan scan -'")
    needed = os.R_OK | (os.X_OK if target.is_dir() else 0)
    if not os.access(target, needed, effective_ids=os.access in os.supports_effective_ids):
        raise UsageError(f"{target} cannot be read: permission denied for this user")
