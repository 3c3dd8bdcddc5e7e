"""The compiled cache: quick where it can be trusted, and never believed where it can't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leakscan.detect.prefilter import Prefilter
from leakscan.ruleset import compiled
from leakscan.ruleset.compiled import compiled_rules


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(folder))
    return folder


def compiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often rules are compiled from here on."""
    calls: list[int] = []
    original = compiled.compile_rules

    def counted(rules: compiled.RuleSet) -> compiled.CompiledRules:
        calls.append(len(rules))
        return original(rules)

    monkeypatch.setattr(compiled, "compile_rules", counted)
    return calls


def test_rules_from_the_cache_are_the_rules_that_went_in(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = compiles(monkeypatch)
    first, second = compiled_rules(), compiled_rules()
    assert len(calls) == 1
    assert [r.id for r in second.rules] == [r.id for r in first.rules]
    assert second.rules.prefiltered[0][1] == first.rules.prefiltered[0][1]
    assert Prefilter(second.database).hits(b"password = 'x'") == Prefilter(first.database).hits(
        b"password = 'x'"
    )


def test_a_changed_user_rule_is_compiled_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = compiles(monkeypatch)
    file = tmp_path / "mine.yaml"
    for severity in ("low", "high", "low"):
        file.write_text(f"rules: [{{id: generic-password, severity: {severity}}}]")
        assert compiled_rules([file]).rules.by_id["generic-password"].severity == severity
    assert len(calls) == 2


def test_a_damaged_cache_is_made_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_rules()
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    calls = compiles(monkeypatch)
    compiled_rules()
    assert len(calls) == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_cache_that_others_can_write_is_not_read(
    cache: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    compiled_rules()
    (file,) = cache.iterdir()
    (cache if what == "folder" else file).chmod(0o777)
    calls = compiles(monkeypatch)
    compiled_rules()
    assert len(calls) == 1
