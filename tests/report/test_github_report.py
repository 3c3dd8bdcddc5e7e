from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Gap, Position, ScanResult
from tests.report.results import advice, commit, finding, place, result, results
from tests.report.shown import HOSTILE, report

ANY_TEXT = st.text(st.characters(), max_size=40)


@dataclass
class Log:
    """What GitHub's runner makes of a job's output: its documented commands, and plain lines."""

    commands: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def log(scan: ScanResult) -> Log:
    read = Log()
    for line in report("github", scan).split("\n")[:-1]:
        command = re.match(r"\s*::([a-z-]+)(?: (.*?))?::(.*)", line)
        if command is None:
            assert "##[" not in line
            read.lines.append(line)
            continue
        pairs = (pair.partition("=") for pair in (command[2] or "").split(","))
        properties = {name: unescaped(value) for name, _, value in pairs}
        read.commands.append((command[1], properties, unescaped(command[3])))
    return read


def unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_an_annotation_stands_at_the_line_and_says_what_first() -> None:
    (command,) = log(result(finding(severity="critical", first_seen=commit(), advice=advice()))).commands
    kind, properties, text = command
    assert kind == "error"
    assert properties == {
        "title": "critical: Example token",
        "file": "src/app.py",
        "line": "12",
        "endLine": "12",
        "col": "8",
        "endColumn": "38",
    }
    assert "(97%, almost certain)" in text
    assert text.endswith("Replace the token.")


def test_columns_are_left_out_where_lines_differ_and_files_where_there_are_none() -> None:
    key = place().__class__("worktree", "key.pem", Position(1, 1, 9, 4))
    (several,) = log(result(finding(locations=(key,)))).commands
    assert several[1].keys() == {"title", "file", "line", "endLine"}
    (message,) = log(result(finding(locations=(place(None, where="message"),)))).commands
    assert message[1].keys() == {"title"}


def test_the_worst_ten_of_a_kind_are_annotations_and_the_others_lines() -> None:
    high = [finding(f"{n:030}", locations=(place(f"{n}.py"),)) for n in range(12)]
    scan = result(
        finding("x" * 30, severity="low"),
        *high,
        finding("y" * 30, severity="critical", title="Worst"),
        incomplete=(Gap("object 3f", "missing"),),
    )
    read = log(scan)
    kinds = [kind for kind, _, _ in read.commands]
    assert kinds.count("error") == 10
    assert kinds.count("notice") == 1
    assert read.commands[0][1]["title"] == "The scan is incomplete"
    assert read.commands[1][1]["title"] == "critical: Worst"
    assert len(read.lines) == 4
    assert all(re.match(r"high: \d+\.py:12: Example token", line) for line in read.lines)


def test_a_clean_scan_says_nothing_and_what_is_known_neither() -> None:
    assert report("github", result(finding(state="baseline"), finding("i" * 30, state="ignored"))) == ""


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_give_no_orders(evil: str) -> None:
    found = [
        finding(f"{n:030}", locations=(place(evil),), first_seen=commit(evil, author=evil)) for n in range(12)
    ]
    read = log(result(*found, incomplete=(Gap(evil, evil),)))
    assert {kind for kind, _, _ in read.commands} == {"error"}
    assert (len(read.commands), len(read.lines)) == (10, 3)


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_every_result_is_one_line_a_finding(scan: ScanResult) -> None:
    read = log(scan)
    new = sum(found.state == "new" for found in scan.findings)
    assert len(read.commands) + len(read.lines) == new + (not scan.complete)
    assert {kind for kind, _, _ in read.commands} <= {"error", "warning", "notice"}
