"""A diff is read as the new files that it shows; git itself says what those are."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.finding import Blob, Origin
from leakscan.source.stdin import StdinSource
from tests.builders import Repo, fake_token, new_repository

LINES = st.lists(
    st.sampled_from(
        [b"", b"a", b"-- x", b"++ y", b"@@ -1 +1 @@", b"--- a/z", b"+++ b/z", b"\\ No", b" ", b"\r", b"\xff"]
    ),
    max_size=30,
)


def read(diff: str | bytes) -> tuple[StdinSource, dict[str | None, bytes]]:
    source = StdinSource(io.BytesIO(diff.encode() if isinstance(diff, str) else diff))
    return source, {blob.origin.path: blob.content for blob in source.blobs()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diff")


@given(old=LINES, new=LINES, context=st.integers(0, 4), last=st.booleans())
@settings(deadline=None, max_examples=150)
def test_every_line_that_git_shows_of_a_new_file_stands_where_it_does_there(
    folder: Path, old: list[bytes], new: list[bytes], context: int, last: bool
) -> None:
    (folder / "old").write_bytes(b"".join(line + b"\n" for line in old))
    (folder / "new").write_bytes(b"\n".join(new) + b"\n" * (last and bool(new)))
    command = ["git", "diff", "--no-index", "--no-color", "--text", f"-U{context}", "old", "new"]
    diff = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
    _, blobs = read(diff)
    rest = blobs.pop(None)
    assert rest.count(b"\n") == diff.count(b"\n")
    assert set(blobs) <= {"new"}
    shown = blobs.get("new", b"").split(b"\n")
    whole = (folder / "new").read_bytes().split(b"\n")
    assert all(line in (b"", there) for line, there in zip(shown, whole, strict=False))
    assert len(shown) <= len(whole) + 1
    removed = [(n, line[1:]) for n, line in enumerate(diff.split(b"\n")) if n > 4 and line[:1] == b"-"]
    assert all(rest.split(b"\n")[n] == b" " + line for n, line in removed)
    if context == 4 and len(new) < 4 and diff:
        assert [line for line in shown if line] == [line for line in whole if line]


def a_key() -> str:
    body = "\n".join(fake_token("", 64) for _ in range(8))
    return f"-----BEGIN {'RSA PRIVATE'} KEY-----\n{body}\n-----END {'RSA PRIVATE'} KEY-----\n"


def a_repository(path: Path) -> Repo:
    repo = new_repository(path)
    repo.commit({"conf/app.pem": "one\ntwo\n", "a b.txt": "x\n", "gone.txt": "old\nolder\n"})
    return repo


def test_a_key_on_several_lines_is_the_one_that_the_file_has(tmp_path: Path) -> None:
    repo, key = a_repository(tmp_path / "repo"), a_key()
    repo.write("conf/app.pem", f"one\n{key}two\n")
    _, blobs = read(repo.git("diff") + "\n")
    assert blobs["conf/app.pem"].decode() == f"one\n{key}two\n"
    (there,) = scan_text(blobs["conf/app.pem"])
    (whole,) = scan_text((repo.path / "conf/app.pem").read_bytes())
    assert (there.id, there.locations[0].position) == (whole.id, whole.locations[0].position)


def test_paths_are_those_of_the_new_files(tmp_path: Path) -> None:
    repo = a_repository(tmp_path / "repo")
    for name in ("a b.txt", "caf\u00e9\t.txt", "b/c.txt"):
        repo.add({name: "new\n"})
    for options in ([], ["-c", "diff.mnemonicPrefix=true"], ["-c", "core.quotePath=false"]):
        _, blobs = read(repo.git(*options, "diff", "--cached"))
        assert set(blobs) == {"a b.txt", "caf\u00e9\\t.txt", "b/c.txt", None}


def test_what_a_diff_removes_is_read_and_what_stands_around_it(tmp_path: Path) -> None:
    repo, token = a_repository(tmp_path / "repo"), fake_token()
    repo.remove("gone.txt", message=f"Remove what held {token}")
    source, blobs = read(repo.git("log", "-p", "-1") + "\n")
    assert set(blobs) == {None}
    assert token.encode() in blobs[None]
    assert blobs[None].endswith(b"\n old\n older\n")
    assert source.files == 1


def test_a_key_that_a_diff_removes_whole_or_in_part_is_found(tmp_path: Path) -> None:
    repo, key = new_repository(tmp_path / "repo"), a_key()
    first, *_, last = key.splitlines()
    for before, after in ((f"a\n{key}b\n", "a\nb\n"), (key, f"{first}\ngone\n{last}\n")):
        repo.commit({"key": before})
        repo.write("key", after)
        _, blobs = read(repo.git("diff") + "\n")
        (found,) = scan_text(blobs[None])
        assert found.rule == "private-key"


def test_text_that_only_looks_like_a_diff_hides_nothing() -> None:
    token, key = fake_token("gl" + "dt-", 20), a_key()
    for hunk in (f"@@ -1,3 +1,1 @@\n- {token}\n", f"@@ -1 +1 @@\n\\ {token}\n", f"@@ -1 +0,0 @@\n{key}"):
        _, blobs = read(f"--- settings\n+++ more\n{hunk}")
        assert [finding for content in blobs.values() for finding in scan_text(content)]


def test_hunks_far_down_that_add_up_to_gigabytes_are_read_as_they_are() -> None:
    token = fake_token()
    files = [f"--- a/{n}\n+++ b/{n}\n@@ -0,0 +999990 @@\n+{token}\n" for n in range(2000)]
    _, blobs = read("".join(files))
    assert sum(map(len, blobs.values())) < 5 << 20
    assert blobs[None].count(token.encode()) + len(blobs) - 1 == 2000


def test_each_commit_of_a_log_has_its_own_files(tmp_path: Path) -> None:
    repo = a_repository(tmp_path / "repo")
    repo.commit({"conf/app.pem": "one\ntwo\nthree\n"})
    repo.commit({"conf/app.pem": "zero\none\ntwo\nthree\n"})
    source = StdinSource(io.BytesIO((repo.git("log", "-p", "-2") + "\n").encode()))
    blobs = [blob.content for blob in source.blobs() if blob.origin.path]
    assert blobs == [b"zero\none\ntwo\nthree\n", b"one\ntwo\nthree\n"]
    assert source.files == 2


@pytest.mark.parametrize(
    "text",
    [
        "--- a\n+++ b\n",
        "--- a\n+++ b\n@@ -1 +1 @@ x",
        "--- a\nbetween\n+++ b\n@@ -1 +1 @@\n-a\n+b\n",
        "--- a\n+++ b\n@@ -1 +999999999 @@\n-a\n+b\n",
        "--- a\n+++ b\n@@@ -1 -1 +1 @@@\n- a\n++b\n",
        "a\n@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_what_is_no_diff_is_read_as_it_is(text: str) -> None:
    _, blobs = read(text)
    assert blobs == {None: text.encode()}


@given(
    st.lists(
        st.sampled_from(["--- a\n", "+++ b\n", "@@ -1,2 +1,2 @@\n", "@@ -9 +9 @@\n", "+", "-", " ", "x\n"])
    )
)
def test_no_line_is_lost_whatever_comes(pieces: list[str]) -> None:
    text = "".join(pieces)
    _, blobs = read(text)
    kept = sum(line.strip(b"\r") != b"" for content in blobs.values() for line in content.split(b"\n"))
    blank = sum(line.strip(" +-") == "" for line in text.split("\n"))
    assert kept >= sum(line != "" for line in text.split("\n")) - blank


def test_a_blob_of_a_diff_names_its_place() -> None:
    diff = b"--- a/x.py\n+++ b/x.py\n@@ -7 +7,2 @@\n a\n+b\n"
    first = next(StdinSource(io.BytesIO(diff)).blobs())
    assert first == Blob(b"\n" * 6 + b"a\nb\n", Origin("stdin", path="x.py"))
