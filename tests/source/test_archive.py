"""Secrets in archives, documents and databases are found and placed; what is hostile is cut off and named."""

from __future__ import annotations

import gzip
import io
import os
import random
import string
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan import Finding, Options, ScanResult, scan_targets
from leakscan.finding import Blob, Gap, Origin
from leakscan.source.archive import Unpacker, container, inside
from leakscan.source.magic import is_archive
from leakscan.source.stdin import StdinSource
from tests.builders import fake_token, new_repository
from tests.source.archives import (
    ARCHIVERS,
    COMPRESSORS,
    database,
    docx,
    odt,
    pdf,
    stored,
    tarred,
    xlsx,
    zipped,
)


def token() -> str:
    return fake_token("glpat-", 20)


def pair() -> tuple[str, str]:
    run = random.choices(string.ascii_letters + string.digits, k=44)
    return "LTAI5t" + "".join(run[:18]), "".join(run[18:]) + "aZ19"


def scanned(path: Path) -> ScanResult:
    return scan_targets([str(path)])


def only(result: ScanResult) -> Finding:
    (finding,) = result.findings
    return finding


def members(content: bytes, max_bytes: int = 1 << 29) -> tuple[dict[str, bytes], list[Gap], list[Gap]]:
    incomplete, skipped = list[Gap](), list[Gap]()
    blobs = Unpacker(incomplete, skipped, max_bytes).members(Blob(content, Origin("worktree", "a")))
    return {blob.origin.member or "": blob.content for blob in blobs}, incomplete, skipped


@pytest.mark.parametrize("kind", ARCHIVERS)
def test_a_pair_in_a_file_is_found_in(kind: str, tmp_path: Path) -> None:
    key, secret = pair()
    file = tmp_path / "backup.bin"
    file.write_bytes(
        ARCHIVERS[kind]({"readme": b"nothing", "etc/app.env": f"\nid={key}\nsecret={secret}\n".encode()})
    )
    result = scanned(file)
    finding = only(result)
    assert finding.secret.reveal() == secret
    (place,) = finding.locations
    assert (place.where, place.path, place.position.line) == ("archive", "backup.bin!etc/app.env", 3)
    assert result.complete


@pytest.mark.parametrize(
    "program", [b"#!/bin/sh\nexec java -jar $0\n", b"MZ" + bytes(300), b"\x7fELF" + bytes(300)]
)
@pytest.mark.parametrize("engine", ["packs", "reference"])
def test_a_zip_behind_a_script_or_a_program_is_opened(program: bytes, engine: str, tmp_path: Path) -> None:
    value = token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"app": program + zipped({"app.properties": f"token={value}".encode()})})
    repo.remove("app")
    finding = only(scan_targets([str(repo.path)], Options(engine=engine)))
    assert finding.secret.reveal() == value
    assert finding.locations[0].path == "app!app.properties"


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_token_in_a_compressed_file_is_found_in(kind: str, tmp_path: Path) -> None:
    value = token()
    (tmp_path / "dump").write_bytes(COMPRESSORS[kind](f"INSERT '{value}'".encode()))
    assert only(scanned(tmp_path)).locations[0].path == "dump!content"


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_compressed_files_that_were_appended_to_each_other_are_all_read(kind: str) -> None:
    first, second = COMPRESSORS[kind](b"first " * 3), COMPRESSORS[kind](b"second " * 50_000)
    found, incomplete, skipped = members(first + second + first)
    assert found == {"content": b"first " * 3 + b"second " * 50_000 + b"first " * 3}
    assert not incomplete
    assert not skipped


def test_a_compressed_file_may_know_its_name(tmp_path: Path) -> None:
    out = io.BytesIO()
    with gzip.GzipFile("dump.sql", "wb", fileobj=out, mtime=0) as stream:
        stream.write(token().encode())
    (tmp_path / "x.gz").write_bytes(out.getvalue())
    assert only(scanned(tmp_path)).locations[0].path == "x.gz!dump.sql"


