"""Confidence: a probability from a linear model over readable features."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.finding import Reason

if TYPE_CHECKING:
    from leakscan.score.features import Feature

DEFAULT_MIN_CONFIDENCE = 0.5


@lru_cache(maxsize=1)
def weights() -> dict[str, float]:
    """The weight of each feature key, from ``weights.json``."""
    return dict(json.loads(Path(__file__).with_name("weights.json").read_text()))


def reasons(features: Iterable[Feature]) -> tuple[Reason, ...]:
    """Each feature with the weight it carried, the weightiest first."""
    table = weights()
    weighed = [Reason(f.name, f.value, round(table[f.key] * f.amount, 2)) for f in features]
    return tuple(sorted((r for r in weighed if r.weight), key=lambda r: -abs(r.weight)))


def confidence(given: Iterable[Reason]) -> float:
    """The probability, from 0 to 1, that a candidate with these reasons is a real leak."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(reason.weight for reason in given)))))
