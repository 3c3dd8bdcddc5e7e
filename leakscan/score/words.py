"""How much a value reads like words, by its letter pairs."""

from __future__ import annotations

from itertools import pairwise

from leakscan.lazily import compiled
from leakscan.score.tables import common_words, letter_pairs

_RUN = compiled(rb"[A-Z][a-z]+|[a-z]{2,}|[A-Z]{2,}")


def wordiness(value: bytes) -> float:
    """Bits by which words beat random letters as the source of the value, for each letter pair in it.

    Words and names come out between 0.5 and 2, random letters and hexadecimal between -3 and 0.
    Only letters that follow each other without a change of case count; 0.0 where there are none.
    """
    runs = _RUN.findall(value)
    if not runs:
        return 0.0
    joined = b" ".join(runs).lower()
    bits = 0.0
    for weight in filter(None, map(letter_pairs().get, pairwise(joined))):
        bits += weight
    pairs = len(joined) + 1 - 2 * len(runs)
    return bits / (pairs + 2)  # two more: a single lucky pair proves nothing


_PART = compiled(rb"[A-Z][a-z]{2,}|[a-z]{3,}|[A-Z]{3,}(?![a-z])|[0-9]{3,}")  # shorter ones are in anything
_OF_PARTS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def commonness(value: bytes) -> float:
    """Which share of the value's letters and digits, from 0 to 1, belongs to words that code is full of."""
    common = common_words()
    covered = [len(part) for part in _PART.findall(value) if part.lower() in common]
    return sum(covered) / (len(value) - len(value.translate(None, _OF_PARTS))) if covered else 0.0
