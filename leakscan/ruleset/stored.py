"""Compiled rules as one file, of which a scan reads no more than it needs.

A hook that finds nothing needs the database and the outline of the rules; of the rules themselves it needs
those whose patterns hit, and to read all of them takes longer than to scan.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, overload

from leakscan.ruleset.rule import Allow, Pair, Pattern, Rule
from leakscan.ruleset.ruleset import Outline, RuleSet

_CHECK = 4
_LENGTH = 8


def encode(rules: RuleSet, database: bytes) -> bytes:
    """The file: a CRC-32 of the rest, the length of the header, the header, the rules, the database.

    The header has the outline, and the length of each rule. Examples are left out.
    """
    texts = [json.dumps(_fields(rule), separators=(",", ":")).encode() for rule in rules]
    header = json.dumps([*rules.outline, [len(text) for text in texts]], separators=(",", ":")).encode()
    body = b"".join([len(header).to_bytes(_LENGTH, "big"), header, *texts, database])
    return zlib.crc32(body).to_bytes(_CHECK, "big") + body


def decode(content: bytes) -> tuple[RuleSet, bytes] | None:
    """The rules and the database in a file; None where it is damaged."""
    body = memoryview(content)[_CHECK:]
    if zlib.crc32(body).to_bytes(_CHECK, "big") != content[:_CHECK]:
        return None
    end = _LENGTH + int.from_bytes(body[:_LENGTH], "big")
    *outline, lengths = json.loads(bytes(body[_LENGTH:end]))
    edges = list(accumulate(lengths, initial=end))
    texts = bytes(body[end : edges[-1]])
    return RuleSet(_Rules(texts, [edge - end for edge in edges]), Outline(*outline)), bytes(body[edges[-1] :])


class _Rules(Sequence[Rule]):
    """Rules as texts one after the other, each read when it is asked for."""

    def __init__(self, texts: bytes, edges: list[int]) -> None:
        self._texts, self._edges = texts, edges
        self._read: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self._edges) - 1

    @overload
    def __getitem__(self, at: int) -> Rule: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Rule]: ...
    def __getitem__(self, at: int | slice) -> Rule | Sequence[Rule]:
        if isinstance(at, slice):
            return [self[position] for position in range(*at.indices(len(self)))]
        position = range(len(self))[at]
        if position not in self._read:
            self._read[position] = _rule(self._texts[self._edges[position] : self._edges[position + 1]])
        return self._read[position]


def _fields(rule: Rule) -> dict[str, Any]:
    return dataclasses.asdict(rule) | {"examples": (), "counterexamples": ()}


def _rule(text: bytes) -> Rule:
    fields = {k: tuple(value) if isinstance(value, list) else value for k, value in json.loads(text).items()}
    fields["patterns"] = tuple(Pattern(**pattern) for pattern in fields["patterns"])
    fields["allow"] = Allow(**{key: tuple(value) for key, value in fields["allow"].items()})
    fields["pair"] = Pair(**fields["pair"]) if fields["pair"] else None
    return Rule(**fields)
