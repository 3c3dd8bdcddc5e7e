"""The baseline: which findings were known at one time, in a small file that is committed.

It holds neither a secret nor a line, commit or time: only keyed hashes of rule and value, and of the paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leakscan.errors import UsageError
from leakscan.files import write_atomically
from leakscan.finding import Finding, Gap, Suppression
from leakscan.suppress.interface import Scope, Spot

SCHEMA = "leakscan-baseline/1"

_HEX = {"id": re.compile(r"[0-9a-f]{32}"), "salt": re.compile(r"[0-9a-f]{32,128}")}
_PLACE = re.compile(r"[0-9a-f]{16}")
_DECISIONS = ("real", "false", "accepted")


class _NoBaseline(Exception):
    """What is wrong with the content of a file that should be a baseline."""


class Entry(NamedTuple):
    """One known secret. ``live`` and ``past`` are hashes of the places where it stood at that time, in the
    files of that time and only in the history; ``decision`` and ``note`` come from a triage."""

    id: str
    rule: str
    live: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()
    decision: str = ""
    note: str = ""


class Baseline(NamedTuple):
    """The entries by id, and the key of their hashes. ``min_confidence`` is that of the scan that made it."""

    salt: str
    entries: Mapping[str, Entry] = {}
    min_confidence: float = 0.5

    @property
    def key(self) -> bytes:
        """What the ids of findings are made with where this baseline is in use."""
        return bytes.fromhex(self.salt)

    def place(self, name: str) -> str:
        """The hash of a path, or of what else a place is called."""
        import hmac  # which loads OpenSSL

        return hmac.digest(self.key, b"place\0" + name.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]

    def entry(self, finding: Finding, spots: Sequence[Spot]) -> Entry:
        """The finding as an entry; what was decided about it before is kept."""
        known = self.entries.get(finding.id, Entry(finding.id, finding.rule))
        live = frozenset(self.place(spot.place) for spot in spots if spot.live)
        past = frozenset(self.place(spot.place) for spot in spots if not spot.live)
        return known._replace(rule=finding.rule, live=live, past=past)


def new_baseline(min_confidence: float) -> Baseline:
    """An empty one with a random key of its own."""
    import secrets

    return Baseline(secrets.token_hex(32), {}, min_confidence)


class KnownFindings:
    """The suppressor of a baseline. ``anywhere`` hides a known secret at new places too."""

    def __init__(self, baseline: Baseline, source: str, anywhere: bool = False) -> None:
        self.baseline, self._source, self._anywhere = baseline, source, anywhere
        self._met: set[str] = set()
        self._moved: list[Gap] = []
        self.seen: dict[str, Entry] = {}

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        current = self.baseline.entry(finding, spots)
        self.seen[finding.id] = current
        known = self.baseline.entries.get(finding.id)
        if known is None:
            return {}
        self._met.add(finding.id)
        if known.decision == "real":
            return {}
        places = {spot.place: self.baseline.place(spot.place) for spot in spots}
        if not (self._anywhere or (scope.tree and _moved(known, current))):
            places = {place: code for place, code in places.items() if code in known.live | known.past}
        fresh = next((spot for spot in spots if spot.place not in places), None)
        if fresh is not None:
            line = fresh.nearest[0].position.line
            why = "a secret of the baseline stands at a place that is not in it"
            self._moved.append(Gap(f"{fresh.place}:{line}", why))
        return dict.fromkeys(places, Suppression("baseline", self._source, known.note))

    def warnings(self, scope: Scope) -> Iterator[Gap]:
        yield from self._moved
        gone = sum(id not in self._met for id in self.baseline.entries)
        if scope.history and gone:
            entries = "1 entry is" if gone == 1 else f"{gone} entries are"
            yield Gap(self._source, f"{entries} of no finding any more: run 'leakscan baseline update'")


def _moved(known: Entry, current: Entry) -> bool:
    """Whether the files with the secret were only renamed: none more than before, and an old one is gone."""
    fresh = current.live - known.live - known.past
    vacated = known.live - current.live
    return bool(vacated) and len(fresh) <= len(vacated)


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises UsageError with the file and the mend where it is none."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: a folder, pipe or device, and no baseline: name its file")
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such baseline ('leakscan baseline create' makes one)") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    return parsed_baseline(content, path)


def parsed_baseline(content: bytes, path: Path) -> Baseline:
    """The baseline in the content of a file; ``path`` names it in errors. Raises UsageError as above."""
    try:
        return _parsed(json.loads(content))
    except json.JSONDecodeError as error:
        problem, line = error.msg, error.lineno
        if b"<<<<<<<" in content:
            problem = "it has marks of a merge conflict: keep the entries of both sides, then run update"
        raise UsageError(f"{path}:{line}: not a baseline: {problem}") from None
    except (_NoBaseline, UnicodeDecodeError, RecursionError) as error:
        mend = "mend it, or make it anew with 'leakscan baseline create --force'"
        raise UsageError(f"{path}: not a baseline: {error} ({mend})") from None


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Sorted, with one entry a line, so that branches which both change it merge."""
    entries = ",\n    ".join(json.dumps(_as_json(entry)) for _, entry in sorted(baseline.entries.items()))
    listed = f"[\n    {entries}\n  ]" if entries else "[]"
    head = f'"schema": "{SCHEMA}",\n  "salt": "{baseline.salt}",'
    least = json.dumps(baseline.min_confidence)
    text = f'{{\n  {head}\n  "min_confidence": {least},\n  "findings": {listed}\n}}\n'
    write_atomically(path, text.encode())


