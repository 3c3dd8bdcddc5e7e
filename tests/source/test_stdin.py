"""Standard input is one blob."""

from __future__ import annotations

import io

from leakscan.finding import Origin
from leakscan.source.stdin import StdinSource


def test_standard_input_is_read_whole() -> None:
    source = StdinSource(io.BytesIO(b"a\nb\0c"), name="pasted.txt")
    (blob,) = source.blobs()
    assert (blob.content, blob.origin) == (b"a\nb\0c", Origin("stdin", "pasted.txt"))
    assert source.files == 1
    assert not source.incomplete


def test_input_over_the_limit_is_read_up_to_it_and_said_to_be_cut() -> None:
    source = StdinSource(io.BytesIO(b"x" * 11), max_bytes=10)
    assert [len(blob.content) for blob in source.blobs()] == [10]
    assert [gap.what for gap in source.incomplete] == ["standard input"]
