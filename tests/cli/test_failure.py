"""What goes wrong tells no secret, and is never taken for leaks or for a clean scan."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leakscan import corridor
from leakscan.__main__ import main
from leakscan.cli import main as command
from leakscan.cli.failure import without_secrets
from tests.builders import fake_token, new_repository
from tests.cli.test_scan import leakscan, random_word


@pytest.fixture
def token() -> str:
    return fake_token("gl" + "pat-", 20)


def test_a_secret_in_an_address_is_not_shown_whether_it_is_taken_for_a_path_or_not(token: str) -> None:
    password = random_word(14)
    for secret in (f"https://{token}@host.invalid/a", f"https://me:{password}@host.invalid/a"):
        for verbs, why in ((["scan"], "its host is unknown"), (["baseline", "create"], "no such file")):
            done = leakscan(*verbs, secret)
            assert done.returncode == 2
            assert token not in done.stderr
            assert password not in done.stderr
            assert why in done.stderr


def test_a_secret_in_a_line_that_git_complains_of_is_not_shown(tmp_path: Path, token: str) -> None:
    new_repository(tmp_path / "repo").git("config", "core.bare", token)
    done = leakscan("scan", tmp_path / "repo")
    assert (done.returncode, token in done.stderr) == (2, False)
    assert "bad boolean config value" in done.stderr
    done = leakscan("scan", "--format", "json", tmp_path)
    assert token not in done.stdout + done.stderr
    (gap,) = json.loads(done.stdout)["scan"]["incomplete"]
    assert "bad boolean config value" in gap["why"]


@pytest.mark.parametrize("format", ["terminal", "json"])
def test_a_secret_in_a_name_is_not_shown(tmp_path: Path, token: str, format: str) -> None:
    inside = new_repository(tmp_path / token / token)
    (inside.path / ".git/HEAD").unlink()
    inside.write(f"{token}.txt", f"password = '{random_word(14)}'\n")
    done = leakscan("scan", "--format", format, tmp_path / token)
    assert (done.returncode, token in done.stdout + done.stderr) == (1, False)
    assert token in leakscan("scan", "--reveal", tmp_path / token).stdout


def test_a_message_that_cannot_be_searched_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(content: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(corridor, "scan_text", fail)
    assert "word" not in without_secrets("some word")


@pytest.mark.parametrize(
    ("error", "told"),
    [(MemoryError(), "error: not enough memory"), (KeyError("its text"), "error: KeyError")],
)
def test_what_nobody_expected_is_a_line_without_its_text_and_no_leak(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(command, "main", fail)
    assert main() == 2
    said = capsys.readouterr().err
    assert told in said
    assert (said.count("\n"), "its text" in said) == (1, False)
    monkeypatch.setenv("LEAKSCAN_TRACEBACK", "1")
    assert main() == 2
    said = capsys.readouterr().err
    assert ("in fail" in said, "its text" in said) == (isinstance(error, KeyError), False)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_while_modules_are_imported_is_no_traceback() -> None:
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'leakscan.cli.main': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from leakscan.__main__ import main\n"
        "raise SystemExit(main())\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "leakscan: interrupted\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize(("arguments", "code"), [(["scan", "absent"], 2), (["scan", "--profile", "."], 0)])
def test_a_standard_error_that_cannot_be_written_is_not_taken_for_leaks(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "leakscan", *arguments],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=full,
        )
    assert done.returncode == code


def test_a_secret_in_a_rule_file_is_not_shown_with_its_mistakes(token: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        f"rules:\n  - id: a\n    title: T\n    provider: X\n    severity: {token}\n    pattern: abc123\n"
    )
    done = leakscan("rules", "check", rules)
    assert done.returncode == 2
    assert "rules.yaml:5: unknown value" in done.stderr
    assert token not in done.stderr
