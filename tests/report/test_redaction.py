from __future__ import annotations

import io
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leakscan.finding import Gap, ScanResult
from leakscan.report.formats import FORMATS
from leakscan.report.interface import Style
from leakscan.report.redaction import Redaction, visible, well_formed
from tests.report.results import an_oid, commit, finding, place, result, some_value

VALUES = st.text(st.characters(), min_size=8, max_size=60) | st.text(
    "[]bold/\n\x1b\\;# ", min_size=8, max_size=30
)


def shown(scan: ScanResult, style: Style) -> str:
    """Every format's report, one after the other."""
    stream = io.StringIO()
    for format in FORMATS.values():
        format.report()(scan, stream, style)
    return stream.getvalue()


def everywhere(value: str, key_id: str) -> ScanResult:
    """A result that has the value in each text that comes from the scanned repository."""
    where = (
        place(f"src/{value}/app.py"),
        place(None, where="message", commit=commit().oid),
        place("a.txt", where="history", commit=an_oid("x")),
    )
    return result(
        finding(value, parts={"access_key_id": key_id}, first_seen=commit(f"Use {value}"), locations=where),
        finding(some_value("b"), first_seen=commit(value, author=value, email=value), locations=where),
        targets=(f"/tmp/{value}",),
        incomplete=(Gap(value, f"because of {value}"),),
        skipped=(Gap(value, value),),
    )


@pytest.mark.parametrize("style", [Style(), Style(colour=True, width=80, links=True)])
@settings(deadline=None)
@given(value=VALUES)
def test_no_report_shows_a_secret_wherever_it_stands(style: Style, value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    forms = {value, visible(value), value.encode("unicode_escape").decode(), repr(value)[1:-1]}
    innocent = shown(everywhere(some_value("innocent", 40), some_value("id", 24)), style)
    assume(not any(form in innocent for form in forms))
    assume(len(set(value)) > 2)
    guilty = shown(everywhere(value, some_value("id", 24)), style)
    assert not [form for form in forms if form in guilty]


@given(value=VALUES)
def test_the_harmless_form_of_text_obeys_nobody(value: str) -> None:
    harmless = visible(value)
    assert all(character.isprintable() or character.isspace() for character in harmless)
    assert not set(harmless) & set("\n\r\t\x0b\x0c\x1b\x9b\u2028\u2029\u202e")
    assert visible(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200bb\U000e0041", "a\\u200bb\\U000e0041"),
        ("a\udcff", "a\\xff"),
        ("::error::boo", "\\x3a:error::boo"),
        ("std::string x", "std::string x"),
        ("##[group]x ##vso[y]", "\\x23#[group]x \\x23#vso[y]"),
        ("## Heading", "## Heading"),
        ("对象存储/密钥.md", "对象存储/密钥.md"),
        ("[bold]Ana[/bold]", "[bold]Ana[/bold]"),
    ],
)
def test_hostile_text_is_shown_escaped(text: str, harmless: str) -> None:
    assert visible(text) == harmless


def test_plain_text_passes_whole() -> None:
    found = Redaction([finding("secret-" + some_value("x"))], reveal=False)
    assert found.text("src/app.py") == "src/app.py"
    assert well_formed("naïve") == "naïve"


def test_the_longer_of_two_secrets_with_one_beginning_is_cut_whole() -> None:
    short, long = some_value("p", 12), some_value("p", 12) + some_value("q", 12)
    redaction = Redaction([finding(short), finding(long)], reveal=False)
    assert some_value("q", 12) not in redaction.text(f"x{long}y{short}z")
    assert short not in redaction.text(f"x{long}y{short}z")


def test_a_subject_that_holds_a_secret_in_an_encoded_form_is_not_shown() -> None:
    introduced = commit("password is c2VjcmV0")
    where = place(None, where="message", commit=introduced.oid, encoding=("base64",))
    redaction = Redaction([finding(locations=(where,))], reveal=False)
    assert "c2Vj" not in redaction.subject(introduced)


def test_short_values_do_not_garble_paths() -> None:
    assert Redaction([finding("test")], reveal=False).text("tests/test_app.py") == "tests/test_app.py"


def test_reveal_leaves_texts_alone() -> None:
    value = some_value("secret")
    redaction = Redaction([finding(value)], reveal=True)
    assert redaction.text(f"a {value}") == f"a {value}"
    assert redaction.secret(finding(value).secret) == value


def test_many_secrets_that_begin_alike_cost_no_more_than_others() -> None:
    values = [some_value("same", 12) + some_value(str(number), 24) for number in range(30_000)]
    started = time.process_time()
    redaction = Redaction(map(finding, values), reveal=False)
    assert values[-1] not in redaction.text(f"a/{values[-1]}/b")
    assert time.process_time() - started < 5  # it was minutes where each was compared with each
