"""Work in a process that can be ended: its items come, and its excesses and its death are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakscan.source import office
from leakscan.source.apart import Apart
from tests.builders import new_repository
from tests.source.archives import pdf
from tests.source.test_archive import members

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no limit")

MEMORY = 256 << 20


def work(task: str) -> Iterator[bytes]:
    yield str(os.getpid()).encode()
    if task == "busy":
        while True:
            pass
    if task == "greedy":
        assert bytearray(2 * MEMORY)
    if task == "dying":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "mistaken":
        raise LookupError("no such page")
    yield b"x" * 1_000_000


def is_alive(number: bytes) -> bool:
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_does_one_task_after_the_other() -> None:
    apart = Apart(work, MEMORY)
    first, second = (list(apart.items("", 60)) for _ in range(2))
    assert first == second
    assert len(first[1]) == 1_000_000
    assert first[0] != str(os.getpid()).encode()


@pytest.mark.parametrize(
    ("task", "error"),
    [("busy", TimeoutError), ("greedy", MemoryError), ("dying", EOFError), ("mistaken", LookupError)],
)
def test_what_goes_wrong_is_raised_after_the_items_and_the_next_task_is_done(
    task: str, error: type[Exception]
) -> None:
    apart, started = Apart(work, MEMORY), time.monotonic()
    stream = apart.items(task, 1 if task == "busy" else 60)
    number = next(stream)
    with pytest.raises(error):
        list(stream)
    assert time.monotonic() - started < 30
    assert is_alive(number) == (task in ("greedy", "mistaken"))
    assert len(list(apart.items("", 60))) == 2


def test_a_consumer_that_stops_ends_the_process() -> None:
    apart = Apart(work, MEMORY)
    stream = apart.items("busy", 60)
    number = next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert not is_alive(number)
    assert len(list(apart.items("", 60))) == 2


def test_who_asks_in_the_middle_of_a_task_gets_another_process() -> None:
    apart = Apart(work, MEMORY)
    outer = apart.items("", 60)
    first = next(outer)
    second, _ = apart.items("", 60)
    assert first != second
    assert [len(item) for item in outer] == [1_000_000]
    assert not is_alive(first)
    third, _ = apart.items("", 60)
    assert third == second


def test_a_pdf_whose_page_reads_like_a_pdf_mixes_nothing_up() -> None:
    inner = "%PDF-1.4 hello"
    found, incomplete, skipped = members(pdf(inner, "second"))
    assert {name: text.strip() for name, text in found.items()} == {
        "page 1": inner.encode(),
        "page 2": b"second",
    }
    assert not incomplete
    assert [gap.what for gap in skipped] == ["a!page 1"]


def test_work_ends_by_itself_where_its_parent_was_killed() -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.write(writing, next(Apart(work, MEMORY).items("busy", 1)))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    number, until = os.read(reading, 20), time.monotonic() + 30
    while is_alive(number) and time.monotonic() < until:
        time.sleep(0.1)
    assert not is_alive(number)


def test_a_fork_has_a_process_of_its_own() -> None:
    apart = Apart(work, MEMORY)
    ours, _ = apart.items("", 60)
    reading, writing = os.pipe()
    fork = os.fork()
    if fork == 0:
        theirs, _ = apart.items("", 60)
        os.write(writing, theirs)
        os._exit(0)
    os.waitpid(fork, 0)
    assert os.read(reading, 20) != ours
    again, _ = apart.items("", 60)
    assert again == ours


ENDLESS = "a) Tj ET " + "BT (a) Tj ET " * 400_000 + "BT (a"


def test_git_comes_to_its_end_while_the_reader_of_pdfs_waits(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "nothing"})
    many = {f"{number}.txt": f"{number} " * 500 for number in range(4000)}  # more than pipes hold
    repo.commit({"!.pdf": pdf("one page"), **many})
    command = [sys.executable, "-m", "leakscan", "scan", "--range", "HEAD~1..HEAD", str(repo.path)]
    subprocess.run(command, check=True, timeout=60)


def test_a_pdf_that_keeps_its_reader_busy_is_a_gap_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakscan.source.office.MAX_SECONDS", 0.05)
    found, (gap,), _ = members(pdf(ENDLESS))
    assert not [name for name in found if name.startswith("page")]
    assert "read only in part (pages: 0): it takes longer than" in gap.why


def test_a_pdf_that_fills_the_memory_is_a_gap_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office, "_READER", Apart(office._pages, 24 << 20))
    found, (gap,), _ = members(pdf("fine", ENDLESS))
    assert found["page 1"].strip() == b"fine"
    assert gap.why.startswith("read only in part (pages: 1): its reader crashed")
    assert members(pdf("fine"))[0]["page 1"].strip() == b"fine"


def test_nothing_is_imported_from_the_folder_that_is_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "pypdfium2.py", "leakscan.py"):
        (tmp_path / name).write_text("import os; os.abort()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(office, "_READER", Apart(office._pages, office.MAX_MEMORY))
    assert members(pdf("fine"))[0]["page 1"].strip() == b"fine"
