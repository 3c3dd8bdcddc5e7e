"""Shannon entropy, and how much of it a value of some length and alphabet can have."""

from __future__ import annotations

import math
from collections import Counter

_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_LOWER = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ALPHANUMERIC = _DIGITS | _LOWER | _UPPER
_MARKS = frozenset(b"+/=-_")


def entropy_bits(value: bytes) -> float:
    """Shannon entropy of the bytes of ``value``, in bits a byte; 0.0 for an empty value."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def alphabet_size(value: bytes) -> int:
    """The size of the smallest common alphabet that holds the value: 10, 16, 26, 36, 52, 62, … 95."""
    characters = frozenset(value)
    if characters <= _DIGITS:
        return 10
    lower, upper = not characters.isdisjoint(_LOWER), not characters.isdisjoint(_UPPER)
    if not (lower and upper) and characters <= _HEX:
        return 16
    size = 10 * (not characters.isdisjoint(_DIGITS)) + 26 * lower + 26 * upper
    others = characters - _ALPHANUMERIC
    if others <= _MARKS:
        return max(size + 2 * bool(others), len(characters))
    return size + 33


def typical_entropy(value: bytes) -> float:
    """What a random value of this length, at least 2, and alphabet has on average, in bits a byte.

    The expectation log2(k / (1 + (k - 1) / n)), for n characters of an alphabet of k, is 2 to 5 %
    below the average of random values for n from 6 to 128 and k from 16 to 62 (2,000 drawn of each).
    """
    size = alphabet_size(value)
    return max(0.5, math.log2(size) - math.log2(1 + (size - 1) / len(value)))


def entropy_share(value: bytes) -> float:
    """Entropy as a share of what is typical; 0.0 of less than two characters."""
    return entropy_bits(value) / typical_entropy(value) if len(value) > 1 else 0.0
