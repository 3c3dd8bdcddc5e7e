"""Which files count as tests: those that are called so, and none whose name only ends in such letters."""

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
    ["tests/db.py", "db_test.py", "db.spec.py", "it/db.py", "DbTest.py", "DbIT.py", "test.py", "dbtests.py"],
)
def test_a_test_is_one(path: str) -> None:
    assert is_test(path)
