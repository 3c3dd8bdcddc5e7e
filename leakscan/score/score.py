"""The scoring room: candidates in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf

from leakscan.finding import (
    SEVERITIES,
    Candidate,
    Commit,
    Finding,
    Location,
    Reason,
    Secret,
    Severity,
)
from leakscan.ruleset.rule import KINDS, Rule
from leakscan.ruleset.ruleset import RuleSet
from leakscan.score.features import intrinsic_features
from leakscan.score.learned import most_from_path
from leakscan.score.model import Feature, confidence, reasons, sureness
from leakscan.score.paths import path_features
from leakscan.score.spelling import canonical

FINGERPRINT_KEY = b"leakscan fingerprint key, version 1"
"""Stable everywhere; with it a weak password could be guessed from its fingerprint (docs/security.md)."""

_ORDER = ("worktree", "index", "stdin", "archive", "history", "message", "stash", "reflog", "dangling")


def fingerprint(rule: str, secret: Secret, key: bytes = FINGERPRINT_KEY) -> str:
    """The finding's id: 128 bits of HMAC-SHA-256 over rule and value, in hex; the same for all spellings."""
    import hmac  # which loads OpenSSL

    return hmac.digest(key, rule.encode() + b"\0" + canonical(secret.raw), "sha256").hex()[:32]


def best_confidence(candidate: Candidate, rule: Rule) -> float:
    """The most that the candidate can come to, whatever its path turns out to be."""
    more = most_from_path() if rule.kind == "generic" else 0.0
    return sureness(intrinsic_features(candidate, rule), more)


def judge(candidate: Candidate, rule: Rule) -> tuple[Reason, ...]:
    """Why the candidate is, or is not, a leak."""
    return reasons(_features(candidate, rule))


def judge_alone(candidate: Candidate, rule: Rule) -> float:
    """The confidence that the candidate has by itself, at its place."""
    return sureness(_features(candidate, rule))


def _features(candidate: Candidate, rule: Rule) -> list[Feature]:
    return intrinsic_features(candidate, rule) + path_features(candidate.origin.path, candidate, rule)


class _Draft:
    """What is known of one secret so far: its strongest rule, its best reasons, all its places."""

    def __init__(
        self, rule: Rule, candidate: Candidate, confidence: float, reasons: tuple[Reason, ...]
    ) -> None:
        self.rule, self.candidate, self.confidence, self.reasons = rule, candidate, confidence, reasons
        self.places: dict[tuple[object, ...], Candidate] = {}
        self.blobs: set[str | None] = set()
        self.parts: set[Secret] = set()
        self.spellings: dict[Secret, None] = {}


def score(
    candidates: Iterable[Candidate],
    rules: RuleSet,
    commits: Mapping[str, Commit] = {},
    head: frozenset[str] | None = None,
    least: float = 0.0,
    key: bytes = FINGERPRINT_KEY,
) -> Iterator[Finding]:
    """One finding a secret, with all places, under the most telling of the rules that found it.

    ``commits`` describes the commits that candidates name; ``head`` holds the ids of the blobs in
    HEAD's tree, and is None where there is no history. What comes to less than ``least`` is left out,
    and so is an identifier that a finding names as its part.
    """
    drafts: dict[bytes, _Draft] = {}
    verdicts: dict[tuple[object, ...], tuple[tuple[Reason, ...], float]] = {}
    for candidate in candidates:
        rule = rules.by_id[candidate.rule]
        look = _look(candidate)
        if look not in verdicts:
            why = judge(candidate, rule)
            verdicts[look] = why, confidence(why)
        why, sure = verdicts[look]
        draft = drafts.setdefault(canonical(candidate.secret.raw), _Draft(rule, candidate, sure, why))
        if _telling(rule, candidate, sure) > _telling(draft.rule, draft.candidate, draft.confidence):
            draft.rule, draft.candidate, draft.confidence, draft.reasons = rule, candidate, sure, why
        origin = candidate.origin
        draft.blobs.add(origin.blob)
        draft.parts.update(candidate.parts.values())
        draft.spellings[candidate.secret] = None
        place = (origin.where, origin.path, None if origin.path else origin.blob or origin.commit)
        known = draft.places.setdefault(place, candidate)
        if _age(candidate, commits) < _age(known, commits):
            draft.places[place] = candidate
    named = {part.raw for draft in drafts.values() if draft.confidence >= least for part in draft.parts}
    for value, draft in drafts.items():
        if draft.confidence >= least and value not in named:
            yield _finding(draft, commits, head, key)


def _look(candidate: Candidate) -> tuple[object, ...]:
    """All that a candidate is judged by: versions of a file have many that are alike."""
    origin, secret = candidate.origin, candidate.secret.raw
    around = candidate.before, candidate.after, candidate.lead
    return candidate.rule, secret, around, candidate.pair_distance, origin.path, origin.where == "message"


def _telling(rule: Rule, candidate: Candidate, sure: float) -> tuple[int, int, float]:
    return (int(candidate.pair_distance is not None), -KINDS.index(rule.kind), sure)


def _age(candidate: Candidate, commits: Mapping[str, Commit]) -> float:
    commit = commits.get(candidate.origin.commit or "")
    return commit.committed if commit else inf


def _finding(
    draft: _Draft, commits: Mapping[str, Commit], head: frozenset[str] | None, key: bytes
) -> Finding:
    rule, places = draft.rule, sorted(draft.places.values(), key=lambda c: _place_order(c, commits))
    introduced = [c for c in places if _age(c, commits) < inf]
    first = min(introduced, key=lambda c: _age(c, commits), default=None)
    return Finding(
        id=fingerprint(rule.id, draft.candidate.secret, key),
        rule=rule.id,
        title=rule.title,
        provider=rule.provider,
        severity=_severity(draft),
        confidence=round(draft.confidence, 4),
        reasons=draft.reasons,
        secret=draft.candidate.secret,
        spellings=tuple(secret for secret in draft.spellings if secret != draft.candidate.secret),
        parts=draft.candidate.parts,
        locations=tuple(_location(c) for c in places),
        first_seen=commits[first.origin.commit or ""] if first else None,
        in_head=None if head is None else bool(draft.blobs & head),
    )


def _severity(draft: _Draft) -> Severity:
    """The rule's; at most low where the token itself says that its time is over."""
    severity = draft.rule.severity
    expired = any(reason.feature == "expiry" for reason in draft.reasons)
    return min(severity, "low", key=SEVERITIES.index) if expired else severity


def _place_order(candidate: Candidate, commits: Mapping[str, Commit]) -> tuple[object, ...]:
    origin = candidate.origin
    return (_ORDER.index(origin.where), _age(candidate, commits), origin.path or "", candidate.start)


def _location(candidate: Candidate) -> Location:
    origin = candidate.origin
    return Location(
        where=origin.where,
        path=origin.path,
        position=candidate.position,
        commit=origin.commit,
        blob=origin.blob,
        encoding=candidate.encoding,
    )
