"""What rules say about paths: where they apply, and where what they find is no leak."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakscan.finding import Candidate
    from leakscan.ruleset.rule import Rule
    from leakscan.ruleset.ruleset import RuleSet


def permitted(candidates: Iterable[Candidate], rules: RuleSet) -> Iterator[Candidate]:
    """The candidates whose path their rule does not rule out."""
    return (c for c in candidates if _applies(rules.by_id[c.rule], c.origin.path or ""))


def _applies(rule: Rule, path: str) -> bool:
    if rule.only_paths and not _any(rule.only_paths, path):
        return False
    return not (_any(rule.never_paths, path) or _any(rule.allow.paths, path))


def _any(patterns: tuple[str, ...], path: str) -> bool:
    return any(_expression(pattern).search(path) for pattern in patterns)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
