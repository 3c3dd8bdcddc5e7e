"""How encoded text begins: patterns for the prefilter beside those of the rules.

Some look for text of any kind: what base64 makes of three printable characters, chance makes once in fourteen
times, so images, hashes and keys cost nothing. The others look for the encoded forms of what the rules'
tokens begin with, wherever in encoded text these stand.

Whether encoded text begins at an offset depends on the few bytes of its pattern alone, as with any rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from leakscan.lazily import compiled

# A hook asks for names and for the start of a text only: the rest is in the cached file.
if TYPE_CHECKING:
    from leakscan.ruleset.rule import Rule

# Four characters of base64 that stand for three of ASCII's printable ones: 001 to 011 above the other bits.
_GROUP = "[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
# The same with a line end among the three, which chance makes a hundred times as seldom: the first line of
# much is short ('{', '---', '[default]', '#!/bin/sh').
_ENDING = (
    "(?:C[i-n][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
    "|[I-Za-f][AQgw][op][A-Za-z0-9+/_-]"
    "|[I-Za-f](?:[C-HS-Xi-nyz0-3][AEIMQUYcgkosw048]K|[AQgw]0K)"
    "|DQp[A-Za-z0-9+/_-])"
)
# Each place of either by itself.
_EITHER = "[CDI-Za-f][AC-HQS-Xgi-nwyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_WIDE = "[I-Za-f][AQgw][AB][A-Za-z0-9+/_-]A[C-H][AEIMQUYcgkosw048]A"  # the same in UTF-16
_PACKED = "(?:H4sI|eJ[wxyz]|eN[opqr]|eA[EFGH])[A-Za-z0-9+/_-]{16}"  # gzip (RFC 1952), zlib (RFC 1950)
_HEX = "(?:[2-7][0-9A-Fa-f]){8}"

# What stands before encoded text. Each is a pattern of its own, and none is the text's start, a space or an
# indentation: Hyperscan then looks for these rarer bytes only, and all cost less than any of those would.
_HEADS = {
    ": ?": 2,
    '"': 1,
    "'": 1,
    "=": 1,
    ">": 1,
    ",": 1,
    r"\(": 1,
    r"\n\t?": 2,
    r"[|>]\n {2,12}": 14,
    r"[|>]-\n {2,12}": 15,
    r"[|>]\r\n {2,12}": 15,
    "(?:echo|printf|Basic|<<<|base64|-[eE][A-Za-z]{0,14}|-) ": 17,
    r"(?:\\[nrt]|%3[ADad]|%2[0267])": 3,
}
_HEX_HEADS = {": ?": 2, '"': 1, "'": 1, "=": 1}

# XML and HTML write a quotation mark so, and some templates the sign that assigns something too.
_QUOTE = "&(?:amp;)?(?:quot|apos|#0?3[49]|#[xX]2[27]);"
_EQUALS = "&#(?:0?61|[xX]3[dD]);"

# Letters, digits, '-' and '_' need no percent sign, and '://' has one in every link within a link.
_PERCENT = "%(?:2[BbDd]|3[0-9]|[46][1-9A-Fa-f]|5[0-9AaFf]|7[0-9Aa]|3[Aa]%2[Ff]%2[Ff])"
# Writers of JSON that escape for HTML do so with = & < > ' + and /.
_FOR_HTML = r"[A-Za-z0-9]\\u00(?:2[6-7BbDdFf]|3[CcDdEe]|5[Ff])[A-Za-z0-9]"

# An escape that stands for a printable character of ASCII or a line end, for another byte, and for another
# character. Its sign is in a class: Hyperscan then follows up all of a row at once, and not each sign in it,
# which takes four times as long where a program holds a file in this form.
_TEXT = "(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|0[9AaDd])"
_SAYS = rf"[\\/][ux](?:00)?{_TEXT}"
_SAYS_NOT = r"[\\/][ux](?:00)?(?:[189A-Fa-f][0-9A-Fa-f]|7[Ff]|0[0-8BbCcEeFf])"
_BEYOND = r"\\u(?:0[1-9A-Fa-f]|[1-9A-Fa-f][0-9A-Fa-f])[0-9A-Fa-f]{2}"

# Four in a row are enough where escapes begin or end. Within more of them, such as what is compressed, chance
# makes four at each fiftieth place: there it takes ten.
_ESCAPES = (
    (f"^(?P<secret>(?:{_SAYS}){{4}})", 24),
    (f"[^0-9A-Fa-f](?P<secret>(?:{_SAYS}){{4}})", 25),
    (f"{_BEYOND}(?P<secret>(?:{_SAYS}){{4}})", 30),
    (f"{_SAYS_NOT}(?P<secret>(?:{_SAYS}){{10}})", 66),
    (rf"(?P<secret>(?:{_SAYS}){{4}})(?:[^\\]|\\[^ux])", 26),
    (rf"(?P<secret>(?:[\\/][ux]{_TEXT}){{4}})$", 16),
    (rf"(?P<secret>(?:[\\/][ux]00{_TEXT}){{4}})$", 24),
)

_LEAST_LITERAL = 4
_MOST_LITERAL = 12  # of a longer one the beginning is enough


_Reaching = tuple[str, int]  # a pattern with the length of its longest match

_ANY_TEXT: dict[str, tuple[_Reaching, ...]] = {
    "base64": (
        *(
            (f"{head}(?P<secret>(?:{_GROUP}|{_ENDING}){{4}})", 16 + longest)
            for head, longest in _HEADS.items()
        ),
        (f"[^A-Za-z0-9](?P<secret>(?:{_WIDE}){{2}})", 17),
        (f"[^A-Za-z0-9](?P<secret>{_PACKED})", 21),
        # What is shorter has to end in padding, or where its line or a quotation ends.
        (f"[:=\"' ](?P<secret>(?:{_GROUP}){{2,3}}[A-Za-z0-9+/_-]{{2,3}}=)[=\"'\\r\\n]", 18),
        *((f"{head}(?P<secret>(?:{_GROUP}){{3}})(?:[\"'\\r\\n]|$)", 15) for head in (": ", '"', "=")),
    ),
    "hex": tuple((f"{head}(?P<secret>(?:0x)?{_HEX})", 18 + longest) for head, longest in _HEX_HEADS.items()),
    # Behind the name of a secret a sign is enough.
    "percent": (
        (f"(?P<secret>{_PERCENT})", 9),
        ("(?i)(?:pass|word|pwd|secret|token|key)(?:%2[027]|\\+){0,3}(?P<secret>%3[AD])", 18),
    ),
    "escapes": (*_ESCAPES, (f"(?P<secret>{_FOR_HTML})", 8)),
    "html": (
        (rf"(?:[=:(,]|&gt;) ?(?P<secret>{_QUOTE})[^\s&]", 16),
        (rf"[A-Za-z0-9_](?P<secret>{_EQUALS})[^\s&]", 8),
        ("PRIVATE KEY-----(?P<secret>&#(?:0?1[03]|[xX]0?[aAdD]);)", 22),
    ),
    # Lines are broken before the 77th character, and no sooner than they need.
    "quoted-printable": ((r"^(?P<secret>[^\r\n]{68,75}=\r?\n[A-Za-z0-9_])", 79),),
}

_LITERAL = r"(?:[A-Za-z0-9_-]|\\[.-])+"
_LITERALS = compiled(rf"\(\?P<secret>(?:\(\?:)*({_LITERAL}(?:\|{_LITERAL})*)(.?)")

WITHIN = ("base64+0", "base64+1", "base64+2", "hex+0")
"""Encodings of literals; the number is how many bytes of a group of three stand before the literal."""

ENCODING_NAMES = {f"encoding-{name}": name for name in (*_ANY_TEXT, *WITHIN)}
"""The name of an encoding by the id of its rule, which is none of the rule set."""


AT_START = compiled(f"(?:{_GROUP}|{_ENDING}){{4}}".encode())
"""Base64 at a text's very start, which none of the patterns is for."""


