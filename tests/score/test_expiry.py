"""A token that says itself that its time is over is a lesser finding, and the reason says since when."""

from __future__ import annotations

import base64
import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.finding import Finding
from leakscan.report.words import said
from leakscan.score.expiry import expiry, long_expired

DAY = 86_400


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(claims: Any) -> str:
    """A signed JSON Web Token with these claims."""
    header = {"alg": "HS256", "typ": "JWT"}
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, base64url(random.randbytes(32))])


def found(claims: dict[str, Any]) -> Finding:
    (finding,) = scan_text(f"Authorization: Bearer {token({'iss': 'shop', **claims})}\n".encode(), "a.http")
    return finding


def test_a_token_that_expired_long_ago_is_less_severe_and_less_certain_and_says_why() -> None:
    moment = int(time.time()) - 400 * DAY
    old, valid = found({"exp": moment}), found({"exp": int(time.time()) + DAY})
    assert (old.rule, old.severity) == ("jwt", "low")
    assert (valid.rule, valid.severity) == ("jwt", "medium")
    assert 0.5 < old.confidence < valid.confidence
    day = time.strftime("%Y-%m-%d", time.gmtime(moment))
    assert f"− it expired on {day}" in [said(reason) for reason in old.reasons]


@pytest.mark.parametrize("exp", ["future", "lately", "none", "text", "milliseconds", "true", "zero"])
def test_nothing_changes_for_a_token_that_is_valid_or_does_not_say(exp: str) -> None:
    now = int(time.time())
    claims = {
        "future": {"exp": now + 1000},
        "lately": {"exp": now - 7 * DAY},
        "none": {},
        "text": {"exp": "2001-01-01"},
        "milliseconds": {"exp": (now - 400 * DAY) * 1000},
        "true": {"exp": True},
        "zero": {"exp": 0},
    }[exp]
    finding = found(claims)
    assert finding.severity == "medium"
    assert not any(reason.feature == "expiry" for reason in finding.reasons)


def test_a_service_key_that_expired_is_less_severe_too() -> None:
    claims = {"iss": "supabase", "ref": base64url(random.randbytes(15)), "role": "service_role"}
    severities = []
    for exp in (int(time.time()) - 400 * DAY, int(time.time()) + DAY):
        body = base64url(json.dumps({**claims, "iat": 1, "exp": exp}, separators=(",", ":")).encode())
        text = f"KEY={token({}).split('.')[0]}.{body}.{base64url(random.randbytes(32))}\n"
        (finding,) = scan_text(text.encode(), "a.env")
        severities.append((finding.provider, finding.severity))
    assert severities == [("Supabase", "low"), ("Supabase", "critical")]


@given(st.binary() | st.builds(lambda inner: b"ey." + inner + b".x", st.binary()))
def test_any_bytes_can_be_asked(value: bytes) -> None:
    assert long_expired(value) is None or expiry(value) is not None


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_any_claim_can_be_asked(claim: Any) -> None:
    moment = expiry(token({"exp": claim}).encode())
    assert moment is None or moment == claim


def test_claims_nested_without_end_are_no_expiry() -> None:
    assert expiry(f"eyJ9.{base64url(b'[' * 100_000)}.x".encode()) is None
