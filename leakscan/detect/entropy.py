"""Shannon entropy, and how much of it a value of some length and alphabet can have."""

from __future__ import annotations

import math
from collections import Counter

_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_LOWER = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def entropy_bits(value: bytes) -> float:
    """Shannon entropy of the bytes of ``value``, in bits a byte; 0.0 for an empty value."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def alphabet_size(value: bytes) -> int:
    """The size of the smallest common alphabet that holds the value: 10, 16, 26, 36, 52, 62, … 95."""
    characters = frozenset(value)
    if characters <= _DIGITS:
        return 10
    if characters <= _HEX and not (characters & _LOWER and characters & _UPPER):
        return 16
    size = 10 * bool(characters & _DIGITS) + 26 * bool(characters & _LOWER) + 26 * bool(characters & _UPPER)
    others = characters - _DIGITS - _LOWER - _UPPER
    if others <= frozenset(b"+/=-_"):
        return max(size + 2 * bool(others), len(characters))
    return size + 33


def entropy_share(value: bytes) -> float:
    """Entropy as a share of what a random value of this length and alphabet has on average.

    The expectation log2(k / (1 + (k - 1) / n)), for n characters of an alphabet of k, is 2 to 5 %
    below the average of random values for n from 6 to 128 and k from 16 to 62 (2,000 drawn of each).
    """
    length = len(value)
    if length < 2:
        return 0.0
    size = alphabet_size(value)
    expected = math.log2(size) - math.log2(1 + (size - 1) / length)
    return entropy_bits(value) / max(expected, 0.5)
