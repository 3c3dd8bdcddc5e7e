"""Rules of other tools in our schema: gitleaks' and betterleaks' TOML, kingfisher's YAML.

What our schema cannot say is named in a note with the rule, and never dropped quietly. A rule is left out
only where its pattern cannot work here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from leakscan.errors import UsageError
from leakscan.ruleset.bounds import bounded
from leakscan.ruleset.pattern import PatternError, check_pattern, expand_fragments

_GITLEAKS_KEYS = frozenset(
    "id description path regex secretGroup entropy keywords allowlists allowlist".split()  # noqa: SIM905
)
_GITLEAKS_TOP = frozenset({"title", "description", "minVersion", "betterleaksMinVersion", "rules"})
_ALLOW_KEYS = frozenset(
    "description condition regexTarget regexes paths stopwords".split()  # noqa: SIM905
)
_KINGFISHER_KEYS = frozenset("name id pattern min_entropy references visible".split())  # noqa: SIM905
_TARGETS = {"secret": "values", "match": "values", "line": "lines"}


@dataclass(frozen=True, slots=True)
class Note:
    """What could not be carried over, of which rule ("" is the file itself)."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Converted:
    """Rules in our schema, ready for YAML, with what is to be said about them."""

    rules: list[dict[str, Any]]
    notes: list[Note]

    def as_yaml(self) -> str:
        """A rule file; '' where no rule is left."""
        if not self.rules:
            return ""
        return yaml.safe_dump({"rules": self.rules}, sort_keys=False, allow_unicode=True, width=110)


