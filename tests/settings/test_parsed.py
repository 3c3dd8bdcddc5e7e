"""What is kept of a configuration says the same as the file, with the same lines, and holds no secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakscan.document import Field, read_yaml
from leakscan.errors import RuleError
from leakscan.settings import parsed
from leakscan.settings.settings import settings_in_force
from tests.builders import fake_token

CONFIG = """\
# of this team
fail_on: high
min_confidence: 0.6
exclude:
  - tests/fixtures/
  - "*.lock"
allow:
  - paths: [docs/]
    reason: shown in the manual
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(folder))
    return folder


def said(file: Path) -> dict[str, tuple[Any, str]]:
    found = settings_in_force({}, {}, config=file, user_file=Path("/nowhere"))
    return {name: (setting.value, setting.source) for name, setting in found.settings.items()}


def lines_and_values(field: Field) -> Any:
    if field.is_mapping:
        return field.line, field.node.tag, [(name, lines_and_values(item)) for name, item in field.pairs()]
    if field.is_list:
        return field.line, field.node.tag, [lines_and_values(item) for item in field.items()]
    return field.line, field.node.tag, field.scalar()


def test_settings_are_the_same_the_second_time(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(CONFIG)
    first = said(file)
    assert [kept.name.partition("-")[0] for kept in cache.iterdir()] == ["settings"]
    assert said(file) == first
    assert first["exclude"][1] == f"{file}:5"
    file.write_text(CONFIG.replace("high", "low"))
    assert said(file)["fail_on"] == ("low", f"{file}:2")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.text() | st.booleans() | st.floats() | st.none() | st.dates(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    ),
    st.booleans(),
)
def test_any_document_is_kept_as_it_is(document: Any, flow: bool) -> None:
    content = yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True).encode()
    root = read_yaml("a.yaml", content)
    assert root is not None
    parsed.keep(content, root)
    kept = parsed.kept(Path("a.yaml"), content)
    if kept is not None:  # it has no aliases
        assert lines_and_values(kept) == lines_and_values(root)


def test_what_holds_itself_is_not_kept(cache: Path) -> None:
    for content in (b"a: &all\n  b: *all\n", b"a: &x [1]\nb: *x\n"):
        root = read_yaml("a.yaml", content)
        assert root is not None
        parsed.keep(content, root)
    assert not cache.exists()


def test_what_may_be_a_secret_is_not_kept(cache: Path, tmp_path: Path) -> None:
    token, file = fake_token("gl" + "pat-", 20), tmp_path / "settings.yaml"
    file.write_text(f"allow: [{{values: ['{token}']}}]")
    assert said(file) == said(file)
    file.write_text(f"token: {token}")  # none of ours
    for _ in range(2):
        with pytest.raises(RuleError, match="unknown key"):
            said(file)
    assert not cache.exists()


def test_a_mistake_is_told_each_time(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(CONFIG + "known_anywhere: perhaps\n")
    for _ in range(2):
        with pytest.raises(RuleError, match=r"settings\.yaml:10: expected true or false"):
            said(file)


def test_a_hook_does_not_wait_for_a_parser(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(CONFIG)
    said(file)
    code = f"""
import sys
from pathlib import Path
from leakscan.settings.settings import settings_in_force
print(settings_in_force({{}}, {{}}, config=Path({str(file)!r}))["fail_on"], "yaml" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["high", "False"]
