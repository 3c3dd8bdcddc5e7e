"""Check digits: a token that was issued passes, one that somebody made up or mistyped does not."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.ruleset.checksum import CHECKSUMS
from leakscan.ruleset.template import ALPHABETS, random_text

DICE = random.Random("checksums")
LETTERS = string.ascii_letters + string.digits
STARTS = {
    "atlassian": ("ATATT3xFfGF0", 171, "="),
    "confluent": ("cflt", 54, ""),
    "github": ("ghp_", 30, ""),
    "grafana": ("glsa_", 32, "_"),
    "synapse": ("syt_bm9ib2R5_", 20, "_"),
}


def whole(name: str, start: str) -> str:
    return start + CHECKSUMS[name].complete(start.encode()).decode()


@pytest.mark.parametrize("name", sorted(STARTS))
@given(seed=st.integers(0, 10_000), place=st.integers(0, 1000), other=st.sampled_from(LETTERS))
def test_one_changed_character_is_noticed(name: str, seed: int, place: int, other: str) -> None:
    prefix, length, end = STARTS[name]
    body = random_text(LETTERS, length, random.Random(seed))
    token = whole(name, prefix + body + end)
    assert CHECKSUMS[name].valid(token.encode())
    at = len(prefix) + place % length
    if token[at] != other:
        mistyped = token[:at] + other + token[at + 1 :]
        assert not CHECKSUMS[name].valid(mistyped.encode())


def test_the_token_of_crates_io_that_its_makers_show_passes() -> None:
    zeros = "0" * 31
    assert CHECKSUMS["crates-io"].valid(f"cio_tp_{zeros}w".encode())
    assert not CHECKSUMS["crates-io"].valid(f"cio_tp_{zeros}0".encode())


def test_a_bitbucket_token_in_an_address_is_found_with_its_equals_sign_encoded() -> None:
    token = whole("atlassian", "ATCTT3xFfGN0" + random_text(ALPHABETS["base64url"], 171, DICE) + "=")
    url = f"git clone https://x-token-auth:{token.replace('=', '%3D')}@bitbucket.org/acme/app.git"
    assert "atlassian-api-token" in {finding.rule for finding in scan_text(url.encode(), "deploy.sh")}


def test_an_atlassian_token_with_other_check_digits_is_none() -> None:
    made_up = "ATATT3xFfGF0" + random_text(ALPHABETS["base64url"], 171, DICE) + "=" + "0" * 8
    findings = scan_text(f"JIRA_API_TOKEN={made_up}".encode(), "app.env")
    assert "atlassian-api-token" not in {finding.rule for finding in findings}
