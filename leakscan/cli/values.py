"""The values that options take, each with an error that names a good one."""

from __future__ import annotations

import re
import time
from argparse import ArgumentTypeError
from datetime import datetime, timezone
from pathlib import Path

_SECONDS = {"h": 3600, "d": 86_400, "w": 604_800, "m": 2_592_000, "y": 31_536_000}
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


def moment(text: str) -> int:
    """A date in Unix seconds: a day begins in UTC, and ``90d`` was ninety days ago."""
    ago = re.fullmatch("([0-9]{1,5})([hdwmy])", text)
    if ago:
        return int(time.time()) - int(ago[1]) * _SECONDS[ago[2]]
    try:
        date = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return int((date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp())
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"'{text}' is not a date such as 2026-01-31, or an age such as 90d") from None


def path(text: str) -> Path:
    if not text:
        raise ArgumentTypeError("it is empty: name a file or folder, or leave the option out")
    return Path(text)