def convert(file: Path, content: bytes) -> Converted:
    """The rules of a file of another tool; its ending says which: ``.toml``, ``.yaml`` or ``.yml``.

    Raises UsageError where the file is not what its ending says, or holds no list of rules.
    """
    top = _toml(file, content) if file.suffix == ".toml" else _yaml(file, content)
    items = top.get("rules") if isinstance(top, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UsageError(f"{file}: no list of rules in here (a .toml of gitleaks, or a .yaml of kingfisher)")
    notes: list[Note] = []
    of_gitleaks = file.suffix == ".toml"
    if of_gitleaks:
        notes += [Note("", f"'{key}' is not carried over") for key in sorted(top.keys() - _GITLEAKS_TOP)]
    rules: dict[str, dict[str, Any]] = {}
    for number, item in enumerate(items, 1):
        name = str(item.get("id") or f"rule number {number}")
        told = _Told(name, notes)
        try:
            rule = _of_gitleaks(item, told) if of_gitleaks else _of_kingfisher(item, told)
            _check(rule)
        except _LeftOut as error:
            told(f"left out: {error}")
            continue
        rules[_unused(rule["id"], rules, told)] = rule
    return Converted([{**rule, "id": name} for name, rule in rules.items()], notes)


class _LeftOut(Exception):
    """Why a rule cannot work here."""


@dataclass(frozen=True, slots=True)
class _Told:
    rule: str
    notes: list[Note]

    def __call__(self, text: str) -> None:
        self.notes.append(Note(self.rule, text))

    def other_keys(self, given: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in sorted(map(str, given.keys() - set(known))):
            self(f"'{key}' is not carried over")


def _of_gitleaks(item: dict[str, Any], told: _Told) -> dict[str, Any]:
    told.other_keys(item, _GITLEAKS_KEYS)
    pattern = _text(item, "regex")
    if not pattern:
        raise _LeftOut("it has no regex: only its path says what it is")
    title = _text(item, "description") or _name(item)
    rule = _rule(item, title, _pattern(pattern, item.get("secretGroup"), told))
    rule |= _entropy(item.get("entropy"), told)
    if path := _text(item, "path"):
        rule["paths"] = {"include": [_expression(path, told)]}
    allow: dict[str, list[str]] = {}
    lists = item.get("allowlists", item.get("allowlist", []))
    for entry in [lists] if isinstance(lists, dict) else lists if isinstance(lists, list) else []:
        _allow(entry, allow, told)
    return rule | ({"allow": allow} if allow else {})


def _allow(entry: Any, allow: dict[str, list[str]], told: _Told) -> None:
    if not isinstance(entry, dict):
        told("an allowlist that is no table is not carried over")
        return
    kinds = [key for key in ("regexes", "paths", "stopwords", "commits") if entry.get(key)]
    if str(entry.get("condition", "OR")).upper() in ("AND", "&&") and len(kinds) > 1:
        told(f"an allowlist with condition AND is not carried over ({' and '.join(kinds)})")
        return
    told.other_keys(entry, _ALLOW_KEYS)
    target = _TARGETS.get(str(entry.get("regexTarget", "secret")), "values")
    if entry.get("regexTarget") == "match":
        told("an allowlist of the whole match looks at the secret only")
    for key, place in (("regexes", target), ("paths", "paths"), ("stopwords", "stopwords")):
        texts = [text for text in _texts(entry.get(key)) if text]
        if key != "stopwords":
            texts = [found for text in texts if (found := _filter(text, told)) is not None]
        if texts:
            allow.setdefault(place, []).extend(texts)


def _of_kingfisher(item: dict[str, Any], told: _Told) -> dict[str, Any]:
    told.other_keys(item, _KINGFISHER_KEYS)
    if item.get("visible") is False:
        told("it is not to be reported by itself there (visible: false), but is here")
    pattern = _text(item, "pattern")
    if not pattern:
        raise _LeftOut("it has no pattern")
    rule = _rule(item, _text(item, "name") or _name(item), _pattern(pattern, None, told))
    references = [text for text in _texts(item.get("references")) if text]
    return rule | _entropy(item.get("min_entropy"), told) | ({"references": references} if references else {})


def _rule(item: dict[str, Any], title: str, pattern: str) -> dict[str, Any]:
    """No provider is said anywhere, and no severity: ``high``, until somebody who knows says better."""
    return {
        "id": _id(_name(item)),
        "title": " ".join(title.split()),
        "provider": "Converted",
        "severity": "high",
        "kind": "keyword",
        "pattern": pattern,
    }


def _name(item: dict[str, Any]) -> str:
    return str(item.get("id") or item.get("name") or "converted")


def _id(name: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", name.lower())) or "converted"


def _unused(name: str, taken: Mapping[str, Any], told: _Told) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    if found != name:
        told(f"its id is there already: it is '{found}' here")
    return found


def _entropy(given: Any, told: _Told) -> dict[str, float]:
    if given is None or given == 0:
        return {}
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= 8:
        return {"min_entropy": float(given)}
    told("an entropy that is no number from 0 to 8 is not carried over")
    return {}


def _pattern(text: str, group: Any, told: _Told) -> str:
    """The pattern with bounded repetitions, and with the group of the secret by its name."""
    text = _expression(text, told)
    try:
        found, changed = bounded(text, group if isinstance(group, int) and group > 0 else None)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise _LeftOut(f"its pattern cannot be read: {error}") from None
    if changed:
        told(f"repetitions without an end have one here: {', '.join(changed)}")
    return found


def _filter(text: str, told: _Told) -> str | None:
    text = _expression(text, told)
    try:
        re.compile(text.encode())
    except (re.error, OverflowError, RecursionError) as error:
        told(f"an expression of its allowlist does not compile here, and is not carried over: {error}")
        return None
    return text


def _expression(text: str, told: _Told) -> str:
    """The expression as Python reads it: RE2 has classes and ends of the text of its own."""
    text = re.sub(r"\(\?P?<([A-Za-z_]\w*)>", r"(?P<\1>", text)
    if re.match(r"\s*\(\?[a-z]*x", text):
        text = "".join(
            piece[0] for piece in _COMMENTED.finditer(text.strip()) if not piece[0].startswith("#")
        )
    for posix, members in _POSIX.items():
        text = text.replace(f"[:{posix}:]", members)
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\z", r"\1$", re.sub(r"(?<!\\)((?:\\\\)*)\\A", r"\1^", text))
    inside = re.findall(r"(?<!\\)\(\?i\)", text)
    if inside and not text.startswith("(?i)"):
        text = "(?i)" + text.replace("(?i)", "")
        told("(?i) in the middle of an expression holds for all of it here")
    return text[:4] + text[4:].replace("(?i)", "") if text.startswith("(?i)") else text


_COMMENTED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|#[^\n]*|.", re.S)
_POSIX = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
    "word": r"\w",
    "space": r"\s",
}


def _check(rule: dict[str, Any]) -> None:
    try:
        check_pattern(expand_fragments(rule["pattern"], {}), None, needs_literal=True)
    except PatternError as error:
        raise _LeftOut(str(error)) from None


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _toml(file: Path, content: bytes) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: it is no TOML: {error}") from None


def _yaml(file: Path, content: bytes) -> Any:
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: it is no YAML: {' '.join(str(error).split())}") from None
