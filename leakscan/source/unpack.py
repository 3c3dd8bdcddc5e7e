"""The formats of archives: what is in one, entry by entry, within limits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple, Protocol

from leakscan.git.names import shown_path
from leakscan.source.magic import (
    BZIP2,
    CLOSED,
    GZIP,
    PDF,
    SQLITE,
    XZ,
    ZIPS,
    ZSTD,
    is_tar,
    is_zip_behind_program,
)

MAX_UNPACKED = 256 << 20
"""So many bytes are unpacked of one archive, with all that is in it."""

MAX_ENTRIES = 20_000

_MAX_RATIO = 200  # text seldom shrinks to less than a hundredth; a bomb to a thousandth
_FREE = 64 << 20  # bytes that are unpacked whatever the ratio
_MAX_MEMBER = 64 << 20
_STEP = 1 << 16
_MEMORY = 256 << 20  # for the dictionary of xz and zstd


class Member(NamedTuple):
    """An entry of an archive; the name is safe to print."""

    name: str
    content: bytes


class Tell(Protocol):
    """Told of what is not read of a member (of the whole, if it has no name), and if that is right so."""

    def __call__(self, member: str, why: str, on_purpose: bool = True) -> None: ...


class Beyond(Exception):
    """An archive holds more than is read of it."""


class Limits:
    """How much may still be unpacked of an archive, with all archives in it."""

    def __init__(self, packed: int, max_bytes: int) -> None:
        self._most = min(max_bytes, _MAX_MEMBER)
        self._total = self._left = min(MAX_UNPACKED, max(_FREE, _MAX_RATIO * packed))
        self._entries = MAX_ENTRIES

    def entry(self) -> None:
        self._entries -= 1
        if self._entries < 0:
            raise Beyond(f"more than {MAX_ENTRIES} entries: the rest was not read")

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Beyond(f"unpacks to more than {self._total} bytes: the rest was not read")

    def read(self, read: Callable[[int], bytes], tell: Tell, name: str, whole: bool = True) -> bytes:
        """All that can be read; of what is damaged as much as is sound, of what is too long the beginning.

        ``whole`` limits it as a member; otherwise it is the stream that holds the members.
        """
        most, pieces, size = self._most if whole else self._left, list[bytes](), 0
        try:
            while piece := read(min(_STEP, most - size + 1)):
                self.take(len(piece))
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    tell(name, f"longer than {most} bytes: the rest was not read", False)
                    break
        except failures() as error:
            tell(name, damaged(error))
        return b"".join(pieces)


def failures() -> tuple[type[Exception], ...]:
    """What the readers of damaged archives raise; imported when it comes to that."""
    import lzma
    import struct
    import tarfile
    import zipfile
    import zlib

    own = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error)
    general = (EOFError, OSError, ValueError, LookupError, ArithmeticError, RuntimeError, MemoryError)
    return (*own, *general)


def damaged(error: Exception) -> str:
    """What a report says of a damaged archive; not the error's text, which may quote what it holds."""
    kind = type(error).__name__
    if isinstance(error, NotImplementedError):
        return "compressed in a way that is not known: searched only as it stands"
    return f"damaged ({kind}): searched as far as it is sound"


