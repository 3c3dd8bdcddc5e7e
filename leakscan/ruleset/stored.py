"""Compiled rules as one file, of which a scan reads no more than it needs.

A hook that finds nothing needs the database and the outline of the rules; of the rules themselves it needs
those whose patterns hit, and to read all of them takes longer than to scan.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any, BinaryIO, overload

from leakscan.ruleset.ruleset import Outline, RuleSet

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern, Rule

_LONGEST_HEADER = 1 << 26
_START = struct.Struct(">IIQ")
"""CRC-32 of all that follows the header, and of the header, and the header's length."""


def encode(rules: RuleSet, databases: Sequence[bytes]) -> bytes:
    """The file: its start, the header, the rules, the encodings, the databases.

    The header has the outline, and the lengths of rules, encodings and databases. Examples are left out.
    """
    all_rules = [*rules, *rules.encodings]
    texts = [json.dumps(_kept(rule), separators=(",", ":")).encode() for rule in all_rules]
    lengths = [list(map(len, part)) for part in (texts, databases)]
    header = json.dumps([*rules.outline, *lengths], separators=(",", ":")).encode()
    body = b"".join([*texts, *databases])
    return _START.pack(zlib.crc32(body), zlib.crc32(header), len(header)) + header + body


def decode(file: BinaryIO) -> tuple[RuleSet, tuple[bytes, ...]] | None:
    """The rules and the databases in a file; None where it is damaged."""
    start = file.read(_START.size)
    if len(start) < _START.size:
        return None
    check, header_check, length = _START.unpack(start)
    if length > _LONGEST_HEADER:
        return None
    header = file.read(length)
    if zlib.crc32(header) != header_check:
        return None
    *fields, sizes, database_sizes = json.loads(header)
    outline, edges = Outline(*fields), list(accumulate(sizes, initial=0))
    # Each part is read by itself: databases are large, and would have to be copied out of the whole.
    texts, *databases = (file.read(size) for size in (edges[-1], *database_sizes))
    if reduce(lambda crc, part: zlib.crc32(part, crc), databases, zlib.crc32(texts)) != check:
        return None
    own = len(outline.ids)
    rules = RuleSet(_Rules(texts, edges[: own + 1]), _Rules(texts, edges[own:]), outline)
    return rules, tuple(databases)


class _Rules(Sequence["Rule"]):
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


def _kept(rule: Rule) -> Rule:
    """What is kept of a rule; JSON makes lists of all tuples."""
    return rule._replace(examples=(), counterexamples=())


def _rule(text: bytes) -> Rule:
    from leakscan.ruleset.rule import Allow, Pair, Rule

    rule = Rule(*_tuples(json.loads(text)))
    return rule._replace(
        patterns=tuple(map(_pattern, rule.patterns)),
        allow=Allow(*rule.allow),
        pair=Pair(*rule.pair) if rule.pair else None,
    )


def _pattern(fields: Pattern) -> Pattern:
    from leakscan.ruleset.rule import Opening, Pattern

    pattern = Pattern(*fields)
    return pattern._replace(openings=tuple(Opening(*opening) for opening in pattern.openings))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
