"""What speaks for or against a generic candidate in small pieces, whose weights are learned from labels.

Each piece is a key such as ``v:pas`` (these letters stand in the value) with an amount; ``learned.json`` has
the weights, which ``benchmarks/train_confidence.py`` makes. A report shows their sums by group.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from leakscan.finding import Candidate
from leakscan.lazily import compiled

GROUPS = {
    "v": "characters",
    "s": "shape",
    "n": "name",
    "c": "line before",
    "a": "what follows",
    "e": "file type",
}
"""What a report calls the pieces that begin with each letter."""

MOST = 2.0
"""So much one group may speak for a candidate or against it: none decides alone, however odd it is."""

_MOST_CHARACTERS = 40  # of the value: beyond that there is nothing new to learn
_MOST_BEFORE = 60
_MOST_AFTER = 40
_SHAPES = ((compiled(r"[a-z]+"), "a"), (compiled(r"[A-Z]+"), "A"), (compiled(r"[0-9]+"), "0"))
_NAME_WORDS = compiled(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_EXTENSION = compiled(r"\.([A-Za-z0-9]{1,8})$")

Pieces = Iterator[tuple[str, float]]


def value_pieces(value: bytes, shaped: bool = True) -> Pieces:
    """The pairs and triples of characters of the value, and with ``shaped`` its length and how its kinds of
    characters run.
    """
    text = value.decode("utf-8", errors="replace")
    lower = f"^{text.lower()[:_MOST_CHARACTERS]}$"
    part = 1 / math.sqrt(len(lower))
    for width in (2, 3):
        for at in range(len(lower) - width + 1):
            yield "v:" + lower[at : at + width], part
    if not shaped:
        return
    yield f"s:{min(12, len(text) // 4)}", 1.0
    shape = text[:24]
    for kind, letter in _SHAPES:
        shape = kind.sub(letter, shape)
    yield "s:" + shape[:8], 1.0


def context_pieces(candidate: Candidate, name: bytes) -> Pieces:
    """The words of the name that the value is assigned to, the line before it, and what comes next."""
    words = [word.lower() for word in _NAME_WORDS.findall(name.decode("utf-8", errors="replace"))]
    for word in words[-3:]:
        yield "n:" + word, 1.0
    if words:
        yield f"n:{words[-1]}$", 1.0
    line = candidate.before.rpartition(b"\n")[2][-_MOST_BEFORE:].decode("utf-8", errors="replace").lower()
    for at in range(len(line) - 2):
        yield "c:" + line[at : at + 3], 0.3
    after = candidate.after.partition(b"\n")[0][:_MOST_AFTER].decode("utf-8", errors="replace")
    yield "a:" + after[:1], 1.0
    yield "a:" + after[:2], 1.0
    after = after.lower()
    for at in range(len(after) - 2):
        yield "a:" + after[at : at + 3], 0.3


def path_pieces(path: str) -> Pieces:
    """The kind of file, by its ending."""
    extension = _EXTENSION.search(path)
    yield "e:" + (extension[1].lower() if extension else ""), 1.0


def sums(pieces: Pieces) -> dict[str, float]:
    """The pieces weighed and added up, by group, each within MOST."""
    table = _table()
    found: dict[str, float] = {}
    for key, amount in pieces:
        weight = table.get(key)
        if weight is not None:
            group = GROUPS[key[0]]
            found[group] = found.get(group, 0.0) + weight * amount
    return {group: max(-MOST, min(MOST, weight)) for group, weight in found.items()}


@lru_cache(maxsize=1)
def most_from_path() -> float:
    """The most that any kind of file can speak for a candidate."""
    return max([0.0, *(weight for key, weight in _table().items() if key[0] == "e")])


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    table: dict[str, float] = json.loads(Path(__file__).with_name("learned.json").read_bytes())
    return table
