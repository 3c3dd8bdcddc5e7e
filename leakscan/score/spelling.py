"""One private key, and the many ways in which its lines are written: as they are, quoted, joined to one."""

from __future__ import annotations

from leakscan.lazily import compiled

# Forty characters are less than a line of any PEM block, and more than words or tokens have in one piece.
_LINES = compiled(rb"[A-Za-z0-9+/]{40,}={0,2}[^A-Za-z0-9+/=]")
_BETWEEN = compiled(rb"\\{1,4}[nrt]|%0[AaDd]|&#1[03];|[\"'`]\s*\+|\+\s*[\"'`]|[^A-Za-z0-9+/=]+")
_BASE64 = compiled(rb"[A-Za-z0-9+/]+={0,2}(?:=[A-Za-z0-9+/]{4})?")  # a PGP block ends in its checksum


def canonical(value: bytes) -> bytes:
    """The value in the one form that all its spellings have in common: lines of base64 as one line.

    What is not several lines of base64 stays as it is.
    """
    if not _LINES.match(value):
        return value
    lines = value.split(b"\n")
    if len(lines) > 2 and all(line.startswith(b"+") for line in lines[1:]):  # in a diff
        value = b"\n".join(line.removeprefix(b"+") for line in lines)
    joined = _BETWEEN.sub(b"", value)
    return joined if _BASE64.fullmatch(joined) else value