@pytest.mark.parametrize(
    "made",
    [
        lambda key, secret: docx(["AccessKey"], [key[:7], key[7:]], [secret[:9], secret[9:]]),
        lambda key, secret: xlsx("id", key, "secret", secret),
        lambda key, secret: odt(f"id {key}", f"secret {secret}"),
        lambda key, secret: pdf(f"id {key} secret {secret}"),
        lambda key, secret: database({"id": key, "secret": secret}),
        lambda key, secret: database({"id": key, "secret": secret.encode()}, wal=True),
    ],
    ids=["docx", "xlsx", "odt", "pdf", "sqlite", "sqlite with a log"],
)
def test_a_pair_is_found_in_the_text_of_a(made: Callable[[str, str], bytes], tmp_path: Path) -> None:
    key, secret = pair()
    (tmp_path / "keys").write_bytes(made(key, secret))
    result = scanned(tmp_path)
    assert result.complete
    finding = only(result)
    assert (finding.secret.reveal(), finding.parts["access_key_id"].reveal()) == (secret, key)


def test_archives_within_archives_are_opened_three_levels_deep() -> None:
    content = b"secret"
    for level in range(4):
        content = [zipped, tarred][level % 2]({f"level{level}": content})
    found, incomplete, _ = members(content)
    assert list(found) == ["level3", "level3!level2", "level3!level2!level1"]
    assert [gap.what for gap in incomplete] == ["a!level3!level2!level1"]


def test_what_stands_uncompressed_in_an_archive_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(stored({"x.env": token().encode()}))
    assert len(only(scanned(tmp_path)).locations) == 1


def test_archives_come_through_standard_input() -> None:
    value = token()
    (blob,) = StdinSource(io.BytesIO(zipped({"x": value.encode()}))).blobs()
    (member,) = Unpacker([], []).members(blob)
    assert (member.content, member.origin) == (
        value.encode(),
        Origin("stdin", "x", member="x")._replace(where="archive"),
    )


@pytest.mark.parametrize("engine", ["packs", "reference"])
def test_an_archive_of_the_past_is_opened(engine: str, tmp_path: Path) -> None:
    value, lost = token(), token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"lib/old.jar": zipped({"app.properties": f"\nkey={value}".encode()}), "a": "a"})
    commit = repo.oid("HEAD")
    repo.remove("lib/old.jar")
    repo.blob(tarred({"x.env": lost.encode()}))
    repo.git("gc", "-q")
    result = scan_targets([str(repo.path)], Options(engine=engine))  # type: ignore[arg-type]
    found = {finding.secret.reveal(): finding for finding in result.findings}
    assert found.keys() == {value, lost}
    (place,) = found[value].locations
    assert (place.where, place.path, place.commit) == ("history", "lib/old.jar!app.properties", commit)
    assert found[value].in_head is False
    (place,) = found[lost].locations
    assert (place.where, place.path) == ("dangling", "x.env")


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_say_the_same_of_archives(seed: int, tmp_path: Path) -> None:
    choice = random.Random(seed)
    repo = new_repository(tmp_path / "repo")
    lines = [f"line {number} {choice.random()}" for number in range(200)]
    for _ in range(5):
        lines[choice.randrange(200)] = f"token: {token()}"
        files = {"a.txt": "\n".join(lines).encode(), "b.txt": token().encode()}
        made = {f"{kind}.bin": make(files) for kind, make in ARCHIVERS.items()}
        broken = made["tar.gz.bin"][: -choice.randrange(1, 90)]
        repo.commit({**made, "a.txt": files["a.txt"], "broken": broken, "x.db": database({"t": lines[3]})})
    repo.git("repack", "-adfq", "--window=20")
    by = {}
    for engine in ("packs", "reference"):
        result = scan_targets([str(repo.path)], Options(engine=engine, jobs=2))  # type: ignore[arg-type]
        by[engine] = (
            {(f.id, f.locations) for f in result.findings},
            set(result.incomplete),
            set(result.skipped),
        )
    assert by["packs"] == by["reference"]
    assert len(by["packs"][0]) >= 10


def test_only_what_is_new_in_a_staged_archive_is_reported(tmp_path: Path) -> None:
    old, new = token(), token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.zip": zipped({"old": old.encode()})})
    repo.add({"a.zip": zipped({"moved": old.encode(), "new": new.encode()})})
    finding = only(scan_targets([str(repo.path)], Options(staged=True)))
    assert finding.secret.reveal() == new
    assert finding.locations[0].path == "a.zip!new"


def encrypted() -> bytes:
    content = bytearray(zipped({"a.txt": b"text"}))
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(magic) + at] |= 1
    return bytes(content)


