"""What archives, compressed files, documents and databases begin with."""

from __future__ import annotations

GZIP, BZIP2, XZ, ZSTD = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
SQLITE, PDF = b"SQLite format 3\0", b"%PDF-"
CLOSED = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR"}

_BEGINNINGS = (*ZIPS, GZIP, BZIP2, XZ, ZSTD, SQLITE, PDF, *CLOSED)


def is_archive(content: bytes) -> bool:
    """Whether the content begins as something does that is opened, or at least named as not opened."""
    return content.startswith(_BEGINNINGS) or is_tar(content)


def is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar"
