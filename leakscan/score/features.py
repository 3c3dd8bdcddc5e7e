"""Features of a candidate that a person can read; each speaks for or against it.

A feature is (name, what a report shows, amount). The model multiplies amounts with weights. Features
that need the path are apart: together they can speak for a candidate no more than ``most_from_path()``, so
that what is hopeless without a path is hopeless with any.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from leakscan.detect.entropy import entropy_bits, entropy_share
from leakscan.finding import Candidate
from leakscan.lazily import compiled
from leakscan.ruleset.rule import Rule
from leakscan.score.expiry import long_expired, url_expired
from leakscan.score.learned import context_pieces, path_pieces, sums, value_pieces
from leakscan.score.placeholder import placeholder
from leakscan.score.words import commonness, wordiness


class Feature(NamedTuple):
    """``value`` is for people; ``amount`` is what the weight ``key`` multiplies."""

    name: str
    value: str | float | bool
    key: str
    amount: float = 1.0


_HASH_CONTEXT = compiled(
    rb"(?i)sha-?(?:1|2|256|384|512)|md5|integrity|checksum|digest|etag|fingerprint|commit|revision|hash"
    rb"|crc32|\bnonce|\boid\b|blob|signature_?(?:base|method|version)|resolved|\bcid\b"
)
_GOES_ON = compiled(rb"<[A-Za-z_]|\$\{|\{\{")
_FILLED_IN = compiled(rb"[\"'`]\s?(?:%\s?[\w(\[]|\.format\()")
_BEFORE_ANOTHER = compiled(  # a, b = "…", "…"; user_password("…", "…")
    rb"(?i)(?:(?:^|\n)[ \t]*[\w.]+, ?[\w.]+ ?= ?|user(?:name)?_?password\w*\(\s*)[\"']$"
)
_UUID = compiled(rb"(?i)^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_HEX = compiled(rb"^(?:[0-9a-f]{16,}|[0-9A-F]{16,})$")
_CODE = compiled(
    rb"""(?x) ^ (?:
        [A-Za-z_$][\w$]* (?: (?:\.|::|->) [A-Za-z_$][\w$]* )+ (?: [(\[].* )? | [A-Za-z_$][\w$]* [(\[] .* |
        (?:self|this|os|process|config|settings|request|req|args|params|props|options|env|ctx|data) [.\[] .*
        | (?:Convert(?:To|From)|Get|Import|New|Read|Set)-[A-Z][A-Za-z]{2,}
    ) ;?,? $"""
)
_KINDS = tuple(compiled(kind) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9]"))
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
_WORD = compiled(rb"^[A-Za-z']+[,.:;!?]?$|[^\x21-\x7e]")
_SHAPES = {
    "name": _IDENTIFIER,
    "path": _PATH_LIKE,
    "number": _NUMBER_LIKE,
    "decimal": compiled(rb"^-?\d{1,4}\.\d{1,4}[,;]?$"),
    "word": _WORD,
    "phrase": compiled(rb"^[A-Z][a-z\x80-\xff]+(?:,? [A-Za-z\x80-\xff]+)+[.!?]?$"),
    "constant": compiled(rb"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$"),
    "regular expression": compiled(
        rb"^\^\[|\[\^?[^\]\s]{1,20}\][+*{?]|\\[dws]|\(\?[:P=!<]|^\^.*\$$|\.[*+]|\{\d+(?:,\d*)?\}"
    ),
    "colour": compiled(rb"^#(?:[0-9a-fA-F]{3,4}){1,2};?$"),
    "host": compiled(rb"^(?:[a-z0-9-]+\.){1,5}(?:com|net|org|io|cn|dev|app|local|internal|svc)(?::\d+)?$"),
    "region": compiled(rb"^[a-z]{2,3}-[a-z]{4,12}(?:-\d)?$"),
    "number of a machine": compiled(rb"^-?0[xX][0-9a-fA-F]+[uUlL]*$"),
    "date": compiled(rb"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.Z+-]*)?$|^\d{8}T\d{6}Z?$"),
    "file": compiled(
        rb"^[\w./-]+\.(?:war|jar|zip|tgz|json|ya?ml|xml|js|css|html?|png|svg|jpe?g|pdf|txt|md|go|py|java|key|pem|crt)$"
    ),
    "version": compiled(rb"^\d+(?:\.\d+){2,3}\.?$|^\d+\.$"),
    "URL": compiled(rb"^(?:[a-z][a-z0-9+.-]*:)?//[^@]*$"),
    "punctuation": compiled(rb"^[^A-Za-z0-9\x80-\xff]+$"),
    "ciphertext": compiled(rb"^\{[A-Za-z0-9+/]{20,}={0,2}\}$|^\d\.[\w+/=]{16,}(?:\|[\w+/=]+){1,2}$"),
    "permission": compiled(rb"^[a-z][a-z0-9-]{1,30}:[A-Z*][A-Za-z*]*$"),
    "password hash": compiled(
        rb"^\$(?:1|2[aby]?|5|6|argon2\w*|P|H|apr1|y|scrypt)\$|^(?:pbkdf2|bcrypt|scrypt|argon2|sha\d+|md5)\w*[$:]|^\{\w{2,12}\}"
    ),
    "public key": compiled(rb"^(?:MFww|MFkw|MIGf|MIIB[IC]j|AAAAB3|AAAAC3|AAAAE2)"),
}
_BASE64 = compiled(rb"^[A-Za-z0-9+/]{2,62}={0,2}$")
_PRINTABLE = compiled(rb"^[\x20-\x7e]+$")
_CONSTANT = compiled(rb"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^[A-Z]{6,}$")
_COMPARED = compiled(rb"(?:[=!]=|,|\()[ \t]*[bfru@]?[\"'`]?$")
_SECOND = compiled(rb"[\"'],")
_ERROR = compiled(rb"(?i)err(?:or)?s?(?:code)?[._]|nerr|status|invalid|wrong|bad_?pass")
_ERROR_CODE = compiled(rb"^\d+,?$|^\d[0-9A-Z]{4}$")  # such as SQLSTATE's 28P01
_KEYWORD_INSIDE = compiled(rb"(?i)pass|secret|token|key|credential|auth|user|login|pwd")
_PUBLIC_NAME = compiled(
    rb"(?i)(?:public|pub|name|names|url|uri|endpoint|path|file|dir|field|label|placeholder|message|msg|error|title|type"
    rb"|prefix|suffix|length|len|size|min|max|regex|pattern|format|header|param|column|table|count|limit|policy|hint"
    rb"|id|ids|date|time|created\w*|updated\w*|issued\w*|class|selector|hash|hashed|salt|expir\w*|ttl|timeout|scheme|version|status|state|enabled|reset|input"
    rb"|alias|help|text|desc|description|validator|confirm\w*|strength|required|invalid|change|forgot\w*|algorithm|arn|authenticity_token|csrf[\w-]*|xsrf[\w-]*"
    rb"|(?:template|error|country|zip|postal|status|currency)[_-]?code"
    rb"|(?:invalid|wrong|incorrect|missing|expired)[_-]?(?:password|token|credentials?)"
    rb"|(?:project|site|publishable|primary|foreign|cache|sort|partition|object|row|group|storage|translation|i18n)[_-]?key)[\"'\])]*$"
)
_OTHER_KEY = compiled(
    rb"(?i)(?:public|pub|resource|sonar\.project)[_-]?key(?:[_-]?token)?[\"'\])]*$"
    rb"|(?:encrypted|wrapped)[\w-]*(?:key|secret|token|password)[\"'\])]*$"
)
_LETS_NOBODY_IN = compiled(
    rb"(?i)(?:client[_-]?request|change|creation|idempotency|lifecycle[_-]?action|next|continuation|pagination"
    rb"|lock|postman|csrf[_-]?middleware|initial[_-]?cluster)[_-]?token[\"'\])]*$"
    rb"|(?:row|release|write|correlation|routing|idempotency|search[_-]?only(?:[_-]?api)?)[_-]?key[\"'\])]*$"
    rb"|usersecretsid[\"'\])>]*$"
)
_BADGE = compiled(rb"(?i)(?:badge|shields\.io)[^\s\"'<>]*[?&]token=$")
_TELLING_NAME = compiled(rb"(?i)secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|pass|credential")
_ONE_CASE = compiled(rb"^(?:[a-z]{10,}|[A-Z_]{10,}|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,})$")
_EXAMPLE_HOST = compiled(rb"@(?:[\w-]+\.)*example(?:\.[a-z]{2,4})?\b")
_FIGURES = compiled(rb"^-?[\d.]+$")
_ASSIGNED = compiled(rb"\s*(?:=>|:=|[=:,(>]|<-)\s*L?[\"'`(]*$")
_DEFINE = compiled(rb"^(?:#\s*)?define[(\s]\s*[\"']?")
_TYPE = compiled(rb"(?:[?!]?:\s*[&'\w.<>? ]+|\[\]|\s(?:string|\[\]byte))$")
_NAME_START = compiled(rb"[\w.-]*$")
_TEST_PATH = compiled(
    r"(?i)(?:^|/)(?:tests?|testing|spec|specs|__tests__|e2e|fixtures?|testdata|mocks?|examples?|samples?|demos?|docs?"
    r"|tutorials?|benchmarks?|it)(?:/|$)|(?:^|/)(?:test_[^/]*|[^/]*(?:_test|\.test|\.spec|_spec|Tests?|IT|TestCase|Spec|example)\.\w+"
    r"|[^/]*\.(?:example|sample|dist|template|tmpl|md|rst|adoc|html?))$"
)
_VENDOR_PATH = compiled(
    r"(?i)(?:^|/)(?:vendor|node_modules|third[_-]?party|bower_components|site-packages|Pods)/"
)
_LOCALE_PATH = compiled(
    r"(?i)(?:^|/)(?:locales?|i18n|l10n|lang|languages?|translations?|messages)(?:/|_|\.)"
    r"|\.(?:po|pot|resx|strings)$"
)
_LOCK_PATH = compiled(
    r"(?i)(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Pipfile\.lock"
    r"|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock|flake\.lock|gradle\.lockfile)$"
)
_CODE_PATH = compiled(
    r"(?i)\.(?:py|js|jsx|mjs|cjs|ts|tsx|vue|java|kt|kts|scala|groovy|go|rs|rb|php|c|h|cc|cpp|hpp|cs|swift|m|mm|pl|pm|lua|dart"
    r"|ex|exs|erl|hs|clj|proto|r|jl|sol|min\.js|css|scss|html?|svelte)$"
)


def intrinsic_features(candidate: Candidate, rule: Rule) -> Iterator[Feature]:
    """What the value, its rule and the bytes around it say."""
    value = candidate.secret.raw
    yield Feature("pattern", rule.kind, f"pattern:{rule.kind}")
    if rule.checksum is not None:
        yield Feature("checksum", True, "checksum")
    if candidate.pair_distance is not None:
        lines = candidate.pair_distance
        apart = "on the same line" if lines == 0 else f"{lines} line{'s' * (lines > 1)} apart"
        yield Feature("pair", apart, "pair:near" if lines <= 3 else "pair:far")
        if wordiness(value) > 0.6:
            yield Feature("words", "reads like words", "pair:words")
    proven = rule.checksum is not None  # then a word in it is there by chance
    stand_in = None if proven else _stand_in(value, rule.kind == "token")
    if stand_in is None and not proven and rule.kind == "generic":
        stand_in = _encoded_stand_in(value)
    if stand_in is None and _GOES_ON.match(candidate.after):
        stand_in = "reference"
    if stand_in is None and (b"%" in value or b"{" in value) and _FILLED_IN.match(candidate.after):
        stand_in = "format"
    if stand_in is None and rule.kind == "generic" and _EXAMPLE_HOST.match(candidate.after):
        stand_in = "example host"
    if stand_in is not None:
        yield Feature("placeholder", stand_in, f"placeholder:{rule.kind}")
    if (expired := long_expired(value)) is not None:
        yield Feature("expiry", expired, "expired")
    elif (expired := url_expired(candidate.before, candidate.after)) is not None:
        yield Feature("expiry", expired, "expired URL")
    share, bits = _randomness(value)
    if share < 0.8:
        yield Feature("entropy", bits, f"low entropy:{rule.kind}", (0.8 - share) * 10)
    elif rule.kind == "generic":
        yield Feature("entropy", bits, "entropy", min(1.0, (share - 0.8) * 5))
    if rule.kind != "token":
        yield from _shape_features(candidate, value, rule.kind)
    if rule.kind == "generic":
        yield from _generic_features(candidate, value, rule.id)


# A value is judged by itself first and with its path later, and again in each version of its file.
_stand_in = lru_cache(maxsize=1 << 14)(placeholder)


@lru_cache(maxsize=1 << 14)
def _encoded_stand_in(value: bytes) -> str | None:
    """What kind of stand-in the value is in base64, if it is text that was encoded."""
    if len(value) % 4 or not _BASE64.match(value):
        return None
    decoded = a2b_base64(value)
    return placeholder(decoded) if _PRINTABLE.match(decoded) else None


@lru_cache(maxsize=1 << 14)
def _randomness(value: bytes) -> tuple[float, float]:
    return entropy_share(value), round(entropy_bits(value), 2)


def _shape_features(candidate: Candidate, value: bytes, kind: str) -> Iterator[Feature]:
    """What gives away a value that is code, a reference or a hash."""
    called = candidate.after[:1] in (b"(", b"[")
    if called or (_CODE.match(value) and not _RANDOM_NAME.search(value)):
        yield Feature("code", "looks like a call or attribute", f"code:{kind}")
    if _UUID.match(value):
        yield Feature("shape", "UUID", f"uuid:{kind}")
    line = candidate.before.rpartition(b"\n")[2][-80:]
    if _HEX.match(value) and _HASH_CONTEXT.search(line):
        yield Feature("context", "a hash or revision", f"hash context:{kind}")


def _generic_features(candidate: Candidate, value: bytes, rule: str) -> Iterator[Feature]:
    """What tells a secret from the words, names and numbers that are assigned to such names."""
    name = assigned_name(candidate)
    whole = _word_before(candidate) + name
    about_name = tuple(_about_name(candidate, whole))
    for feature in _value_features(value, tame(value, rule)):
        if not (about_name and feature.key == "random"):
            yield feature
    yield from about_name
    if _UUID.match(value) and not (_TELLING_NAME.search(whole) and rule != "generic-password"):
        yield Feature("shape", "UUID under a name that tells nothing", "uuid of no key")
    if _FIGURES.match(value) and rule != "generic-password":
        yield Feature("shape", "a number, and no password", "number of no password")
    if rule != "generic-password":
        if len(value) < 8:
            yield Feature("length", len(value), "short of no password")
        elif _is_words(value):
            yield Feature("shape", "words, and no password", "words of no password")
    if len(name) >= 3 and _letters(value) in _letters(name)[-40:]:
        yield Feature("value", "repeats its name", "repeats name")
    if not quoted(candidate):
        yield Feature("quotes", "none", "unquoted")
    if candidate.origin.where == "message":
        yield Feature("place", "a commit's message", "message:generic")
    if candidate.after[1:2] == b"," and _BEFORE_ANOTHER.search(candidate.before):
        yield Feature("assignment", "the value of the name before", "another name's")
    if _COMPARED.search(candidate.lead) and not _SECOND.search(candidate.lead):
        yield Feature("assignment", "a comparison or an argument", "compared")
    for group, amount in sums(context_pieces(candidate, name)).items():
        yield Feature(group, round(amount, 1), "learned", amount)


def _about_name(candidate: Candidate, name: bytes) -> Iterator[Feature]:
    """What a name says against any value that it has, however random that is."""
    if _PUBLIC_NAME.search(name):
        yield Feature("keyword", "names something public", "public name")
    if _OTHER_KEY.search(name):
        yield Feature("keyword", "names a public or encrypted key", "other key")
    elif _LETS_NOBODY_IN.search(name) or _BADGE.search(candidate.before[-160:]) or _for_search(candidate):
        yield Feature("keyword", "names what lets nobody in", "other key")
    elif _ERROR_CODE.match(candidate.secret.raw) and _ERROR.search(name):
        yield Feature("keyword", "names an error", "other key")


def _for_search(candidate: Candidate) -> bool:
    """Whether it is the key with which a page asks Algolia's DocSearch, which all its readers get."""
    if len(candidate.secret.raw) != 32:
        return False
    return b"docsearch" in candidate.before[-200:].lower() or b"indexName" in candidate.after[:120]


def tame(value: bytes, rule: str) -> bool:
    """Whether the value is shaped like a name, word or constant, so that how it is shaped says no more.

    Passwords may be shaped like words; of theirs only constants count.
    """
    if rule == "generic-password":
        return _CONSTANT.match(value) is not None
    return any(_SHAPES[shape].search(value) for shape in ("name", "word", "constant"))


@lru_cache(maxsize=1 << 13)
def _value_features(value: bytes, tame: bool) -> tuple[Feature, ...]:
    return tuple(_about_value(value, tame))


def _about_value(value: bytes, tame: bool) -> Iterator[Feature]:
    kinds = character_kinds(value)
    wordy = 0.0 if _HEX.match(value) else wordiness(value)
    yield Feature("words", round(wordy, 1), "words", max(-1.5, min(1.5, wordy)))
    yield Feature("characters", f"{kinds} kinds", "kinds", kinds - 2)
    if _HEX.match(value):
        even = len(value) % 8 == 0
        yield Feature("shape", "hexadecimal", "hexadecimal" if even else "odd hexadecimal")
    if len(value) < 8:
        yield Feature("length", len(value), "short")
    elif len(value) >= 16:
        yield Feature("length", len(value), "long")
    shapes = [shape for shape, pattern in _SHAPES.items() if pattern.search(value)]
    if not shapes and wordy > 0.5 and _is_mostly_letters(value):
        shapes = ["name"]
    for shape in shapes:
        yield Feature("shape", f"like a {shape}", f"shape:{shape}")
    if _PUNCTUATED.search(value):
        yield Feature("code", "punctuated like code", "punctuated")
    common = commonness(value)
    is_code = bool(shapes) or value.endswith(b"...") or _PUNCTUATED.search(value) is not None
    if (
        not is_code
        and len(value) >= 16
        and kinds >= 3
        and wordy < 0.6
        and len(set(value)) >= 12
        and common < 0.3
    ):
        yield Feature("characters", "as random as an issued key", "random")
    if common:
        yield Feature("words", f"{common:.0%} words of code", "common words", common)
    if common == 1:
        yield Feature("words", "nothing but words of code", "only common words")
    if sum(byte > 127 for byte in value) > 1:
        yield Feature("characters", "not of ASCII", "not ASCII")
    if _KEYWORD_INSIDE.search(value):
        yield Feature("value", "holds a word such as password or key", "keyword inside")
    for group, amount in sums(value_pieces(value, shaped=not tame)).items():
        yield Feature(group, round(amount, 1), "learned", amount)


def _is_words(value: bytes) -> bool:
    """Whether the value is words run together, or the name of a constant."""
    if _CONSTANT.match(value):
        return b"_" in value or wordiness(value) > -0.3
    return _ONE_CASE.match(value) is not None and wordiness(value) > 0.5


def _letters(text: bytes) -> bytes:
    return re.sub(rb"[^a-z]", b"", text.lower()) or b"-"


def _is_mostly_letters(value: bytes) -> bool:
    """Whether the value could be a name: letters with a few digits, dots and dashes (``ParsePKCS1Key``)."""
    digits = sum(48 <= byte <= 57 for byte in value)
    return digits <= 0.15 * len(value) and re.fullmatch(rb"[\w.:-]+", value) is not None


def path_features(path: str | None, candidate: Candidate, rule: Rule) -> Iterator[Feature]:
    """What the path says against a candidate."""
    if path is None:
        return
    if _LOCK_PATH.search(path):
        yield Feature("path", "lock file", f"lock path:{rule.kind}")
    elif _LOCALE_PATH.search(path):
        yield Feature("path", "translations", f"locale path:{rule.kind}")
    elif _VENDOR_PATH.search(path):
        yield Feature("path", "somebody else's code", f"vendor path:{rule.kind}")
    elif _TEST_PATH.search(path):
        yield Feature("path", "test, example or documentation", f"test path:{rule.kind}")
    if rule.kind == "generic":
        if _CODE_PATH.search(path) and not quoted(candidate):
            variable = candidate.secret.raw.endswith(b",")
            yield Feature("code", "unquoted in program code", "unquoted code", 1 + variable)
            if _FIGURES.match(candidate.secret.raw):
                yield Feature("code", "a number in program code", "number in code")
        for group, amount in sums(path_pieces(path)).items():
            yield Feature(group, round(amount, 1), "learned", amount)


def character_kinds(value: bytes) -> int:
    """How many of lower case, upper case, digits and others the value has."""
    return sum(1 for kind in _KINDS if kind.search(value))


def quoted(candidate: Candidate) -> bool:
    """Whether quotes, or the angle brackets of an element, enclose the value."""
    opening, closing = candidate.before[-1:], candidate.after[:1]
    return opening in (b'"', b"'", b"`", b">") and closing in (b'"', b"'", b"`", b"<", b"\\")


def _word_before(candidate: Candidate) -> bytes:
    """What the name begins with, where the pattern took in only its end."""
    before = candidate.before[: len(candidate.before) - len(candidate.lead)]
    return _NAME_START.search(before[-40:])[0]  # type: ignore[index]  # it matches nothing too


def assigned_name(candidate: Candidate) -> bytes:
    """The name that the value is assigned to, as far as the pattern took it in."""
    name = _ASSIGNED.split(candidate.lead)[0].rstrip(b"\\\"' ")
    return _TYPE.sub(b"", _DEFINE.sub(b"", name))
