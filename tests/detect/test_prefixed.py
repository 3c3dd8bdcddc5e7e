"""Tokens in binaries whose strings end where their length says, and not at a byte of their own."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER
from marshal import dumps
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import Options, scan_targets
from leakscan.detect.prefixed import prefixed_strings
from tests.builders import fake_token, new_repository


def _protobuf(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content


KINDS: dict[str, Callable[[str], bytes]] = {
    "compiled Python": lambda token: (
        MAGIC_NUMBER + bytes(12) + dumps(compile(f"TOKEN = {token!r}\n", "settings.py", "exec"))
    ),
    **{
        f"pickle {protocol}": lambda token, protocol=protocol: pickle.dumps(
            {"token": token, "more": [1, 2.5, bytes(9)]}, protocol
        )
        for protocol in range(1, 6)
    },
    "Java's serialized objects": lambda token: (
        b"\xac\xed\0\5sr\0\4Hello\1\2\3\0\2xpt\0\x1a" + token.encode() + b"t\0\5other"
    ),
    **{
        f"protocol buffers, field {field}": lambda token, field=field: (
            _protobuf(3, _protobuf(field, token.encode()) + _protobuf(field + 1, b"name") + b"\x08\1")
            + bytes(20)
        )
        for field in range(1, 15)
    },
    "CBOR": lambda token: b"\xa2etoken\x78\x1a" + token.encode() + b"eother\1\0\0\2\xf9\0\0",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_found_in(kind: str, tmp_path: Path) -> None:
    token = fake_token("glpat-", 20)
    repo = new_repository(tmp_path)
    repo.commit({"cache.bin": KINDS[kind](token)})
    repo.remove("cache.bin")
    for engine in ("packs", "reference"):
        (finding,) = scan_targets([str(tmp_path)], Options(engine=engine)).findings
        assert finding.secret.reveal() == token


LENGTHS: list[Callable[[int], bytes]] = [
    lambda length: bytes([length]) if length < 256 else b"",
    lambda length: length.to_bytes(2, "big"),
    lambda length: length.to_bytes(2, "little"),
    lambda length: length.to_bytes(4, "little"),
    lambda length: bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7]),
]


@given(
    strings=st.lists(st.text("ABCdef0189-_ ", min_size=16, max_size=300), min_size=1, max_size=5),
    length=st.sampled_from(LENGTHS),
    between=st.sampled_from([b"", b"q\1", b"t", b"\x12", b"Z", b"N."]),
)
def test_a_string_is_cut_out_where_its_length_ends_it(
    strings: list[str], length: Callable[[int], bytes], between: bytes
) -> None:
    whole = b"\0" + b"".join(length(len(text)) + text.encode() + between for text in strings) + b"Z"
    found = set(prefixed_strings(whole))
    for text in strings:
        if length(len(text)) and between.isalpha() and " " not in text[-8:]:  # as no token has one
            assert text.encode() in found


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(content: bytes) -> None:
    assert all(string in content for string in prefixed_strings(content))
