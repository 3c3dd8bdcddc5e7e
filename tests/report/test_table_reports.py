"""JUnit, CSV, GitLab's code quality and gitleaks' JSON: each as the programs that read it do."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Gap, ScanResult, Suppression
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value
from tests.report.shown import HOSTILE, json_report, report

ANY_TEXT = st.text(st.characters(), max_size=40)


def suite(scan: ScanResult) -> ElementTree.Element:
    (only,) = ElementTree.fromstring(report("junit", scan))
    return only


def rows(scan: ScanResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report("csv", scan), newline=""), strict=True))


def test_a_finding_is_a_test_that_failed_with_what_to_do() -> None:
    shown = suite(result(finding(advice=advice()), finding("k" * 30, state="baseline")))
    assert (shown.get("tests"), shown.get("failures"), shown.get("skipped")) == ("2", "1", "1")
    failed = next(case for case in shown if case.find("failure") is not None)
    assert failed.get("name") == "Example token in src/app.py:12"
    assert failed.get("classname") == "leakscan.example-token"
    assert failed.get("file") == "src/app.py"
    assert "1. Make a new one." in (failed.findtext("failure") or "")


def test_what_does_not_count_says_why_in_tests_and_tables() -> None:
    why = Suppression("mark", "app.py:3", "a test key")
    scan = result(finding(state="ignored", suppression=why))
    assert suite(scan)[0][0].get("message") == "by a mark, app.py:3: a test key"
    assert rows(scan)[0]["ignored_by"] == "by a mark, app.py:3: a test key"


def test_a_clean_scan_is_a_test_that_passed_and_an_incomplete_one_is_an_error() -> None:
    (passed,) = suite(result())
    assert not len(passed)
    (broken,) = suite(result(incomplete=(Gap("object 3f", "missing"),)))
    assert broken[0].tag == "error"
    assert broken[0].get("message") == "object 3f: missing"


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_every_result_is_sound_xml(scan: ScanResult) -> None:
    shown = suite(scan)
    assert len(shown.findall("testcase/failure")) == sum(found.state == "new" for found in scan.findings)
    assert shown.get("errors") == str(len(scan.incomplete))


def test_a_row_has_what_a_spreadsheet_is_sorted_by() -> None:
    where = (place("a.py", 7), place("b.py"))
    (row,) = rows(
        result(
            finding(locations=where, first_seen=commit(), advice=advice(), in_head=True, parts={"id": "x"})
        )
    )
    assert row["severity"] == "high"
    assert row["confidence"] == "0.97"
    assert (row["path"], row["line"], row["places"], row["in_head"]) == ("a.py", "7", "2", "true")
    assert (row["since"], row["author"]) == ("2024-03-01T10:00:00+08:00", "Li Wei <liwei@example.com>")
    assert row["what_to_do"] == "Replace the token."
    assert row["steps"] == "1. Make a new one. 2. Revoke the old one."
    assert row["links"] == "https://example.com/rotate"


@given(results(ANY_TEXT | st.sampled_from(HOSTILE), st.binary(min_size=1, max_size=60)))
def test_no_cell_is_a_formula_and_every_row_is_whole(scan: ScanResult) -> None:
    shown = rows(scan)
    assert len(shown) == len(scan.findings)
    for row in shown:
        assert None not in row
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_code_quality_has_what_gitlab_asks_for() -> None:
    scan = result(finding(severity="critical", advice=advice()), finding("k" * 30, state="baseline"))
    (issue,) = json_report("codequality", scan)
    assert issue["check_name"] == "example-token"
    assert issue["severity"] == "blocker"
    assert issue["location"] == {"path": "src/app.py", "lines": {"begin": 12, "end": 12}}
    assert issue["fingerprint"] == scan.findings[0].id
    assert issue["description"].endswith("Replace the token.")
    assert "2. Revoke the old one." in issue["content"]["body"]
    assert json_report("codequality", result()) == []


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_code_quality_fingerprints_are_unique(scan: ScanResult) -> None:
    issues = json_report("codequality", scan)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert isinstance(issue["location"]["lines"]["begin"], int)


def test_gitleaks_readers_get_an_object_for_each_place() -> None:
    oid = an_oid("commit")
    where = (place("a.py", 7, where="history", commit=oid), place("b.py", 3))
    found = finding(locations=where, first_seen=commit())
    by_file = {leak["File"]: leak for leak in json_report("gitleaks", result(found))}
    assert by_file["a.py"] == {
        "RuleID": "example-token",
        "Description": "Example token",
        "StartLine": 7,
        "EndLine": 7,
        "StartColumn": 8,
        "EndColumn": 37,
        "Match": found.secret.redacted,
        "Secret": found.secret.redacted,
        "File": "a.py",
        "SymlinkFile": "",
        "Commit": oid,
        "Entropy": 4.7,
        "Author": "Li Wei",
        "Email": "liwei@example.com",
        "Date": "2024-03-01T02:00:00Z",
        "Message": "Add the upload",
        "Tags": [],
        "Fingerprint": f"{oid}:a.py:example-token:7",
    }
    assert by_file["b.py"]["Fingerprint"] == "b.py:example-token:3"
    assert (by_file["b.py"]["Commit"], by_file["b.py"]["Author"], by_file["b.py"]["Date"]) == ("", "", "")


def test_gitleaks_readers_get_no_known_findings_and_secrets_only_when_revealed() -> None:
    value = some_value("secret")
    scan = result(finding(value), finding("k" * 30, state="baseline"))
    assert value not in report("gitleaks", scan)
    (leak,) = json_report("gitleaks", scan, reveal=True)
    assert leak["Secret"] == value


@pytest.mark.parametrize("name", ["codequality", "gitleaks", "gitlab", "sarif"])
@given(scan=results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_json_is_printable_ascii_without_orders_to_a_build_server(name: str, scan: ScanResult) -> None:
    text = report(name, scan)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert "##" not in text
