"""Python's own parser of regular expressions: public in effect, moved in Python 3.11."""

import re
from functools import lru_cache

try:
    from re import _constants as sre_constants  # type: ignore[attr-defined]
    from re import _parser as sre_parse  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_constants
    import sre_parse

__all__ = ["parsed", "sre_constants", "sre_parse"]


@lru_cache(maxsize=4)  # the same pattern is looked at from several sides, and to parse it takes longest
def parsed(text: str) -> sre_parse.SubPattern:
    """The tree of a pattern whose ``^`` and ``$`` are ends of lines, not to be changed; raises re.error."""
    return sre_parse.parse(text, re.MULTILINE)
