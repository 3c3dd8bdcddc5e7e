"""Rules ready to scan with: a RuleSet and its Hyperscan databases, from the cache where it holds them.

The user's rules get a database of their own beside those of the built-in ones, which are compiled once.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import leakscan
from leakscan.errors import Report, RuleError, at_first
from leakscan.ruleset import cache
from leakscan.ruleset.files import builtin_rules, rule_files
from leakscan.ruleset.ruleset import RuleSet
from leakscan.ruleset.stored import decode, encode

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern, Rule


MOST_PARTS = 3
LEAST_PATTERNS = 200
"""So many databases at most, for so many patterns each at least."""

Numbered = tuple[int, "Rule", "Pattern"]
"""A pattern that the prefilter looks for, and its number in the rule set."""


class CompiledRules(NamedTuple):
    """``databases`` are serialised Hyperscan databases; their ids are those of ``rules.prefiltered``.

    ``name`` is another for any other rules, version or processor; it is empty for rules that are never kept.
    """

    rules: RuleSet
    databases: tuple[bytes, ...]
    name: str = ""

    def __repr__(self) -> str:
        return f"CompiledRules({len(self.rules)} rules, name={self.name!r})"


Check = Callable[["CompiledRules", "Sequence[Rule]"], None]
"""Tries rules of a set on their own examples; raises RuleError for one that fails."""


def compiled_rules(
    extra: Iterable[Path] = (),
    check: Check | None = None,
    wait: Callable[[], object] = lambda: None,
) -> CompiledRules:
    """The built-in rules with the user's at ``extra`` over them, checked, and compiled once.

    ``wait`` is called before the built-in ones are compiled, which takes seconds.
    Raises RuleError for a rule that breaks the schema, or fails ``check`` (only the user's are tried).
    """
    # What is compiled may be used elsewhere than where it was made: it has the built-in files' names only.
    builtin = [(Path("leakscan/rules", file.name), content) for file, content in rule_files(builtin_rules())]
    extra_files = [file for path in extra for file in rule_files(path)]
    name = _cache_name([content for _, content in builtin], [content for _, content in extra_files])
    file = cache.opened(name)
    if file is not None:
        with file:
            stored = decode(file)
        if stored is not None:
            return CompiledRules(*stored, name)
    from leakscan.ruleset.load import parse_rules

    if extra_files:
        known = compiled_rules(wait=wait)
        compiled = compile_rules(parse_rules(builtin, extra_files, known=known.rules), builtin=known)
        if check is not None:
            own = {str(path) for path, _ in extra_files}
            check(compiled, [rule for rule in compiled.rules if rule.file in own])
    else:
        wait()
        compiled = compile_rules(parse_rules(builtin, ()))
    cache.write(name, encode(compiled.rules, compiled.databases))
    return compiled._replace(name=name)


def compile_rules(
    rules: RuleSet, report: Report = at_first, builtin: CompiledRules | None = None
) -> CompiledRules:
    """Compiles the prefilter of these rules; what ``builtin`` has of it is taken from there.

    ``rules`` then have to be made over those of ``builtin``. Reports each pattern that Hyperscan refuses as
    a RuleError, and leaves its rule out.
    """
    import hyperscan

    known = len(builtin.rules.outline.prefiltered) if builtin else 0
    new = [(number, *rules.prefiltered[number]) for number in range(known, len(rules.outline.prefiltered))]
    try:
        return CompiledRules(rules, (*(builtin.databases if builtin else ()), *_databases(new)))
    except hyperscan.error:
        refused = set()
        for number, rule, pattern in new:  # its message does not say which
            try:
                _database([(number, rule, pattern)])
            except hyperscan.error as error:
                problem = f"rule '{rule.id}': Hyperscan refuses the pattern: {error}"
                report(RuleError(rule.file, pattern.line or rule.line, problem, "write it without that"))
                refused.add(rule.id)
        if not refused:
            raise
        kept = tuple(rule for rule in rules if rule.id not in refused)
        return compile_rules(RuleSet(kept, builtin=builtin.rules if builtin else None), report, builtin)


def _databases(patterns: Sequence[Numbered]) -> Iterator[bytes]:
    """Several databases where the patterns are many, compiled at the same time.

    Scanning with three takes no longer than with one, if the rules that keywords tell stand together. These
    take three times as long to compile as others.
    """
    from concurrent.futures import ThreadPoolExecutor  # Hyperscan lets other threads run

    if not patterns:
        return iter(())
    ordered = sorted(patterns, key=lambda numbered: numbered[1].kind != "keyword")
    costs = list(accumulate(3 if rule.kind == "keyword" else 1 for _, rule, _ in ordered))
    parts = min(MOST_PARTS, 1 + len(ordered) // LEAST_PATTERNS)
    edges = [bisect_left(costs, costs[-1] * part / parts) for part in range(1, parts)]
    with ThreadPoolExecutor(parts) as pool:
        return pool.map(_database, [ordered[a:b] for a, b in pairwise([0, *edges, len(ordered)])])


def _database(patterns: Sequence[Numbered]) -> bytes:
    """A serialised database of patterns under their numbers."""
    import hyperscan

    from leakscan.ruleset.coarse import coarse
    from leakscan.ruleset.encoding import loose

    # Where an anchor ends is looked at in the text, so it has to be whole; it cannot look around.
    expressions = [pattern.anchor or coarse(loose(pattern.text)).expression for _, _, pattern in patterns]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        [expression.encode() + b"\n" * expression.startswith("(?x)") for expression in expressions],
        ids=[number for number, _, _ in patterns],
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_MULTILINE] * len(expressions),
    )
    return bytes(hyperscan.dumpb(database))


def _cache_name(builtin: list[bytes], extra: list[bytes]) -> str:
    """A name that changes with anything that the compiled rules depend on."""
    versions = (leakscan.__version__.encode(), _engine(), _machine().encode())
    modules = (
        "load.py",
        "parser.py",
        "rule.py",
        "ruleset.py",
        "pattern.py",
        "coarse.py",
        "opening.py",
        "stretch.py",
        "compiled.py",
        "encoding.py",
        "stored.py",
    )
    forms = [Path(__file__).with_name(module).read_bytes() for module in modules]
    return cache.named("rules", [*versions, *forms, *builtin, b"user", *extra])


def _engine() -> bytes:
    """Hyperscan's version, and which features of the processor its databases are made for.

    Only a database tells the latter. What can be had as a wheel asks for none, and its databases fit all
    processors of a kind; what was compiled on a machine may be made for that.
    """
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile([b"a"], ids=[0], elements=1, flags=[0])
    return f"{getattr(hyperscan, '__version__', '')} {database.info()!r}".encode()


def _machine() -> str:
    if hasattr(os, "uname"):  # importing platform takes as long as reading all rules
        return os.uname().machine
    import platform

    return platform.machine()
