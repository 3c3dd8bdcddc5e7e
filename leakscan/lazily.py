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
