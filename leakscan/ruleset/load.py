"""From YAML files to a checked RuleSet: the built-in rules, then the user's over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, cast

from leakscan.document import Field, read_yaml
from leakscan.errors import Report, RuleError, at_first
from leakscan.finding import SEVERITIES, Severity
from leakscan.ruleset.checksum import CHECKSUMS
from leakscan.ruleset.files import builtin_rules, rule_files
from leakscan.ruleset.pattern import PatternError, check_pattern, expand_fragments
from leakscan.ruleset.rule import KINDS, Allow, Example, Kind, Pair, Pattern, Rule
from leakscan.ruleset.ruleset import RuleSet

FILE_KEYS = frozenset({"provider", "references", "fragments", "rules"})
RULE_KEYS = frozenset(
    """id title provider severity kind pattern patterns min_entropy paths allow pair checksum encoded advice
    references examples counterexamples disabled""".split()  # noqa: SIM905
)
T = TypeVar("T")

_PAIR_KEYS = frozenset({"with", "within_lines", "as"})
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(slots=True)
class _Draft:
    """A rule's fields before they are checked, and the fragments that each field's file knows.

    ``whole`` says that no field was left out for being wrong.
    """

    id: Field
    fields: dict[str, Field]
    fragments: dict[str, Mapping[str, str]]
    user: bool
    whole: bool = True


def load_rules(
    extra: Iterable[Path] = (),
    builtin: Path | None = None,
    report: Report = at_first,
    known: RuleSet | None = None,
) -> RuleSet:
    """The built-in rules with those at the ``extra`` paths added, changed or switched off.

    Reports a RuleError (file, line, mend) for whatever breaks the schema, and leaves that rule out.
    Raises UsageError for a path that cannot be read. ``known`` is as in :func:`parse_rules`.
    """
    files = [file for path in extra for file in rule_files(path)]
    return parse_rules(rule_files(builtin or builtin_rules()), files, report, known)


def parse_rules(
    builtin: Sequence[tuple[Path, bytes]],
    extra: Sequence[tuple[Path, bytes]],
    report: Report = at_first,
    known: RuleSet | None = None,
) -> RuleSet:
    """The rules in the given files (path and content), as :func:`load_rules` gives them.

    Where the built-in rules are ``known``, the result is made over them: those that no file changes are taken
    from there.
    """
    drafts: dict[str, _Draft] = {}
    fragments: dict[str, str] = {}
    for user, files in ((False, builtin), (True, extra)):
        tops = [top for top in (_top(file, content, report) for file, content in files) if top is not None]
        for top in tops:
            if "rules" not in top and "fragments" in top:  # shared by all files
                fragments |= _fragments(top, report)
        for top in tops:
            _collect(top, fragments, user, drafts, report)
    made = {} if known is None else {rule.id: rule for rule in known}
    built = (
        made.get(id) if id in made and not draft.user else _build(draft, report)
        for id, draft in drafts.items()
        if not _disabled(draft)
    )
    rules = [rule for rule in built if rule is not None]
    paired = tuple(rule for rule in rules if _pairs_well(rule, rules, drafts, report))
    return RuleSet(paired, builtin=known)


def _top(file: Path, content: bytes, report: Report) -> Mapping[str, Field] | None:
    """The fields of a file; None for one that has none to use."""
    try:
        root = read_yaml(file, content)
        if root is None:
            raise RuleError(str(file), 1, "the file is empty", "write rules into it; see docs/rules.md")
        top = root.mapping(FILE_KEYS, report)
        if "rules" not in top and "fragments" not in top:
            raise root.error("no 'rules:' in this file", "see docs/rules.md")
    except RuleError as error:
        report(error)
        return None
    return top


def _fragments(top: Mapping[str, Field], report: Report) -> dict[str, str]:
    try:
        return {name: field.string() for name, field in top["fragments"].pairs()}
    except RuleError as error:
        report(error)
        return {}


def _collect(
    top: Mapping[str, Field],
    shared: Mapping[str, str],
    user: bool,
    drafts: dict[str, _Draft],
    report: Report,
) -> None:
    """Adds one file's rules to ``drafts``, merging those that change a built-in rule."""
    fragments = {**shared, **(_fragments(top, report) if "fragments" in top else {})}
    defaults = {key: top[key] for key in ("provider", "references") if key in top}
    try:
        items = top["rules"].items() if "rules" in top else []
    except RuleError as error:
        report(error)
        return
    for item in items:
        try:
            _add(item, defaults, fragments, user, drafts, report)
        except RuleError as error:
            report(error)


def _add(
    item: Field,
    defaults: Mapping[str, Field],
    fragments: Mapping[str, str],
    user: bool,
    drafts: dict[str, _Draft],
    report: Report,
) -> None:
    wrong: list[RuleError] = []
    fields = item.mapping(RULE_KEYS, wrong.append)
    for error in wrong:
        report(error)
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
        fields = {**defaults, **fields}
        drafts[name] = _Draft(fields["id"], fields, dict.fromkeys(fields, fragments), user, not wrong)
    elif known.user or not user:
        first = f"{known.id.file}:{known.id.line}"
        raise fields["id"].error(f"rule '{name}' is there already, at {first}", "rename or remove one")
    else:
        if {"pattern", "patterns"} & fields.keys():
            known.fields = {k: f for k, f in known.fields.items() if k not in {"pattern", "patterns"}}
        known.fields |= fields
        known.fragments |= dict.fromkeys(fields, fragments)
        known.id, known.user, known.whole = fields["id"], True, not wrong


