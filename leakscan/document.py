"""Reads YAML so that every complaint can name its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from leakscan.errors import Report, RuleError, at_first

# What YAML takes a value for that is written without quotes (https://yaml.org/type/).
TEXT, BOOLEAN, DATE, NUMBER = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "bool", "timestamp", "float"))
_KINDS = {
    BOOLEAN: "true or false",
    DATE: "a date",
    NUMBER: "a number",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:null": "nothing",
}


class Mark(NamedTuple):
    line: int


class Node(NamedTuple):
    """What a :class:`Field` asks of a node of PyYAML's, for what another parser has read."""

    id: str
    value: Any
    start_mark: Mark
    tag: str = TEXT


class Field(NamedTuple):
    """One node of PyYAML's with its file; each method checks the type and returns plain Python."""

    file: str
    node: Any

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def error(self, problem: str, mend: str = "") -> RuleError:
        return RuleError(self.file, self.line, problem, mend)

    def mapping(self, allowed: frozenset[str], report: Report = at_first) -> dict[str, Field]:
        """The mapping's fields by key; each unknown or repeated key is reported as an error."""
        if self.node.id != "mapping":
            raise self.error("expected a mapping", "write it as 'key: value' lines")
        fields: dict[str, Field] = {}
        for key_node, value_node in self.node.value:
            key = Field(self.file, key_node)
            name = key.string()
            if name not in allowed:
                from difflib import get_close_matches

                near = get_close_matches(name, allowed, n=1)
                mend = f"did you mean '{near[0]}'?" if near else "known keys: " + ", ".join(sorted(allowed))
                report(key.error(f"unknown key '{name}'", mend))
            elif name in fields:
                report(key.error(f"key '{name}' is given twice", "keep one of them"))
            else:
                fields[name] = Field(self.file, value_node)
        return fields

    def pairs(self) -> Iterator[tuple[str, Field]]:
        """Key and value of a mapping with free keys."""
        if self.node.id != "mapping":
            raise self.error("expected a mapping", "write it as 'name: value' lines")
        for key_node, value_node in self.node.value:
            yield Field(self.file, key_node).string(), Field(self.file, value_node)

    def items(self) -> list[Field]:
        if self.node.id != "sequence":
            raise self.error("expected a list", "write each entry after '- '")
        return [Field(self.file, node) for node in self.node.value]

    def string(self) -> str:
        text = self.scalar()
        if self.node.tag != TEXT:
            kind = _KINDS.get(self.node.tag, "something else")
            mend = "put it in quotes" if kind != "nothing" else "write it, or leave its key out"
            raise self.error(f"expected a text, not {kind}", mend)
        return text

    def scalar(self) -> str:
        """Whatever single value stands here, as it is written."""
        if self.node.id != "scalar":
            raise self.error("expected a text", "put it in quotes")
        return str(self.node.value)

    def strings(self) -> tuple[str, ...]:
        return tuple(item.string() for item in self.items())

    def number(self) -> float:
        try:
            return float(self.scalar())
        except ValueError:
            raise self.error(f"expected a number, not '{self.scalar()}'", "such as 3.5") from None

    def integer(self, least: int, most: int) -> int:
        text = self.scalar()
        if not text.isdigit() or not least <= int(text) <= most:
            raise self.error(f"expected a whole number, not '{text}'", f"give one from {least} to {most}")
        return int(text)

    def boolean(self) -> bool:
        text = self.scalar().lower()
        if text not in {"true", "false"}:
            raise self.error(f"expected true or false, not '{self.scalar()}'", "write one of the two")
        return text == "true"

    def choice(self, options: tuple[str, ...]) -> str:
        text = self.string()
        if text not in options:
            raise self.error(f"unknown value '{text}'", "one of: " + ", ".join(options))
        return text

    @property
    def is_mapping(self) -> bool:
        return bool(self.node.id == "mapping")

    @property
    def is_list(self) -> bool:
        return bool(self.node.id == "sequence")


def read_yaml(path: Path | str, content: bytes) -> Field | None:
    """The document's root field, or None for an empty file.

    Raises RuleError with the line where the YAML itself is broken.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(content.decode("utf-8"), Loader=loader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleError(str(path), line, "the file is not UTF-8", "save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or "broken YAML"
        raise RuleError(str(path), mark.line + 1 if mark else 1, problem, "mend the YAML") from None
    except yaml.YAMLError as error:
        raise RuleError(str(path), 1, f"broken YAML: {str(error).splitlines()[0]}", "mend the YAML") from None
    return None if root is None else Field(str(path), root)
