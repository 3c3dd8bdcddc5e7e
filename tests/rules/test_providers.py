"""What a user would notice of the provider rules. Tokens are made up here; no file holds one."""

from __future__ import annotations

import json
import random

import pytest

from leakscan import scan_text
from leakscan.finding import Finding
from leakscan.ruleset.checksum import CHECKSUMS
from leakscan.ruleset.template import ALPHABETS, random_text

DICE = random.Random("providers")


def some(alphabet: str, length: int) -> str:
    return random_text(ALPHABETS[alphabet], length, DICE)


def github_token() -> str:
    start = "ghp" + "_" + some("base62", 30)
    return start + CHECKSUMS["github"].complete(start.encode()).decode()


def pem(label: str, body_lines: int = 12) -> str:
    lines = [some("base64", 64) for _ in range(body_lines)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def scan(text: str, path: str = "src/config.txt") -> list[Finding]:
    return scan_text(text.encode(), path)


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


@pytest.mark.parametrize(
    "form",
    [
        "[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n",
        "export AWS_SECRET_ACCESS_KEY='{secret}'\nexport AWS_ACCESS_KEY_ID='{id}'\n",
        'boto3.client("s3", aws_access_key_id="{id}", aws_secret_access_key="{secret}")\n',
        'new BasicAWSCredentials("{id}", "{secret}");\n',
        '{{"accessKeyId": "{id}", "secretAccessKey": "{secret}"}}\n',
        'provider "aws" {{\n  access_key = "{id}"\n  secret_key = "{secret}"\n}}\n',
    ],
)
def test_an_aws_key_with_its_secret_is_one_finding(form: str) -> None:
    key_id, secret = "AKIA" + some("base32", 16), "aB3" + some("base64", 37)
    (finding,) = scan(form.format(id=key_id, secret=secret))
    assert (finding.rule, finding.severity) == ("aws-access-key-pair", "critical")
    assert finding.secret.reveal() == secret
    assert finding.parts["access_key_id"].reveal() == key_id


def test_an_aws_key_id_alone_is_a_lesser_finding() -> None:
    (finding,) = scan(f"key: AKIA{some('base32', 16)}\nrevision: {some('hex', 40)}\n")
    assert (finding.rule, finding.severity) == ("aws-access-key-id", "low")


def test_a_github_token_is_found_by_its_check_digits() -> None:
    token = github_token()
    assert rules(scan(f"TOKEN = {token}")) == ["github-personal-access-token"]
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert "github-personal-access-token" not in rules(scan(f"see {wrong} there"))


@pytest.mark.parametrize("before", ["", "x", "9", "_"])
@pytest.mark.parametrize("after", ["", "Z", "7", "_z"])
def test_a_token_is_not_cut_out_of_a_longer_run(before: str, after: str) -> None:
    found = rules(scan(f"see {before}{github_token()}{after} there"))
    assert found == ([] if before or after else ["github-personal-access-token"])


@pytest.mark.parametrize("ending", [".", ",", ")", '"', "'", "`", "</a>", "\\n", "&x=1", "@github.com", ":x"])
def test_a_token_is_found_whatever_ends_it(ending: str) -> None:
    assert rules(scan(f"see {github_token()}{ending} there")) == ["github-personal-access-token"]


@pytest.mark.parametrize("label", ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"])
def test_a_private_key_is_found_in_every_wrapping(label: str) -> None:
    key = pem(label)
    indented = "key: |\n" + "".join(f"    {line}\n" for line in key.splitlines())
    joined = " +\n".join(json.dumps(line + "\n") for line in key.splitlines())
    for text in (key, key.replace("\n", "\r\n"), json.dumps({"key": key}), indented, joined):
        assert rules(scan(text)) == ["private-key"], text[:80]
    assert rules(scan(json.dumps(json.dumps({"key": key})))) == ["private-key"]


def test_a_short_private_key_in_json_is_found() -> None:
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", some("base64", 64), "-----END PRIVATE KEY-----", ""])
    assert rules(scan(json.dumps({"key": key}))) == ["private-key"]


def test_the_first_and_last_line_of_a_key_in_documentation_are_no_finding() -> None:
    assert not scan("-----BEGIN RSA PRIVATE KEY-----\n(the key comes here)\n-----END RSA PRIVATE KEY-----\n")
    assert not scan(pem("PUBLIC KEY") + pem("CERTIFICATE"))


def test_a_service_account_key_is_one_finding_with_its_account() -> None:
    account = {
        "type": "service_account",
        "private_key_id": some("hex", 40),
        "private_key": pem("PRIVATE KEY", 26),
        "client_email": "ci@acme.iam.gserviceaccount.com",
    }
    for text in (json.dumps(account), json.dumps(account, indent=2), json.dumps(json.dumps(account))):
        (finding,) = (f for f in scan(text) if f.rule != "generic-secret")
        assert finding.rule == "google-service-account-key"
        assert finding.parts["client_email"].reveal() == "ci@acme.iam.gserviceaccount.com"


def test_a_url_with_a_password_names_its_user() -> None:
    password = some("base62", 14)
    (finding,) = scan(f"DATABASE_URL=postgres://shop:{password}@db.acme.dev:5432/shop")
    assert (finding.rule, finding.secret.reveal()) == ("url-password", password)
    assert finding.parts["user"].reveal() == "shop"


@pytest.mark.parametrize(
    "password", ["${PASSWORD}", "{password}", "<password>", "%s", "$PW", "password", "****"]
)
def test_a_placeholder_in_a_url_is_no_finding(password: str) -> None:
    assert not scan(f"DATABASE_URL=postgres://shop:{password}@db.acme.dev:5432/shop")


def test_a_providers_token_in_a_url_keeps_its_own_name() -> None:
    assert rules(scan(f"git clone https://ci:{github_token()}@github.com/acme/app.git")) == [
        "github-personal-access-token"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "uses: actions/checkout@{hex40}",
        '"integrity": "sha512-{base64}=="',
        '"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz#{hex40}"',
        "heroku_app_id: {uuid}",
        "DD_GIT_COMMIT_SHA={hex40}",
        "sonar.projectKey={hex40}",
        "github_sha = {hex40}",
        "cloudflare_zone_id = {hex32}",
    ],
)
def test_hashes_and_identifiers_are_no_findings(line: str) -> None:
    uuid = "-".join(some("hex", n) for n in (8, 4, 4, 4, 12))
    assert not scan(
        line.format(hex40=some("hex", 40), hex32=some("hex", 32), base64=some("base64", 86), uuid=uuid)
    )


def test_a_rule_for_some_files_hides_nothing_in_others() -> None:
    text = f"password={some('base62', 14)}\n"
    (elsewhere,), (there,) = scan(text, "gradle.properties"), scan(text, ".pypirc")
    assert (elsewhere.rule, there.rule) == ("generic-password", "pypirc-password")
