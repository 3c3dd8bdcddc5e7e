"""A small fixed corpus: files with secrets of all sorts, and files with what only looks like them.

The same files each time, made from seeds and templates. It does not say how exact leakscan is (it was made by
those who made the rules); it says whether a change has made it less exact. :mod:`benchmarks.gate` scores it.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from benchmarks import corpus_forms as forms
from benchmarks.corpus_forms import Form
from benchmarks.own_texts import INTERFACE, KEYS, PLACEHOLDERS, SECRETS, WORDS, issued, password
from leakscan.ruleset.rule import Example, Rule
from leakscan.ruleset.template import ALPHABETS, expand, random_text

EACH = 28
"""Files of each category."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A file of the corpus. ``value`` is the secret in it, or how it begins; None where there is none."""

    category: str
    path: str
    text: str
    value: str | None


def corpus() -> Iterator[Planted]:
    """All files, category by category; each lies in a folder of its own."""
    for letter, (category, make) in zip("abcdefghijklmnopqrstuvwxyz", CATEGORIES.items(), strict=False):
        for number in range(EACH):
            path, text, value = make(random.Random(f"corpus {category} {number}"), number)
            yield Planted(category, f"{letter}{number:02}/{path}", text, value)


def write(folder: Path) -> list[Planted]:
    """The corpus as files below ``folder``."""
    planted = list(corpus())
    for one in planted:
        file = folder / one.path
        file.parent.mkdir(parents=True)
        file.write_text(one.text, "utf-8")
    return planted


def filled(template: str, dice: random.Random, checksum: str | None = None) -> str:
    """A template of the rules' examples, filled in."""
    rule = Rule(f"corpus-{dice.random()}", "", "", "info", "token", (), checksum=checksum)
    return expand(rule, Example(template, None, 0))


Made = tuple[str, str, str | None]
"""Path, text, and the secret in it."""


def placed(
    shapes: Sequence[Form],
    value: Callable[[random.Random], str],
    keys: Sequence[str],
    dice: random.Random,
    number: int,
) -> Made:
    """A secret in the next of the forms, under one of the names."""
    path, form = shapes[number % len(shapes)]
    secret = value(dice)
    text = filled(form.replace("{value}", "\0"), dice).replace("\0", "{value}")
    return path, text.format(key=dice.choice(keys), value=secret), secret


def harmless(shapes: Sequence[Form], dice: random.Random, number: int) -> Made:
    """What only looks like a secret, in the next of the forms."""
    path, form = shapes[number % len(shapes)]
    return path, filled(form, dice).format(key=dice.choice(SECRETS).replace(".", "_")), None


def stand_in(values: Sequence[str], path: str | None, dice: random.Random, number: int) -> Made:
    """What stands where a password would, and is none."""
    shape, form = forms.ASSIGNMENTS[number % len(forms.ASSIGNMENTS)]
    return path or shape, form.format(key=dice.choice(KEYS), value=dice.choice(values)), None


def chosen_words(dice: random.Random) -> str:
    return password(dice, WORDS)


def signs(dice: random.Random) -> str:
    """A password from a generator: letters, digits and a few signs that need no quoting anywhere."""
    return (
        random_text(ALPHABETS["base62"], dice.randint(9, 15), dice)
        + dice.choice("!*+-_~")
        + dice.choice("Kw7")
    )


def alnum(length: int, dice: random.Random) -> str:
    return random_text(ALPHABETS["base62"], length, dice)


def token(dice: random.Random, number: int) -> str:
    template, checksum = forms.TOKENS[number % len(forms.TOKENS)]
    return filled(template, dice, checksum)


def provider_token(dice: random.Random, number: int) -> Made:
    return placed(forms.ASSIGNMENTS, partial(token, number=number), ("value", "TOKEN", "auth"), dice, number)


def pair(dice: random.Random, number: int) -> Made:
    """An AWS secret has 40 characters, Alibaba Cloud's 30."""
    length = 40 if "AKIA" in forms.PAIRS[number % len(forms.PAIRS)][1] else 30
    return placed(forms.PAIRS, partial(alnum, length), ("",), dice, number)


def private_key(dice: random.Random, number: int) -> Made:
    label = dice.choice(("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"))
    lines = filled(f"<pem:{label}>", dice).split("\n")
    path, form = forms.KEYS_IN_FILES[number % len(forms.KEYS_IN_FILES)]
    text = form.format(
        lines="\n".join(lines),
        escaped="\\n".join(lines),
        indented="\n    ".join(lines),
        joined='\\n" +\n    "'.join(lines),
    )
    return path, text, lines[1]


def encoded(dice: random.Random, number: int) -> Made:
    """A token in an encoding; which of the tokens and which of the encodings have no common measure."""
    secret = token(dice, number * 5)
    plain = f"api_token={secret}\n".encode()
    path, text = (
        ("secret.yaml", f"kind: Secret\ndata:\n  env: {base64.b64encode(plain).decode()}\n"),
        ("blob.py", f'blob = bytes.fromhex("{plain.hex()}")\n'),
        ("link.md", "[go](https://host/?q=" + "".join(f"%{byte:02x}" for byte in plain) + ")\n"),
        ("text.js", 'const s = "' + "".join(f"\\u{byte:04x}" for byte in plain) + '";\n'),
        ("query.txt", f"GET /login?next={quote('/a?' + plain.decode(), safe='')}\n"),
    )[number % 5]
    return path, text, secret


CATEGORIES: dict[str, Callable[[random.Random, int], Made]] = {
    "passwords made of words": partial(placed, forms.ASSIGNMENTS, chosen_words, KEYS),
    "random passwords": partial(placed, forms.ASSIGNMENTS, signs, KEYS),
    "keys of no known service": partial(placed, forms.ASSIGNMENTS, issued, SECRETS),
    "provider tokens": provider_token,
    "pairs of ID and secret": pair,
    "passwords in URLs": partial(placed, forms.URLS, partial(alnum, 14), ("",)),
    "authorization": partial(placed, forms.AUTHORIZATION, partial(alnum, 24), ("",)),
    "private keys": private_key,
    "encoded": encoded,
    "placeholders": partial(stand_in, PLACEHOLDERS, None),
    "interface texts": partial(stand_in, INTERFACE, None),
    "translations": partial(stand_in, INTERFACE, "locales/de.json"),
    "references and calls": partial(harmless, forms.REFERENCES),
    "digests": partial(harmless, forms.DIGESTS),
    "identifiers": partial(harmless, forms.IDENTIFIERS),
    "lock files": partial(harmless, forms.LOCKS),
    "public keys": partial(harmless, forms.PUBLIC),
    "program code": partial(harmless, forms.CODE),
    "binary data in text": partial(harmless, forms.BLOBS),
    "documentation": partial(harmless, forms.DOCUMENTATION),
    "numbers and dates": partial(harmless, forms.NUMBERS),
}
