"""How names that git and the file system give as bytes are shown."""

from __future__ import annotations


def shown_path(raw: bytes) -> str:
    """A path as text that is safe to print, and still tells two paths apart.

    Bytes that are no UTF-8 and control characters become ``\\xNN``: a file name must neither break a
    report's encoding nor reach a terminal as an escape sequence.

    >>> shown_path(b"caf\\xe9/a\\x1b[2J")
    'caf\\\\xe9/a\\\\x1b[2J'
    """
    text = raw.decode("utf-8", errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
