"""Secrets in which characters are escaped, as programs and JSON do: ``\\x41``, ``\\u0041``."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.detect.detect import Detector
from leakscan.detect.prefilter import Prefilter
from leakscan.detect.unwrap import runs_in, unwrapped
from leakscan.finding import Blob, Origin
from leakscan.ruleset.compiled import compiled_rules
from leakscan.ruleset.encoding import ENCODING_NAMES
from tests.builders import fake_token

# Without those of no text, which part words.
CHARACTERS = st.characters(max_codepoint=0xFFFF).filter(
    lambda c: c.isprintable() or ord(c) > 0x7F or c in "\t\n\r"
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(compiled_rules())


def escaped(content: bytes, short: bool) -> bytes:
    return b"".join((b"\\x%02x" if short else b"\\u%04x") % byte for byte in content)


def values(text: bytes, detector: Detector) -> list[str]:
    found = detector.candidates(Blob(text, Origin("worktree", "a.txt")))
    return [candidate.secret.reveal() for candidate in found]


@settings(max_examples=100, deadline=None)
@given(
    lead=st.binary(max_size=40),
    words=st.integers(0, 3000),
    between=st.sampled_from([b" ", b"\0", b"\n", b'="']),
    tail=st.binary(max_size=40),
    short=st.booleans(),
)
def test_a_token_is_found_wherever_it_stands_among_escapes(
    lead: bytes, words: int, between: bytes, tail: bytes, short: bool, detector: Detector
) -> None:
    """Words may be longer than what is decoded at once."""
    value = fake_token("glpat-", 20)
    content = lead + b"o" * words + between + value.encode() + b" " + tail
    assert values(b'"' + escaped(content, short) + b'"', detector) == [value]


@pytest.mark.parametrize("lead", [b"", b"a", b"cafe", b"a long beginning that ends in cafe", b"\\n", b"\\b"])
@pytest.mark.parametrize("tail", [b"", b"a", b"0", b"\\n", b"'", b"\\x0a"])
def test_a_few_escapes_where_a_value_begins_or_ends_are_decoded(
    lead: bytes, tail: bytes, detector: Detector
) -> None:
    value = fake_token("glpat-", 20)
    first, last = value[:6].encode(), value[-4:].encode()
    begun = lead + escaped(b" " + first, short=True) + value[6:].encode() + b" " + tail
    ended = lead + b" " + value[:-4].encode() + escaped(last, short=True) + tail
    assert values(begun, detector) == [value]
    if not tail[:1].isalnum():
        assert values(ended, detector) == [value]


@pytest.mark.parametrize("short", [True, False])
def test_little_of_what_is_compressed_looks_like_text(short: bool, detector: Detector) -> None:
    packed = zlib.compress(random.Random(7).randbytes(300_000))
    rules = detector.compiled.rules
    hits = Prefilter(detector.compiled).hits(escaped(packed, short))
    kinds = [ENCODING_NAMES.get(rules.prefiltered[number][0].id) for number, _ in hits]
    assert kinds.count("escapes") < len(packed) / 5_000


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CHARACTERS, st.booleans()), min_size=1, max_size=40))
def test_escapes_side_by_side_lead_back_to_each_character(characters: list[tuple[str, bool]]) -> None:
    short = [is_short and ord(character) < 0x80 for character, is_short in characters]
    codes = [ord(character) for character, _ in characters]
    escaped = [
        f"\\x{code:02x}" if is_short else f"\\u{code:04x}"
        for code, is_short in zip(codes, short, strict=True)
    ]
    text = "".join(escaped).encode()
    (run,) = runs_in(text, [(0, "escapes")])
    whole = unwrapped(text, 0, len(text), [run])
    at = start = 0
    for (character, _), escape in zip(characters, escaped, strict=True):
        plain = character.encode(errors="replace")
        assert whole.text[at : at + len(plain)] == plain
        assert whole.encoded(at, at + len(plain)) == (start, start + len(escape))
        at, start = at + len(plain), start + len(escape)
    assert at == len(whole.text)
    if len(set(map(len, escaped))) == 1 and max(codes) < 0x80:
        assert len([piece for piece in whole.pieces if not piece.is_copy]) == 1
