from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from leakscan.finding import Gap, ScanResult
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value
from tests.report.shown import HOSTILE, json_report, report, schema

VALIDATOR = Draft7Validator(schema("gitlab-secret-detection-15.0.7.json"))
ANY_TEXT = st.text(st.characters(), max_size=40)


def shown(scan: ScanResult, **style: Any) -> dict[str, Any]:
    """A valid report."""
    whole = json_report("gitlab", scan, **style)
    VALIDATOR.validate(whole)
    return dict(whole)


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)), st.booleans())
def test_every_result_keeps_to_gitlabs_schema(scan: ScanResult, reveal: bool) -> None:
    new = [found for found in scan.findings if found.state == "new"]
    assert len(shown(scan, reveal=reveal)["vulnerabilities"]) == len(new)


def test_a_finding_is_a_vulnerability_with_its_solution() -> None:
    where = place("a.py", 7, where="history", commit=an_oid("commit"))
    found = finding(severity="critical", locations=(where,), first_seen=commit(), advice=advice())
    (one,) = shown(result(found))["vulnerabilities"]
    assert one["id"].replace("-", "") == found.id
    assert one["name"] == "Example token"
    assert one["severity"] == "Critical"
    assert one["solution"].startswith("Replace the token.\n\n1. Make a new one.")
    assert one["links"] == [{"url": "https://example.com/rotate"}]
    assert one["identifiers"][0]["value"] == "example-token"
    assert one["identifiers"][1]["name"] == "CWE-798"
    assert one["location"] == {
        "file": "a.py",
        "start_line": 7,
        "end_line": 7,
        "commit": {
            "sha": an_oid("commit"),
            "author": "Li Wei <liwei@example.com>",
            "date": "2024-03-01T10:00:00+08:00",
            "message": "Add the upload",
        },
    }
    assert one["details"]["how_sure"]["value"].startswith("97%, almost certain; + the characters look random")


def test_a_place_without_a_commit_has_the_one_that_gitlab_knows_for_none() -> None:
    (one,) = shown(result(finding()))["vulnerabilities"]
    assert one["location"]["commit"] == {"sha": "0000000"}


def test_an_incomplete_scan_has_failed_and_says_why() -> None:
    assert shown(result())["scan"]["status"] == "success"
    scan = shown(result(incomplete=(Gap("object 3f", "missing: partial clone"),)))["scan"]
    assert scan["status"] == "failure"
    (message,) = scan["messages"]
    assert message["level"] == "warn"
    assert message["value"].startswith("Not scanned: object 3f: missing: partial clone. Mend: clone it whole")


def test_the_source_is_there_only_when_revealed() -> None:
    value = some_value("secret")
    assert value not in report("gitlab", result(finding(value)))
    (one,) = shown(result(finding(value)), reveal=True)["vulnerabilities"]
    assert one["raw_source_code_extract"] == value


def test_a_long_advice_is_cut_where_gitlab_refuses_it() -> None:
    steps = tuple("Do this. " * 50 for _ in range(50))
    (one,) = shown(result(finding(advice=advice(steps=steps))))["vulnerabilities"]
    assert len(one["solution"]) == 7_000


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_are_escaped_in_what_gitlab_reads_as_markdown(evil: str) -> None:
    found = finding(first_seen=commit(evil, author=evil))
    (one,) = shown(result(found))["vulnerabilities"]
    text = one["description"]
    for at, character in enumerate(text):
        if character in "[]<>`*@#!|":
            assert text[at - 1] == "\\"
