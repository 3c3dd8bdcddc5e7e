"""Packs, deltas and trees read directly: the same as git reads, whatever way git stored them."""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.delta import DeltaError, copied_runs, encoded, resolve
from leakscan.git.forest import Forest
from leakscan.git.pack import BLOB, COMMIT, TREE, PackError, make_oids, open_pack
from leakscan.git.treediff import TreeDiff
from tests.builders import Repo, new_repository

MOST = 1 << 29


def varint(number: int) -> bytes:
    found = b""
    while True:
        number, low = number >> 7, number & 127
        found += bytes([low | (128 if number else 0)])
        if not number:
            return found


def copy(start: int, length: int) -> bytes:
    """The shortest instruction that git would write for this copy."""
    flags, arguments = 0x80, b""
    for bit, byte in enumerate(struct.pack("<I", start) + struct.pack("<I", length & 0xFFFFFF)[:3]):
        if byte and not (bit >= 4 and length == 0x10000):
            flags |= 1 << bit
            arguments += bytes([byte])
    return bytes([flags]) + arguments


@given(base=st.binary(max_size=400), data=st.data())
def test_a_delta_makes_what_its_instructions_say(base: bytes, data: st.DataObject) -> None:
    made, instructions = b"", b""
    for _ in range(data.draw(st.integers(0, 6))):
        if base and data.draw(st.booleans()):
            start = data.draw(st.integers(0, len(base) - 1))
            end = data.draw(st.integers(start + 1, len(base)))
            instructions += copy(start, end - start)
            made += base[start:end]
        else:
            own = data.draw(st.binary(min_size=1, max_size=127))
            instructions += bytes([len(own)]) + own
            made += own
    delta = varint(len(base)) + varint(len(made)) + instructions
    content, runs = resolve(base, delta, MOST), copied_runs(delta)
    assert content == made
    assert resolve(base, encoded(len(base), made, runs), MOST) == made
    assert copied_runs(encoded(len(base), made, runs)) == runs
    for start, end, origin in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        assert content[start:end] == base[origin : origin + end - start]


def test_a_copy_without_a_length_is_of_64_kilobytes() -> None:
    base = random.Random(1).randbytes(0x10000 + 5)
    delta = varint(len(base)) + varint(0x10000) + b"\x81\x05"
    assert resolve(base, delta, MOST) == base[5:]
    assert copied_runs(delta) == [0, 0x10000, 5]


@given(base=st.binary(max_size=40), delta=st.binary(max_size=40))
def test_a_delta_that_is_not_sound_is_an_error_and_nothing_else(base: bytes, delta: bytes) -> None:
    for damaged in (delta, varint(len(base)) + delta):
        try:
            content = resolve(base, damaged, MOST)
        except DeltaError:
            continue
        assert len(content) < 1 << 20


def test_a_delta_makes_no_more_than_the_limit() -> None:
    with pytest.raises(DeltaError, match="larger"):
        resolve(b"x" * 100, varint(100) + varint(100) + copy(0, 100), 99)


@pytest.fixture
def packed(tmp_path: Path) -> Repo:
    """Thirty versions of a file and of the folders above it, in one pack."""
    repo = new_repository(tmp_path / "repo")
    lines = [f"line {number}" for number in range(300)]
    for number in range(30):
        lines[number * 7] = f"changed {number}"
        files = {f"a/b/file{other}.txt": f"{other}\n" for other in range(number)}
        repo.commit({"a/b/c.txt": "\n".join(lines), "top.txt": str(number), **files})
    repo.git("repack", "-adfq", "--depth=50", "--window=50")
    return repo


def pack_of(repo: Repo) -> Path:
    (path,) = (repo.path / ".git/objects/pack").glob("*.pack")
    return path


def expected(repo: Repo) -> dict[str, bytes]:
    """Every object and its content, as git tells."""
    listed = repo.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
    found = {}
    for oid, kind, _ in map(str.split, listed):
        done = subprocess.run(["git", "cat-file", kind, oid], cwd=repo.path, capture_output=True, check=True)
        found[oid] = done.stdout
    return found


def read(path: Path, oid_bytes: int = 20) -> dict[str, bytes]:
    pack = open_pack(path, oid_bytes)
    forest = Forest(pack, MOST)
    found, failed = {}, list[int]()
    for kind in (COMMIT, TREE, BLOB, 4):
        for number, content, *_ in forest.walk(forest.roots(kind).tolist(), failed):
            found[pack.oids.rows[number].tobytes().hex()] = content
    assert failed == []
    return found