def test_what_nobody_can_read_is_named_and_no_gap() -> None:
    for content, what in (
        (encrypted(), "a!a.txt"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a"),
        (b"Rar!\x1a\x07\0", "a"),
        (b"!<arch>\ndebian-binary   ", "a"),
        (b"\xed\xab\xee\xdb\3\0", "a"),
        (b"\x04\x22\x4d\x18\x64\x40", "a"),
    ):
        found, incomplete, skipped = members(content)
        assert not found
        assert not incomplete
        assert [gap.what for gap in skipped] == [what]


def test_a_bomb_is_cut_off_and_named() -> None:
    bomb = zipped({f"{number}": bytes(30 << 20) for number in range(4)})
    found, incomplete, _ = members(bomb)
    assert sum(map(len, found.values())) <= 64 << 20
    assert [gap.what for gap in incomplete] == ["a"]
    nested = zipped({f"{number}.zip": bomb for number in range(9)})
    found, incomplete, _ = members(nested)
    assert sum(map(len, found.values())) <= 80 << 20
    assert [gap.what for gap in incomplete] == ["a"]


def test_a_long_member_is_read_up_to_the_limit_and_named() -> None:
    found, incomplete, _ = members(zipped({"a": b"x" * 2000, "b": b"y"}), max_bytes=1000)
    assert len(found["a"]) <= 1001
    assert found["b"] == b"y"
    assert [gap.what for gap in incomplete] == ["a!a"]


def test_very_many_entries_are_cut_off_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakscan.source.unpack.MAX_ENTRIES", 10)
    for make in (zipped, tarred):
        found, incomplete, _ = members(make({f"{number}": b"x" for number in range(30)}))
        assert len(found) <= 10
        assert [gap.what for gap in incomplete] == ["a"]


def test_of_a_very_long_document_the_first_pages_are_read_and_the_scan_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakscan.source.office.MAX_PAGES", 31)
    first, last = token(), token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.pdf": pdf(first, *["nothing"] * 30, last), "b.pdf": pdf(*["nothing"] * 30, last)})
    result = scanned(tmp_path / "repo")
    assert {finding.secret.reveal() for finding in result.findings} == {first, last}
    assert any(gap.what == "a.pdf" and "31 of its 32 pages" in gap.why for gap in result.incomplete)
    assert not result.complete


def test_names_lead_nowhere_and_hide_nothing(tmp_path: Path) -> None:
    value = token()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.zip").write_bytes(zipped({"../../etc/\x1b[2Jx": value.encode()}))
    before = sorted(os.listdir(tmp_path))  # noqa: PTH208
    assert only(scanned(tmp_path / "in")).locations[0].path == "a.zip!../../etc/\\x1b[2Jx"
    assert sorted(os.listdir(tmp_path)) == before  # noqa: PTH208


def test_a_member_knows_its_archive() -> None:
    for origin in (Origin("index", "a!b.zip", blob="1"), Origin("history", None, None, "2")):
        assert container(inside(origin, "c!d")) == origin
        assert container(origin) == origin


SOUND = [
    *(make({"a.txt": b"some text\n" * 20, "b": bytes(range(256))}) for make in ARCHIVERS.values()),
    *(pack(b"some text\n" * 50) for pack in COMPRESSORS.values()),
    docx(["one", "two"]),
    pdf("one page", "another"),
    database({"a": "b" * 500, "c": b"\0\1"}),
    zipped({"inner.zip": zipped({"x": b"y"})}),
]


@settings(max_examples=400, deadline=None)
@given(content=st.sampled_from(SOUND), data=st.data())
def test_damage_never_ends_a_scan(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
    if is_archive(cut):
        found, incomplete, skipped = members(cut)
        assert all(isinstance(member, bytes) for member in found.values())
        assert all(gap.what.startswith("a") for gap in incomplete + skipped)


@settings(max_examples=200, deadline=None)
@given(
    files=st.dictionaries(st.text(min_size=1, max_size=12), st.binary(max_size=300), min_size=1, max_size=4)
)
def test_what_goes_into_an_archive_comes_out(files: dict[str, bytes]) -> None:
    plain = {name: content for name, content in files.items() if name.isalnum() and not is_archive(content)}
    for make in (zipped, tarred):
        found, incomplete, skipped = members(make(plain)) if plain else ({}, [], [])
        assert {name: found[name] for name in plain if name.isprintable()} == plain
        assert not incomplete
        assert not skipped


def test_an_encrypted_entry_does_not_hide_its_neighbours() -> None:
    out = io.BytesIO(encrypted())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("b.txt", "plain")
    found, _, skipped = members(out.getvalue())
    assert found == {"b.txt": b"plain"}
    assert [gap.what for gap in skipped] == ["a!a.txt"]
