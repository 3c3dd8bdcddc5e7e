"""What can be set: each key, how it is read from a file and from the environment, and its default.

docs/schema/leakscan-config-1.json says the same to editors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from leakscan.document import Field
from leakscan.errors import UsageError
from leakscan.finding import SEVERITIES
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.suppress.allowlist import Allowance

HONOURED = ("gitleaks", "detect-secrets")

_CONDITIONS = frozenset({"values", "hashes", "paths", "rules"})
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64}|[0-9a-f]{32})")


class Key(NamedTuple):
    """One setting. ``of_text`` reads it from the environment, where it can stand there at all.

    ``of_field`` raises RuleError (file, line, mend), ``of_text`` ValueError with what would be right.
    """

    name: str
    default: Any
    of_field: Callable[[Field], Any]
    of_text: Callable[[str], Any] | None = None

    @property
    def variable(self) -> str:
        return f"LEAKSCAN_{self.name.upper()}"


def _probability(field: Field) -> float:
    number = field.number()
    if not 0 <= number <= 1:
        raise field.error(f"'{field.scalar()}' is out of range", "give a number from 0 to 1, such as 0.8")
    return number


def _file(field: Field) -> Path:
    """Relative to the file that names it."""
    name = field.string()
    if not name:
        raise field.error("it is empty", "name a file")
    return Path(field.file).parent / name


def _rule_files(field: Field) -> tuple[Path, ...]:
    return tuple(_file(item) for item in field.items())


def _honoured(field: Field) -> tuple[str, ...]:
    return tuple(item.choice(HONOURED) for item in field.items())


def _excluded(field: Field) -> tuple[Allowance, ...]:
    return tuple(
        Allowance(paths=(_pattern(item),), by="exclude", source=f"{item.file}:{item.line}")
        for item in field.items()
    )


def _allowed(field: Field) -> tuple[Allowance, ...]:
    return tuple(_allowance(item) for item in field.items())


def _allowance(item: Field) -> Allowance:
    keys = item.mapping(_CONDITIONS | {"reason"})
    if not _CONDITIONS & keys.keys():
        raise item.error("an entry without a condition would allow everything", "give values, paths or rules")
    lists = {name: keys[name].items() for name in _CONDITIONS & keys.keys()}
    for name, items in lists.items():
        if not items:
            raise keys[name].error(f"'{name}' is empty", "give at least one, or remove it")
    return Allowance(
        values=tuple(_expression(value) for value in lists.get("values", ())),
        hashes=tuple(_hash(value) for value in lists.get("hashes", ())),
        paths=tuple(_pattern(value) for value in lists.get("paths", ())),
        rules=tuple(_rule_id(value) for value in lists.get("rules", ())),
        reason=keys["reason"].string() if "reason" in keys else "",
        source=f"{item.file}:{item.line}",
    )


def _rule_id(field: Field) -> str:
    text = field.string()
    if not text:
        raise field.error("an empty text is no rule", "give its id ('leakscan rules list' has them all)")
    return text


def _expression(field: Field) -> str:
    text = field.string()
    try:
        matches_all = re.compile(text).search("") is not None
    except re.error as error:
        raise field.error(f"the pattern does not compile: {error}", "mend the pattern") from None
    if matches_all:
        raise field.error("this pattern matches everything", "write what the values have in common")
    return text


def _hash(field: Field) -> str:
    found = _HASH.fullmatch(field.string().lower())
    if found is None:
        problem = f"'{field.string()[:16]}…' is neither the SHA-256 of a value nor the id of a finding"
        raise field.error(problem, "64 or 32 hexadecimal digits")
    return found[1]


def _pattern(field: Field) -> str:
    text = field.string()
    if not text.strip() or text.startswith(("#", "!")):
        raise field.error(f"'{text}' is no pattern for paths", "such as tests/fixtures/ or *.lock")
    return text


def _severity_in(text: str) -> str:
    if text not in SEVERITIES:
        raise ValueError(f"one of {', '.join(SEVERITIES)}")
    return text


def _probability_in(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError("a number from 0 to 1")
    return number


def _switch_in(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "1")


def _honoured_in(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not set(names) <= set(HONOURED):
        raise ValueError(f"one of {', '.join(HONOURED)}, or both with a comma")
    return names


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("rules", (), _rule_files, lambda text: tuple(Path(name) for name in text.split(os.pathsep))),
        Key("min_confidence", DEFAULT_MIN_CONFIDENCE, _probability, _probability_in),
        Key("fail_on", "info", lambda field: field.choice(SEVERITIES), _severity_in),
        Key("baseline", None, _file, Path),
        Key("known_anywhere", False, Field.boolean, _switch_in),
        Key("marks", True, Field.boolean, _switch_in),
        Key("honour", (), _honoured, _honoured_in),
        Key("exclude", (), _excluded),
        Key("allow", (), _allowed),
    )
}


def read_settings(root: Field) -> dict[str, tuple[Any, int]]:
    """The values in a configuration with their lines. Raises RuleError at the first that is wrong."""
    fields = root.mapping(frozenset(KEYS))
    return {name: (KEYS[name].of_field(field), field.line) for name, field in fields.items()}


def read_variable(key: Key, text: str) -> Any:
    """The value of a variable. Raises UsageError where it is none."""
    assert key.of_text is not None
    try:
        return key.of_text(text)
    except ValueError as error:
        raise UsageError(f"{key.variable} is {text!r} and not {error}: correct or unset it") from None
