"""How much a value reads like words, by its letter pairs."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from leakscan.lazily import compiled

_RUN = compiled(rb"[A-Z][a-z]+|[a-z]{2,}|[A-Z]{2,}")


@lru_cache(maxsize=1)
def _table() -> dict[int, dict[int, float]]:
    """log2 of how much likelier each letter pair is in words than among random letters."""
    rows = json.loads(Path(__file__).with_name("bigrams.json").read_text())
    return {ord(letter): dict(enumerate(row, ord("a"))) for letter, row in rows.items()}


def wordiness(value: bytes) -> float:
    """Bits by which words beat random letters as the source of the value, for each letter pair in it.

    Words and names come out between 0.5 and 2, random letters and hexadecimal between -3 and 0.
    Only letters that follow each other without a change of case count; 0.0 where there are none.
    """
    table = _table()
    bits, pairs = 0.0, 0
    for run in _RUN.findall(value):
        for a, b in pairwise(run.lower()):
            bits += table[a][b]
        pairs += len(run) - 1
    if not pairs:
        return 0.0
    return bits / (pairs + 2)  # two more: a single lucky pair proves nothing


_PART = compiled(rb"[A-Z][a-z]{2,}|[a-z]{3,}|[A-Z]{3,}(?![a-z])|[0-9]{3,}")  # shorter ones are in anything
_OF_PARTS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@lru_cache(maxsize=1)
def _common() -> frozenset[bytes]:
    """Words that stand in the code of many projects (``benchmarks/common_words.py`` makes the list)."""
    return frozenset(Path(__file__).with_name("common_words.txt").read_bytes().split())


def commonness(value: bytes) -> float:
    """Which share of the value's letters and digits, from 0 to 1, belongs to words that code is full of."""
    common = _common()
    covered = [len(part) for part in _PART.findall(value) if part.lower() in common]
    return sum(covered) / (len(value) - len(value.translate(None, _OF_PARTS))) if covered else 0.0
