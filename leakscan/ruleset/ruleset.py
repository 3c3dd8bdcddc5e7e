"""A set of rules that work together, indexed for detection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from leakscan.ruleset.encoding import encoding_rules

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern, Rule


class Outline(NamedTuple):
    """What detection asks about all rules before it needs any of them.

    ``ids`` are theirs, in order; ``prefiltered`` says for each pattern that the prefilter looks for which
    rule's it is, and which of that rule, where the encodings count on behind the rules (it is empty for one
    that only the built-in rules have); ``pairs`` are the positions of the pair rules that a rule calls for.
    ``hit_reach`` is how far the bytes that decide on one hit of the prefilter can be apart.
    """

    ids: Sequence[str]
    prefiltered: Sequence[Sequence[int]]
    pairs: Mapping[str, Sequence[int]]
    hit_reach: int


class RuleSet:
    """Rules in their order; ``rules[i]`` beats ``rules[j]`` for i < j where all else is equal.

    ``encodings`` are none of them: their patterns say where encoded text begins.

    With an ``outline`` given, ``rules`` and ``encodings`` may be sequences that read each rule when it is
    asked for. With ``builtin`` given, patterns that it has too keep the numbers that they have there.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        encodings: Sequence[Rule] = (),
        outline: Outline | None = None,
        builtin: RuleSet | None = None,
    ) -> None:
        if outline is None:
            encodings = encoding_rules(rules, builtin)
        self.rules, self.encodings = rules, encodings
        self.outline = outline or _outline(rules, encodings, builtin)

    def __len__(self) -> int:
        return len(self.outline.ids)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The position of each rule, by its id."""
        return {id: position for position, id in enumerate(self.outline.ids)}

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        return _ById(self)

    @cached_property
    def prefiltered(self) -> Mapping[int, tuple[Rule, Pattern]]:
        """A pattern that the prefilter looks for, by its number there; :meth:`patterns` are all of them.

        Behind the rules' own are those of the encodings.
        """
        return _Prefiltered(self)

    def patterns(self) -> Iterator[tuple[Rule, Pattern]]:
        """Every pattern that the prefilter looks for, in order of their numbers."""
        return (self.prefiltered[number] for number, found in enumerate(self.outline.prefiltered) if found)

    @property
    def hit_reach(self) -> int:
        """How far the bytes that decide on one hit of the prefilter can be apart."""
        return self.outline.hit_reach

    @cached_property
    def pairs(self) -> Mapping[str, tuple[Rule, ...]]:
        """The pair rules that a match of the rule with this id calls for."""
        return {other: tuple(self.rules[at] for at in ats) for other, ats in self.outline.pairs.items()}


class _ById(Mapping[str, "Rule"]):
    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules

    def __getitem__(self, id: str) -> Rule:
        return self._rules.rules[self._rules.order[id]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules.outline.ids)

    def __len__(self) -> int:
        return len(self._rules)


class _Prefiltered(dict[int, "tuple[Rule, Pattern]"]):
    """Filled as it is asked: what has been asked for once is as quick as in any dictionary."""

    def __init__(self, rules: RuleSet) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, number: int) -> tuple[Rule, Pattern]:
        position, which = self._rules.outline.prefiltered[number]
        beyond = position - len(self._rules)
        rule = self._rules.rules[position] if beyond < 0 else self._rules.encodings[beyond]
        self[number] = found = (rule, rule.patterns[which])
        return found


def _outline(rules: Sequence[Rule], encodings: Sequence[Rule], builtin: RuleSet | None) -> Outline:
    pairs, reach = dict[str, list[int]](), 0
    prefiltered, numbers = list[tuple[int, ...]](), dict[tuple[str, str, str | None], int]()
    if builtin is not None:
        numbers = {_key(*found): number for number, found in enumerate(builtin.patterns())}
        prefiltered = [()] * len(builtin.outline.prefiltered)
    for position, rule in enumerate([*rules, *encodings]):
        if rule.pair is not None:
            pairs.setdefault(rule.pair.other, []).append(position)
            continue
        for which, pattern in enumerate(rule.patterns):
            number = numbers.pop(_key(rule, pattern), None)
            if number is None:
                prefiltered.append((position, which))
            else:
                prefiltered[number] = (position, which)
            reach = max(reach, pattern.hit_before + pattern.hit_after)
    return Outline([rule.id for rule in rules], prefiltered, pairs, reach)


def _key(rule: Rule, pattern: Pattern) -> tuple[str, str, str | None]:
    return rule.id, pattern.text, pattern.anchor
