"""A rule, checked and ready to use."""

from __future__ import annotations

from typing import Literal, NamedTuple

from leakscan.finding import Severity

Kind = Literal["token", "keyword", "generic"]
KINDS: tuple[Kind, ...] = ("token", "keyword", "generic")


class Opening(NamedTuple):
    """Fixed characters in lower case, which stand from ``least`` to ``most`` bytes after a match begins."""

    text: str
    least: int
    most: int


class Pattern(NamedTuple):
    """One regular expression over bytes (UTF-8), with fragments expanded.

    ``anchor`` is what the prefilter looks for; None means the whole pattern. All numbers are bytes:
    ``reach`` is the longest match, ``before`` how far before the end of a hit of the prefilter it may start,
    ``behind`` and ``ahead`` are how far beyond a match the pattern may look, and ``hit_before`` and
    ``hit_after`` bound what decides on a hit, seen from its end. Each match has one of the ``openings``, if
    there are any.
    ``line`` is where the pattern stands in its rule's file.
    """

    text: str
    reach: int
    before: int
    behind: int
    ahead: int
    hit_before: int
    hit_after: int
    anchor: str | None = None
    openings: tuple[Opening, ...] = ()
    line: int = 0


class Pair(NamedTuple):
    """The rule applies only near a match of rule ``other``, which becomes part ``part`` of the finding."""

    other: str
    within_lines: int
    part: str


class Allow(NamedTuple):
    """What is no leak: regular expressions on value, line and path, and words inside the value."""

    values: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()


class Example(NamedTuple):
    """A template that the rule must find (or, as a counterexample, must not), and the path it stands at."""

    template: str
    path: str | None
    line: int


class Rule(NamedTuple):
    """One kind of credential: how to recognise it, how bad a leak is, what to do about it.

    ``encoded`` says that the value is the encoded form of a secret: what is found in it counts instead.
    """

    id: str
    title: str
    provider: str
    severity: Severity
    kind: Kind
    patterns: tuple[Pattern, ...]
    min_entropy: float = 0.0
    only_paths: tuple[str, ...] = ()
    never_paths: tuple[str, ...] = ()
    allow: Allow = Allow()
    pair: Pair | None = None
    checksum: str | None = None
    encoded: bool = False
    advice: str | None = None
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    counterexamples: tuple[Example, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def is_for_some_paths(self) -> bool:
        """Whether it depends on the path if the rule applies."""
        return bool(self.only_paths or self.never_paths or self.allow.paths)
