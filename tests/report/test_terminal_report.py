from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.finding import Counts, Gap, Reason, ScanResult
from leakscan.report import terminal
from leakscan.report.interface import Style
from leakscan.report.page import Page
from tests.report.results import advice, an_oid, commit, finding, place, result, results, some_value

PIPE = Style()
NARROW = Style(colour=True, width=80, links=True)
HOSTILE = st.text(st.characters() | st.sampled_from("\x1b[]()\n\r/\\:#;\x9b\u202e"), max_size=200)
LONG_PATH = "/".join(["deploy", *(f"environment-{number}" for number in range(12)), "secrets.yaml"])


def text(scan: ScanResult, style: Style = PIPE) -> str:
    stream = io.StringIO()
    terminal.write(scan, stream, style)
    return stream.getvalue()


def plain(shown: str) -> str:
    """What a terminal shows, without colours and links."""
    return re.sub(r"\x1b\]8;[^\x1b]*\x1b\\|\x1b\[[0-9;]*m", "", shown)


def a_pair(**more: Any) -> Any:
    known = {
        "title": "Example key pair",
        "severity": "critical",
        "reasons": (
            Reason("pair", "1 lines apart", 2.4),
            Reason("entropy", 4.7, 1.9),
            Reason("path", "test", -0.3),
        ),
        "first_seen": commit(),
        "in_head": True,
        "advice": advice(),
    }
    return finding(parts={"access_key_id": some_value("id", 24)}, **{**known, **more})


def test_a_card_says_what_where_since_when_how_sure_and_why() -> None:
    shown = text(result(a_pair()))
    assert "CRITICAL   Example key pair" in shown
    value, key_id = some_value("secret"), some_value("id", 24)
    assert f"{value[:3]}…{value[-2:]}   access key ID {key_id[:6]}…{key_id[-3:]}" in shown
    assert "  where    src/app.py:12   still in HEAD\n" in shown
    assert f"2024-03-01 (2 years ago), {an_oid('commit')[:10]} by Li Wei" in shown
    assert "Add the upload" in shown
    assert "97%, almost certain" in shown
    assert "+ its other half stands near it (1 lines apart)" in shown
    assert "+ the characters look random (4.7 bits each)" in shown
    assert "− its path says test" in shown


def test_many_places_are_counted_and_five_shown() -> None:
    shown = text(result(a_pair(locations=tuple(place(f"a{number}.py") for number in range(17)))))
    assert len(re.findall(r"a\d+\.py:12", shown)) == 5
    assert "(17 places)" in shown
    assert "and 12 more" in shown


def test_a_path_in_the_working_tree_and_in_the_history_is_one_place() -> None:
    there = (place(where="history", commit=commit().oid), place())
    assert text(result(a_pair(locations=there))).count("src/app.py:12") == 1


def test_a_place_in_another_commit_names_it() -> None:
    there = (place("old.py", where="history", commit=an_oid("other")),)
    assert f"old.py:12  in {an_oid('other')[:10]}" in text(result(a_pair(locations=there)))


@pytest.mark.parametrize(
    ("wheres", "in_head", "words"),
    [
        (("history", "worktree"), True, "still in HEAD"),
        (("history",), False, "no longer in HEAD, but every clone has it"),
        (("worktree",), False, "in the working tree, not committed yet"),
        (("index", "worktree"), False, "staged, not committed yet"),
        (("worktree",), None, "in the working tree"),
        (("stash",), False, "only in a stash: no branch or tag has it"),
        (
            ("dangling", "reflog"),
            False,
            "only in the reflog and in a dangling object: no branch or tag has it",
        ),
        (("message",), False, "in a commit or tag message"),
        (("worktree", "history"), False, "in the working tree and the history"),
        (("stdin",), None, "in standard input"),
    ],
)
def test_a_card_says_where_it_still_stands(wheres: tuple[Any, ...], in_head: bool | None, words: str) -> None:
    there = tuple(place(where=where) for where in wheres)
    assert f"{words}\n" in text(result(a_pair(locations=there, in_head=in_head)))


