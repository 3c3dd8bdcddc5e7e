from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leakscan.finding import Gap, Reason, ScanResult, Suppression
from leakscan.report import json as json_report
from leakscan.report import jsonl as jsonl_report
from leakscan.report.interface import Style
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/leakscan-1.json").read_text("utf-8"))
ANY_TEXT = st.text(st.characters(), max_size=40)


def json_text(scan: ScanResult, **style: Any) -> str:
    stream = io.StringIO()
    json_report.write(scan, stream, Style(**style))
    return stream.getvalue()


def json_lines(scan: ScanResult, **style: Any) -> list[str]:
    stream = io.StringIO()
    jsonl_report.write(scan, stream, Style(**style))
    return stream.getvalue().splitlines()


def a_full_finding() -> Any:
    return finding(
        parts={"access_key_id": some_value("id", 24)},
        first_seen=commit(),
        in_head=True,
        advice=advice(),
        locations=(place(where="history", commit=an_oid("c"), blob=an_oid("b"), encoding=("base64",)),),
    )


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)), st.booleans())
def test_every_result_keeps_to_the_schema(scan: ScanResult, reveal: bool) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(json_text(scan, reveal=reveal)))


def test_what_suppression_adds_is_not_there_without_it() -> None:
    shown = json.loads(json_text(result(a_full_finding())))
    assert {"warnings", "settings"}.isdisjoint(shown["scan"])
    assert "suppression" not in shown["findings"][0]


def test_keys_are_those_of_the_schema_in_its_order() -> None:
    told = {"incomplete": (Gap("a", "b"),), "warnings": (Gap("a", "b"),), "settings": ("leakscan.yaml",)}
    full = a_full_finding()._replace(state="ignored", suppression=Suppression("mark", "a.py:1", "a test"))
    shown = json.loads(json_text(result(full, **told), reveal=True))
    kinds = SCHEMA["$defs"]
    (found,) = shown["findings"]
    assert list(shown) == list(SCHEMA["properties"])
    assert list(shown["scan"]) == list(kinds["scan"]["properties"])
    assert list(shown["scan"]["counts"]) == list(kinds["counts"]["properties"])
    assert list(found) == list(kinds["finding"]["properties"])
    assert list(found["secret"]) == list(kinds["secret"]["properties"])
    assert list(found["first_seen"]) == list(kinds["commit"]["properties"])
    assert list(found["locations"][0]) == list(kinds["location"]["properties"])
    assert list(found["advice"]) == list(kinds["advice"]["properties"])
    assert list(found["reasons"][0]) == list(kinds["reason"]["properties"])


def test_a_secret_is_whole_only_when_revealed() -> None:
    value, key_id = some_value("secret"), some_value("id", 24)
    scan = result(finding(value, parts={"access_key_id": key_id}))
    quiet, loud = json.loads(json_text(scan)), json.loads(json_text(scan, reveal=True))
    assert quiet["findings"][0]["secret"] == {"redacted": f"{value[:3]}…{value[-2:]}"}
    assert quiet["findings"][0]["parts"] == {"access_key_id": f"{key_id[:6]}…{key_id[-3:]}"}
    assert loud["findings"][0]["secret"]["value"] == value
    assert loud["findings"][0]["parts"] == {"access_key_id": key_id}


def test_an_author_is_name_and_address() -> None:
    shown = json.loads(json_text(result(finding(first_seen=commit()))))
    assert shown["findings"][0]["first_seen"]["author"] == "Li Wei <liwei@example.com>"


def test_a_clean_and_an_incomplete_scan_differ() -> None:
    assert json.loads(json_text(result()))["scan"]["complete"] is True
    broken = json.loads(json_text(result(incomplete=(Gap("object 3f", "missing"),))))
    assert broken["scan"]["complete"] is False
    assert broken["scan"]["incomplete"] == [{"what": "object 3f", "why": "missing"}]


def test_the_worst_and_surest_come_first_in_every_run() -> None:
    found = [
        finding("a" * 20, severity="low", confidence=0.99),
        finding("b" * 20, severity="critical", confidence=0.6),
        finding("c" * 20, severity="critical", confidence=0.9, provider="Zebra"),
        finding("d" * 20, severity="critical", confidence=0.9, provider="Ape", rule="z"),
        finding("e" * 20, severity="critical", confidence=0.9, provider="Ape", rule="a"),
        finding(
            "f" * 20, severity="critical", confidence=0.9, provider="Ape", rule="a", locations=(place("a"),)
        ),
    ]
    there = json_text(result(*found))
    assert there == json_text(result(*reversed(found)))
    order = [one["id"] for one in json.loads(there)["findings"]]
    assert order == [found[number].id for number in (5, 4, 3, 2, 1, 0)]


def test_json_lines_hold_the_findings_of_the_json_and_nothing_else() -> None:
    scan = result(a_full_finding(), finding("x" * 30), incomplete=(Gap("object 3f", "missing"),))
    assert [json.loads(line) for line in json_lines(scan)] == json.loads(json_text(scan))["findings"]
    assert json_lines(result()) == []


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_the_output_is_printable_ascii(scan: ScanResult) -> None:
    text = json_text(scan) + "".join(json_lines(scan))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_a_build_server_finds_no_orders_in_it() -> None:
    scan = result(finding(locations=(place("##vso[task.prependpath]/tmp"),)))
    assert "##" not in json_text(scan)
    assert json.loads(json_text(scan))["findings"][0]["locations"][0]["path"] == "##vso[task.prependpath]/tmp"


def test_a_path_that_is_no_utf8_is_valid_json() -> None:
    scan = result(finding(locations=(place("a\udcff.py"),)))
    assert json.loads(json_text(scan))["findings"][0]["locations"][0]["path"] == "a\\xff.py"


def test_numbers_are_short() -> None:
    found = finding(confidence=0.123456789)._replace(reasons=(Reason("entropy", 4.123456, 1.987654),))
    shown = json.loads(json_text(result(found)))["findings"][0]
    assert shown["confidence"] == 0.1235
    assert shown["reasons"] == [{"feature": "entropy", "value": 4.1235, "weight": 1.9877}]
