"""What encoded text says: base64, hexadecimal, percent signs, escapes, entities, soft line ends.

Where it begins, patterns say (``leakscan.ruleset.encoding``); where it ends is seen here, and it is decoded.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from leakscan.detect.text import MARKS, views

MAX_ENCODED = 4 << 20
"""So many bytes of one stretch of encoded text are decoded."""

MAX_INFLATED = 8 << 20
"""So many bytes of what is compressed in it are read."""

_SURE = 16  # characters of base64 that are told from other words without padding
_SPARSE = 4096  # how far around an escape the word that it stands in is looked for, in bytes


class Part(NamedTuple):
    """Decoded bytes and where they stand encoded.

    Each ``out`` bytes are ``into`` encoded ones, in order; where both are 0, all are encoded as a whole.
    Where ``line`` is not 0, the encoded ones stand in lines of so many, with ``gap`` bytes between them.
    """

    text: bytes
    start: int
    end: int
    out: int = 0
    into: int = 0
    line: int = 0
    gap: int = 0

    def starts_at(self, offset: int) -> int:
        """Where what begins at ``offset`` in ``text`` begins encoded."""
        return self.start + self._before(offset // self.out) if self.out else self.start

    def ends_at(self, offset: int) -> int:
        """Where what ends at ``offset``, which is not 0, ends encoded."""
        if not self.out:
            return self.end
        return min(self.end, self.start + self._before((offset - 1) // self.out) + self.into)

    def _before(self, groups: int) -> int:
        """How many encoded bytes stand before the one after so many groups."""
        encoded = groups * self.into
        return encoded + encoded // self.line * self.gap if self.line else encoded


class Run(NamedTuple):
    """Encoded text, decoded; ``encoding`` is how it was wrapped, outermost first.

    ``textual`` says that it is text; ``cut`` that it was too long, and is only decoded in part. One without
    ``parts`` is base64 of what is no text: nothing in it need be tried again.
    """

    start: int
    end: int
    parts: list[Part]
    encoding: tuple[str, ...]
    textual: bool = True
    cut: bool = False


def run_at(text: bytes, name: str, start: int, floor: int = 0) -> Run | None:
    """The encoded text that begins at ``start``, or has an escape there and does not begin before ``floor``.

    None where it turns out to be none.
    """
    if name == "base64":
        return _base64(text, start)
    if name.startswith("base64+"):
        # A byte in the middle of a group begins in the middle of a character.
        ahead = -(-int(name[-1]) * 8 // 6)
        first = _back(text, start, floor, _BASE64_LEAD, 4, ahead)
        return None if first is None else _base64(text, first, known=True)
    if name == "hex":
        return _hex(text, start)
    if name == "hex+0":
        first = _back(text, start, floor, _HEX_LEAD, 2, 0)
        return None if first is None else _hex(text, first, known=True)
    if name == "quoted-printable":
        return _quoted_printable(text, start)
    if name == "html":
        return _entities(text, start, floor)
    return _sparse(text, name, start, floor)


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_LINE_END = re.compile(rb"\r?\n[ \t]{0,64}|(?:\\r)?\\n")
_PACKED_MAGIC = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_SOURCE_MAP = b"sourceMappingURL"
_STANDARD = bytes.maketrans(b"-_", b"+/")


_BASE64_LEAD = re.compile(rb"[A-Za-z0-9+/_-]*")
_HEX_LEAD = re.compile(rb"[0-9A-Fa-f]*")


def _back(
    text: bytes, start: int, floor: int, alphabet: re.Pattern[bytes], group: int, ahead: int
) -> int | None:
    """Where the first whole group of a line begins in which ``start`` stands, ``ahead`` in its group."""
    floor = max(floor, start - MAX_ENCODED)
    step = 256
    while True:
        low = max(floor, start - step)
        found = alphabet.match(text[low:start][::-1])
        length = found.end() if found else 0
        if length < start - low or low == floor:
            return None if length < ahead else start - ahead - (length - ahead) // group * group
        step *= 8


def _base64(text: bytes, start: int, known: bool = False) -> Run | None:
    """``known`` says that something of it is text in any case."""
    beginning = _BASE64_LEAD.match(text, start, start + 64)
    if beginning and not known and not _may_be_text(_from_base64(beginning[0])):
        return None
    block = _block(text, start)
    if block is None:
        return None
    end, line, gap = block
    length = end - start
    if not known and length < _SURE and (length % 4 or text[end : end + 1].isalnum()):
        return None  # the '=' assigns something
    content = _from_base64(text[start:end].replace(gap, b"") if gap else text[start:end])
    plain, encoding, textual, beyond = _unwrapped(content)
    cut = beyond or end >= start + MAX_ENCODED
    if not known and not textual and not encoding and not _is_mostly_text(content):
        return Run(start, end, [], ("base64",))
    # A source map repeats what stands in sources, where generic rules look at names and paths.
    textual = textual and _SOURCE_MAP not in text[max(0, start - 96) : start]
    part = Part(plain, start, end) if encoding else Part(plain, start, end, 3, 4, line, len(gap))
    return Run(start, end, [part], ("base64", *encoding), textual, cut)


class _Block(NamedTuple):
    """Where lines of base64 end, how long each is but the last, and what is between them."""

    end: int
    line: int
    gap: bytes


def _block(text: bytes, start: int) -> _Block | None:
    """One line, or several that are all as long as the first one, up to the last."""
    limit = start + MAX_ENCODED
    first = _BASE64.match(text, start, limit)
    if first is None:
        return None
    width = first.end() - start
    if width >= 40 and width % 4 == 0 and first[0][-1:] != b"=":
        gap = _LINE_END.match(text, first.end())
        if gap is not None:
            rest = _lines(width, gap[0]).match(text, first.end(), limit)
            if rest is not None and rest[0]:
                return _Block(rest.end(), width, gap[0])
    return _Block(first.end(), 0, b"")


@lru_cache(64)
def _lines(width: int, gap: bytes) -> re.Pattern[bytes]:
    """Lines of base64 of this width, each after such a gap, and a last one that is no longer."""
    character, between = b"[A-Za-z0-9+/_-]", re.escape(gap)
    whole = b"(?:%b%b{%d}(?![A-Za-z0-9+/_=-]))*" % (between, character, width)
    last = b"(?:%b(?=[A-Za-z0-9+/_=-]{1,%d}(?![A-Za-z0-9+/_=-]))%b+={0,2})?" % (between, width, character)
    return re.compile(whole + last)


def _from_base64(encoded: bytes) -> bytes:
    """What these characters stand for; a last one that stands for less than a byte is left out."""
    encoded = encoded.rstrip(b"=").translate(_STANDARD)
    if len(encoded) % 4 == 1:
        encoded = encoded[:-1]
    return binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4))


def _unwrapped(content: bytes) -> tuple[bytes, tuple[str, ...], bool, bool]:
    """Inflated and as UTF-8: the text, how it was wrapped, whether it is text, and whether there is more."""
    encoding: tuple[str, ...] = ()
    cut = False
    if _PACKED_MAGIC.match(content):
        packed = "gzip" if content[:1] == b"\x1f" else "zlib"
        inflated, cut = _inflated(content)
        if inflated:
            content, encoding = inflated, (packed,)
    if b"\0" in content or content.startswith(MARKS):
        view = next(views(content))
        if view.encoding and view.encoding[0] != "utf-16" and not view.binary:
            return view.text, (*encoding, *view.encoding), True, cut
        if 10 * content[1::2].count(0) >= 9 * (
            len(content) // 2
        ):  # too short to be sure without base64 around
            text = content.decode("utf-16-le", errors="replace").encode(errors="replace")
            return text, (*encoding, "utf-16-le"), _is_text(text), cut
    return content, encoding, _is_text(content), cut


def _inflated(content: bytes) -> tuple[bytes, bool]:
    """What is compressed, as far as it is sound, and whether it goes on beyond the limit."""
    stream, pieces = zlib.decompressobj(zlib.MAX_WBITS | 32), list[bytes]()
    left = MAX_INFLATED
    try:
        for at in range(0, len(content), 1024):
            pieces.append(stream.decompress(content[at : at + 1024], left))
            left -= len(pieces[-1])
            if left <= 0:
                return b"".join(pieces), True
    except zlib.error:
        pass
    return b"".join(pieces), False


_PRINTABLE = bytes([*b"\t\n\v\f\r\x1b", *range(0x20, 0x7F)])


def _is_text(content: bytes) -> bool:
    """Whether all of it is printable UTF-8."""
    others = content.translate(None, _PRINTABLE)
    if not others:
        return True
    if min(others) < 0x80:
        return False
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start > 0
    return True


def _is_mostly_text(content: bytes) -> bool:
    """Whether it may hold text, as a serialised object does; of chance's bytes two in three are none."""
    return len(content) >= 16 and 5 * len(content.translate(None, _PRINTABLE)) <= 2 * len(content)


