"""Patterns: fragments put in, and checked for what the two-stage detection needs of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leakscan.ruleset.coarse import coarse
from leakscan.ruleset.opening import openings
from leakscan.ruleset.parser import parsed, sre_constants, sre_parse
from leakscan.ruleset.rule import Pattern
from leakscan.ruleset.stretch import longest_literal

MAX_REACH = 512
"""The longest match of a pattern without an anchor, in bytes: what a dirty window is widened by."""

MAX_ANCHORED_REACH = 16_384
"""The longest match of a pattern with an anchor: a 16,384-bit RSA key in PEM needs 12.7 kB."""

ANCHOR_REACH = 512
"""How far from the end of an anchor's hit a match may start, in bytes, either way."""

MAX_SIGHT = 512
"""How far look-ahead and look-behind may see beyond a match, in bytes."""

MIN_LITERAL = 2

_ATOMIC = getattr(sre_constants, "ATOMIC_GROUP", None)  # Python 3.11 and newer
_REPEATS = (
    sre_constants.MAX_REPEAT,
    sre_constants.MIN_REPEAT,
    getattr(sre_constants, "POSSESSIVE_REPEAT", None),
)
_FRAGMENT = re.compile(r"\(\?&([A-Za-z_][A-Za-z0-9_]*)\)")
_TEXT_EDGE = re.compile(r"(?<!\\)(?:\\\\)*(\\[AZz])")
# What the regex module reads as a class of POSIX and as a fuzzy match, and Hyperscan does not.
_OTHERWISE_READ = re.compile(
    r"\[\[:\^?\w+:\]|(?<!\\)\{(?:\d+<=?)?\d*[deis](?:\+\d*[deis])*(?:<=?\d+)?(?:[,:][^{}]*)?\}"
)
_NON_ASCII_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*[^\x00-\x7f](?:\\.|[^\]\\])*\]")


