"""Examples as templates: a seeded generator makes the tokens, so that no file holds one."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import uuid

from leakscan.errors import RuleError
from leakscan.ruleset.checksum import CHECKSUMS
from leakscan.ruleset.rule import Example, Rule

ALPHABETS: dict[str, str] = {
    "alnum": string.ascii_letters + string.digits,
    "base62": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "digit": string.digits,
    "lowalnum": string.ascii_lowercase + string.digits,
    "upalnum": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "BECH32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "base32": string.ascii_uppercase + "234567",
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
}
_PLACE = re.compile(r"<([a-zA-Z0-9]+)(?::([^<>]+))?>")
_COUNT = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")
_TOKEN_BEFORE = re.compile(r"[A-Za-z0-9_.+/-]+=?$")


def expand(rule: Rule, example: Example) -> str:
    """The example's text with every place filled, always the same for the same rule and template.

    Raises RuleError for a place that no generator knows.
    """
    dice = random.Random(f"{rule.id}\0{example.template}")
    done = ""
    position = 0
    for place in _PLACE.finditer(example.template):
        done += example.template[position : place.start()]
        position = place.end()
        filled = _fill(place[1], place[2], done, rule, dice)
        if filled is None:
            problem = f"'{place[0]}' is no template that the generator knows"
            mend = "see 'Examples' in docs/rules.md; write < as <lt>"
            raise RuleError(rule.file, example.line, problem, mend)
        done += filled
    return done + example.template[position:]


def _fill(name: str, argument: str | None, before: str, rule: Rule, dice: random.Random) -> str | None:
    if name == "pem" and argument is not None:
        return _pem(argument, dice)
    if argument is None:
        return _fill_named(name, before, rule, dice)
    count = _COUNT.fullmatch(argument)
    if count is None:
        return None
    length = dice.randint(int(count[1]), int(count[2] or count[1]))
    if name == "bytes64":
        return base64.b64encode(dice.randbytes(length)).decode()
    return random_text(ALPHABETS[name], length, dice) if name in ALPHABETS else None


def random_text(alphabet: str, length: int, dice: random.Random) -> str:
    """``length`` characters; from 20 on with each of the alphabet's kinds, as issued tokens have."""
    all_kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    kinds = [kind for kind in all_kinds if set(kind) & set(alphabet)]
    while True:
        text = "".join(dice.choices(alphabet, k=length))
        if length < 20 or all(set(kind) & set(text) for kind in kinds):
            return text


def _fill_named(name: str, before: str, rule: Rule, dice: random.Random) -> str | None:
    if name == "lt":
        return "<"
    if name == "uuid":
        return str(uuid.UUID(bytes=dice.randbytes(16), version=4))
    if name == "jwt":
        return _jwt(dice)
    if name == "sts":
        return sts_token(dice)
    if name == "checksum" and rule.checksum is not None:
        token = _TOKEN_BEFORE.search(before)
        return CHECKSUMS[rule.checksum].complete(token[0].encode() if token else b"").decode()
    return None


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _jwt(dice: random.Random) -> str:
    header = {"alg": "HS256", "typ": "JWT"}
    issuer, expiry = random_text(string.ascii_lowercase, 8, dice), dice.randint(2_000_000_000, 2_100_000_000)
    claims = {"iss": issuer, "exp": expiry}
    parts = [_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)]
    return ".".join([*parts, _base64url(dice.randbytes(32))])


def _pem(label: str, dice: random.Random) -> str:
    """A PEM block whose body begins as a DER sequence does (RFC 7468)."""
    body = base64.b64encode(b"\x30\x82\x04\xa2\x02\x01\x00\x02" + dice.randbytes(1190)).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    dashes = "-" * 5
    return "\n".join([f"{dashes}BEGIN {label}{dashes}", *lines, f"{dashes}END {label}{dashes}"])


def sts_token(dice: random.Random) -> str:
    """An STS security token's frame around random bytes; see ``leakscan.ruleset.checksum.sts_frame``."""
    body = b"\x6a\xbd" + bytes.fromhex("ab1796df93c81cb6") + dice.randbytes(210)
    length = bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
    frame = b"\x08\x02\x12" + length + body + b"\x1a\x80\x01" + dice.randbytes(128) + b"\x20\x00"
    return base64.b64encode(frame).decode()
