"""Axes of variables: titles, ranges, and values in as few bytes as tell them apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from segscope.exploring import Variable
from segscope.exploring.variables import day_text
from segscope.theme import plain
from segscope.wording import short

DATE_BYTES, FIGURE_BYTES = 13.0, 12.0  # a date or a long number as it is written
BASE64 = 4 / 3  # what a byte takes on its way to the browser
WHOLE = (np.uint8, np.int16, np.int32)  # from the narrowest
EXACT_BELOW = 2**24  # whole numbers that a short float holds


def axis_title(variable: Variable) -> str:
    """A variable's name with its unit."""
    return plain(f"{variable.label} ({variable.unit})" if variable.unit else variable.label)


def span(variable: Variable) -> tuple[float, float]:
    """Where a variable's axis begins and ends; the tail lies beyond."""
    bins = variable.bins
    if bins is None:
        return 0.0, 1.0
    return max(bins.low, bins.smallest), min(bins.high, bins.largest)


def axis_range(variable: Variable) -> dict[str, Any]:
    """The range of an axis with a little room at its ends."""
    low, high = span(variable)
    margin = (high - low) * 0.03 or 1.0
    if variable.kind == "date":
        return {"range": [day_text(low - margin), day_text(high + margin)]}
    return {"range": [low - margin, high + margin], "tickformat": "~s" if high - low >= 1000 else None}


def written(values: Sequence[Any], variable: Variable) -> list[Any]:
    """Values as they are written: dates as days, numbers in four figures, finer than a screen."""
    if variable.kind == "date":
        return [day_text(v) for v in values]
    return [None if v is None else brief(v) for v in values]


def brief(value: float) -> float | int:
    """A number in four figures.

    >>> brief(58138.4), brief(20.04)
    (58140, 20.04)
    """
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded.is_integer() else rounded


def compact(values: Sequence[Any], variable: Variable) -> Any:
    """Values in binary, as narrow as the variable allows; dates, and whole numbers too long for that, as written.

    >>> compact([3.0, 200.0], Variable("a", "A", "number", whole=True)).dtype
    dtype('int32')
    """
    kind = _kind(variable)
    return written(values, variable) if kind is None else np.array(values, dtype=kind)


def value_bytes(variable: Variable) -> float:
    """How many bytes a value takes on its way to the browser, at most."""
    kind = _kind(variable)
    if kind is None:
        return DATE_BYTES if variable.kind == "date" else FIGURE_BYTES
    return int(np.dtype(kind).itemsize) * BASE64


def _kind(variable: Variable) -> Any:
    bins = variable.bins
    if variable.kind != "number":
        return None
    if not variable.whole:
        return np.float32
    low, high = (bins.smallest, bins.largest) if bins else (-(2**31), 2**31 - 1)
    fits = (k for k in WHOLE if np.iinfo(k).min <= low and high <= np.iinfo(k).max)
    return next(fits, np.float32 if max(-low, high) < EXACT_BELOW else None)


def shown(value: float, variable: Variable) -> str:
    """A value in words."""
    return day_text(value) if variable.kind == "date" else short(value)
