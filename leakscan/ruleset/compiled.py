"""Rules ready to scan with: a RuleSet and its Hyperscan database, from the cache where it holds them."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import leakscan
from leakscan.errors import Report, RuleError, at_first
from leakscan.ruleset import cache
from leakscan.ruleset.encoding import encodings
from leakscan.ruleset.load import builtin_rules, parse_rules, rule_files
from leakscan.ruleset.pattern import needs_prefilter_mode
from leakscan.ruleset.rule import Allow, Pair, Pattern, Rule
from leakscan.ruleset.ruleset import RuleSet


@dataclasses.dataclass(frozen=True, slots=True)
class CompiledRules:
    """``database`` is a serialised Hyperscan database; its ids are positions in ``rules.prefiltered``.

    ``name`` is another for any other rules, version or processor; it is empty for rules that are never kept.
    """

    rules: RuleSet
    database: bytes = dataclasses.field(repr=False)
    name: str = ""


Check = Callable[[CompiledRules, Sequence[Rule]], None]
"""Tries rules of a set on their own examples; raises RuleError for one that fails."""


def compiled_rules(extra: Iterable[Path] = (), check: Check | None = None) -> CompiledRules:
    """The built-in rules with the user's at ``extra`` over them, checked, and compiled once.

    Raises RuleError for a rule that breaks the schema, or fails ``check`` (only the user's are tried).
    """
    builtin = rule_files(builtin_rules())
    extra_files = [file for path in extra for file in rule_files(path)]
    name = _cache_name([content for _, content in builtin], [content for _, content in extra_files])
    kept = cache.read(name)
    compiled = _decode(kept) if kept is not None else None
    if compiled is None:
        compiled = compile_rules(parse_rules(builtin, extra_files))
        if extra_files and check is not None:
            own = {str(path) for path, _ in extra_files}
            check(compiled, [rule for rule in compiled.rules if rule.file in own])
        cache.write(name, _encode(compiled))
    return dataclasses.replace(compiled, name=name)


def compile_rules(rules: RuleSet, report: Report = at_first) -> CompiledRules:
    """Compiles the prefilter of these rules.

    Reports each pattern that Hyperscan refuses as a RuleError, and leaves its rule out.
    """
    import hyperscan

    try:
        return CompiledRules(rules, _database([pattern for _, pattern in rules.prefiltered]))
    except hyperscan.error:
        refused = set()
        for rule, pattern in rules.prefiltered:  # its message does not say which
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

    expressions, flags = [], []
    for pattern in patterns:
        expression = pattern.anchor or pattern.text
        approximate = needs_prefilter_mode(expression)
        expressions.append(expression.encode() + b"\n" * expression.startswith("(?x)"))  # ends a last comment
        flags.append(hyperscan.HS_FLAG_MULTILINE | (hyperscan.HS_FLAG_PREFILTER if approximate else 0))
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions, ids=list(range(len(flags))), elements=len(flags), flags=flags)
    return bytes(hyperscan.dumpb(database))


def _cache_name(builtin: list[bytes], extra: list[bytes]) -> str:
    """A name that changes with anything that the compiled rules depend on."""
    digest = hashlib.sha256()
    versions = (leakscan.__version__, importlib.metadata.version("hyperscan"), platform.machine())
    shape = [field.name for noun in (Rule, Pattern) for field in dataclasses.fields(noun)]
    forms = [pattern.text for _, pattern in encodings(())]
    for content in [*(v.encode() for v in (*versions, *shape, *forms)), *builtin, b"user", *extra]:
        digest.update(len(content).to_bytes(8, "big") + content)
    return f"rules-{digest.hexdigest()[:32]}"


def _encode(compiled: CompiledRules) -> bytes:
    rules = [dataclasses.asdict(rule) | {"examples": (), "counterexamples": ()} for rule in compiled.rules]
    header = json.dumps(rules, separators=(",", ":")).encode()
    body = len(header).to_bytes(8, "big") + header + compiled.database
    return hashlib.sha256(body).digest() + body


def _decode(content: bytes) -> CompiledRules | None:
    """None where the file is damaged, or the database was made for another processor."""
    digest, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    end = 8 + int.from_bytes(body[:8], "big")
    rules = RuleSet(tuple(_rule(fields) for fields in json.loads(body[8:end])))
    return CompiledRules(rules, body[end:])


def _rule(fields: dict[str, Any]) -> Rule:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    fields["patterns"] = tuple(Pattern(**pattern) for pattern in fields["patterns"])
    fields["allow"] = Allow(**{key: tuple(value) for key, value in fields["allow"].items()})
    fields["pair"] = Pair(**fields["pair"]) if fields["pair"] else None
    return Rule(**fields)
