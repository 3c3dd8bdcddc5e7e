"""What stands before a value may be its name, and may be only another word of the same list."""

from __future__ import annotations

import random
import string

import pytest

from leakscan import scan_text

LISTS = {
    "keywords of an emoji": ("emoji.js", 'keywords: [ "security", "password", "padlock" ], char: 1'),
    "a set of attributes": ("builder.py", '"*": {"class", "accesskey", "dropzone"},'),
    "one word a line": ("setup.py", "EXTRAS = [\n    'arangodb',\n    'auth',\n    'azureblockblob',\n]"),
    "brokers of passwords": ("auth.php", "'passwords' => 'customers',"),
    "secrets by their names": ("build.yml", 'secrets: "DOCKERHUB-OAT"'),
    "a reference to a secret": ("ingress.yml", "secretRef: root-ca6"),
    "an enumeration in C++": ("lexer.cc", "return Token::kLinebreak;"),
    "a badge": (
        "README.md",
        "[![](https://circleci.com/gh/a/b.svg?style=shield&circle-token=" + "9d02f7" * 6 + "ab12)](b)",
    ),
}


@pytest.mark.parametrize(("path", "text"), LISTS.values(), ids=LISTS.keys())
def test_a_word_among_words_is_no_secret(path: str, text: str) -> None:
    assert scan_text(text.encode(), path) == []


@pytest.mark.parametrize(
    "text",
    [
        'Map.of("username", "bob", "password", "VALUE")',
        '["username", "bob", "password", "VALUE"]',
        '["password", "VALUE"]',
        'config.set("db", "password", "VALUE")',
        '["mysql", "-u", "root", "--password", "VALUE"]',
        'settings.put("password", "VALUE");',
        "'passwords' => 'VALUE',",
        "API_TOKENS=VALUE",
    ],
)
def test_a_random_value_is_found_wherever_its_name_stands(text: str) -> None:
    value = "".join(random.Random(text).choices(string.ascii_letters + string.digits, k=24))
    found = scan_text(text.replace("VALUE", value).encode(), "app.conf")
    assert [finding.secret.reveal() for finding in found] == [value]


def test_a_digest_under_the_name_of_several_tokens_is_found() -> None:
    value = random.Random(3).randbytes(16).hex()
    assert [finding.secret.reveal() for finding in scan_text(f"tokens: {value}".encode(), "a.yml")] == [value]


def test_a_random_value_in_a_list_of_words_is_found_too() -> None:
    value = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=32))
    text = f'keys = ["user", "token", "{value}"]'
    assert [finding.secret.reveal() for finding in scan_text(text.encode(), "app.py")] == [value]