def _may_be_text(beginning: bytes) -> bool:
    """Whether decoded content that begins so is worth decoding to its end: most that is not, shows soon."""
    if len(beginning) < 40 or b"\0" in beginning or _PACKED_MAGIC.match(beginning):
        return True
    return _is_mostly_text(beginning) or _is_text(beginning)


_HEX_RUN = re.compile(rb"(?:0x)?([0-9A-Fa-f]{8,})")


def _hex(text: bytes, start: int, known: bool = False) -> Run | None:
    found = _HEX_RUN.match(text, start, start + MAX_ENCODED)
    if found is None:
        return None
    first, end = found.span(1)
    end -= (end - first) % 2
    content = bytes.fromhex(text[first:end].decode())
    textual = _is_text(content)
    if not textual and not known:
        return None
    part = Part(content, first, end, 1, 2)
    return Run(first, end, [part], ("hex",), textual, cut=end >= start + MAX_ENCODED)


_URL = re.compile(rb"[A-Za-z0-9%._~:/?#\[\]@!$&()*+,;=-]*")
_WORD = re.compile(rb"""[^\s"'`<>]*""")
_PERCENTS = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_ESCAPES = re.compile(rb"(?:\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}))+")
_LONGEST_ESCAPE = len(r"\u0041")

# No text holds these, and of what is compressed every ninth byte is one.
_CONTROL = re.compile(rb"\\(?:x|u00)(?:0[0-8bBcCeEfF]|1[0-9A-Fa-f]|7[fF])")
_CONTROL_BACKWARDS = re.compile(rb"(?:[0-8bBcCeEfF]0|[0-9A-Fa-f]1|[fF]7)(?:x|00u)\\")


