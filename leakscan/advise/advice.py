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

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakscan.errors import RuleError
from leakscan.finding import Advice, Finding
from leakscan.ruleset.cache import opened, write

if TYPE_CHECKING:
    from leakscan.document import Field

FALLBACK = "generic-secret"
_KEYS = frozenset({"summary", "steps", "links"})


def advise(findings: Iterable[Finding], advice_ids: Mapping[str, str | None]) -> Iterator[Finding]:
    """Each finding with the advice that its rule names, or else with that for any secret.

    ``advice_ids`` maps a rule's id to an advice's. The texts are read when the first finding comes.
    """
    for finding in findings:
        known = built_in_advice()
        yield finding._replace(advice=known.get(advice_ids.get(finding.rule) or FALLBACK) or known[FALLBACK])


@lru_cache(maxsize=1)
def built_in_advice() -> Mapping[str, Advice]:
    """All advice that leakscan ships, by id. It is read once after an installation, and then from the cache:
    to read so much YAML takes longer than all else that a hook does."""
    folder = Path(__file__).with_name("advice")
    files = [(file.name, file.read_bytes()) for file in sorted(folder.glob("*.yaml"))]
    digest = blake2b(Path(__file__).read_bytes(), digest_size=16)
    for name, content in files:
        digest.update(b"\0".join([name.encode(), str(len(content)).encode(), content]))
    cached = f"advice-{digest.hexdigest()}"
    kept = _kept(cached)
    if kept is None:
        kept = {id: advice[1:] for id, advice in _joined(files).items()}
        write(cached, json.dumps(kept).encode())
    return {
        id: Advice(id, summary, tuple(steps), tuple(links)) for id, (summary, steps, links) in kept.items()
    }


def _kept(name: str) -> Mapping[str, Any] | None:
    file = opened(name)
    if file is None:
        return None
    with file:
        try:
            return dict(json.loads(file.read()))
        except ValueError:  # cut off, or damaged
            return None


def _joined(files: Iterable[tuple[str, bytes]]) -> dict[str, Advice]:
    known: dict[str, Advice] = {}
    for name, content in files:
        more = read_advice(content.decode("utf-8"), name)
        twice = sorted(known.keys() & more.keys())
        if twice:
            raise RuleError(name, 1, f"advice {twice[0]!r} is in another file too", "keep one")
        known.update(more)
    return known


def read_advice(text: str, file: str) -> dict[str, Advice]:
    """The advice in one YAML file, checked; ``file`` names it in errors."""
    from leakscan.document import read_yaml

    root = read_yaml(file, text.encode())
    known: dict[str, Advice] = {}
    for id, field in root.pairs() if root else ():
        if id in known:
            raise field.error(f"advice '{id}' stands here twice", "keep one")
        known[id] = _advice(id, field)
    return known


def _advice(id: str, field: Field) -> Advice:
    texts = field.mapping(_KEYS)
    for key in ("summary", "steps"):
        if key not in texts:
            raise field.error(f"advice '{id}' has no {key}", f"add '{key}:'")
    links = texts["links"].strings() if "links" in texts else ()
    for link in links:
        if not link.startswith("https://"):
            raise texts["links"].error(f"'{link}' is no link", "start it with https://")
    steps = tuple(map(_folded, texts["steps"].strings()))
    summary = _folded(texts["summary"].string())
    if not summary or not steps or not all(steps):
        raise field.error(f"advice '{id}' has an empty text", "say what to do")
    return Advice(id, summary, steps, links)


def _folded(text: str) -> str:
    return " ".join(text.split())
