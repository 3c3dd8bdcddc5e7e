"""Check digits that token formats carry: proof, without a network, that a value was really issued."""

from __future__ import annotations

import base64
import binascii
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Checksum:
    """``valid`` judges a whole token; ``complete`` gives its check characters from what precedes them."""

    valid: Callable[[bytes], bool]
    complete: Callable[[bytes], bytes]


def _crc_base62(body: bytes) -> bytes:
    """CRC-32 as six base62 digits: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/"""
    number, digits = zlib.crc32(body), bytearray()
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return bytes(reversed(digits))


def _github_complete(start: bytes) -> bytes:
    return _crc_base62(start.rpartition(b"_")[2])


def _github_valid(token: bytes) -> bool:
    body = token.rpartition(b"_")[2]
    return _crc_base62(body[:-6]) == body[-6:]


def _grafana_complete(start: bytes) -> bytes:
    """Service account tokens: the CRC-32 of all before the last ``_``, its four bytes lowest first, in hex.

    https://github.com/grafana/grafana/blob/main/pkg/components/satokengen/tokengen.go
    """
    return zlib.crc32(start.removesuffix(b"_")).to_bytes(4, "little").hex().encode()


def _grafana_valid(token: bytes) -> bool:
    body, _, digits = token.rpartition(b"_")
    return _grafana_complete(body) == digits


def _synapse_complete(start: bytes) -> bytes:
    """Matrix tokens of Synapse: the CRC-32 of all before the last ``_``, as six base62 digits.

    https://github.com/element-hq/synapse/blob/develop/synapse/handlers/auth.py
    """
    return _crc_base62(start.removesuffix(b"_"))


def _synapse_valid(token: bytes) -> bool:
    body, _, digits = token.rpartition(b"_")
    return _crc_base62(body) == digits


def _atlassian_complete(start: bytes) -> bytes:
    """Atlassian API tokens, Bitbucket access tokens, app passwords: the CRC-32 of all before, in capital hex.

    https://github.com/DataDog/dd-sensitive-data-scanner, secondary_validation/atlassian_token_checksum.rs
    """
    return b"%08X" % zlib.crc32(start)


def _atlassian_valid(token: bytes) -> bool:
    plain = unquote_to_bytes(token)
    return _atlassian_complete(plain[:-8]) == plain[-8:]


def _confluent_complete(start: bytes) -> bytes:
    """Confluent API secrets: the CRC-32 of what stands behind ``cflt``, lowest byte first, as base64.

    https://docs.confluent.io/cloud/current/ (Security, Service accounts, API keys)
    """
    digits = zlib.crc32(start.removeprefix(b"cflt")).to_bytes(4, "little")
    return base64.b64encode(digits).rstrip(b"=")


def _confluent_valid(token: bytes) -> bool:
    return _confluent_complete(token[:-6]) == token[-6:]


def _trusted_publishing_complete(start: bytes) -> bytes:
    """Short-lived tokens of crates.io: all bytes behind the last ``_`` in exclusive or, as a letter or digit.

    https://github.com/rust-lang/crates.io/blob/main/crates/crates_io_trustpub/src/access_token.rs
    """
    digit = 0
    for byte in start.rpartition(b"_")[2]:
        digit ^= byte
    letters = (string.ascii_uppercase + string.ascii_lowercase + string.digits).encode()
    return letters[digit % 62 : digit % 62 + 1]


def _trusted_publishing_valid(token: bytes) -> bool:
    return _trusted_publishing_complete(token[:-1]) == token[-1:]


def sts_frame(token: bytes) -> bool:
    """Whether an Alibaba Cloud STS token is what the service issues: base64 of a four-field protobuf.

    Field 1 is the varint 2, field 2 a length-delimited body, field 3 has 128 bytes, and a
    fourth, if there, is the varint 0; nothing may be left over. Observed on issued tokens.
    """
    raw = unquote_to_bytes(token).replace(b"\\/", b"/")
    for escape, character in ((b"\\u002b", b"+"), (b"\\u002f", b"/"), (b"\\u003d", b"=")):
        raw = raw.replace(escape, character).replace(escape.upper().replace(b"U", b"u"), character)
    try:
        frame = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error:
        return False
    if frame[:3] != b"\x08\x02\x12":
        return False
    length = shift = 0
    position = 3
    while position < min(len(frame), 8):
        byte = frame[position]
        length |= (byte & 0x7F) << shift
        shift += 7
        position += 1
        if byte < 0x80:
            break
    rest = frame[position + length :]
    return rest[:3] == b"\x1a\x80\x01" and rest[131:] in (b"", b"\x20\x00") and len(rest) >= 131


CHECKSUMS: dict[str, Checksum] = {
    "github": Checksum(_github_valid, _github_complete),
    "npm": Checksum(_github_valid, _github_complete),
    "synapse": Checksum(_synapse_valid, _synapse_complete),
    "grafana": Checksum(_grafana_valid, _grafana_complete),
    "atlassian": Checksum(_atlassian_valid, _atlassian_complete),
    "confluent": Checksum(_confluent_valid, _confluent_complete),
    "crates-io": Checksum(_trusted_publishing_valid, _trusted_publishing_complete),
    "alibaba-sts": Checksum(sts_frame, lambda start: b""),
}
