"""Commit, tag and tree objects, sound and garbled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leakscan.finding import Commit
from leakscan.git.names import shown_path
from leakscan.git.parse import described, message, parse_commit, parse_tag, tree_entries

_TREE, _PARENT = "1" * 40, "2" * 40
_COMMIT = (
    f"tree {_TREE}\nparent {_PARENT}\nauthor Ada L <ada@example.com> 1704067200 +0800\n"
    "committer Bob <bob@example.com> 1704067260 -0330\n\nSubject line\n\nBody\n"
).encode()


def test_a_commit_is_taken_apart() -> None:
    parsed = parse_commit(_COMMIT)
    assert (parsed.tree.hex(), [oid.hex() for oid in parsed.parents]) == (_TREE, [_PARENT])
    assert parsed.time == 1704067260
    assert described("3" * 40, _COMMIT) == Commit(
        "3" * 40,
        "Ada L",
        "ada@example.com",
        "2024-01-01T08:00:00+08:00",
        1704067200,
        "Subject line",
        committed=1704067260,
    )


def test_a_commits_own_encoding_is_used_for_its_people_and_subject() -> None:
    who = "author Søren <s@example.com> 0 +0000\nencoding ISO-8859-1\n\nblå".encode("latin-1")
    commit = described("3" * 40, f"tree {_TREE}\n".encode() + who)
    assert (commit.author, commit.subject) == ("Søren", "blå")


def test_the_whole_header_follows_the_message() -> None:
    head, _, body = _COMMIT.partition(b"\n\n")
    assert message(_COMMIT) == body + b"\n" + head
    head += b"\nHG:extra source:x\n more"
    assert message(head + b"\n\n" + body) == body + b"\n" + head
    assert message(head) == b"\n" + head


def test_a_tag_is_taken_apart() -> None:
    raw = f"object {_TREE}\ntype commit\ntag v1\ntagger Ada <a@b> 1704067200 +0000\n\nRelease\n".encode()
    assert parse_tag(raw) == _TREE
    assert described("3" * 40, raw).subject == "Release"
    assert message(raw).startswith(b"Release\n\nobject ")


def test_a_date_that_no_calendar_holds_is_empty() -> None:
    raw = b"author A <a@b> 99999999999999999 +0000\n\n"
    assert described("3" * 40, raw).date == ""
    assert described("3" * 40, b"author A <a@b> 0 +9999\n\n").date == ""


def test_control_characters_do_not_reach_a_terminal() -> None:
    commit = described("3" * 40, b"author A\x1b[2J <a@b> 0 +0000\n\nhi\x07\n")
    assert "\x1b" not in commit.author
    assert "\x07" not in commit.subject
    assert shown_path(b"a\x1b[2J\n\xe2\x80\xae\xff") == r"a\x1b[2J\n\u202e\xff"


def test_a_tree_that_is_cut_short_gives_its_whole_entries() -> None:
    raw = b"100644 a\0" + bytes(20) + b"40000 b\0" + bytes(20)
    assert [name for _, name, _ in tree_entries(raw, 20)] == [b"a", b"b"]
    for cut in range(len(raw)):
        assert len(list(tree_entries(raw[:cut], 20))) == (cut >= 29)


@given(st.binary(max_size=300))
def test_no_garbage_makes_a_parser_fail(raw: bytes) -> None:
    for content in (raw, b"author " + raw, b"encoding " + raw + b"\n\n" + raw, b"tree " + raw):
        parse_commit(content)
        parse_tag(content)
        message(content)
        described("3" * 40, content)
    list(tree_entries(raw, 20))
    assert shown_path(raw).isprintable()
