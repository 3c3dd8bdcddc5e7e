"""Confidence: what speaks for and against a finding, and that one secret is one finding."""

from __future__ import annotations

import base64
import math
import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.detect.entropy import entropy_bits, entropy_share
from leakscan.finding import Reason, Secret
from leakscan.score.model import confidence, weights
from leakscan.score.placeholder import placeholder
from leakscan.score.score import fingerprint
from leakscan.score.words import wordiness

LETTERS = string.ascii_letters + string.digits


def random_value(length: int) -> str:
    while True:
        value = "".join(random.choices(LETTERS, k=length))
        if any(c.isdigit() for c in value) and value.lower() != value != value.upper():
            return value


@given(st.binary(min_size=1))
def test_entropy_is_between_nothing_and_what_the_length_allows(value: bytes) -> None:
    assert 0 <= entropy_bits(value) <= math.log2(len(value)) + 1e-9
    assert 0 <= entropy_share(value) <= 2


@given(st.binary())
def test_every_value_can_be_judged(value: bytes) -> None:
    assert placeholder(value) in (None, "reference", "mask", "example word", "sequence")
    assert -10 < wordiness(value) < 10


@given(st.lists(st.floats(-1e6, 1e6)))
def test_confidence_is_a_probability(given_weights: list[float]) -> None:
    assert 0 <= confidence(Reason("x", 1.0, weight) for weight in given_weights) <= 1


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("${DB_PASSWORD}", "reference"),
        ("{{ password }}", "reference"),
        ("<your-token>", "reference"),
        ("%(password)s", "reference"),
        ("xxxxxxxxxxxx", "mask"),
        ("token-1-xxx", "mask"),
        ("p%C3%A4ssword", "example word"),
        ("abc...", "mask"),
        ("changeme", "example word"),
        ("my-secret-key", "example word"),
        ("Password123", "example word"),
        ("abcdefghijkl", "example word"),
        ("13579135791357", None),
        ("AQoEXAMPLE" + "aZ3/" * 57 + "q", "example word"),  # as long as AWS's session token
        ("Eby8vdM02xNOcqF;BlobEndpoint=http://127.0.0.1", "example word"),
        (in_base64("CLIENT_ID:CLIENT_SECRET"), "example word"),
        (in_base64("CLIENT_ID%3F%3F:CLIENT_SECRET%3F%3F"), "example word"),
        (in_base64("username:password"), "example word"),
        (in_base64("foo:bar"), "example word"),
        (in_base64("Aladdin:open sesame"), "example word"),
        (in_base64(":".join(("ci", "n7Kq-42xW_bT"))), None),
    ],
)
def test_stand_ins_are_recognised(value: str, kind: str | None) -> None:
    assert placeholder(value.encode()) == kind


@pytest.mark.parametrize(
    "text",
    [
        'token: "string.quoted.double.julia"',
        'credentials: "1337.v60b_d7b_c7b_c9f"',
        "{name}=Jelsz\\u00F3",
        "{name}=&#350;ifre",
        '"identifierKey": "{uuid}"',
        '"client_token": "hmac-sha256:{digest}"',
        "'secret' => 'crwdns795:0crwdne795:0'",
        '#define SN_capwapWTP "capwapWTP"',
        'secret_key = "AES/CFB8/NoPadding"',
        'token_version = "1.0.1-rc.3"',
        "| secretKey | eg:RocketMQ | the secret of the administrator |",
    ],
)
def test_what_stands_under_such_names_everywhere_is_no_secret(text: str) -> None:
    text = text.replace("{uuid}", str(uuid.uuid4())).replace("{digest}", random.randbytes(32).hex())
    text = text.replace("{name}", "password")
    assert not scan_text(text.encode() + b"\n", "app.txt")


def test_random_values_are_hardly_ever_taken_for_stand_ins() -> None:
    dice = random.Random("stand-ins")
    values = ["".join(dice.choices(LETTERS, k=dice.randint(12, 40))).encode() for _ in range(5000)]
    assert sum(placeholder(value) is not None for value in values) <= 5


def test_words_read_like_words_and_random_letters_do_not() -> None:
    dice = random.Random("words")
    noise = [wordiness("".join(dice.choices(LETTERS, k=20)).encode()) for _ in range(300)]
    assert sorted(noise)[270] < 0.3
    for word in (b"correcthorse", b"getUserToken", b"authentication", b"default-credentials"):
        assert wordiness(word) > 0.9


def test_a_value_found_by_two_rules_is_one_finding_under_the_more_telling() -> None:
    token = "glpat-" + random_value(20)
    text = f'password = "{token}"\n# {token}\n'
    (finding,) = scan_text(text.encode(), "app/settings.py")
    assert finding.rule == "gitlab-personal-access-token"
    assert len(finding.locations) == 1


def test_an_identifier_alone_is_a_lesser_finding_than_a_pair() -> None:
    key, secret = "LTAI5t" + random_value(18), random_value(30)
    (alone,) = scan_text(f"accessKeyId: {key}\n".encode(), "a.yml")
    (pair,) = scan_text(f"accessKeyId: {key}\naccessKeySecret: {secret}\n".encode(), "a.yml")
    assert (alone.severity, pair.severity) == ("low", "critical")
    assert pair.parts["access_key_id"].reveal() == key


def test_an_identifier_beside_a_placeholder_is_still_reported() -> None:
    key = "LTAI5t" + random_value(18)
    text = f"accessKeyId: {key}\naccessKeySecret: " + "x" * 30 + "\n"
    (finding,) = scan_text(text.encode(), "a.yml")
    assert finding.secret.reveal() == key


def test_what_stands_in_tests_is_less_certain() -> None:
    text = b'password = "k7Q' + b'm2Xv9Rt4Zp"\n'  # fixed: a random one may read like words
    (there,), (elsewhere,) = scan_text(text, "tests/test_app.py", 0.1), scan_text(text, "app/db.py", 0.1)
    assert there.confidence < elsewhere.confidence
    assert any(reason.feature == "path" and reason.weight < 0 for reason in there.reasons)


def test_the_reasons_add_up_to_the_confidence() -> None:
    (finding,) = scan_text(f'password = "{random_value(14)}"\n'.encode(), "app/db.py")
    assert confidence(finding.reasons) == pytest.approx(finding.confidence, abs=1e-4)
    assert finding.reasons == tuple(sorted(finding.reasons, key=lambda r: -abs(r.weight)))


def test_fingerprints_depend_on_rule_value_and_key_only() -> None:
    secret = Secret(random_value(20).encode())
    assert fingerprint("a", secret) == fingerprint("a", Secret(secret.raw))
    assert len({fingerprint("a", secret), fingerprint("b", secret), fingerprint("a", secret, b"key")}) == 3
    assert len(fingerprint("a", secret)) == 32


def test_every_weight_is_a_number() -> None:
    assert all(isinstance(weight, float) for weight in weights().values())