class PatternError(ValueError):
    """What is wrong with a pattern, and how to mend it."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem, self.mend = problem, mend
        super().__init__(f"{problem} ({mend})")


def expand_fragments(text: str, fragments: Mapping[str, str]) -> str:
    """``text`` with each ``(?&name)`` replaced by that fragment, in a group of its own."""

    def expand(piece: str, open_names: tuple[str, ...]) -> str:
        def substitute(match: re.Match[str]) -> str:
            name = match[1]
            if name in open_names:
                raise PatternError(f"fragment '{name}' contains itself", "break the circle")
            if name not in fragments:
                known = ", ".join(sorted(fragments)) or "none"
                raise PatternError(f"unknown fragment '{name}'", f"known fragments: {known}")
            return f"(?:{expand(fragments[name], (*open_names, name))})"

        return _FRAGMENT.sub(substitute, piece)

    return expand(text, ())


def in_ascii(text: str) -> str:
    """The pattern with each other character as its UTF-8 bytes, in a group that a quantifier takes whole.

    Under ``(?x)`` the ``regex`` module skips the bytes 0x85 and 0xA0 as white space; escapes it keeps.
    """
    return "".join(
        c if c.isascii() else "(?:" + "".join(map("\\x{:02x}".format, c.encode())) + ")" for c in text
    )


def check_pattern(text: str, anchor: str | None, needs_literal: bool, compiles: bool = False) -> Pattern:
    """A checked pattern, in ASCII. ``text`` and ``anchor`` have their fragments expanded.

    ``compiles`` says that it is known to compile, as a built-in one is: to see that takes most of the time.
    Raises PatternError where it does not compile, has no bounded length, has no secret that is
    more than empty, or (with ``needs_literal``) gives the prefilter nothing to hold on to.
    """
    limit = MAX_REACH if anchor is None else MAX_ANCHORED_REACH
    for given in (text, anchor or ""):
        if _NON_ASCII_CLASS.search(given):
            raise PatternError("a non-ASCII character inside […]", "use an alternation: (?:一|二)")
        if found := _OTHERWISE_READ.search(given):
            raise PatternError(
                f"the pattern has {found[0]}, which two engines read in two ways",
                r"name the characters (such as [A-Za-z0-9]), or escape the brace (\{)",
            )
        if found := _TEXT_EDGE.search(given):
            raise PatternError(f"the pattern asks for the edge of the text with {found[1]}", "use ^ and $")
    text, anchor = in_ascii(text), None if anchor is None else in_ascii(anchor)
    tree, reach = _parse(text, limit, compiles)
    if not _longest_secret(tree):
        raise PatternError("the secret can only be empty", "put what leaks into the group: (?P<secret>…)")
    prefiltered = tree
    if anchor is None:
        _, hit_reach, before = coarse(text)
    else:
        prefiltered, hit_reach = _parse(anchor, MAX_REACH, compiles)
        before = ANCHOR_REACH
        if needs_prefilter_mode(anchor):
            raise PatternError(
                "an anchor cannot look around", "leave (?=…), (?!…), (?<=…) and (?<!…) to the pattern"
            )
    if needs_literal and longest_literal(prefiltered) < MIN_LITERAL:
        raise PatternError(
            "the prefilter finds no literal to hold on to",
            f"begin with at least {MIN_LITERAL} fixed characters, or give an 'anchor' that has them",
        )
    behind, ahead = _sight(tree)
    if behind > MAX_SIGHT or ahead > MAX_SIGHT:
        raise PatternError(
            f"the pattern looks {max(behind, ahead):,} bytes around itself",
            f"at most {MAX_SIGHT} bytes in each (?=…), (?!…), (?<=…) or (?<!…)",
        )
    behind, ahead = behind + 1, ahead + 1  # one more for \b, ^ and $
    return Pattern(text, reach, before, behind, ahead, hit_reach + 1, 1, anchor, openings(tree))


def _parse(text: str, limit: int, compiles: bool) -> tuple[sre_parse.SubPattern, int]:
    try:
        tree = parsed(text)
        if not compiles:
            re.compile(text.encode(), re.MULTILINE)
            _compile_regex(text)
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        raise PatternError(f"the pattern does not compile: {error}", "mend the pattern") from None
    width = tree.getwidth()[1]
    if width > limit:
        long = "has no bounded length" if width >= sre_constants.MAXREPEAT else f"can match {width:,} bytes"
        raise PatternError(
            f"the pattern {long}",
            f"bound each repetition, such as {{0,80}}; at most {limit:,} bytes"
            + ("" if limit > MAX_REACH else ", or more with an 'anchor'"),
        )
    return tree, int(width)


def _longest_secret(tree: sre_parse.SubPattern) -> int:
    """The greatest width of the group ``secret``, or of the whole match where there is no such group."""
    group = tree.state.groupdict.get("secret")
    return int(tree.getwidth()[1] if group is None else tree.state.groupwidths[group][1])


def _compile_regex(text: str) -> None:
    import regex

    try:
        regex.compile(text.encode(), regex.MULTILINE)
    except regex.error as error:
        raise ValueError(str(error)) from None


def _sight(tree: sre_parse.SubPattern) -> tuple[int, int]:
    """How far, in bytes, the look-behinds and the look-aheads of a pattern see from where they stand."""
    behind = ahead = 0
    for op, argument in tree:
        if op in (sre_constants.ASSERT, sre_constants.ASSERT_NOT):
            direction, inner = argument
            width = int(inner.getwidth()[1])
            parts = [inner]
        else:
            direction, width = 0, 0
            parts = _inner(op, argument)
        for part in parts:
            before, after = _sight(part)
            behind = max(behind, before + (width if direction < 0 else 0))
            ahead = max(ahead, after + (width if direction > 0 else 0))
    return behind, ahead


def _inner(op: object, argument: Any) -> list[sre_parse.SubPattern]:
    """The patterns inside a group, an alternation, a repetition or a condition."""
    if op is sre_constants.SUBPATTERN:
        return [argument[3]]
    if op is sre_constants.BRANCH:
        return list(argument[1])
    if op in _REPEATS:
        return [argument[2]]
    if op is sre_constants.GROUPREF_EXISTS:
        return [part for part in argument[1:] if part is not None]
    return [argument] if op is _ATOMIC else []


def needs_prefilter_mode(text: str) -> bool:
    """Whether Hyperscan can only approximate the pattern (it has look-around)."""
    return bool(re.search(r"\(\?<?[=!]", text))
