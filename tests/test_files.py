from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from leakscan.errors import UsageError
from leakscan.files import PRIVATE, read_private, write_atomically

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are POSIX's")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_written_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        UsageError, match=r"cannot write .*a\.json: No space left on device \(free some space"
    ):
        write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: Any) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.json", b"after")
    assert list(tmp_path.iterdir()) == []


@posix
def test_new_files_get_what_the_umask_allows_and_private_ones_are_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"")
        write_atomically(tmp_path / "b", b"", PRIVATE)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == 0o640
    assert mode(tmp_path / "b") == 0o600


@posix
def test_a_file_keeps_its_permissions_unless_it_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o664)
    write_atomically(path, b"x")
    assert mode(path) == 0o664
    write_atomically(path, b"x", PRIVATE)
    assert mode(path) == 0o600
    write_atomically(path, b"x")
    assert mode(path) == 0o600


@posix
def test_a_link_is_replaced_and_what_it_points_at_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"precious")
    link.symlink_to(target)
    write_atomically(link, b"report")
    assert target.read_bytes() == b"precious"
    assert link.read_bytes() == b"report"
    assert not link.is_symlink()


@posix
def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomically(Path(os.devnull), b"x")
    assert Path(os.devnull).is_char_device()


@posix
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"x")
        assert os.read(reader, 9) == b"x"
    finally:
        os.close(reader)


@pytest.mark.parametrize(("path", "mend"), [("no/where", "create its folder first"), ("", "it is a folder")])
def test_errors_name_the_path_and_the_mend(tmp_path: Path, path: str, mend: str) -> None:
    with pytest.raises(UsageError, match=mend) as caught:
        write_atomically(tmp_path / path, b"x")
    assert str(tmp_path) in str(caught.value)


@posix
def test_only_a_file_that_nobody_else_can_write_is_read_as_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert read_private(path) is None
    write_atomically(path, b"mine", PRIVATE)
    assert read_private(path) == b"mine"
    path.chmod(0o620)
    assert read_private(path) is None
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for other in (tmp_path / "link", tmp_path / "pipe", tmp_path):
        assert read_private(other) is None
