"""What a report may show of a scan: secrets cut, and hostile text made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from leakscan.finding import Commit, Finding, Secret

# Shorter values stand in ordinary words by chance: cutting them out would only garble paths.
_LEAST = 8

# A subject is cut somewhere, and the first part of a longer value would not be recognised in it.
_LONG = 256

# Build servers obey lines of their logs: GitHub "::command::" and "##[command]", Azure "##vso[…]",
# TeamCity "##teamcity[…]". A file name or commit subject must not give them orders.
_LOG_COMMAND = re.compile(r"(?<!\S):(?=:)|#(?=#[a-z]*\[)", re.IGNORECASE)


class Redaction:
    """Shows the secrets of some findings as the user allows, wherever they stand.

    A secret can also stand in a commit's subject, a file's name or a branch's: there it is cut
    like the value itself.
    """

    def __init__(self, findings: Iterable[Finding], reveal: bool) -> None:
        self.reveal = reveal
        self._shown: dict[str, str] = {}  # what stands for each value
        self._lengths: dict[str, list[int]] = {}  # of the values by how they begin, the longest first
        self._texts: dict[str, str] = {}  # paths and commits recur
        self._hidden: set[str] = set()
        if reveal:
            return
        for finding in findings:
            for part in finding.parts.values():
                self._cut(part.reveal(), part.identifier)
            secrets = (finding.secret, *finding.spellings)
            for secret in secrets:
                self._cut(secret.reveal(), secret.redacted)
            long = any(len(secret.raw) > _LONG for secret in secrets)
            self._hidden.update(
                place.commit
                for place in finding.locations
                if place.where == "message" and (place.encoding or long) and place.commit
            )
        lengths: dict[str, set[int]] = {}
        for value in self._shown:
            lengths.setdefault(value[:_LEAST], set()).add(len(value))
        self._lengths = {start: sorted(known, reverse=True) for start, known in lengths.items()}

    def secret(self, secret: Secret) -> str:
        return well_formed(secret.reveal() if self.reveal else secret.redacted)

    def part(self, part: Secret) -> str:
        """The other half of a pair: a longer excerpt, unless the part holds a secret itself."""
        return well_formed(part.reveal() if self.reveal else self.text(part.identifier))

    def subject(self, commit: Commit) -> str:
        """A commit's subject, unless a secret stands in the message in an encoded form."""
        return "(not shown: it holds a secret)" if commit.oid in self._hidden else self.text(commit.subject)

    def text(self, text: str) -> str:
        """``text`` with every known secret cut out of it."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = well_formed(self._without_secrets(text))
        return known

    def _without_secrets(self, text: str) -> str:
        pieces, done, at = [], 0, 0
        last = len(text) - _LEAST if self._lengths else -1
        while at <= last:
            for length in self._lengths.get(text[at : at + _LEAST], ()):
                shown = self._shown.get(text[at : at + length])
                if shown is not None:
                    pieces += [text[done:at], shown]
                    done = at = at + length
                    break
            else:
                at += 1
        return "".join([*pieces, text[done:]])

    def _cut(self, value: str, shown: str) -> None:
        if len(value) >= _LEAST and value != shown:
            self._shown[value] = shown


def well_formed(text: str) -> str:
    """``text`` with bytes that are no UTF-8, such as a file name can hold, written as ``\\xff``."""
    return "".join(map(_escaped, text)) if any("\ud800" <= c <= "\udfff" for c in text) else text


def visible(text: str) -> str:
    """``text`` with nothing in it that a terminal or a build server obeys, or that hides or turns words."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _code(c) for c in text)
    return _LOG_COMMAND.sub(lambda match: _code(match[0]), text)


def _escaped(character: str) -> str:
    return _code(character) if "\ud800" <= character <= "\udfff" else character


def _code(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that os.fsdecode could not decode
        number -= 0xDC00
    named = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}.get(number)
    return named or (
        f"\\x{number:02x}"
        if number < 0x100
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )
