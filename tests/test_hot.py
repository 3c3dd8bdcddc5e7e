"""The hot modules, compiled where that was possible: what runs is what the source beside it says."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leakscan import hot

ROOT = Path(__file__).parent.parent


def leakscan(*arguments: str, below: Path) -> "subprocess.CompletedProcess[str]":
    """The leakscan of a checkout."""
    return subprocess.run(
        [sys.executable, "-m", "leakscan", *arguments], cwd=below, capture_output=True, text=True
    )


def copied_checkout(folder: Path) -> Path:
    """The package with its compiled modules, and its rules."""
    ignored = shutil.ignore_patterns("__pycache__", "compiled")
    shutil.copytree(ROOT / "leakscan", folder / "leakscan", ignore=ignored)
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