@pytest.mark.parametrize("offsets", ["true", "false"])
@pytest.mark.parametrize("index", ["1", "2"])
def test_a_pack_is_read_as_git_reads_it(packed: Repo, offsets: str, index: str) -> None:
    packed.git(
        "-c", f"repack.useDeltaBaseOffset={offsets}", "-c", f"pack.indexVersion={index}", "repack", "-adfq"
    )
    assert read(pack_of(packed)) == expected(packed)


def test_a_pack_of_sha_256_is_read(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo", object_format="sha256")
    for number in range(5):
        repo.commit({"a.txt": "x\n" * 500 + str(number)})
    repo.git("repack", "-adfq")
    assert read(pack_of(repo), 32) == expected(repo)


def test_offsets_of_64_bits_are_read(packed: Repo) -> None:
    """git writes them for packs over 2 GiB; made by hand here, for the same small pack."""
    path, objects = pack_of(packed), expected(packed)
    index = path.with_suffix(".idx")
    raw = index.read_bytes()
    count = int.from_bytes(raw[8 + 1020 : 8 + 1024], "big")
    at = 8 + 1024 + 24 * count
    offsets = struct.unpack(f">{count}I", raw[at : at + 4 * count])
    wide = struct.pack(f">{count}I", *(0x80000000 | number for number in range(count)))
    body = raw[:at] + wide + struct.pack(f">{count}Q", *offsets) + raw[-40:-20]
    index.chmod(0o644)
    index.write_bytes(body + hashlib.sha1(body).digest())
    assert read(path) == objects


def test_bases_that_are_let_go_are_made_again(packed: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakscan.git.forest.HELD_BYTES", 0)
    assert read(pack_of(packed)) == expected(packed)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_pack_is_an_error_or_loses_entries_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    choice = random.Random(seed)
    path = choice.choice(_small_packs(tmp_path_factory))
    folder = tmp_path_factory.mktemp("damaged")
    damaged = folder / path.name
    for source in (path, path.with_suffix(".idx")):
        content = bytearray(source.read_bytes())
        for _ in range(choice.randint(0, 3)):
            at = choice.randrange(len(content))
            content[at : at + choice.randint(0, 3)] = choice.randbytes(choice.randint(0, 3))
        (folder / source.name).write_bytes(content)
    sound = read(path)
    try:
        pack = open_pack(damaged, 20)
    except (PackError, OSError, ValueError):
        return
    forest = Forest(pack, MOST)
    failed = list[int]()
    for kind in (COMMIT, TREE, BLOB, 4):
        for number, *_ in forest.walk(forest.roots(kind).tolist(), failed):
            assert pack.oids.rows[number].tobytes().hex() in sound


_PACKS: list[Path] = []


def _small_packs(factory: pytest.TempPathFactory) -> list[Path]:
    if not _PACKS:
        for offsets in ("true", "false"):
            repo = new_repository(factory.mktemp("small") / "repo")
            for number in range(6):
                repo.commit({"a.txt": "some line\n" * 40 + str(number), "b/c.txt": str(number)})
            repo.git("-c", f"repack.useDeltaBaseOffset={offsets}", "repack", "-adfq")
            _PACKS.append(pack_of(repo))
    return _PACKS


@given(st.sets(st.binary(min_size=20, max_size=20)), st.lists(st.binary(min_size=20, max_size=20)))
def test_ids_are_found_even_where_they_begin_alike(known: set[bytes], others: list[bytes]) -> None:
    alike = {oid[:8] + bytes([number]) * 12 for oid in list(known)[:3] for number in range(3)}
    ids = sorted(known | alike, key=lambda oid: oid[::-1])
    rows = np.frombuffer(b"".join(ids), dtype=np.uint8).reshape(-1, 20)
    wanted = [*ids, *others]
    asked = np.frombuffer(b"".join(wanted), dtype=np.uint8).reshape(-1, 20)
    found = make_oids(rows).find(asked).tolist()
    assert found == [ids.index(oid) if oid in ids else -1 for oid in wanted]


def tree(entries: dict[bytes, bytes]) -> bytes:
    return b"".join(b"100644 " + name + b"\0" + oid for name, oid in sorted(entries.items()))


@given(
    versions=st.lists(
        st.dictionaries(
            st.sampled_from([b"a", b"bb", b"c.txt", b"dir", b"e" * 30]), st.binary(min_size=20, max_size=20)
        ),
        min_size=1,
        max_size=5,
    ),
    data=st.data(),
)
def test_the_changes_of_trees_add_up_to_what_they_hold(
    versions: list[dict[bytes, bytes]], data: st.DataObject
) -> None:
    diff = TreeDiff(20)
    contents = [tree(version) for version in versions]
    bases = [-1]
    diff.add(0, contents[0], -1, b"")
    path = [0]
    for number in range(1, len(versions)):
        base = data.draw(st.sampled_from(path))
        path = [*path[: path.index(base) + 1], number]
        bases.append(base)
        runs = drawn_runs(contents[base], contents[number], data)
        diff.add(number, contents[number], base, encoded(len(contents[base]), contents[number], runs))
    diff.finish()
    assert list(diff.bases) == bases
    names, rows = [name[7:-1] for name in diff.names], diff.oids.getvalue()
    held: list[set[tuple[bytes, bytes]]] = [set() for _ in versions]
    events = [
        (sign, (names[called], rows[what * 20 : what * 20 + 20]))
        for sign, called, what in zip(diff.signs, diff.called, diff.what, strict=True)
    ]
    for number, base in enumerate(bases):
        held[number] = set(held[base]) if base >= 0 else set()
        for sign, entry in events[diff.firsts[number] : diff.firsts[number + 1]]:
            (held[number].add if sign > 0 else held[number].remove)(entry)
    assert held == [set(version.items()) for version in versions]
    for number, end in enumerate(diff.ends):
        below = [other for other in range(number + 1, len(versions)) if is_below(other, number, bases)]
        assert list(range(number + 1, end)) == below


def is_below(tree: int, above: int, bases: list[int]) -> bool:
    while tree >= 0 and tree != above:
        tree = bases[tree]
    return tree == above


def drawn_runs(base: bytes, content: bytes, data: st.DataObject) -> list[int]:
    """Copies between two texts as a delta could have them: any stretches that happen to be alike."""
    runs: list[int] = []
    at = 0
    while at < len(content):
        least = data.draw(st.integers(1, 40))
        start = base.find(content[at : at + least])
        if start >= 0 and at + least <= len(content):
            length = least
            while content[at + length : at + length + 1] == base[start + length : start + length + 1] != b"":
                length += 1
            runs += [at, at + length, start]
            at += length
        else:
            at += data.draw(st.integers(1, 20))
    return runs


def test_entries_that_are_cut_short_are_left_out() -> None:
    whole = tree({b"a": b"1" * 20, b"b": b"2" * 20})
    for number, (content, entries, cut) in enumerate(
        [(whole, 2, []), (whole[:-1], 1, [0]), (whole[:29], 1, []), (whole[:20], 0, [0]), (b"", 0, [])]
    ):
        diff = TreeDiff(20)
        diff.add(number, content, -1, b"")
        assert (list(diff.signs), diff.cut) == ([1] * entries, cut)


def test_an_entry_that_is_copied_twice_is_there_twice() -> None:
    whole = tree({b"a": b"1" * 20, b"b": b"2" * 20})
    diff = TreeDiff(20)
    diff.add(0, whole, -1, b"")
    diff.add(1, whole[29:] + whole, 0, encoded(58, whole[29:] + whole, [0, 29, 29, 29, 87, 0]))
    sums = Counter[int]()
    for sign, what in zip(diff.signs, diff.what, strict=True):
        sums[diff.oids.getvalue()[what * 20]] += sign
    assert sums == {ord("1"): 1, ord("2"): 2}


def test_what_is_a_submodule_is_no_object_of_the_repository() -> None:
    diff = TreeDiff(20)
    contents = [b"100644 a\0" + b"1" * 20 + b"160000 b\0" + oid * 20 for oid in (b"2", b"3")]
    diff.add(0, contents[0], -1, b"")
    diff.add(1, contents[1], 0, encoded(58, contents[1], [0, 38, 0]))
    assert (list(diff.firsts), diff.oids.getvalue()) == ([0, 1, 1], b"1" * 20)
