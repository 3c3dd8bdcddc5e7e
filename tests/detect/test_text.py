"""Blobs are read as what they are: text in several encodings, or binaries."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.detect.text import View, views

ENCODINGS = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
ENGLISH = "password = hunter\nand on the next line \u5bc6\u7801\n"
CHINESE = "\u5bc6\u7801\u4e00\u4e2a\u4e00\u4e2a\u5730\u653e\u597d\u3002" * 30 + "\n\u53e3\u4ee4\uff1ahunter\n"
PROGRAM = b"\x7fELF" + bytes(60) + bytes(random.Random("program").choices(range(256), k=2000))


def read(content: bytes) -> list[View]:
    return list(views(content))


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-16-le", "surrogatepass")))
def test_the_bytes_themselves_are_always_searched(content: bytes) -> None:
    assert read(content)[-1].text == content


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "\n" + ENGLISH + CHINESE])
def test_utf16_and_utf32_are_searched_as_text(encoding: str, mark: str, text: str) -> None:
    first = read((mark + text).encode(encoding))[0]
    assert (first.text.decode(), first.encoding, first.binary) == (text, (encoding,), False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", " \n"])
def test_utf16_that_was_appended_to_text_is_text(encoding: str, end: str) -> None:
    plain = f"# these are the settings of an example\nname = \u540d{end}"
    appended = "# \u53e3\u4ee4 and some more\n\u53e3\u4ee4\uff1ahunter\nthe last line\n"
    wide, whole = read(plain.encode() + appended.encode(encoding))
    assert (wide.text.decode()[-len(appended) :], wide.encoding, wide.binary) == (
        appended,
        ("utf-16",),
        False,
    )
    assert not whole.binary


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_strings_in_a_binary_are_read_a_line_each(encoding: str) -> None:
    first, second = "first string", "the second \u7b2c\u4e8c of two strings"
    content = PROGRAM + bytes(4) + first.encode(encoding) + bytes(8) + second.encode(encoding) + bytes(4)
    wide, whole = read(content)
    assert (wide.text.decode().split("\n"), wide.binary) == ([first, second], True)
    assert (whole.text, whole.binary) == (content, True)


def test_a_long_wide_string_is_read_to_its_end() -> None:
    long = "".join(f"number {number} is \u4e00\u4e8c\u4e09 " for number in range(5000)) + "."
    wide, _ = read(PROGRAM + bytes(4) + long.encode("utf-16-le") + bytes(4))
    assert wide.text.decode() == long


@pytest.mark.parametrize("nuls", [1, 2, 5])
def test_stray_nuls_leave_a_text_a_text(nuls: int) -> None:
    log = b"".join(b"2024-01-05 08:00:0%d job %d is done\n" % (line % 10, line) for line in range(20))
    assert [view.binary for view in read(log + nuls * b"\0" + log)] == [False]


def test_an_environment_with_a_nul_after_each_variable_is_text() -> None:
    environment = b"".join(b"VARIABLE_%d=/usr/local/share/value\0" % n for n in range(40))
    assert [view.binary for view in read(environment)] == [False]


def test_coloured_output_is_text() -> None:
    assert [view.binary for view in read(b"\x1b[1m\x1b[31mno\x1b[0m\r\n" * 20)] == [False]


@pytest.mark.parametrize(
    "content",
    [PROGRAM, bytes(2000), random.Random("packed").randbytes(4000), b"\0\1text" * 100],
    ids=["program", "nothing but NULs", "compressed", "records"],
)
def test_what_has_many_control_bytes_is_a_binary(content: bytes) -> None:
    assert [view.binary for view in read(content)] == [True]


def test_only_the_first_8000_bytes_decide() -> None:
    assert [view.binary for view in read(b"a line\n" * 1200 + bytes(8000))] == [False]
