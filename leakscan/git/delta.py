"""Deltas: one version of an object as copies from another and bytes of its own.

The format is that of git's Documentation/gitformat-pack.txt ("Deltified representation"). This module is
compiled by mypyc where that is possible, because each version of each file passes through it; so it keeps
to integers, bytes and lists.
"""

from __future__ import annotations


class DeltaError(ValueError):
    """The instructions do not fit the base, or do not make what they announce."""


def resolve(base: bytes, delta: bytes, most: int) -> tuple[bytes, list[int]]:
    """The object that ``delta`` makes of ``base``, and which of its runs are copies.

    The runs are flat triples: start and end in the object, start in the base, all in bytes, in the
    object's order. Two copies that touch in both the object and the base are one run.

    Raises DeltaError where the delta is not sound, or would make more than ``most`` bytes.
    """
    end = len(delta)
    available = len(base)
    at = 0
    announced = [0, 0]
    for which in range(2):
        shift = 0
        while True:
            if at >= end or shift > 56:
                raise DeltaError("cut short")
            byte = delta[at]
            at += 1
            announced[which] |= (byte & 127) << shift
            shift += 7
            if byte & 128 == 0:
                break
    if announced[0] != available:
        raise DeltaError("made for another base")
    size = announced[1]
    if size > most:
        raise DeltaError("larger than the limit")
    pieces: list[bytes | memoryview] = []
    runs: list[int] = []
    made = 0
    copied_to = -1  # where in the base and in the object the last copy ended
    made_to = -1
    while at < end:
        byte = delta[at]
        at += 1
        if byte & 128:
            start = 0
            length = 0
            # Seven flags say which bytes of a 32-bit offset and a 24-bit length follow.
            if at + _FOLLOWING[byte & 127] > end:
                raise DeltaError("cut short")
            if byte & 1:
                start = delta[at]
                at += 1
            if byte & 2:
                start |= delta[at] << 8
                at += 1
            if byte & 4:
                start |= delta[at] << 16
                at += 1
            if byte & 8:
                start |= delta[at] << 24
                at += 1
            if byte & 16:
                length = delta[at]
                at += 1
            if byte & 32:
                length |= delta[at] << 8
                at += 1
            if byte & 64:
                length |= delta[at] << 16
                at += 1
            if length == 0:
                length = 0x10000
            if start + length > available or made + length > size:
                raise DeltaError("copies from outside of its base")
            if length > _LONG:  # a view spares a copy, but costs more to make than a short one
                pieces.append(memoryview(base)[start : start + length])
            else:
                pieces.append(base[start : start + length])
            if made == made_to and start == copied_to:
                runs[len(runs) - 2] = made + length
            else:
                runs.append(made)
                runs.append(made + length)
                runs.append(start)
            made += length
            made_to = made
            copied_to = start + length
        else:
            if byte == 0 or at + byte > end or made + byte > size:
                raise DeltaError("inserts more than it has")
            pieces.append(delta[at : at + byte])
            at += byte
            made += byte
    if made != size:
        raise DeltaError("does not make what it announces")
    return b"".join(pieces), runs


_LONG = 16_384
_FOLLOWING: list[int] = [bin(flags).count("1") for flags in range(128)]
