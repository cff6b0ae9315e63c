"""Which segment is nearest: the same arithmetic in the same order as an expression and in NumPy."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np

from segscope.clustering.points import Array, Labels

Centres = Sequence[Sequence[float]] | Array


def nearest(model: ibis.Table, columns: Sequence[str], centres: Centres) -> ibis.Table:
    """Add the nearest and the second nearest centre of each customer.

    Adds ``segment`` (index of the nearest centre, ties to the lowest index), ``distance2`` (squared Euclidean),
    ``second`` and ``second_distance2`` (both blank when there is one centre only).

    Parameters
    ----------
    model : table with the model-space columns (no blanks)
    columns : names of the p model-space columns
    centres : k rows of p numbers

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"x": [0.0, 4.0, 9.0]}))
    >>> engine.fetch(nearest(table, ["x"], [[0.0], [8.0]]).order_by("x")).column("segment").to_pylist()
    [0, 0, 1]
    """
    k = len(centres)
    given = model.columns
    stage = model.mutate(**{f"__d{j}": distance2_to(model, columns, centre) for j, centre in enumerate(centres)})
    stage = stage.mutate(distance2=ibis.least(*(stage[f"__d{j}"] for j in range(k))) if k > 1 else stage["__d0"])
    stage = stage.mutate(segment=_first(stage, "distance2", k))
    if k == 1:
        return stage.select(
            *given, "segment", "distance2", second=ibis.null("int64"), second_distance2=ibis.null("float64")
        )
    # The nearest is put out of the race; the race is run again.
    far = ibis.literal(float("inf"))
    stage = stage.mutate(**{f"__d{j}": (stage.segment == j).ifelse(far, stage[f"__d{j}"]) for j in range(k)})
    stage = stage.mutate(second_distance2=ibis.least(*(stage[f"__d{j}"] for j in range(k))))
    stage = stage.mutate(second=_first(stage, "second_distance2", k))
    return stage.select(*given, "segment", "distance2", "second", "second_distance2")


def nearest_numpy(values: Array, centres: Centres) -> tuple[Labels, Array, Labels, Array]:
    """Find the nearest and the second nearest centre of each customer, to the last bit as :func:`nearest` does.

    Parameters
    ----------
    values : array of shape (n_customers, n_columns)
    centres : k rows of n_columns numbers

    Returns
    -------
    labels, distance2, second, second_distance2 : arrays of shape (n_customers,); with one centre, ``second`` is -1 and
    its distance infinite

    >>> labels, d2, second, second_d2 = nearest_numpy(np.array([[0.0], [4.0], [9.0]]), [[0.0], [8.0]])
    >>> labels.tolist(), d2.tolist(), second.tolist(), second_d2.tolist()
    ([0, 0, 1], [0.0, 16.0, 1.0], [1, 1, 0], [64.0, 16.0, 81.0])
    """
    d2 = distances2(values, centres)
    rows = np.arange(len(values))
    labels = d2.argmin(axis=1)
    first = d2[rows, labels]
    if d2.shape[1] == 1:
        return labels, first, np.full(len(values), -1, dtype=np.intp), np.full(len(values), np.inf)
    d2[rows, labels] = np.inf
    second = d2.argmin(axis=1)
    return labels, first, second, d2[rows, second]


def distances2(values: Array, centres: Centres) -> Array:
    """Squared distances of shape (n_customers, k), summed column by column from left to right."""
    result = np.empty((len(values), len(centres)))
    for j, centre in enumerate(centres):
        difference = values[:, 0] - float(centre[0])
        total = difference * difference
        for i in range(1, values.shape[1]):
            difference = values[:, i] - float(centre[i])
            total = total + difference * difference
        result[:, j] = total
    return result


def distance2_to(model: ibis.Table, columns: Sequence[str], centre: Sequence[float]) -> ir.FloatingValue:
    total: ir.FloatingValue | None = None
    for column, place in zip(columns, centre, strict=True):
        difference = model[column] - ibis.literal(float(place))
        square = difference * difference
        total = square if total is None else total + square
    return total


def _first(stage: ibis.Table, best: str, k: int) -> ir.IntegerValue:
    """The lowest index whose distance is the best."""
    if k == 1:
        return ibis.literal(0, type="int64")
    branches = [(stage[f"__d{j}"] == stage[best], ibis.literal(j, type="int64")) for j in range(k - 1)]
    return ibis.cases(*branches, else_=ibis.literal(k - 1, type="int64"))
