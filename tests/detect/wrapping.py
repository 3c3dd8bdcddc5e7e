"""Texts in the encodings that people and programs wrap them in."""

from __future__ import annotations

import base64
import gzip
import quopri
import random
import zlib
from collections.abc import Callable

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": lambda content: base64.urlsafe_b64encode(content).rstrip(b"="),
    "lines": lambda content: base64.encodebytes(content).rstrip(b"\n"),
    "utf-16": lambda content: base64.b64encode(content.decode().encode("utf-16-le")),
    "gzip": lambda content: base64.b64encode(gzip.compress(content, mtime=0)),
    "zlib": lambda content: base64.b64encode(zlib.compress(content)),
    "hex": lambda content: content.hex().encode(),
    "percent": lambda content: b"".join(b"%%%02X" % byte for byte in content),
    "x": lambda content: b"".join(b"\\x%02x" % byte for byte in content),
    "u": lambda content: "".join(f"\\u{ord(c):04x}" for c in content.decode() if ord(c) < 0x10000).encode(),
    "quoted-printable": lambda content: quopri.encodestring(b"." * 60 + b" " + content),
}


def wrapped(text: str, choice: random.Random) -> list[str]:
    """The lines of this text as one to three encodings within each other make it, behind a name or none."""
    content = text.encode()
    for _ in range(choice.choice([1, 1, 1, 2, 3])):
        content = ENCODERS[choice.choice(list(ENCODERS))](content)
    lead = choice.choice(["", "data: ", 'x = "', "  ", "xyz/", "echo ", "\\n"])
    return (lead + content.decode()).split("\n")