def opened(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    """The members of an archive of any format; ``tell`` hears what is not read."""
    if content.startswith(ZIPS) or is_zip_behind_program(content):
        yield from _zip(content, limits, tell)
    elif is_tar(content):
        yield from _tar(content, limits, tell)
    elif content.startswith((GZIP, BZIP2, XZ, ZSTD)):
        yield from _stream(content, limits, tell)
    elif content.startswith(SQLITE):
        from leakscan.source.database import tables

        yield from tables(content, limits, tell)
    elif content.startswith(PDF):
        from leakscan.source.office import pages

        yield from pages(content, limits, tell)
    else:
        name = next(name for magic, name in CLOSED.items() if content.startswith(magic))
        tell("", f"a {name} archive: such are not opened")


def _shown(name: str) -> str:
    return shown_path(name.encode("utf-8", errors="surrogateescape" if _is_escaped(name) else "replace"))


def _is_escaped(name: str) -> bool:
    """Whether the only surrogates are those that stand for bytes which are no UTF-8."""
    return all(not 0xD800 <= ord(c) <= 0xDFFF or 0xDC80 <= ord(c) <= 0xDCFF for c in name)


def _zip(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    import zipfile

    from leakscan.source.office import text_of

    if content.count(b"PK\x01\x02") > 2 * MAX_ENTRIES:  # its list alone would fill the memory
        raise Beyond(f"more than {MAX_ENTRIES} entries: none was read")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except failures() as error:
        tell("", damaged(error))
        return
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        limits.entry()
        name = _shown(entry.filename)
        if entry.flag_bits & 1:
            tell(name, "encrypted: nobody can read it without its password")
            continue
        try:
            with archive.open(entry) as stream:
                member = Member(name, limits.read(stream.read, tell, name))
        except failures() as error:
            tell(name, damaged(error))
            continue
        yield member
        if (text := text_of(member, limits)) is not None:
            yield text


def _tar(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    import tarfile

    try:
        archive = tarfile.open(fileobj=io.BytesIO(content), mode="r:")  # noqa: SIM115 - of memory only
    except failures() as error:
        tell("", damaged(error))
        return
    while True:
        try:
            entry = archive.next()
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all
            stream = archive.extractfile(entry) if entry is not None and entry.isreg() else None
        except failures() as error:
            tell("", damaged(error))
            return
        if entry is None:
            return
        limits.entry()
        if stream is not None:
            name = _shown(entry.name)
            yield Member(name, limits.read(stream.read, tell, name))


def _stream(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    """What is compressed by itself: a tar archive, or one file."""
    try:
        read = _decompressing(content)
    except ImportError:
        tell("", "compressed with zstandard: install the package 'zstandard' to read it", False)
        return
    inner = limits.read(read, tell, "", whole=False)
    if is_tar(inner):
        yield from _tar(inner, limits, tell)
    elif inner:
        limits.entry()
        yield Member(_gzip_name(content) or "content", inner)


def _decompressing(content: bytes) -> Callable[[int], bytes]:
    source: IO[bytes] = io.BytesIO(content)
    if content.startswith(GZIP):
        import gzip

        return gzip.GzipFile(fileobj=source).read
    if content.startswith(BZIP2):
        import bz2

        return bz2.BZ2File(source).read
    if content.startswith(XZ):
        return _xz(content)
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=_MEMORY)
    reader = decompressor.stream_reader(source, read_across_frames=True)

    def read(size: int) -> bytes:
        try:
            return reader.read(size)
        except zstandard.ZstdError as error:
            raise ValueError("damaged") from error

    return read


def _xz(content: bytes) -> Callable[[int], bytes]:
    """A reader with a limit on memory, which LZMAFile has not."""
    import lzma

    stream, rest = lzma.LZMADecompressor(memlimit=_MEMORY), content

    def read(size: int) -> bytes:
        nonlocal stream, rest
        while True:
            if stream.eof:  # another stream may follow, and the ended one cannot be asked again
                rest = stream.unused_data.lstrip(b"\0")
                if not rest:
                    return b""
                stream = lzma.LZMADecompressor(memlimit=_MEMORY)
            elif stream.needs_input and not rest:
                raise EOFError("cut short")
            piece, rest = stream.decompress(rest, size), b""
            if piece:
                return piece

    return read


def _gzip_name(content: bytes) -> str | None:
    """The file's own name in gzip's header (RFC 1952), if that has one and no extra field before it."""
    if not content.startswith(GZIP) or content[3] & 0b1100 != 0b1000:
        return None
    raw, _, _ = content[10:522].partition(b"\0")
    return shown_path(raw).rpartition("/")[2] or None
