"""Which findings a user wants to see: by rule, provider, severity and path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leakscan.errors import UsageError
from leakscan.finding import SEVERITIES, Finding, Severity
from leakscan.ruleset.ruleset import RuleSet


class Selection(NamedTuple):
    """What is wanted; an empty tuple does not choose.

    ``paths`` are patterns as in ``.gitignore``. ``severity`` is the least one.
    """

    only_rules: tuple[str, ...] = ()
    skip_rules: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    severity: Severity = "info"
    paths: tuple[str, ...] = ()

    def check(self, rules: RuleSet) -> None:
        """Raises UsageError for a rule or provider that no rule has: nothing would be found for that."""
        for name in (*self.only_rules, *self.skip_rules):
            _require(name, "rule", rules.by_id)
        if not self.providers:
            return  # to go through all rules costs a hook more than to find nothing
        providers = {rule.provider.lower(): rule.provider for rule in rules}
        for name in self.providers:
            if name.lower() not in providers:
                _require(name, "provider", providers.values())

    def chosen(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """The findings that are wanted, with those of their places that are, and the other findings."""
        wanted, others = [], []
        for finding in findings:
            left = self._in_places(finding) if self._is_wanted(finding) else None
            if left is None:
                others.append(finding)
            else:
                wanted.append(left)
        return wanted, others

    def _is_wanted(self, finding: Finding) -> bool:
        providers = {name.lower() for name in self.providers}
        return (
            (not self.only_rules or finding.rule in self.only_rules)
            and finding.rule not in self.skip_rules
            and (not providers or finding.provider.lower() in providers)
            and SEVERITIES.index(finding.severity) >= SEVERITIES.index(self.severity)
        )

    def _in_places(self, finding: Finding) -> Finding | None:
        if not self.paths:
            return finding
        chosen = [place for place in finding.locations if self._at(place.path)]
        return finding._replace(locations=tuple(chosen)) if chosen else None

    def _at(self, path: str | None) -> bool:
        return path is not None and _matches(self.paths, path)  # a message has no path


def _matches(patterns: Sequence[str], path: str) -> bool:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file(path)


def _require(name: str, what: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        from difflib import get_close_matches

        near = get_close_matches(name, names, n=1)
        mend = f"did you mean '{near[0]}'?" if near else "'leakscan rules list' has them all"
        if "," in name:
            mend = "give the option once for each of several"
        raise UsageError(f"no {what} '{name}' ({mend})")


EVERYTHING = Selection()
