"""Values that stand in for a secret: examples, masks, template variables, references."""

from __future__ import annotations

from binascii import a2b_base64
from itertools import pairwise
from operator import sub
from urllib.parse import unquote_to_bytes

from leakscan.lazily import any_of, compiled

LONG = 20
"""From this length on, a short word inside a value may be there by chance."""

# Some are for lower case: "(?i)" takes twice as long.
_REFERENCE = compiled(
    rb"""(?x) ^ (?:
        \$ [\w{(\[] | %\w+% | %[({sd] | %[+\#]?v$ | \{\{ | \{ [\w.:-]+ \} | <[^<>]*>? | \#\{ | @[\w{(]+@? |
        !(?:ref|sub|getatt|secret|vault|env)\b | \[[\w\s.-]+\]$ | &\w+;? | \*\w+$ |
        e\.?g\.?: |
        (?:env|vault|ssm|secret|secretref|file|arn|kms|op|enc|ref|azkeyvault|keyvault|gsm) [:(] [/\w]
    ) | <[A-Za-z_] | \xc2\xab | \$\{ | \{\{ | \#\{ | <%= | %> | \$\( | \}\} | ^enc\( | __[a-z][a-z_]+__ """
)
_TEMPLATE = compiled(rb"<[A-Za-z_]|\$\{|\{\{|\xc2\xab")
_MASK = compiled(  # each alternative begins with a plain character, which is what makes it fast
    rb"xxxxx|\.\.$|\.xxx+$|-xxx+$|_xxx+$|:xxx+$|/xxx+$|\*\*\*|\.\.\.|\xe2\x80[\xa2\xa6]|____|----|###|\?\?\?"
)
_RUN = compiled(rb"(?s)(.)\1\1\1\1+")
_PEM_LINE = compiled(rb"-----(?:BEGIN|END)[A-Z0-9 ]{1,40}-----")
# These are for lower case: "(?i)" takes more than twice as long.
_TOKEN_WORDS = compiled(
    rb"example|sample|placeholder|change[_-]?me|replace|redacted|12345678|01234567|98765432|abcdefgh"
    rb"|deadbeef|notreal|notavalid|secretkey|accesskey|foobar"
    # In 36 random characters one of these stands by chance every few thousand times, but hardly at an edge.
    rb"|(?<![a-z0-9])(?:your|fake|dummy)|(?:your|fake|dummy)(?![a-z0-9])"
    rb"|qpzry9x8gf2tvdw0"  # Bech32's alphabet in its order
)
_LONG_WORDS = any_of(
    rb"""example sample dummy placeholder change[_-]?(?:me|it|this) replace[_-]?(?:me|this|with) insert
    redacted your[_-] _your -your yourkey yoursecret yourpass my[_-]?(?:secret|password|token|api|access|key)
    xxxx abcdefgh 12345678 01234567 98765432 deadbeef qwertyui fake removed hidden masked test[_-] _test -test
    somesecret supersecret top[_-]?secret notreal invalid access[_-]?key secret[_-]?key 1q2w3e lorem foobar
    sflkxwrjsmekkf2qt4"""
    rb" wjalrxutn bpxrficy"  # of the secret in AWS's documentation
    rb" eb243592-faa2-4ba2"  # of the key in Opsgenie's
    rb" eby8vdm02xnocq c2y6ydjf5/r"  # of the keys of Azure's emulators
    rb" open[\x20_-]?sesame"  # of the password in RFC 7617
)
_SHORT_WORDS = compiled(
    rb"^(?:(?:the|your|my|new|old|user|client|default|some|any|test|fake|no)?[_-]?"
    rb"(?:password|passwd|passphrase|passcode|pass|pwd|secret|token|key|api[_-]?key|credentials?|username|user"
    rb"|root|admin|guest|letmein|none|null|nil|undefined|true|false|empty|unset|todo|tbd|foo|bar|baz|abc|string|value"
    rb"|passwort|kennwort|wachtwoord|contrase(?:n|\xc3\xb1)a|senha|motdepasse|parola|haslo|salasana|adgangskode|heslo"
    rb"|jelszo|sifre|passord|text|required|optional|default|test|testing|tests|changeit|private|public|bearer|basic|oauth2?)"
    rb"[_-]?(?:\d{0,4}|value|here|string|test)?[!.?]{0,2})$"
)
_IS_PASSWORD = compiled(
    rb"[^a-z]*(?:(?:the|your?|my|new|old)[^a-z]*)?p(?:a|@|%c3%a4)ss?w(?:o|0)r?d[^a-z]*(?:change)?[^a-z]*"
)
_WORDS_WITHIN = 240  # bytes; the session token in AWS's documentation has 239
_BASE64 = compiled(rb"[A-Za-z0-9+/]{2,198}={0,2}")
_PRINTABLE = compiled(rb"[ -~]{2,}")
_BASIC = compiled(rb"[ -9;-~]{1,80}:([ -~]{1,120})")
_NEAR = frozenset((a, b) for a in range(256) for b in (a - 1, a, a + 1))
_FOLDED = bytes(byte | 32 for byte in range(256))


def placeholder(value: bytes, shaped: bool = False) -> str | None:
    """What kind of stand-in the value is, or None: ``reference``, ``mask``, ``example word`` or ``sequence``.

    ``shaped`` values have the shape of a provider's token, whose own prefix may hold words such as ``test``.
    """
    lower = value.lower()
    if _TEMPLATE.search(value[:200]) if shaped else _REFERENCE.search(lower[:200]):
        return "reference"
    body = (_PEM_LINE.sub(b"", value) if b"-----" in value else value)[: LONG * 12]
    if _MASK.search(body.lower()) or (_RUN.search(body) and _is_mostly_a_run(body)):
        return "mask"
    if len(value) <= _WORDS_WITHIN and (_TOKEN_WORDS if shaped else _LONG_WORDS).search(lower):
        return "example word"
    if not shaped and len(value) < LONG and (_SHORT_WORDS.match(lower) or _IS_PASSWORD.fullmatch(lower)):
        return "example word"
    if is_sequence(body):
        return "sequence"
    decoded = None if shaped else _decoded(value)
    return placeholder(decoded) if decoded else None


def _is_mostly_a_run(body: bytes) -> bool:
    return any(len(run[0]) >= 0.3 * len(body) for run in _RUN.finditer(body))


def _decoded(value: bytes) -> bytes | None:
    """What the value is in base64, if that is text; of HTTP's and Docker's ``user:password`` the password."""
    if len(value) % 4 or not _BASE64.fullmatch(value):
        return None
    decoded = a2b_base64(value)
    if found := _BASIC.fullmatch(decoded):
        return unquote_to_bytes(found[1])
    return decoded if _PRINTABLE.fullmatch(decoded) else None


def is_sequence(value: bytes) -> bool:
    """Whether most neighbours differ by one step (``abcdefgh``, ``aaaaaa``), or few characters recur."""
    if len(value) < 6:
        return False
    lower = value.translate(_FOLDED)
    if _is_regular(lower) or len(set(value)) <= max(3, min(len(value) // 12, 8)):
        return True
    return len(value) >= 10 and _is_regular(lower[::2]) and _is_regular(lower[1::2])  # a1B2c3D4e5


def _is_regular(value: bytes) -> bool:
    least = 0.6 * (len(value) - 2)
    if sum(map(_NEAR.__contains__, pairwise(value))) < least:  # as in most values
        return False
    steps: list[int] = list(map(sub, value[1:], value))
    return sum(a == b and abs(a) <= 1 for a, b in pairwise(steps)) >= least
