"""Texts of our own making to train and to measure on, by a seeded generator.

Passwords as people choose them, and what is none: CredData replaces each true password by random letters, so
that whoever learns from it alone learns that words are never passwords. And what services issue, in all
alphabets: a random value under a telling name is a secret, whichever letters chance has put into it.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

FOLDS = 8


def _parts(text: str, sign: str = " ") -> list[str]:
    return [part.strip() for part in text.replace("\n", sign).split(sign) if part.strip()]


# Each fold has words of its own, so that no word is in what is trained on and in what is measured.
WORDS = _parts("""
    winter summer autumn dragon monkey shadow master sunshine football baseball purple silver golden
    thunder falcon tiger panda koala rocket planet saturn jupiter galaxy cosmos turtle dolphin penguin
    whiskey coffee pepper ginger banana orange cherry lemon melon maple willow forest river ocean island
    mountain valley desert canyon bridge castle knight wizard pirate ninja samurai viking spartan trojan
    phoenix griffin unicorn pegasus hunter ranger archer scout london paris berlin madrid lisbon vienna
    prague dublin oslo helsinki boston denver dallas austin chicago seattle hangzhou beijing shanghai
    shenzhen tokyo osaka kyoto seoul charlie daniel jessica michelle robert thomas william andrew joshua
    matthew nicole amanda ashley jennifer stephanie guitar violin piano trumpet drummer singer dancer
    blanket window pillow carpet mirror candle lantern ladder hammer anvil compass anchor harbor lagoon
    meadow orchard
""")

KEYS = (
    "password",
    "db_password",
    "DB_PASSWORD",
    "passwd",
    "rootPassword",
    "smtp_pass",
    "adminPassword",
    "PGPASSWORD",
)
PLACEHOLDERS = _parts("""
    changeme change-me changeit your-password your_password_here yourpassword password password1
    password123 passw0rd P@ssw0rd secret mysecret my-secret-pw my_password example examplepassword test
    test123 testpassword dummy dummypass placeholder insert-password-here replace-me todo tbd xxxxxxxx
    ******** <password> ${DB_PASSWORD} {{password}} none null undefined string String true false
    required optional default admin root guest foo bar foobar 123456 12345678 qwerty abc123 letmein
""")
INTERFACE = _parts(
    """
    Password|Enter your password|Confirm password|Forgot your password?|New password
    Passwords do not match|Change it|Your password must be at least 8 characters|Password is required
    Show password|Reset|Invalid credentials|Sign in|password-field|user_password|passwordInput
    form.password|auth.password.label|PASSWORD_RESET|passwordResetToken|current-password|new-password
    input-password|password_hash|passwordHash|PasswordAuthentication|password.required
    validators.password|password_confirmation|/reset-password|text-password|btn-password|md-password
    is-password|Mot de passe|Kennwort|Contraseña|Wachtwoord|Пароль|密码|パスワード|Senha|Hasło|Lösenord
