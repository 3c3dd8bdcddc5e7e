"""Which files count as tests or translations: those that are called so, and none that only look like them."""

from __future__ import annotations

import random
import string

import pytest

from leakscan import scan_text


def is_test(path: str) -> bool:
    """Whether the reasons of a finding there name its path."""
    value = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=20))
    (finding,) = scan_text(f'db_password = "{value}"\n'.encode(), path)
    return any(reason.feature == "path" for reason in finding.reasons)


@pytest.mark.parametrize("path", ["src/init.py", "audit.py", "src/latest.py", "contest.py", "split.py"])
def test_a_name_that_ends_like_a_test_is_none(path: str) -> None:
    assert not is_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/db.py",
        "db_test.py",
        "db.spec.py",
        "it/db.py",
        "DbTest.py",
        "DbIT.py",
        "test.py",
        "dbtests.py",
        "a.zip!test/db.py",
    ],
)
def test_a_test_is_one(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/main/resources/login_hu.properties",
        "src/main/resources/config_pt_BR.properties",
        "src/main/resources/config_zh_Hans.properties",
        "resources/lang/de/auth.php",
        "public/js/langs/de.json",
        "app/src/main/res/values-sv/strings.xml",
        "App/de.lproj/Main.strings",
        "po/fi.po",
        "extensions/viewer.xpi!locale/ach/viewer.properties",
    ],
)
def test_a_word_in_a_translation_is_no_password(path: str) -> None:
    texts = [
        "{name}=Wachtwoord\n",
        "'{name}' => 'Geheimbegriff',\n",
        "<e name='{name}'>Geheimbegriff</e>\n",
    ]
    assert not any(scan_text(text.replace("{name}", "password").encode(), path) for text in texts)


@pytest.mark.parametrize("path", ["config/db_qa.properties", "application-it.properties", "lang/Parser.java"])
def test_what_is_no_translation_may_hold_passwords(path: str) -> None:
    value = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=12))
    assert scan_text(f'db.password = "{value}"\n'.encode(), path)


@pytest.mark.parametrize("path", ["config/db_it.properties", "config/db_is.properties"])
def test_what_has_the_name_of_a_translation_may_hold_passwords_too(path: str) -> None:
    value = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=12))
    assert scan_text(f"db.password={value}\n".encode(), path)


def test_a_key_is_found_in_a_translation_too() -> None:
    value = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=40))
    assert scan_text(f'{{"api_key": "{value}"}}\n'.encode(), "locales/de.json")
