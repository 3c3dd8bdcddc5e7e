"""A set of rules that work together, indexed for detection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from leakscan.ruleset.encoding import encodings
from leakscan.ruleset.rule import Pattern, Rule


@dataclass(frozen=True)
class RuleSet:
    """Rules in their order; ``rules[i]`` beats ``rules[j]`` for i < j where all else is equal."""

    rules: tuple[Rule, ...]

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def prefiltered(self) -> tuple[tuple[Rule, Pattern], ...]:
        """Every pattern that the prefilter looks for; Hyperscan's ids are the positions in here.

        Behind the rules' own are those that say where encoded text begins.
        """
        own = ((rule, pattern) for rule in self.rules if rule.pair is None for pattern in rule.patterns)
        return (*own, *encodings(self.rules))

    @cached_property
    def hit_reach(self) -> int:
        """How far the bytes that decide on one hit of the prefilter can be apart."""
        return max((p.hit_before + p.hit_after for _, p in self.prefiltered), default=0)

    @cached_property
    def pairs(self) -> Mapping[str, tuple[Rule, ...]]:
        """The pair rules that a match of the rule with this id calls for."""
        result: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.pair is not None:
                result[rule.pair.other] = (*result.get(rule.pair.other, ()), rule)
        return result
