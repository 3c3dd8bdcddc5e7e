from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leakscan.errors import UsageError
from leakscan.finding import Gap
from leakscan.report.formats import FORMATS, format_named
from leakscan.report.interface import Style
from leakscan.report.output import parse_outputs, style_for, write_notice, write_reports
from tests.report.results import finding, result


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def wanted(format: str | None, *outputs: str) -> list[tuple[str, str | None]]:
    return [
        (output.format.name, output.path and str(output.path)) for output in parse_outputs(format, outputs)
    ]


def test_a_terminal_report_goes_to_standard_output_unless_asked_otherwise() -> None:
    assert wanted(None) == [("terminal", None)]
    assert wanted("json") == [("json", None)]
    assert wanted("json", "-") == [("json", None)]


def test_a_files_ending_or_prefix_says_its_format() -> None:
    assert wanted(None, "a.json") == [("json", "a.json")]
    assert wanted("json", "a.txt") == [("json", "a.txt")]
    assert wanted(None, "jsonl=a.txt,json=b") == [("jsonl", "a.txt"), ("json", "b")]
    assert wanted(None, "a,b.json") == [("json", "a,b.json")]
    assert wanted(None, "json=-", "a.txt") == [("json", None), ("terminal", "a.txt")]


def test_several_formats_go_where_outputs_say_and_the_rest_to_standard_output() -> None:
    assert wanted("json,jsonl", "json=a,jsonl=b") == [("json", "a"), ("jsonl", "b")]
    assert wanted("terminal, json", "json=a.json") == [("terminal", None), ("json", "a.json")]
    assert wanted("json,json") == [("json", None)]
    assert wanted("json", "jsonl=a") == [("json", None), ("jsonl", "a")]
    assert wanted(None, "jsonl=a", "json=b,terminal=-") == [("jsonl", "a"), ("json", "b"), ("terminal", None)]


@pytest.mark.parametrize(
    ("format", "outputs", "problem"),
    [
        ("yaml", [], "there is no report format 'yaml' (known: terminal, json, jsonl"),
        (None, ["srif=a.srif"], "there is no report format 'srif'"),
        ("json,yaml", [], "there is no report format 'yaml'"),
        ("json,", [], "there is no report format ''"),
        ("json,jsonl", [], "two reports cannot share standard output"),
        ("json,jsonl", ["a.json"], "in which format 'a.json' is to be: write json=a.json"),
        (None, ["json=a.json,b.txt"], "in which format 'b.txt' is to be: write FORMAT=b.txt"),
        (None, ["json=a,srif=b"], "there is no report format 'srif'"),
        (None, ["json="], "names no file"),
        (None, ["json=-", "jsonl=-"], "cannot share standard output"),
        (None, ["json=a", "jsonl=a"], "cannot share"),
        (None, ["nowhere/a.json"], "create it first"),
        (None, ["."], "it is a folder"),
    ],
)
def test_mistakes_are_told_before_the_scan(
    format: str | None, outputs: list[str], problem: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        parse_outputs(format, outputs)
    assert problem in str(caught.value)


def test_each_report_goes_where_it_should(tmp_path: Path) -> None:
    stdout = io.StringIO()
    outputs = parse_outputs(None, ["-", f"json={tmp_path / 'a.json'},jsonl={tmp_path / 'b'}"])
    write_reports(result(finding()), outputs, Style(), stdout)
    assert "LEAKS" in stdout.getvalue()
    whole = json.loads((tmp_path / "a.json").read_text())
    assert whole["findings"] == [json.loads((tmp_path / "b").read_text())]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b"]


def test_a_terminal_report_in_a_file_has_no_colours(tmp_path: Path) -> None:
    write_reports(
        result(finding()),
        parse_outputs("terminal", [str(tmp_path / "a.txt")]),
        Style(colour=True, width=20, links=True),
        io.StringIO(),
    )
    assert "\x1b" not in (tmp_path / "a.txt").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_revealed_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    for name, reveal, mode in (("a", False, 0o644), ("b", True, 0o600)):
        path = tmp_path / f"{name}.json"
        path.touch(0o644)
        path.chmod(0o644)
        write_reports(
            result(finding()), parse_outputs(None, [str(path)]), Style(reveal=reveal), io.StringIO()
        )
        assert path.stat().st_mode & 0o777 == mode


def test_colour_is_for_terminals_and_for_those_who_ask() -> None:
    assert style_for(io.StringIO(), environ={}) == Style()
    assert style_for(Terminal(), environ={}).colour is (sys.platform != "win32")
    assert style_for(Terminal(), environ={"NO_COLOR": "1"}).colour is False
    assert style_for(Terminal(), environ={"NO_COLOR": "1", "FORCE_COLOR": "1"}).links is False
    assert style_for(Terminal(), environ={"TERM": "dumb"}).colour is False
    forced = style_for(io.StringIO(), environ={"FORCE_COLOR": "1"})
    assert (forced.colour, forced.links, forced.width) == (True, False, None)


@pytest.mark.parametrize(
    ("outputs", "complete", "told"),
    [
        (["-"], False, False),
        (["json=-"], True, False),
        (["json=-"], False, True),
        (["json=a.json"], True, True),
    ],
)
def test_a_notice_is_for_those_who_would_not_know(outputs: list[str], complete: bool, told: bool) -> None:
    stderr = io.StringIO()
    scan = result(incomplete=() if complete else (Gap("object 3f", "missing"),))
    write_notice(scan, parse_outputs(None, outputs), Style(), stderr)
    assert bool(stderr.getvalue()) is told
    assert ("incomplete" in stderr.getvalue()) is (told and not complete)


def test_every_format_has_a_module_and_a_description() -> None:
    for name, format in FORMATS.items():
        assert format_named(name).report()
        assert format.description
        assert len(format.description) < 80


def test_rich_is_imported_only_for_the_terminal() -> None:
    script = (
        "import io, sys; from leakscan.report.output import *; from leakscan.finding import *;"
        "scan = ScanResult('1', '', 0, (), Counts(), ());"
        "write_reports(scan, parse_outputs('json', []), Style(), io.StringIO());"
        "sys.exit('rich' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False).returncode
        == 0
    )