def test_each_kind_says_what_to_do_first_and_its_steps_stand_once_at_the_end() -> None:
    low = [
        finding(
            f"{n}" * 20, rule="other", severity="low", advice=advice("other", summary="Do the other thing.")
        )
        for n in "ab"
    ]
    shown = text(result(*low, a_pair()))
    cards, _, steps = shown.partition("What to do\n")
    assert cards.startswith(
        "CRITICAL   Example key pair\n"
        "  first    Replace the token. Steps: A below.\n"
        "  rule     example-token\n\n"
        "  secret   "
    )
    assert "LOW        Example token   2 findings\n  first    Do the other thing. Steps: B below.\n" in cards
    assert cards.count("Do the other thing.") == cards.count("Steps: B") == 1
    assert "1. Make a new one." not in cards
    assert " A  Example key pair\n    1. Make a new one.\n    2. Revoke the old one.\n" in steps
    assert " B  2 findings: Example token\n    1. Make" in steps
    assert "https://example.com/rotate" in steps


def test_findings_of_a_kind_stand_together_under_one_heading() -> None:
    mixed = [
        finding(f"{n}" * 20, rule=rule, title=rule, confidence=sure)
        for n, rule, sure in (("a", "first", 0.99), ("b", "second", 0.9), ("c", "first", 0.8))
    ]
    shown = text(result(*mixed))
    assert re.findall(r"HIGH +(.*)|sure +(\d+)", shown) == [
        ("first   2 findings", ""),
        ("", "99"),
        ("", "80"),
        ("second", ""),
        ("", "90"),
    ]


def test_one_kind_of_advice_needs_no_letter() -> None:
    shown = text(result(a_pair()))
    assert "Steps: A" not in shown
    assert "What to do\n\n    Example key pair\n    1. Make a new one.\n" in shown


def test_beyond_200_findings_the_worst_are_shown_and_the_rest_counted() -> None:
    many = [
        finding(
            f"{n:020}",
            title=f"Token {severity}",
            rule=severity,
            severity=severity,
            advice=advice(severity),
            locations=(place(f"{n}.py"),),
        )
        for severity, number in (("low", 40), ("high", 1500), ("critical", 150))
        for n in range(number)
    ]
    shown = text(result(*many))
    assert (shown.count("  secret   "), shown.count("Token critical   150 findings")) == (200, 1)
    assert "Token high   1,500 findings" in shown
    assert "and 1,490 more findings: 1,450 high, 40 low\n" in shown
    assert "--format json and --format jsonl have them all" in shown
    assert " C  40 findings: Token low\n" in shown
    assert "LEAKS      1,690 findings: 150 critical, 1,500 high, 40 low\n" in shown


def test_a_long_path_is_broken_behind_a_slash() -> None:
    there = (place("src/" + "n" * 90 + ".py"), place(LONG_PATH))
    shown = plain(text(result(a_pair(locations=there)), NARROW))
    lines = [line.strip() for line in shown.splitlines()]
    folded = "".join(lines[lines.index("src/") :])
    assert f"{LONG_PATH}:12" in folded
    assert not [line for line in lines if "environment" in line and not line.endswith(("/", ":12"))]
    assert "n" * 69 in lines


def test_the_end_counts_findings_and_what_was_scanned() -> None:
    shown = text(result(a_pair(), finding("x" * 20, severity="low"), finding("y" * 20, severity="low")))
    assert "LEAKS      3 findings: 1 critical, 2 low\n" in shown
    assert "Scanned 2,341 commits, 12,034 objects, 310 files (1.2 GB) with 221 rules in 4.1 s:\n" in shown


def test_a_clean_scan_says_what_it_looked_at() -> None:
    shown = text(result(targets=("/src/shop",)))
    assert shown.startswith("CLEAN      No leaks found.\n           Scanned 2,341 commits")
    assert "/src/shop" in shown


def test_a_mend_for_several_reasons_is_told_once() -> None:
    gaps = (Gap("a", "odd"), Gap("b", "shallow clone"), Gap("c", "strange"), Gap("d", "shallow too"))
    shown = text(result(incomplete=gaps))
    assert shown.count("Mend: ") == 2
    at = [shown.index(words) for words in ("odd", "strange", "Mend: mend", "shallow clone", "shallow too")]
    assert at == sorted(at)


def test_an_incomplete_scan_without_findings_never_looks_clean() -> None:
    shown = text(result(incomplete=(Gap("object 3f2a", "missing: partial clone"),)))
    assert "This scan is incomplete: 1 part could not be scanned." in shown
    assert "object 3f2a" in shown
    assert "Mend: clone it whole" in shown
    assert "UNKNOWN" in shown
    assert "clean" not in shown.lower()
    assert "No leaks found" not in shown


