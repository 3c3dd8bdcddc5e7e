"""How a value stands to the name before it: its own, an argument, another name's, or one more of a list."""

from __future__ import annotations

from leakscan.finding import Candidate
from leakscan.lazily import compiled
from leakscan.score.model import Feature, trait

_COMPARED = compiled(rb"(?:[=!]=|,|\()[ \t]*[bfru@]?[\"'`]?$")
_BEHIND_ANOTHER = compiled(rb"[\"'],")  # the name stands in quotes itself
_BEFORE_ANOTHER = compiled(  # a, b = "…", "…"; user_password("…", "…")
    rb"(?i)(?:(?:^|\n)[ \t]*[\w.]+, ?[\w.]+ ?= ?|user(?:name)?_?password\w*\(\s*)[\"']$"
)
# In a list of words, the name is one of them. It is none where names and values take turns, in the call of a
# function ("password", "…"), or behind an option of a command ("--password", "…").
_ONE_OF_A_LIST = compiled(
    rb"""(?x)
    (?: [\[{:] \s* QUOTED , \s* (?: QUOTED , \s* QUOTED , \s* )*  # from where it begins, an odd number
      | \n [ \t]* QUOTED , [ \t]* \n [ \t]* (?= [^\n]*\n )        # one a line
    ) ["'] [^-"'\s] [^"'\n]* ["'] , \s* ["'] $
    """.replace(rb"QUOTED", rb"""(?: "[^"\n]{0,60}" | '[^'\n]{0,60}' )""")
)
_SEVERAL = compiled(rb"(?i)(?:passwords|passphrases|secrets|tokens)$")


def assignment_features(candidate: Candidate, name: bytes, is_word: bool) -> list[Feature]:
    """What the way in which a value follows its name says against it.

    ``is_word`` says whether the value is shaped like a word or name: then it is no password of several.
    """
    found, lead = list[Feature](), candidate.lead
    if candidate.after[1:2] == b"," and _is_before_another(candidate.before):
        found.append(trait("assignment", "the value of the name before", "another name's"))
    if _BEHIND_ANOTHER.search(lead):
        if _ONE_OF_A_LIST.search(candidate.before):
            found.append(trait("assignment", "one more word of a list", "one of a list"))
        return found
    if _COMPARED.search(lead):
        found.append(trait("assignment", "a comparison or an argument", "compared"))
    if is_word and _SEVERAL.search(name):
        found.append(trait("keyword", "names several", "word of several"))
    return found


def _is_before_another(before: bytes) -> bool:
    opened = before.removesuffix(b"\n")[:-1].rstrip()  # without the quote; what follows is dear, and rare
    return opened.endswith((b"=", b"(")) and _BEFORE_ANOTHER.search(before) is not None
