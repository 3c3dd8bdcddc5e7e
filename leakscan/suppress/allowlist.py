"""What rules say about paths, and the allowlists of a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from leakscan.finding import Candidate, Finding, Gap, Origin, Suppression
from leakscan.ruleset.rule import Rule
from leakscan.ruleset.ruleset import RuleSet
from leakscan.suppress.interface import Scope, Spot


def permitted(candidates: Iterable[Candidate], rules: RuleSet) -> Iterator[Candidate]:
    """The candidates whose path their rule does not rule out.

    One whose rule is for some paths replaces what lesser rules have found there.
    """
    kept = [c for c in candidates if _applies(rules.by_id[c.rule], c.origin.path or "")]
    special: dict[Origin, list[Candidate]] = {}
    for candidate in kept:
        if rules.by_id[candidate.rule].is_for_some_paths:
            special.setdefault(candidate.origin, []).append(candidate)
    for candidate in kept:
        near = special.get(candidate.origin, [])
        if candidate in near or not any(_overlap(other, candidate) for other in near):
            yield candidate


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.start < other.end and other.start < one.end


def _applies(rule: Rule, path: str) -> bool:
    if rule.only_paths and not _any(rule.only_paths, path):
        return False
    return not (_any(rule.never_paths, path) or _any(rule.allow.paths, path))


def _any(patterns: tuple[str, ...], path: str) -> bool:
    return any(_expression(pattern).search(path) for pattern in patterns)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class Allowance(NamedTuple):
    """One entry of an allowlist. A finding does not count where it meets each condition that is given.

    ``values`` are regular expressions, searched in the value; ``hashes`` are SHA-256 of the value, or ids of
    findings; one of both together is enough. ``paths`` are patterns as ``.gitignore`` has them; ``rules`` are
    ids. ``by`` is ``allow``, or ``exclude`` where it is only about paths; ``source`` is its file and line.
    """

    values: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    reason: str = ""
    by: str = "allow"
    source: str = ""


class Allowlist:
    """The suppressor of a configuration's entries."""

    def __init__(self, entries: Sequence[Allowance]) -> None:
        self._entries = entries
        self._used: set[int] = set()

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        covered: dict[str, Suppression] = {}
        for number, entry in enumerate(self._entries):
            if not _is_about(entry, finding):
                continue
            for spot in spots:
                if not entry.paths or (spot.path is not None and _matches(entry.paths, spot.path)):
                    self._used.add(number)
                    covered.setdefault(spot.place, Suppression(entry.by, entry.source, entry.reason))
        return covered

    def warnings(self, scope: Scope) -> Iterator[Gap]:
        for number, entry in enumerate(self._entries):
            if scope.history and entry.by == "allow" and number not in self._used:
                yield Gap(entry.source, "this entry of the allowlist covers no finding: remove or correct it")


def _is_about(entry: Allowance, finding: Finding) -> bool:
    if entry.rules and finding.rule not in entry.rules:
        return False
    if not (entry.values or entry.hashes):
        return True
    import hashlib  # which loads OpenSSL

    value = finding.secret.raw
    if {finding.id, hashlib.sha256(value).hexdigest()} & set(entry.hashes):
        return True
    return any(_in_bytes(pattern).search(value) for pattern in entry.values)


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return bool(_path_spec(patterns).match_file(path))


@cache
def _path_spec(patterns: tuple[str, ...]) -> Any:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns)


@cache
def _in_bytes(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())
