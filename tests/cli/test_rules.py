"""``leakscan rules``: what it says of rule files, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakscan.cli.main import main

RULE = r"""
  - id: %s
    title: Example token
    provider: Example
    severity: %s
    pattern: '(?P<secret>%s[A-Za-z0-9]{20})'
    examples: ['%s<base62:20>']
"""


def checked(folder: Path, *rules: tuple[str, str, str, str]) -> int:
    file = folder / "mine.yaml"
    file.write_text("rules:" + "".join(RULE % rule for rule in rules))
    return main(["rules", "check", str(file)])


GOOD = ("first-token", "high", "exq_", "exq_")


@pytest.mark.parametrize(
    ("rules", "told"),
    [([GOOD], "1 rule is fine."), ([GOOD, ("second-token", "low", "exw_", "exw_")], "2 rules are fine.")],
)
def test_good_rules_are_said_to_be_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: list[tuple[str, str, str, str]], told: str
) -> None:
    assert (checked(tmp_path, *rules), capsys.readouterr()) == (0, (told + "\n", ""))


def test_all_mistakes_are_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = checked(
        tmp_path,
        GOOD,
        ("bad-severity", "hgih", "exa_", "exa_"),
        ("bad-example", "low", "exb_", "other_"),
        ("bad-pattern", "low", r"exc_(a)\2*", "exc_"),
        ("refused-pattern", "low", r"exd_(a)\1", "exd_"),
    )
    *mistakes, count = capsys.readouterr().err.splitlines()
    file = tmp_path / "mine.yaml"
    lines = [int(mistake.removeprefix(f"{file}:").partition(":")[0]) for mistake in mistakes]
    assert (code, sorted(lines), count) == (2, [12, 21, 27, 34], "4 mistakes.")
    assert all(mistake.endswith(")") for mistake in mistakes)


def test_one_mistake_is_counted_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, ("bad-severity", "hgih", "exa_", "exa_")) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "1 mistake."
