"""From YAML files to a checked RuleSet: the built-in rules, then the user's over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from leakscan.document import Field, read_yaml
from leakscan.errors import RuleError, UsageError
from leakscan.finding import SEVERITIES, Severity
from leakscan.ruleset.checksum import CHECKSUMS
from leakscan.ruleset.pattern import PatternError, check_pattern, expand_fragments
from leakscan.ruleset.rule import KINDS, Allow, Example, Kind, Pair, Pattern, Rule
from leakscan.ruleset.ruleset import RuleSet

FILE_KEYS = frozenset({"provider", "references", "fragments", "rules"})
RULE_KEYS = frozenset(
    """id title provider severity kind pattern patterns min_entropy paths allow pair checksum advice
    references examples counterexamples disabled""".split()  # noqa: SIM905
)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(slots=True)
class _Draft:
    """A rule's fields before they are checked, and the fragments that each field's file knows."""

    id: Field
    fields: dict[str, Field]
    fragments: dict[str, Mapping[str, str]]
    user: bool


def builtin_rules() -> Path:
    """The folder of the built-in rules: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


def rule_files(path: Path) -> list[tuple[Path, bytes]]:
    """The rule files at a path (a file, or a folder's ``*.yaml`` and ``*.yml``), sorted, with their bytes."""
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"} and p.is_file())
        if not files:
            raise UsageError(f"{path}: no rule files here (rules are *.yaml files; see docs/rules.md)")
    elif path.exists():
        files = [path]
    else:
        raise UsageError(f"{path}: no such rule file or folder")
    try:
        return [(file, file.read_bytes()) for file in files]
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot read the rules: {error.strerror}") from None


def load_rules(extra: Iterable[Path] = (), builtin: Path | None = None) -> RuleSet:
    """The built-in rules with those at the ``extra`` paths added, changed or switched off.

    Raises RuleError (file, line, mend) for whatever breaks the schema, UsageError for a path
    that cannot be read.
    """
    files = [file for path in extra for file in rule_files(path)]
    return parse_rules(rule_files(builtin or builtin_rules()), files)


def parse_rules(builtin: Sequence[tuple[Path, bytes]], extra: Sequence[tuple[Path, bytes]]) -> RuleSet:
    """The rules in the given files (path and content), as :func:`load_rules` gives them."""
    drafts: dict[str, _Draft] = {}
    fragments: dict[str, str] = {}
    for user, files in ((False, builtin), (True, extra)):
        roots = [(root, root.mapping(FILE_KEYS)) for root in (_root(file, text) for file, text in files)]
        for _, top in roots:
            if "rules" not in top and "fragments" in top:  # shared by all files
                fragments |= _fragments(top)
        for root, top in roots:
            if "rules" not in top and "fragments" not in top:
                raise root.error("no 'rules:' in this file", "see docs/rules.md")
            _collect(top, fragments, user, drafts)
    rules = [_build(draft) for draft in drafts.values() if not _disabled(draft)]
    _check_references(rules, drafts)
    return RuleSet(tuple(rules))


def _root(file: Path, content: bytes) -> Field:
    root = read_yaml(file, content)
    if root is None:
        raise RuleError(str(file), 1, "the file is empty", "write rules into it; see docs/rules.md")
    return root


def _fragments(top: Mapping[str, Field]) -> dict[str, str]:
    return {name: field.string() for name, field in top["fragments"].pairs()} if "fragments" in top else {}


def _collect(
    top: Mapping[str, Field], shared: Mapping[str, str], user: bool, drafts: dict[str, _Draft]
) -> None:
    """Adds one file's rules to ``drafts``, merging those that change a built-in rule."""
    fragments = {**shared, **_fragments(top)}
    defaults = {key: top[key] for key in ("provider", "references") if key in top}
    for item in top["rules"].items() if "rules" in top else []:
        fields = item.mapping(RULE_KEYS)
        if "id" not in fields:
            raise item.error("a rule without 'id'", "give it one, such as 'id: example-cloud-token'")
        name = fields["id"].string()
        if not _ID.fullmatch(name):
            raise fields["id"].error(f"bad rule id '{name}'", "lower-case words joined by '-'")
        known = drafts.get(name)
        if known is None:
            if "disabled" in fields:
                near = get_close_matches(name, drafts, n=1)
                mend = f"did you mean '{near[0]}'?" if near else "'leakscan rules list' has them all"
                raise fields["id"].error(f"no built-in rule '{name}' to switch on or off", mend)
            fields = defaults | fields
            drafts[name] = _Draft(fields["id"], fields, dict.fromkeys(fields, fragments), user)
        elif known.user or not user:
            first = f"{known.id.file}:{known.id.line}"
            raise fields["id"].error(f"rule '{name}' is there already, at {first}", "rename or remove one")
        else:
            if {"pattern", "patterns"} & fields.keys():
                known.fields = {k: f for k, f in known.fields.items() if k not in {"pattern", "patterns"}}
            known.fields |= fields
            known.fragments |= dict.fromkeys(fields, fragments)
            known.id, known.user = fields["id"], True


