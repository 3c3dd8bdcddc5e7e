"""The cache: the user's files before those of the installation, and never more than a few of a kind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from leakscan.ruleset import cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "INSTALLED", tmp_path / "installed")
    (tmp_path / "installed").mkdir()
    return tmp_path / "cache"


def name(number: int, kind: str = "rules") -> str:
    return cache.named(kind, [b"%d" % number])


def content(name: str) -> bytes | None:
    file = cache.opened(name)
    if file is None:
        return None
    with file:
        return file.read()


def grow_old(path: Path, days: float) -> None:
    past = time.time() - days * 24 * 60 * 60
    os.utime(path, (past, past))


def test_what_the_installation_brought_is_used_until_the_user_has_a_file_of_that_name(folder: Path) -> None:
    assert content(name(1)) is None
    (cache.INSTALLED / name(1)).write_bytes(b"installed")
    assert content(name(1)) == b"installed"
    assert not folder.exists()
    cache.write(name(1), b"the user's")
    assert content(name(1)) == b"the user's"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_of_the_user_that_others_can_write_gives_way_to_that_of_the_installation(folder: Path) -> None:
    cache.write(name(1), b"anybody's")
    (folder / name(1)).chmod(0o666)
    (cache.INSTALLED / name(1)).write_bytes(b"installed")
    assert content(name(1)) == b"installed"


def test_of_a_kind_those_that_were_used_last_stay(folder: Path) -> None:
    most = cache.KEPT["rules"]
    for number in range(most):
        cache.write(name(number), b"")
        grow_old(folder / name(number), days=100 - number)
    assert content(name(0)) == b""  # the oldest, but in use
    cache.write(name(most), b"")
    kept = {name(0), *map(name, range(2, most + 1))}
    assert {file.name for file in folder.iterdir()} == kept


def test_what_older_versions_left_goes_when_a_file_of_any_kind_is_written(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for number in range(50):
        (folder / name(number)).write_bytes(b"")
    cache.write(name(0, "programs"), b"")
    kinds = [file.name.partition("-")[0] for file in folder.iterdir()]
    assert sorted(kinds) == ["programs", *["rules"] * cache.KEPT["rules"]]


def test_what_leakscan_has_not_written_stays(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    others = [folder / f"rules-{number}" for number in range(20)]
    others += [folder / f"rules-{'x' * 32}", folder / "notes.txt", folder / f".leakscan-{'0' * 16}.tmp.txt"]
    for other in others:
        other.write_bytes(b"")
        grow_old(other, days=1000)
    (folder / name(99)).mkdir()
    grow_old(folder / name(99), days=1000)
    for number in range(cache.KEPT["rules"] + 1):
        cache.write(name(number), b"")
    assert all(other.exists() for other in [*others, folder / name(99)])


def test_what_a_killed_writer_left_goes_after_a_day(folder: Path) -> None:
    cache.write(name(1), b"")
    old, new = (folder / f".leakscan-{digit * 16}.tmp" for digit in "01")
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    grow_old(old, days=2)
    cache.write(name(2), b"")
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
def test_who_reads_a_file_that_is_removed_reads_it_to_its_end(folder: Path) -> None:
    cache.write(name(0), b"whole")
    file = cache.opened(name(0))
    assert file is not None
    grow_old(folder / name(0), days=1)
    for number in range(1, cache.KEPT["rules"] + 1):
        cache.write(name(number), b"")
    assert not (folder / name(0)).exists()
    with file:
        assert file.read() == b"whole"
