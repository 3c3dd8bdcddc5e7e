"""What archives, compressed files, documents and databases begin with."""

from __future__ import annotations

GZIP, BZIP2, XZ, ZSTD = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
SQLITE, PDF = b"SQLite format 3\0", b"%PDF-"
CLOSED = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"!<arch>\ndebian-binary": "Debian",
    b"\xed\xab\xee\xdb": "RPM",
    b"MSCF\0\0\0\0": "cabinet",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress (.Z)",
    b"hsqs": "SquashFS",
}
"""What is not opened."""

_BEGINNINGS = (*ZIPS, GZIP, BZIP2, XZ, ZSTD, SQLITE, PDF, *CLOSED)

# A script or a program that a zip archive may follow: executable jars, Python's zipapps, installers.
_PROGRAMS = (b"#!", b"MZ", b"\x7fELF")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_REACH = 22 + 0xFFFF  # its record, and the longest comment behind it


def is_archive(content: bytes) -> bool:
    """Whether the content begins as something does that is opened, or at least named as not opened."""
    return content.startswith(_BEGINNINGS) or is_tar(content) or is_zip_behind_program(content)


def is_zip_behind_program(content: bytes) -> bool:
    """Whether a zip archive, which is read from its end, follows a script or a program."""
    return content.startswith(_PROGRAMS) and content.rfind(_ZIP_END, -_ZIP_END_REACH) > 0


def is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar"
