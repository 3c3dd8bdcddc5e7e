from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

from benchmarks import history, options, store, tables, tools, tree
from tests.builders import new_repository

SCANNER = """#!/bin/sh
[ "$1" = --version ] && echo "{version}" && exit
case "$*" in *tiny*) target=tiny ;; *) target=real ;; esac
while [ $# -gt 0 ]; do case "$1" in --output|-r) report=$2 ;; esac; shift; done
{scan}
"""
LEAKSCAN = (
    """echo '{"findings": [{}, {}], "scan": {"complete": false, "incomplete": [{}]}}' > "$report"; exit 1"""
)
GITLEAKS = """echo '[]' > "$report"
[ $target = tiny ] || echo "ERR [git] fatal: unable to read 7777777777777777777777777777777777777777" >&2"""


def program(folder: Path, name: str, version: str, scan: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(SCANNER.replace("{version}", version).replace("{scan}", scan))
    file.chmod(0o755)
    return file


def scanners(tmp_path: Path) -> list[str]:
    """Options that name a leakscan and a gitleaks, both only made up."""
    program(tmp_path / "bin", "gitleaks", "gitleaks version 8.1", GITLEAKS)
    leakscan = program(tmp_path / "own", "leakscan", "leakscan 9.9", LEAKSCAN)
    return [
        "--leakscan",
        str(leakscan),
        "--peers",
        str(tmp_path / "bin"),
        "--only",
        "gitleaks",
        "--runs",
        "1",
    ]


def columns(printed: str, name: str) -> list[str]:
    line = next(line for line in printed.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_examples_in_the_benchmarks_hold() -> None:
    for module in (options, store, tables, tools):
        assert doctest.testmod(module).failed == 0


def test_a_scan_that_ends_at_a_missing_object_gets_a_remark_and_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.txt": "one\n"})
    numbers = tmp_path / "numbers.json"
    assert history.main([*scanners(tmp_path), "--json", str(numbers), f"small={repo.path}"]) == 0
    printed = capsys.readouterr().out
    assert "gitleaks 8.1" in printed
    assert "1 commits, 1 blobs" in printed
    own, peer = columns(printed, "leakscan"), columns(printed, "gitleaks")
    assert (own[2], own[-3:]) == ("1.0×", ["2", "1", "gaps named: 1"])
    assert peer[1:8] == [tables.NONE] * 7
    assert peer[-1].startswith("stopped at a missing object after ")
    (small,) = json.loads(numbers.read_text())["repositories"]
    assert [run["tool"] for run in small["runs"]] == ["leakscan", "gitleaks", "git cat-file", "git log"]


def test_scaling_sets_the_time_beside_the_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = new_repository(tmp_path / "repo")
    text = "".join(f"line {number}\n" for number in range(2000))
    repo.commit({"a.txt": text})
    repo.commit({"a.txt": text + "and one more\n"})
    repo.git("gc", "--quiet")
    leakscan = scanners(tmp_path)[:2]
    assert history.main(["--scaling", "--runs", "1", *leakscan, f"small={repo.path}"]) == 0
    row = columns(capsys.readouterr().out, "small")
    assert row[1:3] == ["2", "2"]
    content = store.content(repo.path)
    assert content.missing == content.loose == 0
    assert content.expanded == 2 * len(text) + len("and one more\n")
    assert 0 < content.deltas < 100
    assert len(text) < content.inflated < content.expanded


def test_another_program_of_the_same_name_is_not_taken_for_the_tool(tmp_path: Path) -> None:
    leakscan = program(tmp_path / "own", "leakscan", "leakscan 9.9")
    program(tmp_path / "first", "gitleaks", "2.0.0-rc.4")
    with pytest.raises(tools.BenchmarkError, match=r"answers '2\.0\.0-rc\.4'"):
        tools.installed(["gitleaks"], [tmp_path / "first"], str(leakscan))
    real = program(tmp_path / "second", "gitleaks", "gitleaks version 8.1")
    here, _ = tools.installed(["gitleaks"], [tmp_path / "first", tmp_path / "second"], str(leakscan))
    assert [one.command for one in here] == [(str(leakscan),), (str(real),)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/no/such/path"], "/no/such/path: no such folder"),
        (["--peers", "/no/such/path", "."], "/no/such/path: no such folder of tools"),
        (["--only", "gitlicks", "."], "no tool gitlicks is known here: choose from leakscan"),
        (
            ["--only", "kingfisher", "--leakscan", "false", "."],
            "leakscan: the program of that name answers 'false",
        ),
    ],
)
def test_what_is_not_there_is_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    repo = new_repository(tmp_path / "repo")
    assert history.main([str(repo.path) if word == "." else word for word in arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_of_files_is_timed_too_but_no_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("one\n")
    assert tree.main([*scanners(tmp_path), str(tmp_path / "files")]) == 0
    assert columns(capsys.readouterr().out, "leakscan")[-3] == "2"
    repo = new_repository(tmp_path / "repo")
    assert tree.main([*scanners(tmp_path), str(repo.path)]) == 2
    assert "is a repository" in capsys.readouterr().err
