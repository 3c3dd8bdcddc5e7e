"""Shannon entropy, and how much of it a value of some length and alphabet can have."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHANUMERIC = _LETTERS + b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_MARKS = b"+/=-_"


def entropy_bits(value: bytes) -> float:
    """Shannon entropy of the bytes of ``value``, in bits a byte; 0.0 for an empty value."""
    total = len(value)
    if not total:
        return 0.0
    return max(0.0, math.log2(total) - sum(map(_n_log_n, Counter(value).values())) / total)


@lru_cache(maxsize=1 << 8)
def _n_log_n(number: int) -> float:
    return number * math.log2(number)


def alphabet_size(value: bytes) -> int:
    """The size of the smallest common alphabet that holds the value: 10, 16, 26, 36, 52, 62, … 95."""
    lower, upper = value.upper() != value, value.lower() != value
    others = value.translate(None, _ALPHANUMERIC)
    if not (lower or upper or others):
        return 10
    if not (lower and upper) and not value.translate(None, _HEX):
        return 16
    digits = len(value.translate(None, _LETTERS)) > len(others)
    size = 10 * digits + 26 * lower + 26 * upper
    if not others:
        return size
    return size + 33 if others.translate(None, _MARKS) else max(size + 2, len(set(value)))


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
