"""Reports: one module a format, listed in ``formats.py``."""
