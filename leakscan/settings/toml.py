"""Reads the ``[tool.leakscan]`` of a pyproject.toml so that every complaint can name its line.

TOML's parser tells no lines, so they are looked up in the text: exact for tables and keys that stand at the
beginning of a line, as they do in practice, else that of the table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leakscan.document import BOOLEAN, DATE, NUMBER, TEXT, Field, Mark, Node
from leakscan.errors import RuleError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = ("tool", "leakscan")

_TAGS = {str: TEXT, bool: BOOLEAN, int: NUMBER, float: NUMBER}  # all else is dates and times
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*([\w."'-]+)\s*=""")
_AT = re.compile(r"\(at line (\d+)")

_Path = tuple[str | int, ...]


def read_pyproject(path: Path | str, content: bytes) -> Field | None:
    """The field of ``[tool.leakscan]``; None where there is none.

    Raises RuleError with the line where the TOML itself is broken.
    """
    try:
        text = content.decode("utf-8")
        found: Any = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleError(str(path), line, "the file is not UTF-8", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        problem = str(error).partition(" (at ")[0]
        raise RuleError(str(path), int(at[1]) if at else 1, problem, "mend the TOML") from None
    for name in TABLE:
        found = found.get(name) if isinstance(found, dict) else None
    return None if found is None else Field(str(path), _node(found, TABLE, _lines(text)))


def _node(value: Any, path: _Path, lines: Mapping[_Path, int]) -> Node:
    mark = Mark(_line(path, lines))
    if isinstance(value, dict):
        pairs = []
        for name, inner in value.items():
            key = Node("scalar", name, Mark(_line((*path, name), lines)))
            pairs.append((key, _node(inner, (*path, name), lines)))
        return Node("mapping", pairs, mark)
    if isinstance(value, list):
        return Node("sequence", [_node(v, (*path, number), lines) for number, v in enumerate(value)], mark)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Node("scalar", text, mark, _TAGS.get(type(value), DATE))


def _line(path: _Path, lines: Mapping[_Path, int]) -> int:
    """From 0, as YAML's marks count."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _lines(text: str) -> dict[_Path, int]:
    found: dict[_Path, int] = {}
    tables: dict[_Path, int] = {}
    table: _Path = ()
    for number, line in enumerate(text.split("\n")):
        if header := _HEADER.match(line):
            table = _names(header[2])
            if header[1] == "[[":
                found.setdefault(table, number)
                tables[table] = tables.get(table, -1) + 1
                table = (*table, tables[table])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_names(key[1])), number)
    return found


def _names(dotted: str) -> _Path:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))
