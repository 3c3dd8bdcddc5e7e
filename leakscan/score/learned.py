"""What speaks for or against a generic candidate in small pieces, whose weights are learned from labels.

Each piece is a key such as ``pas`` (these letters stand in the value) with an amount; ``learned.json`` has
the weights by group, which ``benchmarks/train_confidence.py`` makes. A report shows their sums by group.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from leakscan.lazily import compiled
from leakscan.score import tables
from leakscan.score.model import Feature

MOST = 2.0
"""So much one group may speak for a candidate or against it: none decides alone, however odd it is."""

_MOST_CHARACTERS = 40  # of the value: beyond that there is nothing new to learn
_MOST_BEFORE = 60
_MOST_AFTER = 40
_KINDS = bytes.maketrans(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", b"a" * 26 + b"A" * 26 + b"0" * 10
)
_NAME_WORDS = compiled(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_EXTENSION = compiled(r"\.([A-Za-z0-9]{1,8})$")

Pieces = list[tuple[float, Iterable[Sequence[str]]]]
"""An amount, and the keys of the pieces that have it: texts, or tuples of characters."""


def character_pieces(value: bytes) -> Pieces:
    """The pairs and triples of characters of the value."""
    text = value.decode("utf-8", errors="replace").lower()
    text = f"^{text[:_MOST_CHARACTERS]}$"
    part = 1 / math.sqrt(len(text))
    return [(part, _pairs(text)), (part, _triples(text))]


def shape_pieces(value: bytes) -> Pieces:
    """How long the value is, and how its kinds of characters run."""
    kinds = value.translate(_KINDS).decode("utf-8", errors="replace")
    start = kinds[:24]
    runs = [
        kind for before, kind in zip(" " + start, start, strict=False) if kind != before or kind not in "aA0"
    ]
    return [(1.0, [str(min(12, len(kinds) // 4)), "".join(runs[:8])])]


def name_pieces(name: bytes) -> Pieces:
    """The words of the name that the value is assigned to."""
    words = [word.lower() for word in _NAME_WORDS.findall(name.decode("utf-8", errors="replace"))]
    ends = [words[-1] + "$"] if words else []
    return [(1.0, words[-3:] + ends)]


def before_pieces(line: bytes) -> Pieces:
    """The triples of characters of what stands before the value in its line."""
    return [(0.3, _triples(line[-_MOST_BEFORE:].decode("utf-8", errors="replace").lower()))]


def after_pieces(line: bytes) -> Pieces:
    """What comes after the value in its line."""
    text = line[:_MOST_AFTER].decode("utf-8", errors="replace")
    return [(1.0, [tuple(text[:1]), tuple(text[:2])]), (0.3, _triples(text.lower()))]


def path_pieces(path: str) -> Pieces:
    """The kind of file, by its ending."""
    extension = _EXTENSION.search(path)
    return [(1.0, [extension[1].lower() if extension else ""])]


# Tuples, of which nobody makes texts: that takes half the time.
def _pairs(text: str) -> Iterator[tuple[str, ...]]:
    return pairwise(text)


def _triples(text: str) -> Iterator[tuple[str, ...]]:
    return zip(text, text[1:], text[2:], strict=False)


def weighed(group: str, pieces: Pieces) -> float:
    """What the pieces of one group come to together, within MOST."""
    weight_of = tables.learned()[group].get
    total = 0.0
    for amount, keys in pieces:
        for weight in filter(None, map(weight_of, keys)):
            total += weight * amount
    return max(-MOST, min(MOST, total))


def learned_of_value(value: bytes, shaped: bool) -> list[Feature]:
    """``shaped`` says whether it counts how the value is shaped."""
    characters = _learned("characters", character_pieces(value))
    return [characters, _learned("shape", shape_pieces(value))] if shaped else [characters]


# Many candidates have these in common.
@lru_cache(maxsize=1 << 12)
def learned_of_name(name: bytes) -> Feature:
    return _learned("name", name_pieces(name))


@lru_cache(maxsize=1 << 13)
def learned_of_before(line: bytes) -> Feature:
    return _learned("line before", before_pieces(line))


@lru_cache(maxsize=1 << 12)
def learned_of_after(line: bytes) -> Feature:
    return _learned("what follows", after_pieces(line))


@lru_cache(maxsize=1 << 12)
def learned_of_path(path: str) -> Feature:
    return _learned("file type", path_pieces(path))


def _learned(group: str, pieces: Pieces) -> Feature:
    amount = weighed(group, pieces)
    return Feature(group, amount, "learned", amount)


@lru_cache(maxsize=1)
def most_from_path() -> float:
    """The most that any kind of file can speak for a candidate."""
    return max([0.0, *tables.learned()["file type"].values()])
