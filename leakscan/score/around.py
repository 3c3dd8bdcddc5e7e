"""What stands around a value: quotes, its line, and the name that it is assigned to."""

from __future__ import annotations

from functools import lru_cache

from leakscan.finding import Candidate
from leakscan.lazily import compiled

IN_URL = "generic-url-password"
PASSWORDS = ("generic-password", IN_URL)
"""The generic rules whose values people choose; one in a URL needs no quotes."""

_ASSIGNED = compiled(rb"\s*(?:=>|:=|[=:,(>]|<-)\s*L?[\"'`(]*$")
_DEFINE = compiled(rb"^(?:#\s*)?define[(\s]\s*[\"']?")
_TYPE = compiled(rb"(?:[?!]?:\s*[&'\w.<>? ]+|\[\]|\s(?:string|\[\]byte))$")
_NAME_CHARACTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


def quoted(candidate: Candidate) -> bool:
    """Whether quotes, or the angle brackets of an element, enclose the value."""
    opening, closing = candidate.before[-1:], candidate.after[:1]
    return opening in (b'"', b"'", b"`", b">") and closing in (b'"', b"'", b"`", b"<", b"\\")


def line_before(candidate: Candidate) -> bytes:
    """What stands before the value in its line."""
    return candidate.before.rpartition(b"\n")[2]


def line_after(candidate: Candidate) -> bytes:
    """What stands after the value in its line."""
    return candidate.after.partition(b"\n")[0]


def word_before(candidate: Candidate) -> bytes:
    """What the name begins with, where the pattern took in only its end."""
    before = candidate.before[: len(candidate.before) - len(candidate.lead)][-40:]
    return before[len(before.rstrip(_NAME_CHARACTERS)) :]


def assigned_name(candidate: Candidate) -> bytes:
    """The name that the value is assigned to, as far as the pattern took it in."""
    return _name(candidate.lead)


@lru_cache(maxsize=1 << 12)
def _name(lead: bytes) -> bytes:
    name = _ASSIGNED.split(lead)[0].rstrip(b"\\\"' ")
    return _TYPE.sub(b"", _DEFINE.sub(b"", name))
