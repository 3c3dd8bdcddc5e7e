"""Work in a process that can be ended: its items come, and its excesses and its death are told."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from leakscan.source.apart import apart
from tests.source.archives import pdf
from tests.source.test_archive import members

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the work has no limits")

MEMORY = 256 << 20


def items(then: object) -> Iterator[bytes]:
    yield b"one"
    yield b"x" * 1_000_000
    if callable(then):
        then()


def test_all_items_come_and_nothing_of_the_process_is_left() -> None:
    assert [len(item) for item in apart(lambda: items(None), 60, MEMORY)] == [3, 1_000_000]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def busy() -> None:
    while True:
        pass


def greedy() -> None:
    bytearray(4 * MEMORY)


def dying() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def mistaken() -> None:
    raise LookupError("no such page")


@pytest.mark.parametrize(
    ("then", "error"),
    [(busy, TimeoutError), (greedy, MemoryError), (dying, EOFError), (mistaken, LookupError)],
)
def test_what_goes_wrong_is_raised_after_the_items(then: object, error: type[Exception]) -> None:
    started = time.monotonic()
    stream = apart(lambda: items(then), 1, MEMORY)
    assert next(stream) == b"one"
    with pytest.raises(error):
        list(stream)
    assert time.monotonic() - started < 30


def test_a_consumer_that_stops_ends_the_process() -> None:
    stream = apart(lambda: items(busy), 60, MEMORY)
    assert next(stream) == b"one"
    stream.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_pdf_that_takes_too_long_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakscan.source.office.MAX_SECONDS", 0.0)
    _, (gap,), _ = members(pdf("fine", "too"))
    assert "read only in part" in gap.why
    assert "it takes longer than" in gap.why


def test_a_pdf_that_fills_the_memory_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakscan.source.office.MAX_MEMORY", 8 << 20)
    _, (gap,), _ = members(pdf("fine", "a) Tj ET " + "BT (a) Tj ET " * 400_000 + "BT (a"))
    assert "read only in part" in gap.why
