"""Deltas: one version of a text as copies from another and bytes of its own.

The format is that of git's Documentation/gitformat-pack.txt ("Deltified representation"). This module is
compiled by mypyc where that is possible, because each version of each file passes through it; so it keeps
to integers, bytes and lists, and what is asked for of every delta makes no object for each of its copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # what mypyc keeps in a register; in plain Python it is never looked up
    from mypy_extensions import i64


class DeltaError(ValueError):
    """The instructions do not fit the base, or do not make what they announce."""


def resolve(base: bytes, delta: bytes, most: int) -> bytes:
    """The text that ``delta`` makes of ``base``.

    Raises DeltaError where the delta is not sound, or would make more than ``most`` bytes.
    """
    end: i64 = len(delta)
    available: i64 = len(base)
    pieces: list[bytes | memoryview] = []
    made: i64 = 0
    try:
        at, announced = _number(delta, 0)
        if announced != available:
            raise DeltaError("made for another base")
        at, size = _number(delta, at)
        if size > most:
            raise DeltaError("larger than the limit")
        while at < end:
            at, start, length = instruction(delta, at)
            made += length
            if made > size:
                raise DeltaError("makes more than it announces")
            if start < 0:
                if at > end:
                    raise DeltaError("inserts more than it has")
                pieces.append(delta[at - length : at])
            elif start + length > available:
                raise DeltaError("copies from outside of its base")
            elif length > _LONG:  # a view spares a copy, but costs more to make than a short one
                pieces.append(memoryview(base)[start : start + length])
            else:
                pieces.append(base[start : start + length])
    except IndexError:
        raise DeltaError("cut short") from None
    if made != size:
        raise DeltaError("does not make what it announces")
    return b"".join(pieces)


def copied_runs(delta: bytes) -> list[int]:
    """Which parts of the text that a sound delta makes are copies.

    They are flat triples: start and end in the text, start in the base, all in bytes, in the text's order.
    Two copies that touch in both the text and the base are one run.
    """
    runs: list[int] = []
    at = first_instruction(delta)
    made: i64 = 0
    while True:
        at, start, made, origin = next_run(delta, at, made)
        if start < 0:
            return runs
        runs.append(start)
        runs.append(made)
        runs.append(origin)


def next_run(delta: bytes, at: i64, made: i64) -> tuple[i64, i64, i64, i64]:
    """The first run from the instruction at ``at`` on, before which ``made`` bytes of the text are made.

    It is where the instructions go on, start and end in the text, and start in the base. A start of -1 says
    that no run follows; what is new ends at the end then.
    """
    end: i64 = len(delta)
    start: i64 = -1
    origin: i64 = -1
    while at < end:
        following, source, length = instruction(delta, at)
        if source >= 0:
            if start < 0:
                start = made
                origin = source
            elif source != origin + made - start:
                break
        elif start >= 0:
            break
        made += length
        at = following
    return at, start, made, origin


def instruction(delta: bytes, at: i64) -> tuple[i64, i64, i64]:
    """Where the next instruction is, where in the base this one copies from (or -1), and how many bytes.

    What is inserted stands right before the next instruction. Raises IndexError where the delta is cut
    short, and DeltaError for the one instruction that says nothing.
    """
    flags: i64 = delta[at]
    at += 1
    if flags & 128 == 0:
        if flags == 0:
            raise DeltaError("inserts nothing")
        return at + flags, -1, flags
    # Seven flags say which bytes of a 32-bit offset and a 24-bit length follow, the lowest first.
    both: i64 = 0
    bit: i64 = 0
    while bit < 7:
        if flags >> bit & 1:
            both |= delta[at] << 8 * bit
            at += 1
        bit += 1
    start = both & 0xFFFFFFFF
    length = both >> 32
    return at, start, 0x10000 if length == 0 else length


def first_instruction(delta: bytes) -> i64:
    """Where the instructions of a sound delta begin, after the sizes of base and text."""
    return _number(delta, _number(delta, 0)[0])[0]


def encoded(base_size: int, text: bytes, runs: list[int]) -> bytes:
    """The delta that makes ``text`` of a base of so many bytes, where these are the copied runs."""
    made = 0
    parts = [_varint(base_size), _varint(len(text))]
    for at in range(0, len(runs), 3):
        start, end, origin = runs[at : at + 3]
        parts += _inserts(text, made, start)
        for first in range(start, end, _MOST_COPIED):
            length = min(_MOST_COPIED, end - first)
            parts.append(
                b"\xff" + (origin + first - start).to_bytes(4, "little") + length.to_bytes(3, "little")
            )
        made = end
    return b"".join([*parts, *_inserts(text, made, len(text))])


def _inserts(text: bytes, start: int, end: int) -> list[bytes]:
    pieces = [text[at : min(at + _MOST_INSERTED, end)] for at in range(start, end, _MOST_INSERTED)]
    return [bytes([len(piece)]) + piece for piece in pieces]


def _number(delta: bytes, at: i64) -> tuple[i64, i64]:
    """Where a size of digits to the base of 128, the smallest first, ends; and the size."""
    number: i64 = 0
    shift: i64 = 0
    while True:
        if shift > 56:
            raise DeltaError("a size has too many digits")
        byte: i64 = delta[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte & 128 == 0:
            return at, number


def _varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(128 | number & 127)
        number >>= 7
    return bytes([*digits, number])


_LONG: Final = 16_384
_MOST_COPIED: Final = 0xFFFFFF
_MOST_INSERTED: Final = 127
