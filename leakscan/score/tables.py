"""The tables that candidates are judged by, from the files beside this one, each loaded when it is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent

LEARNED = ("characters", "shape", "name", "line before", "what follows", "file type")
"""The groups of small pieces. Each is one feature, and has a function in ``learned.py``."""
_BY_CHARACTERS = ("characters", "line before", "what follows")


@lru_cache(maxsize=1)
def learned() -> dict[str, dict[Sequence[str], float]]:
    """The weights of small pieces, by group and piece: a text, or the tuple of its characters."""
    table: dict[str, dict[Sequence[str], float]] = json.loads((FOLDER / "learned.json").read_bytes())
    for group in _BY_CHARACTERS:
        table[group] = dict(zip(map(tuple, table[group]), table[group].values(), strict=True))
    return table


@lru_cache(maxsize=1)
def letter_pairs() -> dict[tuple[int, int], float]:
    """log2 of how much likelier each pair of lower-case letters is in words than among random letters."""
    rows = json.loads((FOLDER / "bigrams.json").read_text())
    return {(ord(a), b): weight for a, row in rows.items() for b, weight in enumerate(row, ord("a"))}


@lru_cache(maxsize=1)
def common_words() -> frozenset[bytes]:
    """Words that stand in the code of many projects (``benchmarks/common_words.py`` makes the list)."""
    return frozenset((FOLDER / "common_words.txt").read_bytes().split())
