"""What a changed text shares with the one before: only what is really in both, and nothing near a change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leakscan.delta import copied_runs
from leakscan.source.unchanged import CONTEXT, unchanged

ENCODED = b"  " + b"c2Vj" * 19 + b"\n"

LINES = st.lists(
    st.sampled_from([b"a\n", ENCODED * 60, b"b\n", b"x" * 3000 + b"\n", b"y" * 5000 + b"\r\n", b"\n", b"end"])
)


@given(LINES, LINES)
def test_each_run_is_in_both_and_they_are_in_order(old_lines: list[bytes], new_lines: list[bytes]) -> None:
    old, new = b"".join(old_lines), b"".join(new_lines)
    copied = unchanged("0" * 40, old, new)
    assert copied is not None
    at = 0
    runs = copied_runs(copied.delta)
    for start, end, origin in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        assert at <= start < end <= len(new)
        assert new[start:end] == old[origin : origin + end - start]
        at = end


def test_what_is_near_a_change_is_new() -> None:
    old = b"a line of text\n" * 2000
    new = old[:15_000] + b"another\n" + old[15_000:]
    copied = unchanged("0" * 40, old, new)
    assert copied is not None
    runs = copied_runs(copied.delta)
    inside = list(zip(runs[::3], runs[1::3], strict=True))
    assert all(end <= 15_000 - CONTEXT or start >= 15_008 + CONTEXT for start, end in inside)
    assert inside


def test_encoded_lines_are_new_from_their_first_one_on_where_one_is() -> None:
    head, tail = b"# settings\n" * 2000 + b"data: |\n", b"# end\n" * 2000
    old, new = head + ENCODED * 200 + tail, head + ENCODED * 201 + tail
    copied = unchanged("0" * 40, old, new)
    assert copied is not None
    runs = copied_runs(copied.delta)
    inside = list(zip(runs[::3], runs[1::3], strict=True))
    assert all(end <= len(head) - len(b"data: |\n") or start >= len(new) - len(tail) for start, end in inside)
    assert inside


def test_a_text_without_a_change_is_one_run() -> None:
    old = "".join(f"line {number}\n" for number in range(100)).encode()
    copied = unchanged("0" * 40, old, old)
    assert copied is not None
    assert copied_runs(copied.delta) == [0, len(old), 0]


def test_of_binaries_nothing_is_said() -> None:
    assert unchanged("0" * 40, b"a\0", b"a\0b") is None
