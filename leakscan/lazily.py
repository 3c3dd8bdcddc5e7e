"""Regular expressions that are compiled when they are first used.

To compile those that judge a candidate takes longer than a hook takes to scan, and most are not needed.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Lazy:
    def __init__(self, text: bytes | str) -> None:
        self._text = text

    def __getattr__(self, name: str) -> Any:
        """A method of the compiled expression, which is found at once from then on."""
        found = getattr(re.compile(self._text), name)  # re remembers what it has compiled
        setattr(self, name, found)
        return found


def compiled(text: AnyStr) -> re.Pattern[AnyStr]:
    """As ``re.compile(text)``, but a mistake in it shows when it is used."""
    return cast("re.Pattern[AnyStr]", _Lazy(text))


def any_of(alternatives: bytes) -> re.Pattern[bytes]:
    """An expression that finds any of some expressions, which stand between spaces.

    Each begins with a plain letter, digit, ``-`` or ``_``; together by that, they are found in half the time.
    """
    groups: dict[bytes, list[bytes]] = {}
    for alternative in alternatives.split():
        groups.setdefault(alternative[:1], []).append(alternative[1:])
    return compiled(b"|".join(first + b"(?:" + b"|".join(rests) + b")" for first, rests in groups.items()))
