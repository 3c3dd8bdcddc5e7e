"""``leakscan report`` as a user runs it, after a real scan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leakscan.report.formats import FORMATS
from tests.builders import fake_token, new_repository
from tests.cli.test_scan import leakscan


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the results of one scan, redacted and whole, and the secret that it found."""
    folder = tmp_path_factory.mktemp("report")
    repo, token = new_repository(folder / "repo"), fake_token("gl" + "pat-", 20)
    repo.commit({f"{token}.py": f"token = '{token}'\n"}, f"Add {token}")
    for name, options in (("leaks", ()), ("whole", ("--reveal",))):
        done = leakscan("scan", "--output", folder / f"{name}.json", *options, repo.path)
        assert done.returncode == 1, done.stderr
    return folder, token


@pytest.mark.parametrize("name", FORMATS)
def test_a_result_becomes_any_format_and_the_exit_code_is_0(scanned: tuple[Path, str], name: str) -> None:
    folder, token = scanned
    for result in ("leaks.json", "whole.json"):
        done = leakscan("report", folder / result, "--format", name)
        assert (done.returncode, done.stderr) == (0, "")
        assert "gitlab" in done.stdout.lower()
        assert token not in done.stdout


def test_several_reports_come_from_one_result(scanned: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = scanned
    html, sarif = tmp_path / "a.html", tmp_path / "a.sarif"
    done = leakscan("report", folder / "leaks.json", "--output", f"html={html},sarif={sarif}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert html.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(sarif.read_text())["version"] == "2.1.0"


def test_a_scan_writes_every_format_at_once(scanned: tuple[Path, str], tmp_path: Path) -> None:
    folder, token = scanned
    outputs = ",".join(f"{name}={tmp_path / name}" for name in FORMATS)
    assert leakscan("scan", "--output", outputs, folder / "repo").returncode == 1
    for name in FORMATS:
        assert token not in (tmp_path / name).read_text("utf-8")


def test_secrets_are_revealed_only_where_the_result_has_them(scanned: tuple[Path, str]) -> None:
    folder, token = scanned
    done = leakscan("report", folder / "leaks.json", "--reveal")
    assert done.returncode == 2
    assert "holds no whole secrets: scan again with --reveal" in done.stderr
    done = leakscan("report", folder / "whole.json", "--reveal", "--format", "csv")
    assert (done.returncode, token in done.stdout) == (0, True)


def test_standard_input_is_read_and_an_incomplete_scan_is_told_of(scanned: tuple[Path, str]) -> None:
    folder, _ = scanned
    result = json.loads((folder / "leaks.json").read_text())
    result["scan"] |= {"complete": False, "incomplete": [{"what": "object 3f", "why": "missing"}]}
    done = leakscan("report", "-", "--format", "gitleaks", stdin=json.dumps(result))
    assert done.returncode == 0
    assert "This scan is incomplete" in done.stderr


def test_what_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    for file, told in ((tmp_path / "a.json", "is no JSON result"), (tmp_path / "b.json", "cannot read")):
        done = leakscan("report", file)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_help_names_every_format() -> None:
    for command in ("scan", "report"):
        text = leakscan(command, "--help", COLUMNS="200").stdout
        for name in FORMATS:
            assert name in text, command