def _sparse(text: bytes, name: str, start: int, floor: int) -> Run | None:
    """The word around an escape, in which most characters may stand for themselves."""
    first, limit = max(floor, start - _SPARSE), start + _SPARSE
    word, escapes, mark = _URL, _PERCENTS, b"%"
    if name == "escapes":
        word, escapes, mark = _WORD, _ESCAPES, b"\\"
        first, limit = _between_controls(text, start, first, limit)
    lead = word.match(text[first:start][::-1])
    tail = word.match(text, start, limit)
    assert lead is not None
    assert tail is not None
    low, high = start - lead.end(), tail.end()
    if high == start + _SPARSE:  # cut, but not within an escape
        last = text.rfind(mark, high - _LONGEST_ESCAPE + 1, high)
        high = high if last < 0 else last
    parts, at = list[Part](), low
    for found in escapes.finditer(text, low, high):
        parts.append(Part(text[at : found.start()], at, found.start(), 1, 1))
        parts += _percents(found) if name == "percent" else _escaped(found)
        at = found.end()
    parts.append(Part(text[at:high], at, high, 1, 1))
    return Run(low, high, parts, (name,)) if len(parts) > 1 else None


def _between_controls(text: bytes, start: int, first: int, limit: int) -> tuple[int, int]:
    """From the last escaped control character before ``start``, with it, to the first one behind it."""
    before = _CONTROL_BACKWARDS.search(text[first:start][::-1])
    after = _CONTROL.search(text, start, limit)
    return start - before.end() if before else first, after.end() if after else limit


