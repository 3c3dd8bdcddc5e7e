"""What goes wrong is told in one harmless line, and ends with 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from leakscan.cli.main import main
from tests.cli.test_scan import leakscan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan", "no/such/path"], "no such file or folder"),
        (["scan", "--min-confidence", "2", "."], "not a number from 0 to 1"),
        (["scan", "--format", "pdf", "."], "no report format 'pdf'"),
        (["scan", "--rules", "none.yaml", "."], "no such rule file"),
        (["scan", "--max-bytes", "many", "."], "not a size such as"),
        (
            ["scan", "--max-bytes", "9" * 20 + "G", "."],
            "--max-bytes: '99999999999999999999G' is not a size such as",
        ),
        (
            ["scan", "--max-bytes", "\u00b2", "."],
            "--max-bytes: '\u00b2' is not a size such as 800K, 50M or 2G",
        ),
        (["scan", "--max-bytes", "0", "."], "not a size such as"),
        (
            ["scan", "--max-bytes"],
            "--max-bytes: expected one argument, such as 50M (see 'leakscan",
        ),
        (
            ["scan", "--min-confidence", "nan", "."],
            "--min-confidence: 'nan' is not a number from 0 to 1, such as",
        ),
        (
            ["scan", "--stagd"],
            "unknown argument '--stagd': did you mean --staged? (see 'leakscan scan",
        ),
        (["rules", "show", "a", "b"], "unknown argument 'b' (see 'leakscan rules show --help')"),
        (["scan", "--rules", "", "."], "--rules: it is empty: name a file or folder"),
        (
            ["scan", "--state", "", "."],
            "--state: it is empty: name a file or folder, or leave the option out",
        ),
        (["scan", "--format", "", "."], "no report format ''"),
        (["scan", "--staged", "-"], "leave out --staged or -"),
        (["scan", "--range", "HEAD..HEAD", ".", "-"], "leave out --range or -"),
        (["scan", "a" * 5000], f"cannot read {'a' * 5000}: File name too long"),
        (["scan", "--output", f"{'a' * 5000}/b", "."], "b: File name too long (give a shorter name)"),
        (["scan", "x\x1b[31m\ny\u202e"], "x\\x1b[31m\\ny\\u202e: no such file"),
        (["scan", "--x\x1b[31m\ny"], "unknown argument '--x\\x1b[31m\\ny"),
        (["scan", "--max-bytes", "\x1b[31m\n"], "'\\x1b[31m\\n' is not a size"),
        (["rules", "show", "gitlab-personal-acces-token"], "did you mean 'gitlab-personal-access-token'"),
    ],
)
def test_wrong_usage_is_told_in_a_line_and_ends_with_2(arguments: list[str], message: str) -> None:
    done = leakscan(*arguments)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert done.stderr.startswith("leakscan: error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("target", [">/dev/full", ">&-"])
def test_a_report_that_cannot_be_written_ends_with_2(tmp_path: Path, target: str) -> None:
    command = f"'{sys.executable}' -m leakscan scan '{tmp_path}' {target}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("leakscan: error: "), done.stderr.count("\n")) == (
        2,
        True,
        1,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there a folder in use cannot be deleted")
def test_a_current_folder_that_is_gone_is_what_the_error_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["scan"]) == 2
    assert "the current folder has been deleted" in capsys.readouterr().err


def test_closed_standard_input_is_no_clean_scan() -> None:
    command = f"'{sys.executable}' -m leakscan scan - <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, "standard input is closed" in done.stderr) == (2, True)


def test_what_cannot_be_read_on_standard_input_is_no_clean_scan(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m leakscan scan - 0>'{tmp_path / 'written'}'"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("leakscan: error: standard input cannot be read")) == (
        2,
        True,
    )


def test_closed_standard_error_stops_no_scan(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m leakscan scan '{tmp_path}' 2>&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, "CLEAN" in done.stdout) == (0, True)


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all"
)
def test_an_unreadable_folder_above_the_target_is_what_the_error_names(tmp_path: Path) -> None:
    (tmp_path / "locked" / "in").mkdir(parents=True)
    (tmp_path / "locked").chmod(0)
    done = leakscan("scan", tmp_path / "locked" / "in")
    (tmp_path / "locked").chmod(0o700)
    assert (done.returncode, f"cannot read {tmp_path / 'locked'}" in done.stderr) == (2, True), done.stderr