def _disabled(draft: _Draft) -> bool:
    return "disabled" in draft.fields and draft.fields["disabled"].scalar().lower() == "true"


def _build(draft: _Draft, report: Report) -> Rule | None:
    """The rule, or None where something in it was reported."""
    wrong: list[RuleError] = []
    fields = draft.fields

    def read(key: str, of: Callable[[Field], T], default: T) -> T:
        try:
            return of(fields[key]) if key in fields else default
        except RuleError as error:
            wrong.append(error)
            return default

    for key in ("title", "provider", "severity", "examples"):
        if key not in fields and draft.whole and not (key == "examples" and draft.user):
            wrong.append(
                draft.id.error(f"rule '{draft.id.string()}' has no '{key}'", "add it; see docs/rules.md")
            )
    read("disabled", Field.boolean, False)
    nowhere: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    only, never = read("paths", _paths, nowhere)
    rule = Rule(
        id=draft.id.string(),
        title=read("title", Field.string, ""),
        provider=read("provider", Field.string, ""),
        severity=cast(Severity, read("severity", lambda field: field.choice(SEVERITIES), "info")),
        kind=cast(Kind, read("kind", lambda field: field.choice(KINDS), "token")),
        patterns=_patterns(draft, wrong.append),
        min_entropy=read("min_entropy", Field.number, 0.0),
        only_paths=only,
        never_paths=never,
        allow=read("allow", _allow, Allow()),
        pair=read("pair", _pair, None),
        checksum=read("checksum", lambda field: field.choice(tuple(CHECKSUMS)), None),
        encoded=read("encoded", Field.boolean, False),
        advice=read("advice", Field.string, None),
        references=read("references", Field.strings, ()),
        examples=read("examples", _examples, ()),
        counterexamples=read("counterexamples", _examples, ()),
        file=draft.id.file,
        line=draft.id.line,
    )
    for error in sorted(wrong, key=lambda error: error.line):
        report(error)
    return None if wrong or not draft.whole else rule


def _paths(field: Field) -> tuple[tuple[str, ...], tuple[str, ...]]:
    paths = field.mapping(frozenset({"include", "exclude"}))
    return _expressions(paths.get("include")), _expressions(paths.get("exclude"))


def _patterns(draft: _Draft, report: Report) -> tuple[Pattern, ...]:
    given = [key for key in ("pattern", "patterns") if key in draft.fields]
    if len(given) != 1:
        if given or draft.whole:
            report(draft.id.error("a rule has either 'pattern' or 'patterns'", "give one of the two"))
        return ()
    key = given[0]
    field = draft.fields[key]
    items = field.items() if field.is_list else [field]
    if not items:
        report(field.error("no pattern in the list", "give at least one"))
    patterns = []
    for item in items:
        try:
            patterns.append(_pattern(item, draft.fragments[key], "pair" not in draft.fields, not draft.user))
        except RuleError as error:
            report(error)
    return tuple(patterns)


def _pattern(item: Field, fragments: Mapping[str, str], needs_literal: bool, builtin: bool) -> Pattern:
    text, anchor = item, None
    if item.is_mapping:
        keys = item.mapping(frozenset({"pattern", "anchor"}))
        if "pattern" not in keys:
            raise item.error("no 'pattern' here", "give 'pattern' beside 'anchor'")
        text, anchor = keys["pattern"], keys.get("anchor")
    try:
        pattern = check_pattern(
            expand_fragments(text.string(), fragments),
            None if anchor is None else expand_fragments(anchor.string(), fragments),
            needs_literal,
            compiles=builtin,
        )
    except PatternError as error:
        raise item.error(error.problem, error.mend) from None
    return pattern._replace(line=text.line)


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
    keys = field.mapping(_PAIR_KEYS)
    for key in ("with", "within_lines", "as"):
        if key not in keys:
            raise field.error(f"a pair needs '{key}'", "pair: {with: RULE, within_lines: 10, as: NAME}")
    return Pair(keys["with"].string(), keys["within_lines"].integer(0, 100), keys["as"].string())


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


def _pairs_well(rule: Rule, rules: Sequence[Rule], drafts: Mapping[str, _Draft], report: Report) -> bool:
    """Whether the rule's pair names a rule that is there and is no pair itself; reports where not."""
    if rule.pair is None:
        return True
    name = rule.pair.other
    other = next((other for other in rules if other.id == name), None)
    if other is not None and other.pair is None:
        return True
    field = drafts[rule.id].fields["pair"].mapping(_PAIR_KEYS)["with"]
    if other is not None:
        report(
            field.error(f"pair with rule '{name}', which is a pair itself", "name the rule of the identifier")
        )
    elif name not in drafts or _disabled(drafts[name]):  # else that rule's own mistakes are told
        singles = [single.id for single in rules if single.pair is None]
        near = get_close_matches(name, singles, n=1)
        mend = f"did you mean '{near[0]}'?" if near else "'leakscan rules list' has them all"
        report(field.error(f"pair with rule '{name}', which is not there", mend))
    return False
