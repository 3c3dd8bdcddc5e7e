"""The values that options take, each with an error that names a good one."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from pathlib import Path

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def probability(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"'{text}' is not a number from 0 to 1, such as 0.8")
    return number


def processes(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise ArgumentTypeError(f"'{text}' is not a number of processes such as 4")
    return int(text)


def size(text: str) -> int:
    given = re.fullmatch("(0*[1-9][0-9]{0,11})([kKmMgG]?)", text)
    if not given:
        raise ArgumentTypeError(f"'{text}' is not a size such as 800K, 50M or 2G")
    return int(given[1]) * _UNITS[given[2].upper()]


def path(text: str) -> Path:
    if not text:
        raise ArgumentTypeError("it is empty: name a file or folder, such as my-rules.yaml")
    return Path(text)
