"""Trees read object by object, around what is missing: the way when git's own walks die."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leakscan.finding import Gap
from leakscan.git.objects import contents
from leakscan.git.parse import tree_entries
from leakscan.git.repository import Repository

_FOLDER, _SUBMODULE = b"40000", b"160000"
MOST_PLACES = 100  # folders within folders, ten times each, make more paths than there is memory


def blobs_below(repository: Repository, roots: Collection[str], gaps: list[Gap]) -> set[str]:
    """The blobs that these trees reach, whether the store has them or not; each tree is read once."""
    size = _oid_bytes(repository)
    blobs, seen = set[str](), set(roots)
    wave = sorted(seen)
    while wave:
        below = set[str]()
        for _, _, content in contents(repository.git, wave, gaps):
            for mode, _, oid in tree_entries(content, size):
                if mode == _FOLDER:
                    below.add(oid)
                elif mode != _SUBMODULE:
                    blobs.add(oid)
        wave = sorted(below - seen)
        seen |= below
    return blobs


def files_below(repository: Repository, root: str, gaps: list[Gap]) -> Iterator[tuple[bytes, str]]:
    """Path and blob of each file in one tree, as far as it can be read.

    A folder that stands at thousands of paths is followed at the first hundred: ten levels of folders that
    each hold the next one ten times would make ten thousand million files.
    """
    size = _oid_bytes(repository)
    wave = {root: [b""]}
    while wave:
        below: dict[str, list[bytes]] = {}
        for tree, _, content in contents(repository.git, list(wave), gaps):
            for mode, name, oid in tree_entries(content, size):
                for prefix in wave[tree]:
                    if mode == _FOLDER:
                        prefixes = below.setdefault(oid, [])
                        if len(prefixes) < MOST_PLACES:
                            prefixes.append(prefix + name + b"/")
                        else:
                            gaps.append(
                                Gap(f"places of tree {oid}", f"only the first {MOST_PLACES} were followed")
                            )
                            break
                    elif mode != _SUBMODULE:
                        yield prefix + name, oid
        wave = below


def _oid_bytes(repository: Repository) -> int:
    return repository.oid_bytes