def test_what_is_missing_for_one_reason_is_named_together() -> None:
    shown = text(result(incomplete=tuple(Gap(f"object {n}", "missing") for n in range(100))))
    assert shown.count("missing\n") == 1
    assert "and 97 more" in shown


def test_what_was_skipped_is_one_quiet_line() -> None:
    skipped = tuple(Gap(f"v{number}.mp4", "larger than 9 bytes") for number in range(3))
    assert "Skipped v0.mp4 and 2 more: larger than 9 bytes\n" in text(result(skipped=skipped))


def test_known_findings_are_counted_and_not_shown() -> None:
    shown = text(result(a_pair(state="baseline", title="Old friend")))
    assert "Old friend" not in shown
    assert "Not shown: 1 finding of the baseline" in shown
    assert "CLEAN      No new leaks found." in shown


def test_a_pipe_gets_plain_text_with_whole_paths() -> None:
    shown = text(result(a_pair(locations=(place(LONG_PATH),)), targets=(LONG_PATH,)))
    assert f"{LONG_PATH}:12\n" in shown
    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("width", [80, 120])
@settings(deadline=None)
@given(scan=results(HOSTILE, st.binary(min_size=1, max_size=300)))
def test_no_line_is_wider_than_the_terminal(width: int, scan: ScanResult) -> None:
    from rich.cells import cell_len

    scan = scan._replace(findings=tuple(found._replace(advice=None) for found in scan.findings))
    lines = plain(text(scan, Style(colour=True, width=width))).splitlines()
    assert max(map(cell_len, lines)) <= width


@settings(deadline=None)
@given(scan=results(HOSTILE, st.binary(min_size=1, max_size=60)), reveal=st.booleans())
def test_nothing_hostile_reaches_the_terminal(scan: ScanResult, reveal: bool) -> None:
    shown = plain(text(scan, replace(NARROW, reveal=reveal)))
    assert not set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown))
    assert not re.search(r"##\w*\[", text(scan, PIPE))
    assert not re.search(r"^\s*::", text(scan, PIPE), re.MULTILINE)


def test_markup_is_shown_and_not_obeyed() -> None:
    shown = text(result(a_pair(first_seen=commit("[red]Fix[/red] :smile:", author="[bold]Ana"))), NARROW)
    assert "[red]Fix[/red] :smile:" in shown
    assert "[bold]Ana" in shown


def test_a_message_and_an_object_without_a_path_have_names() -> None:
    there = (
        place(None, where="message", commit=an_oid("m")),
        place(None, where="dangling", blob=an_oid("d")),
    )
    shown = text(result(a_pair(locations=there)))
    assert f"message of {an_oid('m')[:10]}:12" in shown
    assert f"object {an_oid('d')[:10]}:12  dangling" in shown


def test_links_lead_to_files_on_a_terminal_only(tmp_path: Any) -> None:
    scan = result(a_pair(locations=(place("a b\x1b.py"),)), targets=(str(tmp_path),))
    assert f"file://{tmp_path}/a%20b%1B.py" in text(scan, NARROW)
    assert "file://" not in text(scan, replace(NARROW, links=False))
    assert "file://" not in text(scan)


def test_only_the_sixteen_colours_are_used() -> None:
    codes = re.findall(r"\x1b\[([0-9;]*)m", text(result(a_pair(), incomplete=(Gap("a", "b"),)), NARROW))
    assert codes
    assert not [code for code in codes if "38" in code.split(";") or "48" in code.split(";")]


def test_a_stream_that_is_no_utf8_gets_what_it_can_hold() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    terminal.write(result(a_pair(locations=(place("密钥.md"),))), stream, PIPE)
    stream.flush()
    assert b"\\u5bc6\\u94a5.md:12" in raw.getvalue()
    assert b"..." in raw.getvalue()


def test_the_summary_alone_has_no_cards() -> None:
    stream = io.StringIO()
    terminal.write_summary(result(a_pair(), counts=Counts(files=1)), stream, PIPE)
    assert "Example key pair" not in stream.getvalue()
    assert "LEAKS      1 finding: 1 critical" in stream.getvalue()
    assert "Scanned 1 file in 4.1 s:" in stream.getvalue()


def test_a_page_without_a_terminal_is_not_narrower_than_it_can_be_read() -> None:
    assert Page(Style(width=7)).width == 40
