"""The nouns of the corridor: frozen, small, and without behaviour beyond their own fields.

A source yields :class:`Blob`; detection turns it into :class:`Candidate`; scoring joins candidates
of one value into a :class:`Finding`; every later room returns findings with more of their fields
filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")

Where = Literal["history", "worktree", "index", "message", "stash", "reflog", "dangling", "stdin", "archive"]
State = Literal["new", "baseline", "ignored"]


class Secret:
    """A secret value that shows itself redacted; only :meth:`reveal` gives it away.

    >>> str(Secret(b"correct horse battery staple!!")), str(Secret(b"too short"))
    ('cor…!!', '…')
    """

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @property
    def redacted(self) -> str:
        """At most a quarter of the value, from both ends; nothing at all of a short one.

        Of a PEM block it is the first line, which says what kind of key it is.
        """
        text = self.reveal()
        if text.startswith("-----BEGIN "):
            return text[: text.find("-----", 11) + 5][:60] + "…"
        head, tail = (min(4, len(text) // 8), min(2, len(text) // 12)) if len(text) >= 16 else (0, 0)
        return text[:head] + "…" + (text[-tail:] if tail else "")

    @property
    def identifier(self) -> str:
        """A longer excerpt, for key IDs that are no secrets by themselves: ``LTAI5t…9Cd``."""
        text = self.reveal()
        return text if len(text) < 12 else f"{text[:6]}…{text[-3:]}"

    def reveal(self) -> str:
        """The whole value as text; call it only where the user asked for ``--reveal``."""
        return self.raw.decode("utf-8", errors="replace")

    def __str__(self) -> str:
        return self.redacted

    def __repr__(self) -> str:
        return f"Secret({self.redacted})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)


_NONE: Mapping[str, Any] = {}  # of what nobody can add to


# Tuples, and no data classes: this one, Blob and Copied are made a million times a second, in a third of the
# time; and the classes themselves, for which every hook waits, are made in a fifth.
class Origin(NamedTuple):
    """Where bytes come from.

    ``path`` is relative to the target with ``/`` between its parts; ``commit`` is the one that
    introduced the bytes; ``blob`` is the object id. What is not known (yet) is None: the history
    reader yields objects without paths, and attribution fills them in for objects with candidates.
    ``member`` is the path in an archive; ``path`` is then the archive's own with it, and ``!`` between.
    """

    where: Where
    path: str | None = None
    commit: str | None = None
    blob: str | None = None
    member: str | None = None


class Copied(NamedTuple):
    """What a blob has in common with another one, which the same source yielded before it.

    ``base`` is the other's object id, ``base_size`` its size in bytes. ``delta`` makes the blob of it (see
    :mod:`leakscan.delta`); what that does not copy is new.
    """

    base: str
    base_size: int
    delta: bytes


class Blob(NamedTuple):
    """Bytes to scan, and where they stand; without ``copied`` they are all new."""

    content: bytes
    origin: Origin
    copied: Copied | None = None


class Position(NamedTuple):
    """Lines and columns count from 1, columns in bytes of the UTF-8 text; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Candidate(NamedTuple):
    """One match of one rule in one blob, with what scoring needs to judge it.

    ``start`` and ``end`` are byte offsets of the secret in the searched text (the blob's content,
    or its UTF-8 form where it was UTF-16). ``before`` and ``after`` are the bytes around the secret,
    cut at 256 each; ``lead`` is what the pattern itself consumed before the secret. ``marked`` is the line
    before and its own line, without the secret, where one of them holds a mark for scanners.
    """

    rule: str
    secret: Secret
    start: int
    end: int
    position: Position
    origin: Origin
    before: bytes = b""
    after: bytes = b""
    lead: bytes = b""
    parts: Mapping[str, Secret] = _NONE
    pair_distance: int | None = None
    encoding: tuple[str, ...] = ()
    binary: bool = False
    marked: bytes = b""


class Location(NamedTuple):
    """One place of a finding, as reports show it."""

    where: Where
    path: str | None
    position: Position
    commit: str | None = None
    blob: str | None = None
    encoding: tuple[str, ...] = ()


class Commit(NamedTuple):
    """Who brought a secret in, and when; ``date`` is ISO 8601 with its zone, ``time`` in Unix seconds.

    ``committed`` is when it came into the history, in Unix seconds, and later than for all before it there.
    Its author's time does not tell that: commits that were moved keep it.
    """

    oid: str
    author: str
    email: str
    date: str
    time: int
    subject: str
    committed: int = 0


class Reason(NamedTuple):
    """One feature that spoke for (weight > 0) or against (weight < 0) a finding."""

    feature: str
    value: str | float | bool
    weight: float


class Advice(NamedTuple):
    """What to do about one kind of credential."""

    id: str
    summary: str
    steps: tuple[str, ...]
    links: tuple[str, ...]


class Suppression(NamedTuple):
    """Why a finding does not count: ``by`` what (``mark``, ``allow``, ``baseline``, …), where that is said
    (``app.py:12``), and the reason that is given there, if any."""

    by: str
    source: str
    reason: str = ""


class Finding(NamedTuple):
    """One distinct secret under one rule, with all its places.

    ``in_head`` is None where the target has no history (a folder, standard input).
    ``parts`` names the other halves of a pair, such as ``access_key_id``. ``spellings`` are other ways in
    which the same value is written at some of its places, such as a private key in one line.
    """

    id: str
    rule: str
    title: str
    provider: str
    severity: Severity
    confidence: float
    reasons: tuple[Reason, ...]
    secret: Secret
    locations: tuple[Location, ...]
    parts: Mapping[str, Secret] = _NONE
    state: State = "new"
    verification: str | None = None
    first_seen: Commit | None = None
    in_head: bool | None = None
    advice: Advice | None = None
    suppression: Suppression | None = None
    spellings: tuple[Secret, ...] = ()


class Gap(NamedTuple):
    """Something that was not scanned, by name, and why not."""

    what: str
    why: str


class Counts(NamedTuple):
    """How much a scan looked at."""

    rules: int = 0
    objects: int = 0
    bytes: int = 0
    commits: int = 0
    files: int = 0
    candidates: int = 0


class ScanResult(NamedTuple):
    """What one scan says: its findings, and how far they can be trusted.

    ``incomplete`` names what should have been scanned and could not be (it decides the exit code);
    ``skipped`` names what was left out on purpose, such as ignored files. ``named`` are secrets in what a
    report names: targets, paths, reasons; they are no findings, but must not be shown either. ``profile``
    are seconds by the step, added up over all processes, where that was asked for. ``warnings`` name marks,
    entries and settings that do not do what somebody meant; ``settings`` are the files that had a say.
    """

    version: str
    started: str
    seconds: float
    targets: tuple[str, ...]
    counts: Counts
    findings: tuple[Finding, ...]
    incomplete: tuple[Gap, ...] = ()
    skipped: tuple[Gap, ...] = ()
    named: tuple[Finding, ...] = ()
    profile: Mapping[str, float] = _NONE
    warnings: tuple[Gap, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.incomplete
