"""Tells each finding what to do about it, from the YAML files under ``advice/``.

A file maps an advice id to its texts::

    example-cloud:
      summary: One sentence with the most urgent thing to do.
      steps:
        - First this.
        - Then that.
      links:
        - https://example.com/docs/rotate
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from leakscan.errors import RuleError
from leakscan.finding import Advice, Finding

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

FALLBACK = "generic-secret"
_KEYS = ("summary", "steps", "links")


def advise(findings: Iterable[Finding], advice_ids: Mapping[str, str | None]) -> Iterator[Finding]:
    """Each finding with the advice that its rule names, or else with that for any secret.

    ``advice_ids`` maps a rule's id to an advice's. The texts are read when the first finding comes.
    """
    for finding in findings:
        known = built_in_advice()
        yield replace(finding, advice=known.get(advice_ids.get(finding.rule) or FALLBACK) or known[FALLBACK])


@lru_cache(maxsize=1)
def built_in_advice() -> dict[str, Advice]:
    """All advice that leakscan ships, by id."""
    known: dict[str, Advice] = {}
    folder = files("leakscan.advise").joinpath("advice")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            more = read_advice(file.read_text("utf-8"), file.name)
            twice = sorted(known.keys() & more.keys())
            if twice:
                raise RuleError(file.name, 1, f"advice {twice[0]!r} is in another file too", "keep one")
            known.update(more)
    return known


def read_advice(text: str, file: str) -> dict[str, Advice]:
    """The advice in one YAML file, checked; ``file`` names it in errors."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(file, line, f"no YAML: {error.problem}", "check indentation and quotes") from None
    except yaml.YAMLError as error:
        raise RuleError(file, 1, f"no YAML: {error}", "write it as UTF-8 text") from None
    if root is None:
        return {}
    entries = _mapping(root, file, "the file", "write an advice id, a colon and its texts")
    return {id: _advice(id, node, file) for id, node in entries.items()}


def _advice(id: str, node: Node, file: str) -> Advice:
    texts = _mapping(node, file, f"advice {id!r}", "give it summary, steps and links")
    for key, value in texts.items():
        if key not in _KEYS:
            raise _error(file, value, f"advice {id!r} has the unknown key {key!r}", f"use {', '.join(_KEYS)}")
    for key in ("summary", "steps"):
        if key not in texts:
            raise _error(file, node, f"advice {id!r} has no {key}", f"add {key}:")
    links = _texts(texts["links"], file, f"links of {id!r}") if "links" in texts else ()
    for link in links:
        if not link.startswith("https://"):
            raise _error(file, texts["links"], f"{link!r} is no link", "start it with https://")
    steps = _texts(texts["steps"], file, f"steps of {id!r}")
    if not steps:
        raise _error(file, texts["steps"], f"advice {id!r} has no steps", "say what to do")
    return Advice(id, _text(texts["summary"], file, f"summary of {id!r}"), steps, links)


def _mapping(node: Node, file: str, what: str, mend: str) -> dict[str, Node]:
    from yaml.nodes import MappingNode

    if not isinstance(node, MappingNode):
        raise _error(file, node, f"{what} is no mapping", mend)
    return dict(_pairs(node, file))


def _pairs(node: MappingNode, file: str) -> Iterator[tuple[str, Node]]:
    seen = set()
    for key, value in node.value:
        name = _text(key, file, "key")
        if name in seen:
            raise _error(file, key, f"{name!r} stands here twice", "keep one")
        seen.add(name)
        yield name, value


def _texts(node: Node, file: str, what: str) -> tuple[str, ...]:
    from yaml.nodes import SequenceNode

    if not isinstance(node, SequenceNode):
        raise _error(file, node, f"{what}: no list", "start each with a dash")
    return tuple(_text(item, file, what) for item in node.value)


def _text(node: Node, file: str, what: str) -> str:
    from yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode) or not node.value.strip():
        raise _error(file, node, f"{what}: no text", "quote it if a colon and a space stand in it")
    return " ".join(node.value.split())


def _error(file: str, node: Node, problem: str, mend: str) -> RuleError:
    return RuleError(file, node.start_mark.line + 1, problem, mend)
