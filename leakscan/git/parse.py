"""Commit, tag and tree objects as plain functions over their bytes.

The formats are those of git's Documentation/gitformat-*.txt and of ``git fsck``; what breaks them is read
as far as it goes, because objects that other tools garbled hold secrets too.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from leakscan.finding import Commit

_IDENT = re.compile(rb"^(.*?) ?<([^>]*)>(?: +(-?\d{1,18}))?(?: +([+-]\d{4}))?")
_USUAL_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n((?:parent [0-9a-f]{40}(?:[0-9a-f]{24})?\n)*)"
    rb"author [^\n]*\ncommitter [^<\n]*<[^>\n]*> (\d{1,18}) [+-]\d{4}\n"
)
_LONGEST_SUBJECT = 1000


@dataclass(frozen=True, slots=True)
class Ident:
    """A person and a time, from an author, committer or tagger line."""

    name: str
    email: str
    time: int
    date: str


class ParsedCommit(NamedTuple):
    """A commit's place in the graph, ids as bytes; those of an absent or garbled tree are none."""

    tree: bytes
    parents: list[bytes]
    time: int


def headers(content: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values in their order; a value's continuation lines keep their line breaks."""
    found: list[tuple[bytes, bytes]] = []
    for line in content.partition(b"\n\n")[0].split(b"\n"):
        if line.startswith(b" ") and found:
            name, value = found[-1]
            found[-1] = (name, value + b"\n" + line[1:])
        else:
            name, _, value = line.partition(b" ")
            found.append((name, value))
    return found


def message(content: bytes) -> bytes:
    """The text of a commit or tag: its message, then the whole header, with the people and the tag's name.

    The message comes first, so that line numbers are those that people see in ``git log``.
    """
    head, _, body = content.partition(b"\n\n")
    return body + b"\n" + head


def parse_commit(content: bytes) -> ParsedCommit:
    """Tree, parents and committer time, read from the header lines that come first."""
    usual = _USUAL_COMMIT.match(content)
    if usual is not None:
        tree, parents, time = usual.groups()
        return ParsedCommit(unhexlify(tree), [unhexlify(oid) for oid in parents.split()[1::2]], int(time))
    tree, parents, time = b"", [], 0
    for line in content.partition(b"\n\n")[0].split(b"\n"):
        if line.startswith(b"parent ") and _is_oid(line[7:]):
            parents.append(unhexlify(line[7:]))
        elif line.startswith(b"tree ") and not tree and _is_oid(line[5:]):
            tree = unhexlify(line[5:])
        elif line.startswith(b"committer "):
            time = ident(line[10:]).time
            break
    return ParsedCommit(tree, parents, time)


def parse_tag(content: bytes) -> str:
    """The id of the object that is tagged; an absent or garbled one is an empty string."""
    target = dict(reversed(headers(content))).get(b"object", b"")
    return target.decode("ascii") if _is_oid(target) else ""


def tag_ref(content: bytes) -> str:
    """The ref that a tag is made for: ``refs/tags/v1.0``."""
    name = dict(reversed(headers(content))).get(b"tag", b"")
    return f"refs/tags/{_decoded(name, 'utf-8')}"


def described(oid: str, content: bytes) -> Commit:
    """Who wrote this commit (or tag), when, and its subject line."""
    fields = dict(reversed(headers(content)))
    codec = fields.get(b"encoding", b"utf-8").decode("ascii", errors="replace")
    person = ident(fields.get(b"author") or fields.get(b"tagger") or b"", codec)
    body = content.partition(b"\n\n")[2].lstrip(b"\n")
    subject = body.partition(b"\n")[0][:_LONGEST_SUBJECT]
    made = ident(fields.get(b"committer") or b"", codec)
    return Commit(
        oid,
        person.name,
        person.email,
        person.date,
        person.time,
        _decoded(subject, codec).strip(),
        committed=made.time or person.time,
    )


def ident(line: bytes, codec: str = "utf-8") -> Ident:
    """``Name <email> seconds zone``; what is missing or garbled is empty, or zero."""
    match = _IDENT.match(line)
    if match is None:
        return Ident(_decoded(line[:_LONGEST_SUBJECT], codec), "", 0, "")
    name, email, seconds, zone = match.groups()
    time = int(seconds or 0)
    shown_name, shown_email = _decoded(name, codec), _decoded(email, codec)
    return Ident(shown_name, shown_email, time, iso_date(time, zone or b"+0000") if seconds else "")


def iso_date(time: int, zone: bytes) -> str:
    """ISO 8601 with the zone that the person was in; empty for a time that no calendar holds."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    try:
        offset = timezone(timedelta(minutes=-minutes if zone[:1] == b"-" else minutes))
        return datetime.fromtimestamp(time, tz=offset).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def tree_entries(content: bytes, oid_bytes: int) -> Iterator[tuple[bytes, bytes, str]]:
    """Mode, name and object id of each entry of a tree; stops where the tree is cut short."""
    at = 0
    while at < len(content):
        space, nul = content.find(b" ", at), content.find(b"\0", at)
        if not at < space < nul or nul + oid_bytes >= len(content):
            return
        oid = content[nul + 1 : nul + 1 + oid_bytes]
        yield content[at:space], content[space + 1 : nul], oid.hex()
        at = nul + 1 + oid_bytes


def _is_oid(value: bytes) -> bool:
    return len(value) in (40, 64) and not value.strip(b"0123456789abcdef")


def _decoded(raw: bytes, codec: str) -> str:
    """Text in the encoding that the commit names, if Python knows it; without control characters."""
    try:
        text = raw.decode(codec, errors="replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", errors="replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
