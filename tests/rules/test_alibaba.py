"""The Alibaba Cloud rules, over the places where people keep AccessKey pairs and over look-alikes."""

from __future__ import annotations

import random
from importlib.resources import files

import pytest
import yaml

from leakscan import scan_text
from leakscan.finding import Finding
from leakscan.ruleset.load import load_rules
from leakscan.ruleset.template import ALPHABETS, random_text, sts_token
from tests.rules.alibaba_forms import (
    FORMS,
    LOOK_ALIKES,
    OTHERS,
    TWO_PAIRS,
    access_key_id,
    access_key_secret,
    fresh,
)

PATH = "src/config.txt"


def scan(text: str, path: str = PATH) -> list[Finding]:
    return scan_text(text.encode(), path)


def pairs(findings: list[Finding]) -> dict[str, str]:
    """Secret by ID, of the pairs among the findings."""
    found = [f for f in findings if f.rule == "alibaba-access-key-pair"]
    return {f.parts["access_key_id"].reveal(): f.secret.reveal() for f in found}


@pytest.mark.parametrize("form", FORMS)
def test_a_pair_is_one_finding(form: str) -> None:
    text, named = fresh(FORMS[form], form)
    findings = scan(text)
    assert [(f.rule, f.severity) for f in findings] == [("alibaba-access-key-pair", "critical")]
    assert pairs(findings) == {named["id"]: named["secret"]}


@pytest.mark.parametrize("form", ["env file", "Java getProfile", "CSV of the console", "JSON in a string"])
@pytest.mark.parametrize("length", [12, 16, 17, 18, 19, 20, 21])
def test_ids_of_every_known_length_are_paired(form: str, length: int) -> None:
    dice = random.Random(f"{form} {length}")
    identifier = "LTAI" + random_text(ALPHABETS["alnum"], length, dice)
    secret = access_key_secret(dice)
    text = FORMS[form].replace("«id»", identifier).replace("«secret»", secret)
    assert pairs(scan(text)) == {identifier: secret}


def test_hardly_any_pair_is_taken_for_a_placeholder() -> None:
    dice = random.Random("many pairs")
    made = [(access_key_id(dice), access_key_secret(dice)) for _ in range(500)]
    found = pairs(scan(("\n" * 12).join(f"ak={identifier}\nsk={secret}\n" for identifier, secret in made)))
    assert found.items() <= dict(made).items()
    assert len(found) >= 498


def test_a_secret_without_digits_is_paired_by_its_name() -> None:
    dice = random.Random("no digits")
    identifier, secret = access_key_id(dice), random_text(ALPHABETS["alpha"], 30, dice)
    assert pairs(scan(f"accessKeyId: {identifier}\naccessKeySecret: {secret}\n")) == {identifier: secret}


@pytest.mark.parametrize("form", TWO_PAIRS)
def test_each_id_takes_its_own_secret(form: str) -> None:
    text, named = fresh(TWO_PAIRS[form], form)
    findings = scan(text)
    assert pairs(findings) == {named["id"]: named["secret"], named["id2"]: named["secret2"]}
    assert len(findings) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_pairs_in_other_encodings(encoding: str) -> None:
    text, named = fresh(FORMS["PowerShell"], encoding)
    assert pairs(scan_text(text.encode(encoding), PATH)) == {named["id"]: named["secret"]}


@pytest.mark.parametrize(
    "template",
    [
        "accessKeyId: «id»\n",
        "accessKeyId: «id»\naccessKeySecret: ${ALIYUN_SECRET}\n",
        "accessKeyId: «id»\naccessKeySecret: <your-access-key-secret>\n",
        "accessKeyId: «id»\ncommit: «hex:40»\netag: «upalnum:32»\nshort: «hex:30»\n",
        'accessKeyId: «id»\nintegrity: "sha512-«base64:86»=="\n',
        "Authorization: OSS «id»:«base64:27»=\n",
        "https://b.oss-cn-hangzhou.aliyuncs.com/?OSSAccessKeyId=«id»&policy=e30\n",
        "acs:ram::1234567890123456:accesskey/«id»\n",
        "accessKeyId: «id»\n" + "# nothing\n" * 12 + "build «base62:30»\n",
    ],
)
def test_an_id_alone_is_a_lesser_finding(template: str) -> None:
    text, named = fresh(template, template)
    assert [(f.rule, f.severity, f.secret.reveal()) for f in scan(text)] == [
        ("alibaba-access-key-id", "low", named["id"])
    ]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_are_not_reported(name: str) -> None:
    text, _ = fresh(LOOK_ALIKES[name], name)
    assert [(f.rule, f.confidence) for f in scan(text)] == []


@pytest.mark.parametrize("name", OTHERS)
def test_other_credentials(name: str) -> None:
    rule, template = OTHERS[name]
    text, _ = fresh(template, name)
    assert [f.rule for f in scan(text)] == [rule]


def sts_response(dice: random.Random) -> tuple[str, str, str, str]:
    identifier = "STS." + random_text(ALPHABETS["base58"], 25, dice)
    secret, token = random_text(ALPHABETS["base58"], 44, dice), sts_token(dice)
    text = f'{{"AccessKeyId":"{identifier}","AccessKeySecret":"{secret}","SecurityToken":"{token}"}}'
    return text, identifier, secret, token


def test_temporary_credentials_are_less_severe_than_a_pair() -> None:
    text, identifier, secret, token = sts_response(random.Random("sts"))
    by_rule = {finding.rule: finding for finding in scan(text)}
    assert set(by_rule) == {"alibaba-sts-credentials", "alibaba-sts-security-token"}
    assert {finding.severity for finding in by_rule.values()} == {"medium"}
    assert by_rule["alibaba-sts-credentials"].parts["access_key_id"].reveal() == identifier
    assert by_rule["alibaba-sts-credentials"].secret.reveal() == secret
    assert by_rule["alibaba-sts-security-token"].secret.reveal() == token


def test_a_security_token_in_a_url_is_found() -> None:
    token = sts_token(random.Random("url"))
    quoted = token.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert [f.rule for f in scan(f"https://b.oss.aliyuncs.com/a?security-token={quoted}&x=1\n")] == [
        "alibaba-sts-security-token"
    ]


def test_a_damaged_security_token_is_at_most_anyones() -> None:
    token = sts_token(random.Random("damaged"))
    assert [found.rule for found in scan(f"token: {token[:300]}{token[304:]}\n")] == ["generic-secret"]


def test_what_has_not_the_frame_of_a_security_token_is_at_most_anyones() -> None:
    text, _ = fresh("SecurityToken: CAIS«base64:600»\n", "no security token")
    assert [found.rule for found in scan(text)] == ["generic-secret"]


def test_every_rule_has_advice_and_references() -> None:
    entries = yaml.safe_load(files("leakscan.advise").joinpath("advice/alibaba.yaml").read_text("utf-8"))
    ours = [rule for rule in load_rules() if rule.provider in ("Alibaba Cloud", "DingTalk")]
    assert len(ours) >= 18
    for rule in ours:
        assert rule.advice in entries, rule.id
        assert rule.references, rule.id


@pytest.mark.parametrize("value", ["«hex:30»", "«hex:8»-«hex:4»-«hex:4»-«hex:4»-«hex:12»"])
def test_what_has_not_the_shape_of_an_access_key_secret_is_at_most_anyones(value: str) -> None:
    text, _ = fresh(f"accessKeySecret: {value}\n", "no access key secret")
    assert [finding for finding in scan(text) if finding.provider != "Generic"] == []