def goes_on(text: bytes, run: Run) -> bool:
    """Whether escapes were cut off behind the run, whose rest begins nowhere else."""
    at = run.end
    if run.encoding != ("escapes",) or not _ESCAPES.match(text, at, at + _LONGEST_ESCAPE):
        return False
    return not _CONTROL_BACKWARDS.match(text[max(0, at - _LONGEST_ESCAPE) : at][::-1])


def _percents(found: re.Match[bytes]) -> Iterator[Part]:
    yield Part(bytes.fromhex(found[0].replace(b"%", b"").decode()), found.start(), found.end(), 1, 3)


_SAME_ESCAPES = re.compile(rb"(?:\\x[0-9A-Fa-f]{2})+|(?:\\u[0-9A-Fa-f]{4})+")


def _escaped(found: re.Match[bytes]) -> Iterator[Part]:
    """Escapes of one form side by side that stand for equally many bytes are one part.

    A surrogate without its other half is written as ``?``: no secret holds one.
    """
    for same in _SAME_ESCAPES.finditer(found.string, *found.span()):
        if same[0].startswith(b"\\x"):
            yield Part(bytes.fromhex(same[0].replace(b"\\x", b"").decode()), same.start(), same.end(), 1, 4)
            continue
        codes = same[0][2:].split(b"\\u")
        start = same.start()
        for length, alike in groupby((chr(int(code, 16)).encode(errors="replace") for code in codes), len):
            characters = list(alike)
            end = start + 6 * len(characters)
            yield Part(b"".join(characters), start, end, length, 6)
            start = end


_ENTITY = re.compile(rb"&(?:quot|apos|amp|lt|gt|nbsp|#[0-9]{1,5}|#[xX][0-9A-Fa-f]{1,4});")
_BETWEEN = 256  # bytes from one entity to the next: as long as a value in quotation marks


def _entities(text: bytes, start: int, floor: int) -> Run | None:
    """All entities around the one at ``start``: those close before it, and each that follows close enough."""
    before = _ENTITY.search(text, max(floor, start - _BETWEEN // 2), start)
    first = at = before.start() if before else start
    parts = list[Part]()
    while found := _next_entity(text, at, first + MAX_ENCODED):
        parts.append(Part(text[at : found.start()], at, found.start(), 1, 1))
        parts.append(Part(_character(found[0]), *found.span()))
        at = found.end()
    return Run(first, at, parts, ("html",)) if parts else None


def _next_entity(text: bytes, at: int, limit: int) -> re.Match[bytes] | None:
    """One that is close, or right behind base64 of any length."""
    found = _ENTITY.search(text, at, min(at + _BETWEEN, limit))
    if found is None and (block := _BASE64.match(text, at, limit)):
        found = _ENTITY.match(text, block.end(), limit)
    return found


@lru_cache(1024)
def _character(entity: bytes) -> bytes:
    import html  # which a hook mostly does without

    return html.unescape(entity.decode()).replace("\xa0", " ").encode(errors="replace")


_SOFT = re.compile(rb"=(?:([0-9A-Fa-f]{2})|[ \t]{0,8}\r?\n)")


def _quoted_printable(text: bytes, start: int) -> Run | None:
    """The line that begins at ``start`` and has a soft end, and the lines that it goes on in."""
    low, high = start, text.find(b"\n", start)
    while 0 < high < start + _SPARSE and text[low:high].rstrip(b"\r").endswith(b"="):
        high = text.find(b"\n", high + 1)
    if high < 0 or high > start + _SPARSE:
        high = min(len(text), start + _SPARSE)
    parts, at = list[Part](), low
    for found in _SOFT.finditer(text, low, high):
        parts.append(Part(text[at : found.start()], at, found.start(), 1, 1))
        parts.append(Part(bytes.fromhex((found[1] or b"").decode()), found.start(), found.end()))
        at = found.end()
    parts.append(Part(text[at:high], at, high, 1, 1))
    return Run(low, high, parts, ("quoted-printable",)) if len(parts) > 1 else None