def _disabled(draft: _Draft) -> bool:
    return "disabled" in draft.fields and draft.fields["disabled"].boolean()


def _build(draft: _Draft) -> Rule:
    fields = draft.fields
    for key in ("title", "provider", "severity", "examples"):
        if key not in fields and not (key == "examples" and draft.user):
            raise draft.id.error(f"rule '{draft.id.string()}' has no '{key}'", "add it; see docs/rules.md")
    paths = fields["paths"].mapping(frozenset({"include", "exclude"})) if "paths" in fields else {}
    pair = _pair(fields["pair"]) if "pair" in fields else None
    checksum = _checksum(fields["checksum"]) if "checksum" in fields else None
    return Rule(
        id=draft.id.string(),
        title=fields["title"].string(),
        provider=fields["provider"].string(),
        severity=cast(Severity, fields["severity"].choice(SEVERITIES)),
        kind=cast(Kind, fields["kind"].choice(KINDS) if "kind" in fields else "token"),
        patterns=_patterns(draft, needs_literal=pair is None),
        min_entropy=fields["min_entropy"].number() if "min_entropy" in fields else 0.0,
        only_paths=_expressions(paths.get("include")),
        never_paths=_expressions(paths.get("exclude")),
        allow=_allow(fields["allow"]) if "allow" in fields else Allow(),
        pair=pair,
        checksum=checksum,
        advice=fields["advice"].string() if "advice" in fields else None,
        references=fields["references"].strings() if "references" in fields else (),
        examples=_examples(fields["examples"]) if "examples" in fields else (),
        counterexamples=_examples(fields["counterexamples"]) if "counterexamples" in fields else (),
        file=draft.id.file,
        line=draft.id.line,
    )


def _patterns(draft: _Draft, needs_literal: bool) -> tuple[Pattern, ...]:
    given = [key for key in ("pattern", "patterns") if key in draft.fields]
    if len(given) != 1:
        raise draft.id.error("a rule has either 'pattern' or 'patterns'", "give one of the two")
    key = given[0]
    field = draft.fields[key]
    items = field.items() if field.is_list else [field]
    if not items:
        raise field.error("no pattern in the list", "give at least one")
    return tuple(_pattern(item, draft.fragments[key], needs_literal) for item in items)


def _pattern(item: Field, fragments: Mapping[str, str], needs_literal: bool) -> Pattern:
    text, anchor = item, None
    if item.is_mapping:
        keys = item.mapping(frozenset({"pattern", "anchor"}))
        if "pattern" not in keys:
            raise item.error("no 'pattern' here", "give 'pattern' beside 'anchor'")
        text, anchor = keys["pattern"], keys.get("anchor")
    try:
        return check_pattern(
            expand_fragments(text.string(), fragments),
            None if anchor is None else expand_fragments(anchor.string(), fragments),
            needs_literal,
        )
    except PatternError as error:
        raise item.error(error.problem, error.mend) from None


def _expressions(field: Field | None) -> tuple[str, ...]:
    if field is None:
        return ()
    for item in field.items():
        try:
            re.compile(item.string())
        except re.error as error:
            raise item.error(f"the pattern does not compile: {error}", "mend the pattern") from None
    return field.strings()


def _allow(field: Field) -> Allow:
    keys = field.mapping(frozenset({"values", "lines", "paths", "stopwords"}))
    stopwords = keys["stopwords"].strings() if "stopwords" in keys else ()
    return Allow(
        values=_expressions(keys.get("values")),
        lines=_expressions(keys.get("lines")),
        paths=_expressions(keys.get("paths")),
        stopwords=tuple(word.lower() for word in stopwords),
    )


def _pair(field: Field) -> Pair:
    keys = field.mapping(frozenset({"with", "within_lines", "as"}))
    for key in ("with", "within_lines", "as"):
        if key not in keys:
            raise field.error(f"a pair needs '{key}'", "pair: {with: RULE, within_lines: 10, as: NAME}")
    return Pair(keys["with"].string(), keys["within_lines"].integer(0, 100), keys["as"].string())


def _checksum(field: Field) -> str:

    return field.choice(tuple(CHECKSUMS))


def _examples(field: Field) -> tuple[Example, ...]:
    examples = []
    for item in field.items():
        if item.is_mapping:
            keys = item.mapping(frozenset({"text", "path"}))
            if "text" not in keys:
                raise item.error("no 'text' here", "give 'text' beside 'path'")
            path = keys["path"].string() if "path" in keys else None
            examples.append(Example(keys["text"].string(), path, item.line))
        else:
            examples.append(Example(item.string(), None, item.line))
    return tuple(examples)


def _check_references(rules: Sequence[Rule], drafts: Mapping[str, _Draft]) -> None:
    """Every pair names a rule that is there and is no pair itself."""
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        if rule.pair is None:
            continue
        other = by_id.get(rule.pair.other)
        if other is None or other.pair is not None:
            problem = "is a pair itself" if other else "is not there"
            field = drafts[rule.id].fields["pair"]
            raise RuleError(field.file, field.line, f"pair with rule '{rule.pair.other}', which {problem}")
