"""What an installation compiles: what it can, and nothing where that is not wanted."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import new_repository
from tests.test_hot import ROOT, copied_checkout


def hook() -> Any:
    """The build hook, as hatchling makes it."""
    pytest.importorskip("hatchling")
    return importlib.import_module("leakscan._build").CompileHook(str(ROOT), {}, None, None, "", "wheel")


def test_where_nothing_is_to_be_compiled_the_build_needs_nothing_and_makes_the_pure_wheel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEAKSCAN_COMPILE", "0")
    build_data: dict[str, Any] = {"force_include": {}}
    assert hook().dependencies() == []
    hook().initialize("standard", build_data)
    assert build_data == {"force_include": {}}


def test_without_a_compiler_the_wheel_is_pure_and_its_first_run_compiles_no_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEAKSCAN_COMPILE", raising=False)
    monkeypatch.setenv("CC", "no-compiler-of-this-name")
    checkout = copied_checkout(tmp_path / "installed")
    repo = new_repository(tmp_path / "repo")
    repo.add({"app.py": "x = 1\n"})

    def first_run(cache: str) -> str:
        command = [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-m", "leakscan", "hook"]
        variables = {**os.environ, "PYTHONPATH": str(checkout), "LEAKSCAN_CACHE_DIR": str(tmp_path / cache)}
        ran = subprocess.run(
            command, cwd=repo.path, env=variables, capture_output=True, text=True, check=True
        )
        return ran.stderr

    assert "compiling its rules" in first_run("before")

    build, build_data = hook(), dict[str, Any](force_include={})
    assert not any("mypy" in needed for needed in build.dependencies())
    build.initialize("standard", build_data)
    for file, path in build_data.pop("force_include").items():
        (checkout / path).parent.mkdir(exist_ok=True)
        (checkout / path).write_bytes(Path(file).read_bytes())
    build.finalize("standard", build_data, "")
    assert build_data == {}
    assert first_run("after") == ""
    assert not (tmp_path / "after").exists()


def test_what_compiles_the_rules_is_what_leakscan_itself_requires() -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pytest.importorskip("hatchling")
    assert set(importlib.import_module("leakscan._build").FOR_RULES) <= set(project["dependencies"])


def test_a_failure_to_compile_fails_the_build_only_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "false")
    monkeypatch.delenv("LEAKSCAN_COMPILE", raising=False)
    build_data: dict[str, Any] = {"force_include": {}}
    hook().initialize("standard", build_data)
    assert build_data.keys() == {"force_include"}
    monkeypatch.setenv("LEAKSCAN_COMPILE", "1")
    with pytest.raises(importlib.import_module("leakscan._build").CannotCompile):
        hook().initialize("standard", build_data)
