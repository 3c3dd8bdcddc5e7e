"""Confidence: a probability from a linear model over readable features."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from leakscan.finding import Reason

DEFAULT_MIN_CONFIDENCE = 0.5


@lru_cache(maxsize=1)
def weights() -> dict[str, float]:
    """The weight of each feature key, from ``weights.json``."""
    return dict(json.loads(Path(__file__).with_name("weights.json").read_text()))


class _Fields(NamedTuple):
    name: str
    value: str | float | bool
    key: str
    amount: float
    weight: float


class Feature(_Fields):
    """``value`` is for people; ``weight`` is what it adds to the sum: ``amount`` times that of ``key``."""

    __slots__ = ()

    # Most features are remembered and judged many times: their weight is worked out once.
    def __new__(cls, name: str, value: str | float | bool, key: str, amount: float = 1.0) -> Feature:
        weight = weights()[key]
        weight = weight if amount == 1 else round(weight * amount, 2)
        return tuple.__new__(cls, (name, value, key, amount, weight))


trait = lru_cache(maxsize=1 << 10)(Feature)
"""A feature that many candidates share, and which is therefore made only once."""


def reasons(features: Iterable[Feature]) -> tuple[Reason, ...]:
    """Each feature with the weight it carried, the weightiest first."""
    weighed = [
        Reason(name, round(amount, 1) if key == "learned" else value, weight)
        for name, value, key, amount, weight in features
        if weight
    ]
    return tuple(sorted(weighed, key=lambda reason: -abs(reason.weight)))


def sureness(features: Iterable[Feature], more: float = 0.0) -> float:
    """The confidence of a candidate with these features, without the reasons for it.

    ``more`` is what is to be added to the sum of their weights.
    """
    weights = [weight for _, _, _, _, weight in features]
    weights.sort(key=abs, reverse=True)
    weights.append(more)
    return _probability(weights)


def confidence(given: Iterable[Reason]) -> float:
    """The probability, from 0 to 1, that a candidate with these reasons is a real leak."""
    return _probability(reason.weight for reason in given)


def _probability(weights: Iterable[float]) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(weights)))))
