"""The reader of files takes only the room that a file needs."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from leakscan.finding import Gap
from leakscan.source.files import FileReader, read_up_to


def test_a_small_file_takes_little_room_whatever_the_limit_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"small")
    reader = FileReader([])
    tracemalloc.start()
    try:
        assert reader.read(tmp_path, "a", "a") == b"small"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="/proc is Linux's")
def test_a_file_that_is_longer_than_it_says_is_read_whole() -> None:
    content = FileReader([]).read(Path("/proc/self"), "status", "status")
    assert content is not None
    assert content.endswith(Path("/proc/self/status").read_bytes()[-20:])
    gaps: list[Gap] = []
    assert FileReader(gaps, max_bytes=10).read(Path("/proc/self"), "status", "status") is None
    assert len(gaps) == 1


@pytest.mark.parametrize("most", [0, 5, (1 << 20) + 1, 3 << 20])
def test_a_stream_is_read_up_to_a_limit(most: int) -> None:
    content = bytes(range(256)) * (1 << 13)
    assert read_up_to(io.BytesIO(content), most) == content[:most]
