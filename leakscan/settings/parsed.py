"""A configuration as it was parsed before: a hook would wait 8 ms for PyYAML, which is more than for git."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from leakscan.document import Field, Mark, Node
from leakscan.ruleset import cache

_FORM = b"1"
_QUOTING = b"values"  # this key quotes what secrets look like, and no secret is kept in a cache


class _Alias(Exception):
    """A node stands at more than one place, and may hold itself."""


def kept(path: Path, content: bytes) -> Field | None:
    """The root of what these very bytes say, if that was kept."""
    packed = cache.kept(_name(content))
    return None if packed is None else Field(str(path), _node(*json.loads(packed)))


def keep(content: bytes, root: Field) -> None:
    """Keeps what a configuration says, which has no mistake; not if it quotes values or has aliases."""
    if _QUOTING not in content and not isinstance(root.node, Node):
        with suppress(_Alias):
            cache.keep(_name(content), json.dumps(_packed(root.node, set())).encode())


def _name(content: bytes) -> str:
    return cache.named("settings", [_FORM, content])


def _packed(node: Any, seen: set[int]) -> list[Any]:
    """A node of PyYAML's as JSON has it."""
    if id(node) in seen:
        raise _Alias
    seen.add(id(node))
    value = node.value
    if node.id == "sequence":
        value = [_packed(item, seen) for item in value]
    elif node.id == "mapping":
        value = [[_packed(key, seen), _packed(item, seen)] for key, item in value]
    return [node.id, node.tag, node.start_mark.line, value]


def _node(id: str, tag: str, line: int, value: Any) -> Node:
    if id == "sequence":
        value = [_node(*item) for item in value]
    elif id == "mapping":
        value = [(_node(*key), _node(*item)) for key, item in value]
    return Node(id, value, Mark(line), tag)
