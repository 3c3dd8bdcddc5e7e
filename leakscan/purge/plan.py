"""What git-filter-repo must be told so that secrets leave a history, and what it cannot reach.

Text is replaced wherever it stands. What is written in another way than as text (in a program, an archive,
UTF-16) cannot be: such versions of files are dropped. Which those are is tried out: each version is cleaned
as git-filter-repo would do it, and searched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Finding, Gap, Origin
from leakscan.git.objects import contents, kinds
from leakscan.git.parse import message
from leakscan.git.repository import Repository
from leakscan.purge.versions import Versions
from leakscan.ruleset.compiled import CompiledRules
from leakscan.score.spelling import canonical
from leakscan.source.archive import Unpacker, container, searched

REPLACEMENT = b"***REMOVED***"
"""What git-filter-repo writes by itself, and every scanner knows as no secret."""

SHORT = 8
"""A shorter value stands in other text by chance, which is then replaced too."""

# So many first bytes decide for git-filter-repo whether a file is binary: any NUL among them makes it so.
_BINARY_SAMPLE = 8192

Elsewhere = Literal["worktree", "index", "stash", "reflog", "dangling", "inside", "name", "header"]
"""Places that no rewrite of a fresh clone reaches: files that are not committed, the index, what only this
clone has, repositories inside this one, names of refs, headers of commits and tags."""

_LEFT_BEHIND = ("index", "reflog", "dangling")
"""What no clone takes along, so that nothing has to be rewritten for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the secrets of ``findings`` leave the history.

    ``texts`` are replaced by REPLACEMENT, in this order; ``stripped`` are the ids of blobs that are dropped,
    each with its paths; ``elsewhere`` names what is left to do by hand; ``unread`` what could not be read.
    """

    findings: tuple[Finding, ...]
    texts: tuple[bytes, ...]
    stripped: Mapping[str, tuple[str, ...]]
    elsewhere: Mapping[Elsewhere, tuple[str, ...]]
    unread: tuple[Gap, ...] = ()

    @property
    def rewrites(self) -> bool:
        return bool(self.texts or self.stripped)

    def expressions(self) -> bytes:
        """The file for ``--replace-text`` and ``--replace-message``. It holds the secrets."""
        lines = (_expression(text, self._is_late(text)) for text in self.texts)
        return b"".join(line + b"==>" + REPLACEMENT + b"\n" for line in lines)

    def blob_ids(self) -> bytes:
        """The file for ``--strip-blobs-with-ids``."""
        return "".join(f"{blob}\n" for blob in sorted(self.stripped)).encode()

    def _is_late(self, text: bytes) -> bool:
        """Literals are replaced before regular expressions: one that is part of those would break them."""
        return any(text in other for other in self.texts if b"\n" in other)


def plan_for(
    repository: Repository, findings: Iterable[Finding], versions: Versions, compiled: CompiledRules
) -> Plan:
    """The plan for these findings of a scan of the repository that was shown to ``versions``."""
    chosen = tuple(findings)
    held = [candidate for finding in chosen for candidate in versions.of(finding)]
    blobs = {candidate.origin.blob for candidate in held if candidate.origin.blob}
    stored = kinds(repository.git, sorted(blobs))
    elsewhere: dict[Elsewhere, dict[str, None]] = {}
    paths: dict[str, dict[str, None]] = {}
    for candidate in held:
        origin = candidate.origin
        if where := _elsewhere(origin, stored):
            elsewhere.setdefault(where, {})[_name(origin)] = None
        if origin.where in _LEFT_BEHIND:
            continue
        if origin.blob in stored or (origin.where == "message" and not origin.blob):
            paths.setdefault(origin.blob or origin.commit or "", {})[_name(origin)] = None
    wanted = {canonical(finding.secret.raw) for finding in chosen}
    wanted |= {identifier for finding in chosen for identifier in _identifiers(finding, compiled)}
    trial = _Trial(repository, wanted, compiled)
    texts, stuck = trial.outcome(list(paths))
    if headers := [oid for oid in stuck if oid not in stored]:
        elsewhere["header"] = dict.fromkeys(headers)
    return Plan(
        chosen,
        texts,
        {oid: tuple(paths[oid]) for oid in stuck if oid in stored},
        {where: tuple(names) for where, names in elsewhere.items()},
        tuple(trial.unread),
    )


def _elsewhere(origin: Origin, stored: Mapping[str, str]) -> Elsewhere | None:
    """What has to be done by hand about one place, beside the rewrite."""
    if origin.blob and origin.blob not in stored:
        return "inside"
    if origin.where in ("index", "stash", "reflog", "dangling"):
        return origin.where
    if origin.where in ("worktree", "archive"):
        return "worktree"
    return "name" if origin.where == "history" and not origin.blob else None


def _name(origin: Origin) -> str:
    return container(origin).path or origin.blob or origin.commit or "(no path)"


def _identifiers(finding: Finding, compiled: CompiledRules) -> Iterator[bytes]:
    """The other half of a pair: it has a shape of its own, and would be found when its secret is gone."""
    pair = compiled.rules.by_id[finding.rule].pair
    if pair is not None and pair.part in finding.parts:
        yield finding.parts[pair.part].raw


class _Trial:
    """Replaces texts in objects as git-filter-repo would, until nothing that is wanted is found in them.

    What is ``wanted`` is so in all its spellings (see :func:`canonical`).
    """

    def __init__(self, repository: Repository, wanted: set[bytes], compiled: CompiledRules) -> None:
        self._git, self._wanted, self._detector = repository.git, wanted, Detector(compiled)
        self.unread: list[Gap] = []

    def outcome(self, oids: list[str]) -> tuple[tuple[bytes, ...], list[str]]:
        """The texts to replace, the longest first, and the objects in which that does not help."""
        texts: tuple[bytes, ...] = ()
        while True:
            left = self._left(oids, texts)
            new = {text for found in left.values() for text in found}.difference(texts)
            if not new:
                return texts, list(left)
            texts = tuple(sorted({*texts, *new}, key=lambda text: (-len(text), text)))
            oids = list(left)

    def _left(self, oids: list[str], texts: tuple[bytes, ...]) -> dict[str, set[bytes]]:
        """The objects that still hold something wanted, and how it is written there, where that is text."""
        left: dict[str, set[bytes]] = {}
        for oid, kind, content in contents(self._git, oids, self.unread):
            body, head = (content, b"") if kind == "blob" else _body_and_head(content)
            if b"\0" not in body[:_BINARY_SAMPLE]:
                for text in texts:
                    body = body.replace(text, REPLACEMENT)
            blob = Blob(body + head, Origin("history", blob=oid))
            for candidate in searched(self._detector.detect, [blob], Unpacker([], [])):
                if canonical(candidate.secret.raw) in self._wanted:
                    left.setdefault(oid, set()).update(_written(candidate, body))
        return left


def _body_and_head(content: bytes) -> tuple[bytes, bytes]:
    """A commit or tag as it is scanned, in two: only the first is a message for git-filter-repo."""
    size = len(content.partition(b"\n\n")[2])
    text = message(content)
    return text[:size], text[size:]


def _written(candidate: Candidate, content: bytes) -> Iterator[bytes]:
    """How the secret stands in the content: encoded, if it does. Nothing where it is no text of that form."""
    wide = candidate.encoding[:1] and candidate.encoding[0].startswith("utf-")
    if not wide and candidate.origin.member is None and candidate.end <= len(content):
        yield content[candidate.start : candidate.end]


def _expression(text: bytes, late: bool) -> bytes:
    """One line of the file: literal where that can be, because it is faster and people can read it."""
    if b"\n" not in text and not late:
        return b"literal:" + text
    return b"regex:" + rb"\n".join(re.escape(line) for line in text.split(b"\n"))
