"""Python's own parser of regular expressions: public in effect, moved in Python 3.11."""

try:
    from re import _constants as sre_constants  # type: ignore[attr-defined]
    from re import _parser as sre_parse  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_constants
    import sre_parse

__all__ = ["sre_constants", "sre_parse"]
