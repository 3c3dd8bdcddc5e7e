"""What of a blob can be searched: its bytes, and its UTF-8 form where it is UTF-16."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

BINARY_SAMPLE = 8000
"""A NUL within so many bytes makes content binary, as git decides it (buffer_is_binary)."""

_UTF16_SAMPLE = 4096
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class View:
    """One way to read a blob: bytes that rules are applied to, and how they were got from the content."""

    text: bytes
    encoding: tuple[str, ...] = ()
    binary: bool = False


def views(content: bytes) -> Iterator[View]:
    """Every view of the content worth searching.

    UTF-16 is recognised by its mark, or by NULs that stand at every other byte. Its raw bytes are
    searched as a binary too, in case the guess is wrong. Latin-1 and UTF-8 need nothing: rules
    match bytes.
    """
    binary = b"\0" in content[:BINARY_SAMPLE]
    encoding = _utf16(content, binary)
    if encoding is not None:
        yield View(content.decode(encoding, errors="replace").lstrip("\ufeff").encode(), (encoding,))
    yield View(content, binary=binary or encoding is not None)


def is_plain(content: bytes) -> bool:
    """Whether the bytes as they are, without a second view, are all that is to be searched."""
    return b"\0" not in content and not content.startswith(tuple(mark for mark, _ in _MARKS))


def plain_view(content: bytes) -> View:
    """The one view of content that :func:`is_plain`."""
    return View(content)


def _utf16(content: bytes, binary: bool) -> str | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    if not binary:
        return None
    sample = content[:_UTF16_SAMPLE]
    even, odd, half = sample[::2].count(0), sample[1::2].count(0), max(1, len(sample) // 2)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None