def encoding_rules(rules: Iterable[Rule], builtin: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """What the prefilter looks for beside these rules. Encoded text begins or goes on at group ``secret``.

    With ``builtin`` given, the literals that these rules do not have get patterns of their own.
    """
    own, known = _all_literals(rules), set() if builtin is None else _all_literals(builtin)
    groups = [sorted(group) for group in (known, own - known) if group]
    forms = {name: tuple(_of_literals(name, literals) for literals in groups) for name in WITHIN}
    return tuple(_encoding(name, patterns) for name, patterns in {**_ANY_TEXT, **forms}.items() if patterns)


def _encoding(name: str, patterns: Iterable[_Reaching]) -> Rule:
    """One byte more than the longest match is for ``^`` and what Hyperscan needs."""
    from leakscan.ruleset.rule import Pattern, Rule

    made = tuple(
        Pattern(text, reach, reach, 1, 1, hit_before=reach + 1, hit_after=1) for text, reach in patterns
    )
    return Rule(f"encoding-{name}", name, "", "info", "token", made)


def _all_literals(rules: Iterable[Rule]) -> set[bytes]:
    return {literal for rule in rules for literal in token_literals(rule)}


def loose(text: str) -> str:
    """A pattern of which the prefilter looks for less: what either kind of group may have at each place.

    That has a seventh more hits, which are few, and takes a tenth less of the prefilter's time.
    """
    return text.replace(f"(?:{_GROUP}|{_ENDING})", f"(?:{_EITHER})")


def token_literals(rule: Rule) -> Iterator[bytes]:
    """What the rule's tokens begin with, if that is at least four characters."""
    if rule.kind != "token":
        return
    for pattern in rule.patterns:
        for found in _LITERALS.finditer(pattern.text):
            literals = [literal.replace("\\", "") for literal in found[1].split("|")]
            if found[2] in ("{", "?", "*", "+"):
                literals[-1] = literals[-1][:-1]
            for literal in literals:
                is_word = literal.isalpha() and literal.islower()  # such as https
                if len(literal) >= _LEAST_LITERAL and not is_word:
                    yield literal.encode()


def _of_literals(name: str, literals: list[bytes]) -> _Reaching:
    if name.startswith("hex"):
        forms = {form for literal in literals for form in (literal.hex(), literal.hex().upper())}
    else:
        forms = {in_base64(literal[:_MOST_LITERAL], int(name[-1])) for literal in literals}
    return f"(?P<secret>{'|'.join(map(re.escape, sorted(forms)))})", max(map(len, forms))


def in_base64(literal: bytes, before: int) -> str:
    """The characters of base64 that are the literal's alone, after so many bytes of a group of three."""
    import base64

    encoded = base64.b64encode(bytes(before) + literal).decode().rstrip("=")
    whole = (before + len(literal)) * 8 // 6
    return encoded[-(-before * 8 // 6) : whole]
