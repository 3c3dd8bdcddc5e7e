"""The hot modules, compiled where that was possible: what runs is what the source beside it says."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leakscan import hot

ROOT = Path(__file__).parent.parent


def leakscan(*arguments: str, below: Path) -> "subprocess.CompletedProcess[str]":
    """The leakscan of a checkout."""
    return subprocess.run(
        [sys.executable, "-m", "leakscan", *arguments], cwd=below, capture_output=True, text=True
    )


def copied_checkout(folder: Path) -> Path:
    """The package with all that is compiled in it, and its rules."""
    shutil.copytree(ROOT / "leakscan", folder / "leakscan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "rules", folder / "rules")
    return folder


def test_a_module_that_is_compiled_from_its_source_loads() -> None:
    for module in hot.MODULES:
        hot.confirm(((module, hot.digest((ROOT / hot.source_of(module)).read_bytes())),))


def test_a_module_that_is_compiled_from_another_source_does_not_load() -> None:
    with pytest.raises(hot.StaleError, match=r"leakscan/delta\.py has changed .*pip install -e \."):
        hot.confirm((("leakscan.delta", hot.digest(b"what it was")),))


def test_a_module_without_its_source_loads() -> None:
    hot.confirm((("leakscan.not_there", hot.digest(b"what it was")),))


def test_a_checkout_that_moved_on_says_so_and_does_not_scan_with_old_modules(tmp_path: Path) -> None:
    if "compiled by" not in hot.state():
        pytest.skip("the hot modules are interpreted here")
    checkout = copied_checkout(tmp_path)
    subprocess.run(["git", "init", "--quiet", str(checkout / "history")], check=True)
    assert "compiled by mypyc" in leakscan("--version", below=checkout).stdout
    assert leakscan("scan", "history", below=checkout).returncode == 0

    with (checkout / "leakscan/delta.py").open("a") as source:
        source.write("# and moved on\n")
    version = leakscan("--version", below=checkout)
    assert version.returncode == 0
    assert "stale: leakscan/delta.py has changed since it was compiled" in version.stdout
    scan = leakscan("scan", "history", below=checkout)
    assert scan.returncode == 2
    assert scan.stderr.startswith("leakscan: error: leakscan/delta.py has changed")


def test_the_version_tells_interpreted_modules(tmp_path: Path) -> None:
    checkout = copied_checkout(tmp_path)
    for compiled in checkout.rglob("*.so"):
        compiled.unlink()
    assert "(hot modules interpreted: " in leakscan("--version", below=checkout).stdout


def test_the_version_is_told_without_loading_what_is_slow() -> None:
    program = (
        "import sys\nfrom leakscan.cli.main import main\n"
        "try:\n    main(['--version'])\n"
        "except SystemExit:\n    sys.exit(bool({'numpy', 'hyperscan'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def hook() -> Any:
    """The build hook, as hatchling makes it."""
    pytest.importorskip("hatchling")
    return importlib.import_module("leakscan._build").CompileHook(str(ROOT), {}, None, None, "", "wheel")


@pytest.mark.parametrize(
    ("variable", "value"), [("LEAKSCAN_COMPILE", "0"), ("CC", "no-compiler-of-this-name")]
)
def test_without_a_compiler_or_a_wish_to_compile_the_build_needs_no_mypy_and_makes_the_pure_wheel(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEAKSCAN_COMPILE", raising=False)
    monkeypatch.setenv(variable, value)
    build_data: dict[str, Any] = {"force_include": {}}
    assert hook().dependencies() == []
    hook().initialize("standard", build_data)
    assert build_data == {"force_include": {}}


def test_a_failure_to_compile_fails_the_build_only_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "false")
    monkeypatch.delenv("LEAKSCAN_COMPILE", raising=False)
    build_data: dict[str, Any] = {"force_include": {}}
    hook().initialize("standard", build_data)
    assert build_data == {"force_include": {}}
    monkeypatch.setenv("LEAKSCAN_COMPILE", "1")
    with pytest.raises(importlib.import_module("leakscan._build").CannotCompile):
        hook().initialize("standard", build_data)
