"""gitleaks' ``gitleaks:allow``, ``.gitleaksignore``, and the allowlists of ``.gitleaks.toml``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leakscan.errors import RuleError
from leakscan.finding import Candidate, Finding, Gap, Suppression
from leakscan.suppress.interface import Scope, Spot
from leakscan.suppress.peers import has_gitleaks_mark, marked

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

IGNORE, CONFIG = ".gitleaksignore", ".gitleaks.toml"

_FINGERPRINT = re.compile(r"(?:(?P<commit>[0-9a-f]{40,64}):)?(?P<path>.+):[^:]+:(?P<line>\d+)")
_AT = re.compile(r"\(at line (\d+)")
_SECONDS = 2.0  # that one pattern may take on one text


@dataclass(frozen=True, slots=True)
class _Ignored:
    """A fingerprint: a line of a file, in one commit or in any. Its rule has another name here."""

    commit: str | None
    path: str
    line: int
    source: str

    def is_about(self, candidate: Candidate) -> bool:
        origin = candidate.origin
        if origin.path != self.path or candidate.position.line != self.line:
            return False
        return self.commit is None or self.commit == origin.commit


@dataclass(frozen=True, slots=True)
class _Allowed:
    """One allowlist: each list that is given makes a check, of which one or all (``AND``) must hold."""

    source: str
    every: bool
    target: str
    rules: frozenset[str]
    commits: frozenset[str]
    paths: tuple[Any, ...]
    regexes: tuple[Any, ...]
    stopwords: tuple[str, ...]

    def is_about(self, candidate: Candidate) -> bool:
        if self.rules and candidate.rule not in self.rules:
            return False
        checks = []
        if self.commits:
            checks.append(candidate.origin.commit in self.commits)
        if self.paths:
            path = (candidate.origin.path or "").encode("utf-8", "surrogateescape")
            checks.append(any(_found(pattern, path) for pattern in self.paths))
        if self.regexes:
            text = _target(candidate, self.target)
            checks.append(any(_found(pattern, text) for pattern in self.regexes))
        if self.stopwords:
            value = candidate.secret.raw.lower()
            checks.append(any(word.lower().encode() in value for word in self.stopwords))
        return bool(checks) and (all(checks) if self.every else any(checks))


class Gitleaks:
    """The suppressor of what gitleaks would leave out; ``ignore`` and ``config`` are texts of its files."""

    def __init__(self, ignore: str | None = None, config: str | None = None) -> None:
        self._problems: list[Gap] = []
        self._ignored = list(self._fingerprints(ignore or ""))
        self._allowed = list(self._allowlists(config)) if config is not None else []
        self._used: set[str] = set()

    def cover(self, finding: Finding, spots: Sequence[Spot], scope: Scope) -> Mapping[str, Suppression]:
        """An entry for one version of a file covers the others: gitleaks names only where a line came in."""
        covered = dict(marked(spots, has_gitleaks_mark, "gitleaks"))
        entries: list[_Ignored | _Allowed] = [*self._ignored, *self._allowed]
        for spot in spots:
            for entry in entries:
                if any(entry.is_about(candidate) for candidate in spot.candidates):
                    self._used.add(entry.source)
                    covered.setdefault(spot.place, Suppression("gitleaks", entry.source))
        return covered

    def warnings(self, scope: Scope) -> Iterator[Gap]:
        yield from self._problems
        if scope.history:
            idle = [entry for entry in self._ignored if entry.source not in self._used]
            if idle:
                yield Gap(IGNORE, f"{len(idle)} of its {len(self._ignored)} entries cover no finding")

    def _fingerprints(self, text: str) -> Iterator[_Ignored]:
        for number, line in enumerate(text.splitlines(), 1):
            entry = line.strip()
            if not entry or entry.startswith("#"):
                continue
            found = _FINGERPRINT.fullmatch(entry)
            if found is None:
                self._problems.append(Gap(f"{IGNORE}:{number}", "this is no fingerprint, and not honoured"))
                continue
            path = found["path"].replace("\\", "/")
            yield _Ignored(found["commit"], path, int(found["line"]), f"{IGNORE}:{number}")

    def _allowlists(self, text: str) -> Iterator[_Allowed]:
        """Raises RuleError where the file is no TOML."""
        try:
            root = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = _AT.search(str(error))
            problem = str(error).partition(" (at ")[0]
            raise RuleError(
                CONFIG, int(at[1]) if at else 1, problem, "mend it, or leave out --honour"
            ) from None
        if isinstance(root.get("extend"), dict) and root["extend"].get("path"):
            self._problems.append(
                Gap(CONFIG, "the file that it extends is not read: its allowlists do not count")
            )
        for name, entry in _tables(root):
            yield from self._allowlist(entry, name, frozenset(_strings(entry, "targetRules")))
        for rule in root.get("rules", ()) if isinstance(root.get("rules"), list) else ():
            if isinstance(rule, dict) and isinstance(rule.get("id"), str):
                for name, entry in _tables(rule):
                    yield from self._allowlist(entry, f"{rule['id']}, {name}", frozenset({rule["id"]}))

    def _allowlist(self, entry: dict[str, Any], name: str, rules: frozenset[str]) -> Iterator[_Allowed]:
        source = f"{CONFIG} ({name})"
        patterns: dict[str, tuple[Any, ...]] = {}
        for kind in ("paths", "regexes"):
            compiled = [self._compiled(text, source) for text in _strings(entry, kind)]
            if None in compiled and entry.get("condition") == "AND":
                return  # without one of its conditions it would allow more
            patterns[kind] = tuple(pattern for pattern in compiled if pattern is not None)
        yield _Allowed(
            source=source,
            every=entry.get("condition") == "AND",
            target=str(entry.get("regexTarget", "secret")),
            rules=rules,
            commits=frozenset(_strings(entry, "commits")),
            paths=patterns["paths"],
            regexes=patterns["regexes"],
            stopwords=_strings(entry, "stopwords"),
        )

    def _compiled(self, text: str, source: str) -> Any:
        import regex

        try:
            return regex.compile(text.replace(r"\z", r"\Z").encode())
        except regex.error as error:
            self._problems.append(Gap(source, f"a pattern is not honoured: {error}"))
            return None


def _tables(holder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Its allowlists: ``[[allowlists]]``, or the older ``[allowlist]``."""
    old, new = holder.get("allowlist"), holder.get("allowlists")
    if isinstance(old, dict):
        yield "allowlist", old
    for number, entry in enumerate(new if isinstance(new, list) else (), 1):
        if isinstance(entry, dict):
            yield f"allowlist {number}", entry


def _strings(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    found = entry.get(name, ())
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, list) else ()


def _target(candidate: Candidate, target: str) -> bytes:
    if target == "line":
        before, after = candidate.before.rpartition(b"\n")[2], candidate.after.partition(b"\n")[0]
        return before + candidate.secret.raw + after
    return candidate.lead + candidate.secret.raw if target == "match" else candidate.secret.raw


def _found(pattern: Any, text: bytes) -> bool:
    try:
        return pattern.search(text, timeout=_SECONDS) is not None
    except TimeoutError:
        return False