def _as_json(entry: Entry) -> dict[str, Any]:
    fields = {
        "id": entry.id,
        "rule": entry.rule,
        "live": sorted(entry.live),
        "past": sorted(entry.past),
        "decision": entry.decision,
        "note": entry.note,
    }
    return {name: value for name, value in fields.items() if value}


def _parsed(root: Any) -> Baseline:
    """Raises _NoBaseline with what is wrong. An entry that a merge has doubled is one again."""
    if not isinstance(root, dict) or root.get("schema") != SCHEMA:
        raise _NoBaseline(f"its schema is not {SCHEMA}")
    least = root.get("min_confidence", 0.5)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise _NoBaseline("min_confidence is not a number from 0 to 1")
    salt = _text(root, "salt")
    if not _HEX["salt"].fullmatch(salt) or len(salt) % 2:
        raise _NoBaseline("its salt is not 32 to 128 hexadecimal digits")
    found = root.get("findings")
    if not isinstance(found, list):
        raise _NoBaseline("its findings are no list")
    entries: dict[str, Entry] = {}
    for entry in map(_entry, found):
        twin = entries.get(entry.id, entry)
        entries[entry.id] = entry._replace(
            live=entry.live | twin.live,
            past=entry.past | twin.past,
            decision=entry.decision or twin.decision,
            note=entry.note or twin.note,
        )
    return Baseline(salt, entries, float(least))


def _entry(found: Any) -> Entry:
    if not isinstance(found, dict):
        raise _NoBaseline("a finding is no object")
    id, decision = _text(found, "id"), _text(found, "decision", "")
    if not _HEX["id"].fullmatch(id):
        raise _NoBaseline(f"the id {id[:40]!r} is not 32 hexadecimal digits")
    if decision and decision not in _DECISIONS:
        raise _NoBaseline(f"the decision of {id} is none of {', '.join(_DECISIONS)}")
    return Entry(
        id,
        _text(found, "rule"),
        _places(found, "live"),
        _places(found, "past"),
        decision,
        _text(found, "note", ""),
    )


def _text(found: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = found.get(name, default)
    if not isinstance(value, str):
        raise _NoBaseline(f"{name} is missing or no text")
    return value


def _places(found: Mapping[str, Any], name: str) -> frozenset[str]:
    value = found.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and _PLACE.fullmatch(v) for v in value):
        raise _NoBaseline(f"{name} is no list of hashes of 16 hexadecimal digits")
    return frozenset(value)
