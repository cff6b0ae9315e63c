"""Exact quantiles of whole columns, with the same bits on every engine.

Engines interpolate between two neighbours in different ways, which may differ in the last bit. Here they only find the
neighbours.
"""

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

import ibis

from segscope.engine.protocol import Engine, one

VALUES_AT_ONCE = 64_000_000
"""Exact quantiles hold the values of a column in memory, 8 bytes each: half a gigabyte of them in a query."""


def columns_at_once(rows: int) -> int:
    """Of how many columns of so many rows the quantiles are taken in one query, so that they fit in memory.

    >>> columns_at_once(1_000_000), columns_at_once(30_000_000), columns_at_once(100_000_000)
    (64, 2, 1)
    """
    return max(1, VALUES_AT_ONCE // max(rows, 1))


def quantiles(engine: Engine, values: ibis.Table, shares: Sequence[float]) -> dict[str, tuple[float, ...] | None]:
    """The quantiles of each column of numbers, blanks left out; None for a column of blanks.

    A quantile between two values lies on the line between them, as NumPy's usual one does.

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"a": [1.0, 2.0, 4.0, None]}))
    >>> quantiles(engine, table, (0.0, 0.25, 0.5, 1.0))
    {'a': (1.0, 1.5, 2.0, 4.0)}
    """
    names = values.columns
    counted = one(engine, values.agg(**{f"n{i}": values[name].count() for i, name in enumerate(names)}))
    counts = [int(counted[f"n{i}"]) for i in range(len(names))]
    asked = {
        f"q{i}": engine.elements(values[name].cast("float64"), _places(shares, count), count)
        for i, (name, count) in enumerate(zip(names, counts, strict=True))
        if count
    }
    todo = iter(asked.items())
    found: dict[str, Any] = {}
    while part := dict(islice(todo, columns_at_once(max(counts)))):
        found |= one(engine, values.agg(**part))
    return {
        name: _between(found[f"q{i}"], shares, count) if count else None
        for i, (name, count) in enumerate(zip(names, counts, strict=True))
    }


def _places(shares: Sequence[float], count: int) -> list[int]:
    """The places of both neighbours of each quantile, in pairs."""
    lower = [math.floor((count - 1) * share) for share in shares]
    return [place for first in lower for place in (first, min(first + 1, count - 1))]


def _between(neighbours: Sequence[float], shares: Sequence[float], count: int) -> tuple[float, ...]:
    result = []
    for i, share in enumerate(shares):
        place = (count - 1) * share
        part, (low, high) = place - math.floor(place), neighbours[2 * i : 2 * i + 2]
        result.append(high - (high - low) * (1.0 - part) if part >= 0.5 else low + (high - low) * part)
    return tuple(result)
