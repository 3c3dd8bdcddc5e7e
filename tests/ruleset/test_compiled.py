"""The compiled cache: quick where it can be trusted, and never believed where it can't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leakscan.detect.prefilter import Prefilter
from leakscan.ruleset import compiled
from leakscan.ruleset.compiled import compiled_rules
from leakscan.ruleset.files import builtin_rules
from tests.builders import fake_token


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(folder))
    monkeypatch.setattr(compiled.cache, "INSTALLED", tmp_path / "installed")
    few = tmp_path / "builtin"
    few.mkdir()
    for name in ("fragments.yaml", "provider-fragments.yaml", "generic.yaml", "github.yaml"):
        (few / name).write_bytes((builtin_rules() / name).read_bytes())
    monkeypatch.setattr(compiled, "builtin_rules", lambda: few)
    return folder


def install(cache: Path) -> Path:
    """Moves what was compiled to where an installation has it."""
    (file,) = cache.iterdir()
    compiled.cache.INSTALLED.mkdir()
    return file.rename(compiled.cache.INSTALLED / file.name)


def compiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often rules are compiled from here on."""
    calls: list[int] = []
    original = compiled.compile_rules

    def counted(
        rules: compiled.RuleSet, builtin: compiled.CompiledRules | None = None
    ) -> compiled.CompiledRules:
        calls.append(len(rules))
        return original(rules, builtin=builtin)

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
    assert Prefilter(second).hits(b"password = 'x'") == Prefilter(first).hits(b"password = 'x'")


def test_a_changed_user_rule_is_compiled_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_rules()
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


def test_what_an_installation_brought_is_not_compiled_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = compiled_rules().databases
    install(cache)
    calls = compiles(monkeypatch)
    assert compiled_rules().databases == expected
    assert (calls, list(cache.iterdir())) == ([], [])
    file = tmp_path / "mine.yaml"
    file.write_text("rules: [{id: generic-password, severity: low}]")
    compiled_rules([file], wait=lambda: pytest.fail("the built-in rules were compiled"))


@pytest.mark.parametrize("other", ["_engine", "_machine"])
def test_what_was_compiled_for_another_machine_is_not_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    compiled_rules()
    install(cache)
    told = getattr(compiled, other)()
    monkeypatch.setattr(compiled, other, lambda: told + told)
    calls = compiles(monkeypatch)
    compiled_rules()
    assert len(calls) == len(list(cache.iterdir())) == 1


def test_a_damaged_file_of_the_installation_is_made_anew_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_rules()
    installed = install(cache)
    installed.write_bytes(installed.read_bytes()[:-9])
    calls = compiles(monkeypatch)
    compiled_rules()
    compiled_rules()
    assert len(calls) == 1


def test_what_is_compiled_says_nothing_of_where_that_was_done(cache: Path) -> None:
    compiled_rules()
    (file,) = cache.iterdir()
    assert os.fsencode(Path(compiled.__file__).parent.parent.parent) not in file.read_bytes()


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


def test_a_rule_of_ones_own_is_found_beside_the_built_in_ones_and_what_is_switched_off_is_not(
    cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "rules:\n"
        "- {id: acme, title: Acme, provider: Acme, severity: low, pattern: 'acmetok_[a-z0-9]{12}'}\n"
        "- {id: github-personal-access-token, disabled: true}\n"
    )
    text = f"a={fake_token('acmetok_', 0)}{'a1b2' * 3} b={fake_token()}".encode()
    own, builtin = compiled_rules([file]), compiled_rules()
    assert own.databases[:-1] == builtin.databases
    for compiled_, ids in ((own, {"acme"}), (builtin, {"github-personal-access-token"})):
        found = {compiled_.rules.prefiltered[number][0].id for number, _ in Prefilter(compiled_).hits(text)}
        assert found == ids
