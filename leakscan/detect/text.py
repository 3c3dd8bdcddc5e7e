"""What of a blob can be searched: its bytes, and as UTF-8 what of it is UTF-16 or UTF-32."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

BINARY_SAMPLE = 8000
"""So many first bytes decide whether content is binary, as in git (buffer_is_binary)."""

CONTROL_SHARE = 0.05
"""More control bytes than this make content binary: compressed data has 10 %, machine code far more,
and an environment whose variables end with NULs, the text richest in them, some 3 %."""

_CONTROLS = bytes(b for b in range(0x20) if b not in b"\t\n\v\f\r\x1b")
_ASCII = bytes(b for b in range(0x7F) if b >= 0x20 or b in b"\t\n\r")

# UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARKS = tuple(mark for mark, _ in _MARKS)
"""What text in UTF-16 or UTF-32 may begin with."""
_GUESS_SAMPLE = 4096
# Plain text can be read as UTF-16 too, as Chinese; but the bytes of Chinese are not ASCII for so long.
_PLAIN = re.compile(rb"[\t\n\r -~]{32}")

# Each byte as its class, so that a run of wide ASCII in either byte order holds one fixed string.
_CLASSES = bytes(0 if b == 0 else 0x61 if b in _ASCII else 0x78 for b in range(256))
_WIDE = b"a\0" * 11 + b"a"
_REACH = 64
_LETTERS = "\u0100-\u05ff\u2010-\u206f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7ff\uff00-\uffef"
_BEFORE = rf"[\t\n\r -~{_LETTERS}]*"
_RUN = rf"[\t\n\r -~]+(?:[{_LETTERS}]{{1,{_REACH}}}[\t\n\r -~]+)*"


class View(NamedTuple):
    """One way to read a blob: bytes that rules are applied to, and how they were got from the content."""

    text: bytes
    encoding: tuple[str, ...] = ()
    binary: bool = False


def views(content: bytes) -> Iterator[View]:
    """Every view of the content worth searching; the last is the content itself.

    Content that is UTF-16 or UTF-32 throughout is one more view, decoded. Other content may hold
    strings of UTF-16 (PowerShell appends them to any text, programs are full of them): one more view
    has those, a line each. So has one of a binary the strings that only their length ends. Latin-1 and
    UTF-8 need nothing: rules match bytes.
    """
    if b"\0" not in content and not content.startswith(MARKS):
        yield plain_view(content)
        return
    encoding = _encoding(content)
    if encoding is not None:
        yield View(_utf8(content.decode(encoding, errors="replace").lstrip("\ufeff")), (encoding,))
        yield View(content, binary=_binary(content, []))
        return
    strings = list(_wide_strings(content))
    binary = _binary(content, strings)
    if strings:
        yield View(b"\n".join(_utf8(string.text) for string in strings), ("utf-16",), binary)
    if binary:
        from leakscan.detect.prefixed import prefixed_strings  # most hooks meet no binary

        if counted := b"\n".join(prefixed_strings(content)):
            yield View(counted, ("length-prefixed",), binary)
    yield View(content, binary=binary)


def plain_view(content: bytes) -> View:
    """The one view of content that has neither a NUL nor one of the MARKS."""
    return View(content, binary=_binary(content, []))


def _utf8(text: str) -> bytes:
    return text.encode(errors="replace")


def _encoding(content: bytes) -> str | None:
    """UTF-16 or UTF-32 in a byte order, by the mark or by what the first bytes read as."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:_GUESS_SAMPLE]
    if _PLAIN.search(sample):
        return None
    guesses = {encoding: _spaces_read(sample, encoding) for _, encoding in _MARKS}
    best = max(guesses, key=guesses.__getitem__)
    return best if guesses[best] else None


def _spaces_read(sample: bytes, encoding: str) -> int:
    """How many spaces and line ends the sample holds in an encoding; 0 where it is no text in it.

    Other bytes than text soon make a lone surrogate, or characters that nobody prints; and where
    they make neither, as the offsets and the names in a library do, they make no space.
    """
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return 0
    strange = sum(not (character.isprintable() or character.isspace()) for character in text)
    return 0 if strange > CONTROL_SHARE * len(text) else sum(map(text.count, " \t\n\r"))


class _WideString(NamedTuple):
    """Text in UTF-16 at ``content[start:end]``."""

    start: int
    end: int
    text: str


def _wide_strings(content: bytes) -> Iterator[_WideString]:
    """Runs of UTF-16 in other content: twelve ASCII characters, and what of other scripts adjoins them."""
    classes = content.translate(_CLASSES)
    at, end = classes.find(_WIDE), 0
    while at >= 0:
        readings = [_wide_string(content, end, at, "utf-16-le")]
        if at > end and content[at - 1] == 0:  # in both orders ASCII is the same, other letters end one
            readings.append(_wide_string(content, end, at - 1, "utf-16-be"))
        string = max(readings, key=lambda reading: len(reading.text))
        yield string
        end = string.end
        at = classes.find(_WIDE, end)


def _wide_string(content: bytes, first: int, start: int, encoding: str) -> _WideString:
    """The run at ``start`` with the letters before it, no further back than ``first``."""
    text = _run(content, start, encoding)
    lead = 2 * min(_REACH, (start - first) // 2)
    backwards = content[start - lead : start].decode(encoding, errors="replace")[::-1]
    found = re.match(_BEFORE, backwards)
    before = found[0][::-1] if found else ""
    return _WideString(start - 2 * len(before), start + 2 * len(text), before + text)


def _run(content: bytes, start: int, encoding: str) -> str:
    """The run that begins at ``start``; more is decoded as long as it may go on."""
    size = 256
    while True:
        text = content[start : start + size].decode(encoding, errors="replace")
        run = re.match(_RUN, text)
        length = run.end() if run else 0
        if length + _REACH < len(text) or start + size >= len(content):
            return text[:length]
        size *= 2


def _binary(content: bytes, strings: list[_WideString]) -> bool:
    """Whether the content's beginning, apart from strings of UTF-16, has too many control bytes for text."""
    pieces, end = [], 0
    for string in strings:
        if string.start >= BINARY_SAMPLE:
            break
        pieces.append(content[end : string.start])
        end = string.end
    sample = b"".join([*pieces, content[end:BINARY_SAMPLE]])
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > CONTROL_SHARE * len(sample)
