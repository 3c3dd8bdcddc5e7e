from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from leakscan.finding import Finding, Gap, ScanResult, Suppression
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value
from tests.report.shown import HOSTILE, json_report, report, schema

VALIDATOR = Draft4Validator(schema("sarif-2.1.0.json"))
ANY_TEXT = st.text(st.characters(), max_size=40)


def run(scan: ScanResult, **style: Any) -> dict[str, Any]:
    """The only run of a valid log."""
    log = json_report("sarif", scan, **style)
    VALIDATOR.validate(log)
    (only,) = log["runs"]
    return dict(only)


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)), st.booleans())
def test_every_result_keeps_to_the_official_schema(scan: ScanResult, reveal: bool) -> None:
    shown = run(scan, reveal=reveal)
    assert len(shown["results"]) == len(scan.findings)
    for one in shown["results"]:
        assert shown["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]


def test_a_rule_says_what_it_finds_how_bad_that_is_and_what_to_do() -> None:
    shown = run(result(finding(severity="critical", advice=advice()), finding("b" * 30, severity="critical")))
    (rule,) = shown["tool"]["driver"]["rules"]
    assert rule["id"] == "example-token"
    assert rule["shortDescription"]["text"] == "Example token"
    assert rule["fullDescription"]["text"] == "Replace the token."
    assert "1. Make a new one." in rule["help"]["text"]
    assert "- <https://example.com/rotate>" in rule["help"]["markdown"]
    assert rule["helpUri"] == "https://example.com/rotate"
    assert rule["defaultConfiguration"]["level"] == "error"
    assert rule["properties"]["security-severity"] == "9.5"
    assert "external/cwe/cwe-798" in rule["properties"]["tags"]


@pytest.mark.parametrize(
    ("severity", "level", "least", "most"),
    [
        ("critical", "error", 9.0, 10.0),
        ("high", "error", 7.0, 8.9),
        ("medium", "warning", 4.0, 6.9),
        ("low", "note", 0.1, 3.9),
        ("info", "note", 0.1, 3.9),
    ],
)
def test_severities_are_those_of_code_scanning(severity: str, level: str, least: float, most: float) -> None:
    shown = run(result(finding(severity=severity)))
    score = float(shown["tool"]["driver"]["rules"][0]["properties"]["security-severity"])
    assert least <= score <= most
    assert shown["results"][0]["level"] == level


def test_a_fingerprint_stays_when_the_secret_moves() -> None:
    first = finding(locations=(place("a.py", 3),))
    moved = finding(locations=(place("b/c.py", 99), place("d.py", 1)), first_seen=commit())
    prints = [run(result(found))["results"][0]["partialFingerprints"] for found in (first, moved)]
    assert prints[0] == prints[1] == {"leakscan/v1": first.id, "primaryLocationLineHash": first.id}


def test_what_a_baseline_or_a_mark_hides_is_there_and_suppressed() -> None:
    scan = result(finding(), finding("k" * 30, state="baseline"), finding("i" * 30, state="ignored"))
    why = Suppression("mark", "app.py:3", "a test key")
    marked = finding("m" * 30, state="ignored", suppression=why)
    first, *others = [
        shown["suppressions"] for shown in run(scan._replace(findings=(*scan.findings, marked)))["results"]
    ]
    assert first == []
    told = {(one["kind"], one["justification"]) for (one,) in others}
    assert told == {
        ("external", "It is in the baseline."),
        ("external", "It is marked as no leak."),
        ("inSource", "by a mark, app.py:3: a test key"),
    }


def test_what_settings_do_not_do_as_meant_is_a_notification() -> None:
    invocation = run(result(warnings=(Gap("leakscan.yaml:3", "it covers nothing"),)))["invocations"][0]
    (note,) = invocation["toolConfigurationNotifications"]
    assert (note["level"], note["message"]["text"]) == ("warning", "leakscan.yaml:3: it covers nothing")
    assert invocation["executionSuccessful"] is True


def test_an_incomplete_scan_was_no_success_and_names_what_it_missed() -> None:
    whole = run(result())["invocations"][0]
    assert whole["executionSuccessful"] is True
    assert whole["toolExecutionNotifications"] == []
    assert (whole["startTimeUtc"], whole["endTimeUtc"]) == ("2026-03-02T09:00:00Z", "2026-03-02T09:00:04Z")
    gaps = (Gap("object 3f", "missing: partial clone"),)
    broken = run(result(incomplete=gaps, skipped=(Gap("v.mp4", "too large"),)))["invocations"][0]
    assert broken["executionSuccessful"] is False
    missed, skipped = broken["toolExecutionNotifications"]
    assert missed["level"] == "error"
    assert missed["message"]["text"].startswith("object 3f: missing: partial clone. Mend: clone it whole")
    assert (skipped["level"], skipped["message"]["text"]) == ("note", "v.mp4: too large")


def test_places_are_relative_addresses_with_lines_and_columns() -> None:
    places = (
        place("src/a b#c:d%.py", 7, commit=an_oid("c")),
        place("/srv/x.py"),
        place(None, where="message", commit=an_oid("m")),
        place(None, where="stdin"),
        place(None, where="dangling", blob=an_oid("b")),
    )
    (one,) = run(result(finding(locations=places)))["results"]
    spots = [location["physicalLocation"] for location in one["locations"]]
    assert sorted(spot["artifactLocation"]["uri"] for spot in spots) == sorted(
        [
            "src/a%20b%23c%3Ad%25.py",
            "file:///srv/x.py",
            f"message-of-{an_oid('m')}",
            "stdin",
            f"object-{an_oid('b')}",
        ]
    )
    assert spots[0]["region"] == {"startLine": 7, "startColumn": 8, "endLine": 7, "endColumn": 38}
    assert one["locations"][0]["properties"]["commit"] == an_oid("c")


def test_a_message_says_what_since_when_and_what_first() -> None:
    found = finding(first_seen=commit(), advice=advice())
    text = run(result(found))["results"][0]["message"]["text"]
    oid = an_oid("commit")[:10]
    assert text == (
        f"Example token {found.secret} (97%, almost certain)."
        f" It came in with {oid} on 2024-03-01 by Li Wei. Replace the token."
    )


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_are_no_links_and_no_placeholders(evil: str) -> None:
    found = finding(locations=(place(evil),), first_seen=commit(evil, author=evil))
    text = run(result(found, incomplete=(Gap(evil, evil),)))["results"][0]["message"]["text"]
    for at, character in enumerate(text):
        if character in "[]":
            assert text[at - 1] == "\\"
    assert "{0}" not in text.replace("{{", "").replace("}}", "")


def test_the_limits_of_code_scanning_are_kept_and_the_worst_stay() -> None:
    many = tuple(place(f"{number}.py") for number in range(1_200))
    found: list[Finding] = [finding(f"{number:030}", severity="low") for number in range(25_001)]
    found.append(finding("x" * 30, severity="critical", locations=many))
    found.append(finding("k" * 30, severity="critical", state="baseline"))
    log = json_report("sarif", result(*found))  # checking so many against the schema takes minutes
    shown = log["runs"][0]
    assert len(shown["results"]) == 25_000
    assert shown["results"][0]["level"] == "error"
    assert len(shown["results"][0]["locations"]) == 1_000
    assert shown["results"][0]["occurrenceCount"] == 1_200
    assert not any(one["suppressions"] for one in shown["results"])
    (note,) = shown["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("3 more findings left out")


def test_no_secret_is_in_it_even_where_there_is_room_for_a_snippet() -> None:
    value = some_value("secret")
    assert value not in report("sarif", result(finding(value)))
    assert value in report("sarif", result(finding(value)), reveal=True)
