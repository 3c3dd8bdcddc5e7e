"""Blobs are read as what they are: text in several encodings, or binaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.detect.text import views


@given(st.binary(max_size=200))
def test_the_bytes_themselves_are_always_searched(content: bytes) -> None:
    assert list(views(content))[-1].text == content


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_utf16_is_searched_as_text(encoding: str, mark: str) -> None:
    text = "password = hunter\n\u5bc6\u7801\n"
    first = next(views((mark + text).encode(encoding)))
    assert (first.text.decode(), first.encoding, first.binary) == (text, (encoding,), False)


def test_a_nul_makes_a_binary_only_near_the_beginning() -> None:
    assert [view.binary for view in views(b"abcdefgh\0ijklmnopqr")] == [True]
    assert [view.binary for view in views(b"a" * 8000 + b"\0")] == [False]
