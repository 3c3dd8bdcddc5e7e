"""What speaks for or against a generic candidate in small pieces, whose weights are learned from labels.

Each piece is a key such as ``v:pas`` (these letters stand in the value) with an amount; ``learned.json`` has
the weights, which ``benchmarks/train_confidence.py`` makes. A report shows their sums by group.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import repeat
from pathlib import Path

from leakscan.lazily import compiled
from leakscan.score.model import Feature

GROUPS = "vsncae"
"""The letters that keys begin with: each group has a function below, and is one feature."""

MOST = 2.0
"""So much one group may speak for a candidate or against it: none decides alone, however odd it is."""

_MOST_CHARACTERS = 40  # of the value: beyond that there is nothing new to learn
_MOST_BEFORE = 60
_MOST_AFTER = 40
_SHAPES = ((compiled(r"[a-z]+"), "a"), (compiled(r"[A-Z]+"), "A"), (compiled(r"[0-9]+"), "0"))
_NAME_WORDS = compiled(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_EXTENSION = compiled(r"\.([A-Za-z0-9]{1,8})$")

Pieces = list[tuple[float, Iterable[str]]]
"""An amount, and the keys of the pieces that have it."""


def character_pieces(value: bytes) -> Pieces:
    """The pairs and triples of characters of the value."""
    text = value.decode("utf-8", errors="replace").lower()
    text = f"^{text[:_MOST_CHARACTERS]}$"
    part = 1 / math.sqrt(len(text))
    return [(part, _pairs("v:", text)), (part, _triples("v:", text))]


def shape_pieces(value: bytes) -> Pieces:
    """How long the value is, and how its kinds of characters run."""
    text = value.decode("utf-8", errors="replace")
    shape = text[:24]
    for kind, letter in _SHAPES:
        shape = kind.sub(letter, shape)
    return [(1.0, [f"s:{min(12, len(text) // 4)}", "s:" + shape[:8]])]


def name_pieces(name: bytes) -> Pieces:
    """The words of the name that the value is assigned to."""
    words = [word.lower() for word in _NAME_WORDS.findall(name.decode("utf-8", errors="replace"))]
    ends = [words[-1] + "$"] if words else []
    return [(1.0, ["n:" + word for word in words[-3:] + ends])]


def before_pieces(line: bytes) -> Pieces:
    """The triples of characters of what stands before the value in its line."""
    return [(0.3, _triples("c:", line[-_MOST_BEFORE:].decode("utf-8", errors="replace").lower()))]


def after_pieces(line: bytes) -> Pieces:
    """What comes after the value in its line."""
    text = line[:_MOST_AFTER].decode("utf-8", errors="replace")
    return [(1.0, ["a:" + text[:1], "a:" + text[:2]]), (0.3, _triples("a:", text.lower()))]


def path_pieces(path: str) -> Pieces:
    """The kind of file, by its ending."""
    extension = _EXTENSION.search(path)
    return [(1.0, ["e:" + (extension[1].lower() if extension else "")])]


# Joined like this, the keys take two thirds of the time that slices of the text take.
def _pairs(prefix: str, text: str) -> Iterator[str]:
    return map("".join, zip(repeat(prefix), text, text[1:], strict=False))


def _triples(prefix: str, text: str) -> Iterator[str]:
    return map("".join, zip(repeat(prefix), text, text[1:], text[2:], strict=False))


def weighed(pieces: Pieces) -> float:
    """What the pieces of one group come to together, within MOST."""
    weight_of = _table().get
    total = 0.0
    for amount, keys in pieces:
        for weight in filter(None, map(weight_of, keys)):
            total += weight * amount
    return max(-MOST, min(MOST, total))


def learned_of_value(value: bytes, shaped: bool) -> Iterator[Feature]:
    """``shaped`` says whether it counts how the value is shaped."""
    yield _learned("characters", character_pieces(value))
    if shaped:
        yield _learned("shape", shape_pieces(value))


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
    amount = weighed(pieces)
    return Feature(group, amount, "learned", amount)


@lru_cache(maxsize=1)
def most_from_path() -> float:
    """The most that any kind of file can speak for a candidate."""
    return max([0.0, *(weight for key, weight in _table().items() if key[0] == "e")])


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    table: dict[str, float] = json.loads(Path(__file__).with_name("learned.json").read_bytes())
    return table