""",
    "|",
)
FORMS = (
    ("config/settings.py", '{key} = "{value}"\n'),
    ("src/config.js", "const cfg = {{ {key}: '{value}' }};\n"),
    ("deploy/values.yaml", "{key}: {value}\n"),
    (".env", "{key}={value}\n"),
    ("src/main/resources/application.properties", "spring.datasource.{key}={value}\n"),
    ("config.json", '{{"user": "svc", "{key}": "{value}"}}\n'),
    ("Main.java", 'String {key} = "{value}";\n'),
    ("web.xml", "<{key}>{value}</{key}>\n"),
    ("src/login.ts", "  readonly {key}: string = '{value}';\n"),
    ("src/login.rs", 'pub const {key}: &str = "{value}";\n'),
    ("src/login.c", '#define {key} "{value}"\n'),
    ("src/login.h", 'static const char {key}[] = "{value}";\n'),
    ("Login.cs", 'private string {key} = "{value}";\n'),
    ("Login.kt", 'private val {key}: String = "{value}"\n'),
    ("login.go", '\t{key} := "{value}"\n'),
    ("login.php", "${key} = '{value}';\n"),
    ("start.sh", "export {key}={value}\n"),
    ("start.ps1", '${key} = "{value}"\n'),
    ("Dockerfile", "ENV {key}={value}\n"),
    ("compose.yml", "    environment:\n      - {key}={value}\n"),
    ("web.config", '<add key="{key}" value="{value}" />\n'),
    ("gradle.properties", "{key}={value}\n"),
)
SECRETS = (
    "client_secret",
    "CLIENT_SECRET",
    "api_key",
    "apiKey",
    "API_KEY",
    "secretKey",
    "auth_token",
    "ACCESS_TOKEN",
    "accessToken",
    "private_key",
    "encryption_key",
    "consumerKey",
    "SIGNING_KEY",
    "masterKey",
    "token",
    "password",
    "DB_PASSWORD",
    "secret",
    "jwt.secret",
    "app_secret",
    "webhook_secret",
    "TUMBLR_KEY",
    "aesKey",
    "service_token",
)
ALPHABETS = {
    "base62": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "url": string.ascii_letters + string.digits + "-_",
    "base64": string.ascii_letters + string.digits + "+/",
    "signs": string.ascii_letters + string.digits + "!#$%&*+-=?@^_~",
}
LENGTHS = (12, 16, 20, 24, 32, 32, 40, 43, 48, 64)
DIGESTS = (
    ("package-info.json", '"integrity": "sha512-{value}"\n'),
    ("build.py", 'commit = "{value}"\n'),
    ("src/cache.ts", "const etag = '{value}';\n"),
    ("deploy.yaml", "tokenHash: {value}\n"),
    ("src/api.js", "const tokenId = '{value}';\n"),
    ("main.tf", 'secret_arn_hash = "{value}"\n'),
    ("Makefile", "KEY_SHA256={value}\n"),
    ("users.sql", "password_hash = '{value}'\n"),
    ("notes.md", "password changed in {value}\n"),
    ("test.go", 'publicKey := "{value}"\n'),
)


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text in which ``value`` is a secret, if ``true``, or none."""

    path: str
    content: bytes
    value: bytes
    true: bool
    fold: int


def own_texts(count: int = 2000) -> Iterator[OwnText]:
    """So many texts of five kinds; the same ones each time."""
    for number in range(count):
        dice = random.Random(f"own text {number}")
        fold, kind = number % FOLDS, number // FOLDS % 5
        path, form = dice.choice(FORMS)
        key, true = dice.choice(KEYS), kind in (0, 2, 3)
        if kind == 0:
            value = password(dice, WORDS[fold::FOLDS])
        elif kind == 1:
            value = stand_in(dice, fold)
        else:
            value = issued(dice)
            key = dice.choice(SECRETS)
            if kind == 4:
                path, form = dice.choice(DIGESTS)
        content = form.format(key=key, value=value)
        yield OwnText(path, content.encode(), value.encode(), true, fold)


def issued(dice: random.Random) -> str:
    """A random value, such as services issue."""
    alphabet = ALPHABETS[dice.choice(list(ALPHABETS))]
    return "".join(dice.choice(alphabet) for _ in range(dice.choice(LENGTHS)))


def password(dice: random.Random, words: list[str]) -> str:
    """A password as people choose them: words, years, a sign at the end, a letter replaced."""
    one, two, three = dice.sample(words, 3)
    year, digits, sign = dice.randint(1970, 2026), dice.randint(1, 999), dice.choice("!@#$%&*.-_")
    made = dice.choice(
        [
            f"{one.title()}{year}{sign}",
            f"{one.title()}{sign}{digits}",
            f"{one}{two.title()}{digits}",
            f"{one.title()}{two.title()}{sign}",
            f"{one}-{two}-{three}",
            f"{one}{digits}{two}",
            f"{one}{sign}{year}",
            f"{one.title()}{digits}{sign}",
            f"{one}.{two}{dice.randint(10, 99)}",
            f"{one}{two}{three}",
        ]
    )
    if dice.random() < 0.25:
        made = made.translate(str.maketrans("aeios", "43105"))
    return made


def stand_in(dice: random.Random, fold: int) -> str:
    """What stands where a password would, and is none."""
    return dice.choice((PLACEHOLDERS if dice.random() < 0.5 else INTERFACE)[fold::2])
