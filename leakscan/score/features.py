"""Features of a candidate that a person can read; each speaks for or against it.

A feature is (name, what a report shows, amount). The model multiplies amounts with weights. Features
that need the path are apart, in ``paths.py``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from leakscan.detect.entropy import entropy_bits, typical_entropy
from leakscan.finding import Candidate
from leakscan.lazily import compiled
from leakscan.ruleset.rule import Rule
from leakscan.score.around import (
    IN_URL,
    PASSWORDS,
    assigned_name,
    line_after,
    line_before,
    quoted,
    word_before,
)
from leakscan.score.assignment import assignment_features
from leakscan.score.expiry import long_expired, url_expired
from leakscan.score.learned import (
    learned_of_after,
    learned_of_before,
    learned_of_name,
    learned_of_value,
)
from leakscan.score.model import Feature, trait
from leakscan.score.placeholder import placeholder
from leakscan.score.words import commonness, wordiness

_HASH_CONTEXT = compiled(
    rb"(?i)sha-?(?:1|2|256|384|512)|md5|integrity|checksum|digest|etag|fingerprint|commit|revision|hash"
    rb"|crc32|\bnonce|\boid\b|blob|signature_?(?:base|method|version)|resolved|\bcid\b"
)
_GOES_ON = compiled(rb"<[A-Za-z_]|\$\{|\{\{")
_FILLED_IN = compiled(rb"[\"'`]\s?(?:%\s?[\w(\[]|\.format\()")
_UUID = compiled(rb"(?i)^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_HEX = compiled(rb"^(?:[0-9a-f]{16,}|[0-9A-F]{16,})$")
_CODE = compiled(
    rb"""(?x) ^ (?:
        [A-Za-z_$][\w$]* (?: (?:\.|::|->) [A-Za-z_$][\w$]* )+ (?: [(\[].* )? | [A-Za-z_$][\w$]* [(\[] .* |
        (?:self|this|os|process|config|settings|request|req|args|params|props|options|env|ctx|data) [.\[] .*
        | (?:Convert(?:To|From)|Get|Import|New|Read|Set)-[A-Z][A-Za-z]{2,}
    ) ;?,? $"""
)
_RANDOM_NAME = compiled(rb"(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d\w)\w{16,}")
_IDENTIFIER = compiled(
    rb"^(?:[a-z]+(?:[A-Z][a-z]+)+|[A-Z]+(?:_[A-Z]+)+|(?:[A-Z][a-z]+)+)\d?$|^(?:[A-Z][a-z]+\d?){3,}$"
    rb"|^(?:[A-Za-z]{1,24}|\d{1,4})(?:[._:-](?:[A-Za-z]{1,24}|\d{1,4}|\$\w{1,9}))+$"
)
_PUNCTUATED = compiled(rb"^[.,;:)+|&?=]|[(){};]|\]$|=>|->|::|&&|&\w+=|\|[|^~]")
_PATH_LIKE = compiled(
    rb"^(?:[a-z][a-z0-9+.-]*://|\.{0,2}/|~/|[A-Za-z]:\\)|^[\w.-]+(?:/[\w.-]+){2,}$|^[\w-]+\.(?:\w{2,4})$"
)
_NUMBER_LIKE = compiled(rb"^[\^~<>=]{0,2}[\d.,:/T+ -]+Z?$")
# All are looked for where the value begins: to look anywhere takes twice as long.
_SHAPES = {
    "name": _IDENTIFIER,
    "path": _PATH_LIKE,
    "number": _NUMBER_LIKE,
    "decimal": compiled(rb"^-?\d{1,4}\.\d{1,4}[,;]?$"),
    "word": compiled(rb"[A-Za-z']+[,.:;!?]?$|(?s:.*)[^\x21-\x7e]"),
    "phrase": compiled(rb"^[A-Z][a-z\x80-\xff]+(?:,? [A-Za-z\x80-\xff]+)+[.!?]?$"),
    "constant": compiled(rb"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$"),
    "regular expression": compiled(
        rb"\^\[|\^.*\$$|(?s:.*?)(?:\[\^?[^\]\s]{1,20}\][+*{?]|\\[dws]|\(\?[:P=!<]|\.[*+]|\{\d+(?:,\d*)?\})"
    ),
    "colour": compiled(rb"^#(?:[0-9a-fA-F]{3,4}){1,2};?$"),
    "host": compiled(rb"^(?:[a-z0-9-]+\.){1,5}(?:com|net|org|io|cn|dev|app|local|internal|svc)(?::\d+)?$"),
    "region": compiled(rb"^[a-z]{2,3}-[a-z]{4,12}(?:-\d)?$"),
    "number of a machine": compiled(rb"^-?0[xX][0-9a-fA-F]+[uUlL]*$"),
    "date": compiled(rb"^\d{4}([-/])\d\d\1\d\d(?:[T ]\d\d:\d\d[\d:.Z+-]*)?$|^\d{8}T\d{6}Z?$"),
    "file": compiled(
        rb"^[\w./-]+\.(?:war|jar|zip|tgz|json|ya?ml|xml|js|css|html?|png|svg|jpe?g|pdf|txt|md|go|py|java|key|pem|crt)$"
    ),
    # also an object identifier, and what Jenkins numbers plugins with: 1337.v60b_d7b_c7b_c9f
    "version": compiled(
        rb"^v?\d+(?:\.\d+){2,12}\.?$|^\d+\.$|^npm:[\^~]?\d|^\d+(?:[.-]\d+)*\.v[0-9a-f][0-9a-f_]{5,}$"
        rb"|^v?\d+(?:\.\d+){1,3}-(?i:rc|alpha|beta|pre|preview|dev|snapshot|m)[.-]?\d{0,8}$"
    ),
    "algorithm": compiled(
        rb"^[A-Z][A-Za-z0-9-]{1,12}/[A-Z0-9-]{2,8}/[A-Za-z0-9-]*Padding$|^PBKDF2With\w+$"
        rb"|^(?i:argon2(?:id?|d)?|[bs]crypt|pbkdf2|[ht]otp|[hrep]s(?:256|384|512)|(?:sha|aes)-?\d{1,3}(?:[-_](?:gcm|cbc|ctr))?)$"
    ),
    "URL": compiled(rb"^(?:[a-z][a-z0-9+.-]*:)?//[^@]*$"),
    "punctuation": compiled(rb"^[^A-Za-z0-9\x80-\xff]+$"),
    "ciphertext": compiled(rb"^\{[A-Za-z0-9+/]{20,}={0,2}\}$|^\d\.[\w+/=]{16,}(?:\|[\w+/=]+){1,2}$"),
    "permission": compiled(rb"^[a-z][a-z0-9-]{1,30}:[A-Z*][A-Za-z*]*$"),
    "password hash": compiled(
        rb"^\$(?:1|2[aby]?|5|6|argon2\w*|P|H|apr1|y|scrypt)\$|^(?:pbkdf2|bcrypt|scrypt|argon2|sha\d+|md5)\w*[$:]|^\{\w{2,12}\}"
        rb"|^#jbcrypt:|^\d{3,6}:[0-9a-f]{32}:[0-9a-f]{64,}$"
    ),
    "public key": compiled(rb"^(?:MFww|MFkw|MIGf|MIIB[IC]j|AAAAB3|AAAAC3|AAAAE2)"),
}
_PLACES = {
    IN_URL: "between the user and the host of a URL",
    "generic-key": "under the name of a key, salt or ticket",
    "generic-secret": "under the name of a secret or token",
}
"""Where the generic rules find something, but for passwords, with which these are compared."""
_OF_LETTERS_AND_DIGITS = {
    shape: _SHAPES[shape]
    for shape in ("name", "number", "word", "number of a machine", "date", "public key", "algorithm")
}
"""The shapes that a value without any sign can have."""
_CONSTANT = compiled(rb"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^[A-Z]{6,}$")
_ERROR_CODE = compiled(rb"^\d+,?$|^\d[0-9A-Z]{4}$")  # such as SQLSTATE's 28P01
_NAME = compiled(rb"[\w.:-]+\Z")
# A letter that is not of ASCII, as Java's properties and HTML write it.
_FOREIGN = compiled(
    rb"\\u(?!00[0-7])[0-9A-Fa-f]{4}|&#(?:[1-9]\d{2,4}|[xX](?!0?[0-7][0-9A-Fa-f];)[0-9A-Fa-f]{2,4});"
)
_ALL_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_LETTERS = bytes(byte for byte in range(256) if not 97 <= byte <= 122)
_KEYWORD_INSIDE = compiled(rb"pass|secret|token|key|credential|auth|user|login|pwd")
# These are for names in lower case: "(?i)" takes almost three times as long.
_ERROR = compiled(rb"err(?:or)?s?(?:code)?[._]|nerr|status|invalid|wrong|bad_?pass")
_PUBLIC_NAME = compiled(
    rb"(?:public|pub|name|names|url|uri|endpoint|path|file|dir|field|label|placeholder|message|msg|error|title|type"
    rb"|prefix|suffix|length|len|size|min|max|regex|pattern|format|header|param|column|table|count|limit|policy|hint"
    rb"|id|ids|date|time|created\w*|updated\w*|issued\w*|class|selector|hash|hashed|salt|expir\w*|ttl|timeout|scheme|version|status|state|enabled|reset|input"
    rb"|alias|refs?|help|text|desc|description|validator|confirm\w*|strength|required|invalid|change|forgot\w*|algorithm|arn|authenticity_token|csrf[\w-]*|xsrf[\w-]*"
    rb"|(?:template|error|country|zip|postal|status|currency)[_-]?code"
    rb"|(?:invalid|wrong|incorrect|missing|expired)[_-]?(?:password|token|credentials?)"
    rb"|(?:project|site|publishable|primary|foreign|identifier|repository|cache|sort|partition|object|row|group|storage|translation|i18n)[_-]?key)[\"'\])]*$"
)
_OTHER_KEY = compiled(
    rb"(?:public|pub|resource|sonar\.project)[_-]?key(?:[_-]?token)?[\"'\])]*$"
    rb"|(?:encrypted|wrapped)[\w-]*(?:key|secret|token|password)[\"'\])]*$"
)
_LETS_NOBODY_IN = compiled(
    rb"(?:client[_-]?request|change|creation|idempotency|lifecycle[_-]?action|next|continuation|pagination"
    rb"|lock|postman|csrf[_-]?middleware|initial[_-]?cluster)[_-]?token[\"'\])]*$"
    rb"|(?:row|release|write|correlation|routing|idempotency|search[_-]?only(?:[_-]?api)?)[_-]?key[\"'\])]*$"
    rb"|usersecretsid[\"'\])>]*$"
)
_BADGE = compiled(rb"(?i)(?:badge|shields\.io|\.(?:svg|png)\?)[^\s\"'<>]*\btoken=$")
_TELLING_NAME = compiled(rb"(?i)secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|pass|credential")
_PREFIX = compiled(rb"^[A-Za-z][A-Za-z_-]*[_.-]$|^[#@:&.][A-Za-z_.-]+$")
_ONE_CASE = compiled(rb"^(?:[a-z]{10,}|[A-Z_]{10,}|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,})$")
_EXAMPLE_HOST = compiled(rb"@(?:[\w-]+\.)*example(?:\.[a-z]{2,4})?\b")
_FIGURES = compiled(rb"^-?[\d.]+$")


def intrinsic_features(candidate: Candidate, rule: Rule) -> list[Feature]:
    """What the value, its rule and the bytes around it say."""
    value, after, kind = candidate.secret.raw, candidate.after, rule.kind
    found = [trait("pattern", kind, f"pattern:{kind}")]
    proven = rule.checksum is not None  # then a word in it is there by chance
    if proven:
        found.append(trait("checksum", True, "checksum"))
    if candidate.pair_distance is not None:
        lines = candidate.pair_distance
        apart = "on the same line" if lines == 0 else f"{lines} line{'s' * (lines > 1)} apart"
        found.append(Feature("pair", apart, "pair:near" if lines <= 3 else "pair:far"))
        if wordiness(value) > 0.6:
            found.append(trait("words", "reads like words", "pair:words"))
    stand_in = None if proven else _stand_in(value, kind == "token")
    if stand_in is None and _GOES_ON.match(after):
        stand_in = "reference"
    if stand_in is None and (b"%" in value or b"{" in value) and _FILLED_IN.match(after):
        stand_in = "format"
    if stand_in is None and kind == "generic" and _EXAMPLE_HOST.match(after):
        stand_in = "example host"
    if stand_in is not None:
        found.append(trait("placeholder", stand_in, f"placeholder:{kind}"))
    if (expired := long_expired(value)) is not None:
        found.append(Feature("expiry", expired, "expired"))
    elif (expired := url_expired(candidate.before, after)) is not None:
        found.append(Feature("expiry", expired, "expired URL"))
    found += _about_randomness(value, kind)
    if kind != "token":
        found += _shape_features(candidate, value, kind)
    if kind == "generic":
        found += _generic_features(candidate, value, rule.id)
    return found


# A value is judged by itself first and with its path later, and again in each version of its file.
_stand_in = lru_cache(maxsize=1 << 14)(placeholder)


@lru_cache(maxsize=1 << 14)
def _about_randomness(value: bytes, kind: str) -> tuple[Feature, ...]:
    bits = entropy_bits(value)
    share = bits / typical_entropy(value) if len(value) > 1 else 0.0
    if share < 0.8:
        return (Feature("entropy", round(bits, 2), f"low entropy:{kind}", (0.8 - share) * 10),)
    if kind == "generic":
        return (Feature("entropy", round(bits, 2), "entropy", min(1.0, (share - 0.8) * 5)),)
    return ()


class _Look(NamedTuple):
    """What a value looks like by itself; ``words`` are those of one case without anything between."""

    code: bool
    uuid: bool
    hexadecimal: bool
    figures: bool
    constant: bool
    error_code: bool
    words: bool
    named: bool
    wordy: float
    letters: bytes
    shapes: tuple[str, ...]


@lru_cache(maxsize=1 << 13)
def _look(value: bytes) -> _Look:
    wordy = wordiness(value)
    possible = _OF_LETTERS_AND_DIGITS if value.isalnum() else _SHAPES
    shapes = tuple([shape for shape, pattern in possible.items() if pattern.match(value)])
    return _Look(
        code=bool(_CODE.match(value)) and not _RANDOM_NAME.search(value),
        uuid=len(value) == 36 and bool(_UUID.match(value)),
        hexadecimal=bool(_HEX.match(value)),
        figures=is_number(value),
        constant=bool(_CONSTANT.match(value)),
        error_code=bool(_ERROR_CODE.match(value)),
        words=_is_words(value, wordy),
        named="name" in shapes or "word" in shapes or "constant" in shapes,
        wordy=wordy,
        letters=_letters(value),
        shapes=shapes,
    )


def _shape_features(candidate: Candidate, value: bytes, kind: str) -> list[Feature]:
    """What gives away a value that is code, a reference or a hash."""
    look, found = _look(value), list[Feature]()
    if look.code or candidate.after[:1] in (b"(", b"["):
        found.append(trait("code", "looks like a call or attribute", f"code:{kind}"))
    if look.uuid:
        found.append(trait("shape", "UUID", f"uuid:{kind}"))
    if look.hexadecimal and _HASH_CONTEXT.search(line_before(candidate)[-80:]):
        found.append(trait("context", "a hash or revision", f"hash context:{kind}"))
    return found


def _generic_features(candidate: Candidate, value: bytes, rule: str) -> list[Feature]:
    """What tells a secret from the words, names and numbers that are assigned to such names."""
    look, name = _look(value), assigned_name(candidate)
    whole = word_before(candidate) + name
    about_name = _about_name(whole, _for_all(candidate), look.error_code)
    found = list(_about_value(value, tame(value, rule)))
    if about_name:
        found = [feature for feature in found if feature.key != "random"]
        found += about_name
    if rule in _PLACES:
        found.append(trait("place", _PLACES[rule], f"rule:{rule}"))
    if look.uuid and not (_TELLING_NAME.search(whole) and rule not in PASSWORDS):
        found.append(trait("shape", "UUID under a name that tells nothing", "uuid of no key"))
    if rule not in PASSWORDS:
        if look.figures:
            found.append(trait("shape", "a number, and no password", "number of no password"))
        if len(value) < 8:
            found.append(trait("length", len(value), "short of no password"))
        elif look.words:
            found.append(trait("shape", "words, and no password", "words of no password"))
    if len(name) >= 3 and look.letters in _letters(name)[-40:]:
        found.append(trait("value", "repeats its name", "repeats name"))
    if rule != IN_URL and not quoted(candidate):
        found.append(trait("quotes", "none", "unquoted"))
        if value.startswith(b":") and candidate.lead.endswith(b":"):  # Token::kLinebreak
            found.append(trait("code", "looks like a call or attribute", "code:generic"))
    if candidate.origin.where == "message":
        found.append(trait("place", "a commit's message", "message:generic"))
    found += assignment_features(candidate, name, look.named)
    found.append(learned_of_name(name))
    found.append(learned_of_before(line_before(candidate)))
    found.append(learned_of_after(line_after(candidate)))
    return found


@lru_cache(maxsize=1 << 12)
def _about_name(name: bytes, for_all: bool, error_code: bool) -> tuple[Feature, ...]:
    """What a name says against any value that it has, however random that is."""
    name, found = name.lower(), []
    if _PUBLIC_NAME.search(name):
        found.append(Feature("keyword", "names something public", "public name"))
    if _OTHER_KEY.search(name):
        found.append(Feature("keyword", "names a public or encrypted key", "other key"))
    elif for_all or _LETS_NOBODY_IN.search(name):
        found.append(Feature("keyword", "names what lets nobody in", "other key"))
    elif error_code and _ERROR.search(name):
        found.append(Feature("keyword", "names an error", "other key"))
    return tuple(found)


def _for_all(candidate: Candidate) -> bool:
    """Whether all readers get it: a badge's token, or the key with which a page asks Algolia's DocSearch.

    Or whether it is the table of a parser that Lezer has made, which is part of many bundles of JavaScript.
    """
    before = candidate.before
    if b"repeatNodeCount:" in before[-40:]:
        return True
    if b"token=" in before[-7:].lower() and _BADGE.search(before[-160:]):
        return True
    if len(candidate.secret.raw) != 32:
        return False
    return b"docsearch" in before[-200:].lower() or b"indexName" in candidate.after[:120]


def tame(value: bytes, rule: str) -> bool:
    """Whether the value is shaped like a name, word or constant, so that how it is shaped says no more.

    Passwords may be shaped like words; of theirs only constants count.
    """
    look = _look(value)
    return look.constant if rule in PASSWORDS else look.named


@lru_cache(maxsize=1 << 13)
def _about_value(value: bytes, tame: bool) -> tuple[Feature, ...]:
    kinds, look = character_kinds(value), _look(value)
    wordy = 0.0 if look.hexadecimal else look.wordy
    found = [
        Feature("words", round(wordy, 1), "words", max(-1.5, min(1.5, wordy))),
        trait("characters", f"{kinds} kinds", "kinds", kinds - 2),
    ]
    if look.hexadecimal:
        even = len(value) % 8 == 0
        found.append(trait("shape", "hexadecimal", "hexadecimal" if even else "odd hexadecimal"))
    if len(value) < 8:
        found.append(trait("length", len(value), "short"))
    elif len(value) >= 16:
        found.append(trait("length", len(value), "long"))
    shapes = look.shapes
    if not shapes and wordy > 0.5 and _is_mostly_letters(value):
        shapes = ("name",)
    for shape in shapes:
        found.append(trait("shape", f"like a {shape}", f"shape:{shape}"))
    punctuated = not value.isalnum() and _PUNCTUATED.search(value)
    if punctuated:
        found.append(trait("code", "punctuated like code", "punctuated"))
    common = commonness(value)
    if (
        not shapes
        and not punctuated
        and not value.endswith(b"...")
        and len(value) >= 16
        and kinds >= 3
        and wordy < 0.6
        and len(set(value)) >= 12
        and common < 0.3
    ):
        found.append(trait("characters", "as random as an issued key", "random"))
    if common:
        found.append(Feature("words", f"{common:.0%} words of code", "common words", common))
    if common == 1:
        found.append(trait("words", "nothing but words of code", "only common words"))
    if not value.isascii() or _FOREIGN.search(value):
        found.append(trait("characters", "not of ASCII", "not ASCII"))
    if _KEYWORD_INSIDE.search(value.lower()):
        found.append(trait("value", "holds a word such as password or key", "keyword inside"))
    return (*found, *learned_of_value(value, shaped=not tame))


def _is_words(value: bytes, wordy: float) -> bool:
    """Whether the value is words run together, a constant, a symbol, or what tokens begin with."""
    if _PREFIX.match(value):
        return True
    if _CONSTANT.match(value):
        return b"_" in value or wordy > -0.3
    return wordy > 0.5 and _ONE_CASE.match(value) is not None


def _letters(text: bytes) -> bytes:
    return text.lower().translate(None, _NO_LETTERS) or b"-"


def _is_mostly_letters(value: bytes) -> bool:
    """Whether the value could be a name: letters with a few digits, dots and dashes (``ParsePKCS1Key``)."""
    digits = len(value) - len(value.translate(None, b"0123456789"))
    return digits <= 0.15 * len(value) and _NAME.match(value) is not None


def character_kinds(value: bytes) -> int:
    """How many of lower case, upper case, digits and others the value has."""
    no_letters = value.translate(None, _ALL_LETTERS)
    others = no_letters.translate(None, b"0123456789")
    return (
        (value.upper() != value) + (value.lower() != value) + (len(others) < len(no_letters)) + bool(others)
    )


def is_number(value: bytes) -> bool:
    return _FIGURES.match(value) is not None
