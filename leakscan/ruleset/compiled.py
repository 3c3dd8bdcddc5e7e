"""Rules ready to scan with: a RuleSet and its Hyperscan database, from the cache where it holds them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import leakscan
from leakscan.errors import Report, RuleError, at_first
from leakscan.ruleset import cache
from leakscan.ruleset.files import builtin_rules, rule_files
from leakscan.ruleset.ruleset import RuleSet
from leakscan.ruleset.stored import decode, encode

try:
    from _blake2 import blake2b  # hashlib's, without the OpenSSL that hashlib loads first
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Pattern, Rule


class CompiledRules(NamedTuple):
    """``database`` is a serialised Hyperscan database; its ids are positions in ``rules.prefiltered``.

    ``name`` is another for any other rules, version or processor; it is empty for rules that are never kept.
    """

    rules: RuleSet
    database: bytes
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

    ``wait`` is called before they are compiled, which takes seconds.
    Raises RuleError for a rule that breaks the schema, or fails ``check`` (only the user's are tried).
    """
    builtin = rule_files(builtin_rules())
    extra_files = [file for path in extra for file in rule_files(path)]
    name = _cache_name([content for _, content in builtin], [content for _, content in extra_files])
    file = cache.opened(name)
    if file is not None:
        with file:
            stored = decode(file)
        if stored is not None:
            return CompiledRules(*stored, name)
    from leakscan.ruleset.load import parse_rules

    wait()
    compiled = compile_rules(parse_rules(builtin, extra_files))
    if extra_files and check is not None:
        own = {str(path) for path, _ in extra_files}
        check(compiled, [rule for rule in compiled.rules if rule.file in own])
    cache.write(name, encode(compiled.rules, compiled.database))
    return compiled._replace(name=name)


def compile_rules(rules: RuleSet, report: Report = at_first) -> CompiledRules:
    """Compiles the prefilter of these rules.

    Reports each pattern that Hyperscan refuses as a RuleError, and leaves its rule out.
    """
    import hyperscan

    try:
        return CompiledRules(rules, _database([pattern for _, pattern in rules.patterns()]))
    except hyperscan.error:
        refused = set()
        for rule, pattern in rules.patterns():  # its message does not say which
            try:
                _database([pattern])
            except hyperscan.error as error:
                problem = f"rule '{rule.id}': Hyperscan refuses the pattern: {error}"
                report(RuleError(rule.file, pattern.line or rule.line, problem, "write it without that"))
                refused.add(rule.id)
        if not refused:
            raise
        return compile_rules(RuleSet(tuple(rule for rule in rules if rule.id not in refused)), report)


def _database(patterns: Sequence[Pattern]) -> bytes:
    """A serialised database; the ids are the positions of the patterns."""
    import hyperscan

    from leakscan.ruleset.coarse import coarse

    # Where an anchor ends is looked at in the text, so it has to be whole; it cannot look around.
    expressions = [coarse(pattern.text) if pattern.anchor is None else pattern.anchor for pattern in patterns]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        [expression.encode() + b"\n" * expression.startswith("(?x)") for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_MULTILINE] * len(expressions),
    )
    return bytes(hyperscan.dumpb(database))


def _cache_name(builtin: list[bytes], extra: list[bytes]) -> str:
    """A name that changes with anything that the compiled rules depend on."""
    digest = blake2b(digest_size=16)
    import hyperscan

    versions = (leakscan.__version__, str(getattr(hyperscan, "__version__", "")), _machine())
    modules = ("rule.py", "coarse.py", "encoding.py", "stored.py")
    forms = [Path(__file__).with_name(module).read_bytes() for module in modules]
    for content in [*(version.encode() for version in versions), *forms, *builtin, b"user", *extra]:
        digest.update(len(content).to_bytes(8, "big") + content)
    return f"rules-{digest.hexdigest()}"


def _machine() -> str:
    if hasattr(os, "uname"):  # importing platform takes as long as reading all rules
        return os.uname().machine
    import platform

    return platform.machine()
