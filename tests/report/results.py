"""Builders of scan results for the tests of reports."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from hypothesis import strategies as st

from leakscan.finding import (
    SEVERITIES,
    Advice,
    Commit,
    Counts,
    Finding,
    Gap,
    Location,
    Position,
    Reason,
    ScanResult,
    Secret,
    State,
    Suppression,
    Where,
)

Noun = TypeVar("Noun", Finding, ScanResult)

_LETTERS = string.ascii_letters + string.digits
WHERES: tuple[Where, ...] = get_args(Where)


def some_value(seed: str, length: int = 30) -> str:
    """Random letters, the same for one seed: no file holds a token-shaped text."""
    return "".join(random.Random(seed).choices(_LETTERS, k=length))


def an_oid(seed: str) -> str:
    return "".join(random.Random(seed).choices("0123456789abcdef", k=40))


def place(
    path: str | None = "src/app.py", line: int = 12, where: Where = "worktree", **more: Any
) -> Location:
    return Location(where, path, Position(line, 8, line, 38), **more)


def commit(subject: str = "Add the upload", **more: Any) -> Commit:
    known = {
        "oid": an_oid("commit"),
        "author": "Li Wei",
        "email": "liwei@example.com",
        "date": "2024-03-01T10:00:00+08:00",
        "time": 1709258400,
    }
    return Commit(**{**known, "subject": subject, **more})


def advice(id: str = "example-token", **more: Any) -> Advice:
    known = {
        "summary": "Replace the token.",
        "steps": ("Make a new one.", "Revoke the old one."),
        "links": ("https://example.com/rotate",),
    }
    return Advice(id, **{**known, **more})


def finding(
    value: str | bytes = some_value("secret"), parts: Mapping[str, str] | None = None, **more: Any
) -> Finding:
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    known: dict[str, Any] = {
        "id": an_oid(repr(value))[:32],
        "rule": "example-token",
        "title": "Example token",
        "provider": "Example",
        "severity": "high",
        "confidence": 0.97,
        "reasons": (Reason("entropy", 4.7, 1.9),),
        "locations": (place(),),
    }
    secrets = {name: Secret(part.encode()) for name, part in (parts or {}).items()}
    return Finding(secret=Secret(raw), parts=secrets, **{**known, **more})


def result(*findings: Finding, **more: Any) -> ScanResult:
    known: dict[str, Any] = {
        "version": "0.1.0",
        "started": "2026-03-02T09:00:00+00:00",
        "seconds": 4.13,
        "targets": (".",),
        "counts": Counts(221, 12034, 1_234_567_890, 2341, 310, 57),
    }
    return ScanResult(findings=findings, **{**known, **more})


def _whole(
    noun: type[Noun], without: tuple[str, ...] = (), **given: st.SearchStrategy[Any]
) -> st.SearchStrategy[Noun]:
    """Values of all fields of a noun: one that is added to it must not be forgotten here."""
    assert set(noun._fields) == {*given, *without}
    return st.builds(noun, **given)


def _commits(text: st.SearchStrategy[str]) -> st.SearchStrategy[Commit]:
    oids = st.integers(0, 99).map(lambda number: an_oid(str(number)))
    times = st.integers(-(2**40), 2**40)
    return st.builds(
        Commit, oids, text, text, st.just("2024-03-01T10:00:00+08:00") | st.just(""), times, text
    )


def _places(text: st.SearchStrategy[str]) -> st.SearchStrategy[Location]:
    numbers = st.integers(1, 10**9)
    oids = st.none() | st.integers(0, 99).map(lambda number: an_oid(str(number)))
    return st.builds(
        Location,
        st.sampled_from(WHERES),
        st.none() | text,
        st.builds(Position, numbers, numbers, numbers, numbers),
        oids,
        oids,
        st.lists(st.sampled_from(("base64", "hex", "utf-16")), max_size=2).map(tuple),
    )


def findings(text: st.SearchStrategy[str], values: st.SearchStrategy[bytes]) -> st.SearchStrategy[Finding]:
    """Findings whose every free text is ``text``, as hostile as that may be."""
    numbers = st.floats(-50, 50)
    reasons = st.builds(
        Reason, st.sampled_from(("entropy", "path", "new")), text | numbers | st.booleans(), numbers
    )
    secrets = values.map(Secret)
    return _whole(
        Finding,
        without=("spellings",),  # no result tells them
        id=st.uuids().map(lambda uuid: uuid.hex),
        rule=st.just("example-token"),
        title=st.just("Example token"),
        provider=st.sampled_from(("Example", "Generic")),
        severity=st.sampled_from(SEVERITIES),
        confidence=st.floats(0, 1),
        reasons=st.lists(reasons, max_size=4).map(tuple),
        secret=secrets,
        locations=st.lists(_places(text), min_size=1, max_size=8).map(tuple),
        parts=st.dictionaries(st.sampled_from(("access_key_id", "user")), secrets, max_size=1),
        state=st.sampled_from(get_args(State)),
        verification=st.none() | st.just("active"),
        first_seen=st.none() | _commits(text),
        in_head=st.none() | st.booleans(),
        advice=st.none() | st.just(advice()),
        suppression=st.none() | st.builds(Suppression, st.sampled_from(("mark", "baseline")), text, text),
    )


def results(text: st.SearchStrategy[str], values: st.SearchStrategy[bytes]) -> st.SearchStrategy[ScanResult]:
    gaps = st.lists(st.builds(Gap, text, text), max_size=3).map(tuple)
    return _whole(
        ScanResult,
        without=("named", "profile"),  # no result tells them
        version=st.just("0.1.0"),
        started=st.just("2026-03-02T09:00:00+00:00"),
        seconds=st.floats(0, 1e6),
        targets=st.lists(text, max_size=3).map(tuple),
        counts=st.just(Counts(1, 2, 3, 4, 5, 6)),
        findings=st.lists(findings(text, values), max_size=4).map(tuple),
        incomplete=gaps,
        skipped=gaps,
        warnings=gaps,
        settings=st.lists(text, max_size=2).map(tuple),
    )
