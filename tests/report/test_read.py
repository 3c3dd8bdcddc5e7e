from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.errors import UsageError
from leakscan.finding import Gap, ScanResult
from leakscan.report.formats import FORMATS
from leakscan.report.read import has_values, read_result
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value
from tests.report.shown import report

ANY_TEXT = st.text(st.characters(), max_size=40)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def reread(scan: ScanResult, **style: Any) -> ScanResult:
    return read_result(report("json", scan, **style).encode(), "leaks.json")


def a_result() -> dict[str, Any]:
    where = place(where="history", commit=an_oid("c"), blob=an_oid("b"), encoding=("base64",))
    found = finding(
        parts={"access_key_id": some_value("id", 24)},
        first_seen=commit(),
        in_head=True,
        advice=advice(),
        locations=(where,),
    )
    gaps = (Gap("a", "b"),)
    return dict(json.loads(report("json", result(found, incomplete=gaps, skipped=gaps))))


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to each value in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(way for key, one in inner for way in paths(one, (*path, key)))]


def replaced(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    if not path:
        return other
    if isinstance(value, list):
        return [replaced(one, path[1:], other) if at == path[0] else one for at, one in enumerate(value)]
    return {key: replaced(one, path[1:], other) if key == path[0] else one for key, one in value.items()}


@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)), st.booleans())
def test_what_was_written_is_read_again_whole(scan: ScanResult, reveal: bool) -> None:
    assert report("json", reread(scan, reveal=reveal), reveal=reveal) == report("json", scan, reveal=reveal)


@pytest.mark.parametrize("name", FORMATS)
@given(results(ANY_TEXT, st.binary(min_size=1, max_size=60)))
def test_every_format_is_the_same_later(name: str, scan: ScanResult) -> None:
    again = reread(scan)
    if name == "terminal":  # how long a short secret is, a result does not say
        assert report(name, again)
    else:
        assert report(name, reread(again)) == report(name, again)


def test_a_report_later_is_the_one_of_the_scan() -> None:
    scan = result(finding(first_seen=commit(), advice=advice(), in_head=False), incomplete=(Gap("a", "b"),))
    for name in FORMATS:
        assert report(name, reread(scan)) == report(name, scan)


def test_secrets_that_were_not_revealed_cannot_be_and_others_are_redacted_again() -> None:
    value = some_value("secret")
    scan = result(
        finding(value, parts={"access_key_id": some_value("id", 24)}, locations=(place(f"{value}.py"),))
    )
    assert not has_values(reread(scan))
    assert value not in report("json", reread(scan), reveal=True)
    revealed = reread(scan, reveal=True)
    assert has_values(revealed)
    for name in FORMATS:
        assert value not in report(name, revealed)
    assert report("json", revealed) == report("json", scan)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"1", b"{}", b'{"schema": "leakscan/9"}', b"\xff", b"[" * 100_000, b"NaN"]
)
def test_what_is_no_result_is_refused_with_how_to_make_one(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"leaks\.json is no JSON result of leakscan"):
        read_result(content, "leaks.json")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("scan", "started"), "yesterday", "scan.started is no date and time"),
        (("scan", "complete"), True, "scan.complete is not what 'incomplete' says"),
        (("scan", "seconds"), -1, "scan.seconds is not in"),
        (("findings",), {}, "findings is no array"),
        (("findings", 0, "id"), "../x", "findings[0].id is no id"),
        (("findings", 0, "severity"), "dire", "findings[0].severity is none of info, low"),
        (("findings", 0, "confidence"), 2, "findings[0].confidence is not in 0…1"),
        (("findings", 0, "locations"), [], "findings[0].locations is empty"),
        (("findings", 0, "locations", 0, "line"), 0, "findings[0].locations[0].line is no whole number"),
        (("findings", 0, "advice", "links", 0), "javascript:alert(1)", "links[0] is no link"),
        (("findings", 0, "advice", "links", 0), 'https://a/" onclick=x', "links[0] is no link"),
    ],
)
def test_a_mistake_is_named_with_its_place(path: tuple[str | int, ...], value: Any, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_result(json.dumps(replaced(a_result(), path, value)).encode(), "leaks.json")
    assert str(caught.value).startswith("leaks.json: ")
    assert problem in str(caught.value)


@given(st.data())
def test_whatever_is_changed_in_a_result_it_is_read_or_refused(data: st.DataObject) -> None:
    whole = a_result()
    path = data.draw(st.sampled_from(paths(whole)))
    content = json.dumps(replaced(whole, path, data.draw(ANY_JSON))).encode()
    try:
        scan = read_result(content, "leaks.json")
    except UsageError:
        return
    for name in FORMATS:
        assert report(name, scan) is not None
