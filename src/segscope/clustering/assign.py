"""Which segment is nearest: the same arithmetic in the same order as an expression and in NumPy.

A segment is a centre or, in a Gaussian mixture, a centre with a shape; its squared distance is then a score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from segscope.clustering.points import Array, Labels

Centres = Sequence[Sequence[float]] | Array


@dataclass(frozen=True)
class Shape:
    """How a segment reaches out from its centre.

    The squared length of A (x - centre) and a penalty take the place of the squared distance from the centre. For
    a component of a Gaussian mixture A is a factor of the inverse covariance, A'A, and the penalty is
    -2 log(share) - 2 log det A; the score is then -2 log(share x density), up to a constant common to all components.

    Attributes
    ----------
    penalty : added to each customer's distance; may be negative
    factor : p rows of p numbers, the triangular matrix A (zeros are not computed with)
    """

    penalty: float
    factor: tuple[tuple[float, ...], ...]


def nearest(model: ibis.Table, columns: Sequence[str], centres: Centres, shapes: Sequence[Shape] = ()) -> ibis.Table:
    """Add the nearest and the second nearest centre of each customer.

    Adds ``segment`` (index of the nearest centre, ties to the lowest index), ``distance2`` (squared Euclidean; with
    shapes their score, which may be negative), ``second`` and ``second_distance2`` (both blank when there is one centre
    only).

    Parameters
    ----------
    model : table with the model-space columns (no blanks)
    columns : names of the p model-space columns
    centres : k rows of p numbers
    shapes : one for each centre, or none

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> table = engine.store("t", pa.table({"x": [0.0, 4.0, 9.0]}))
    >>> engine.fetch(nearest(table, ["x"], [[0.0], [8.0]]).order_by("x")).column("segment").to_pylist()
    [0, 0, 1]
    """
    k = len(centres)
    given = model.columns
    if shapes:
        # The products of a segment are columns of a stage before: they are named once and squared by name.
        stage = model.mutate(
            **{
                f"__y{j}_{r}": y
                for j, (centre, shape) in enumerate(zip(centres, shapes, strict=True))
                for r, y in enumerate(_products(model, columns, centre, shape))
            }
        )
        stage = stage.mutate(
            **{
                f"__d{j}": _score([stage[f"__y{j}_{r}"] for r in range(len(columns))], shape.penalty)
                for j, shape in enumerate(shapes)
            }
        )
    else:
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


def nearest_numpy(values: Array, centres: Centres, shapes: Sequence[Shape] = ()) -> tuple[Labels, Array, Labels, Array]:
    """Find the nearest and the second nearest centre of each customer, to the last bit as :func:`nearest` does.

    Parameters
    ----------
    values : array of shape (n_customers, n_columns)
    centres : k rows of n_columns numbers
    shapes : one for each centre, or none

    Returns
    -------
    labels, distance2, second, second_distance2 : arrays of shape (n_customers,); with one centre, ``second`` is -1 and
    its distance infinite

    >>> labels, d2, second, second_d2 = nearest_numpy(np.array([[0.0], [4.0], [9.0]]), [[0.0], [8.0]])
    >>> labels.tolist(), d2.tolist(), second.tolist(), second_d2.tolist()
    ([0, 0, 1], [0.0, 16.0, 1.0], [1, 1, 0], [64.0, 16.0, 81.0])
    """
    d2 = distances2(values, centres, shapes)
    rows = np.arange(len(values))
    labels = d2.argmin(axis=1)
    first = d2[rows, labels]
    if d2.shape[1] == 1:
        return labels, first, np.full(len(values), -1, dtype=np.intp), np.full(len(values), np.inf)
    d2[rows, labels] = np.inf
    second = d2.argmin(axis=1)
    return labels, first, second, d2[rows, second]


def distances2(values: Array, centres: Centres, shapes: Sequence[Shape] = ()) -> Array:
    """Squared distances, or scores where there are shapes, of shape (n_customers, k).

    Summed column by column from left to right, as the expression does.

    >>> lying = Shape(1.0, ((0.5, 0.0), (0.0, 2.0)))
    >>> distances2(np.array([[2.0, 1.0]]), [[0.0, 0.0]]).tolist()
    [[5.0]]
    >>> distances2(np.array([[2.0, 1.0]]), [[0.0, 0.0]], [lying]).tolist()
    [[6.0]]
    """
    result = np.empty((len(values), len(centres)))
    for j, centre in enumerate(centres):
        if shapes:
            result[:, j] = _score_numpy(values, centre, shapes[j])
            continue
        difference = values[:, 0] - float(centre[0])
        total = difference * difference
        for i in range(1, values.shape[1]):
            difference = values[:, i] - float(centre[i])
            total = total + difference * difference
        result[:, j] = total
    return result


def distance2_to(
    model: ibis.Table, columns: Sequence[str], centre: Sequence[float], shape: Shape | None = None
) -> ir.FloatingValue:
    """The squared distance of each customer from one centre, or the score where it has a shape."""
    if shape is not None:
        return _score(_products(model, columns, centre, shape), shape.penalty)
    total: ir.FloatingValue | None = None
    for column, place in zip(columns, centre, strict=True):
        difference = model[column] - ibis.literal(float(place))
        square = difference * difference
        total = square if total is None else total + square
    return total


def _terms(centre: Sequence[float], shape: Shape) -> Iterator[tuple[list[tuple[int, float]], float]]:
    """For each row of A: its columns with their factors (the diagonal, and what is not zero), and its product with
    the centre, so that A (x - centre) needs no differences."""
    for r, row in enumerate(shape.factor):
        offset = 0.0
        for factor, place in zip(row, centre, strict=True):
            offset += factor * float(place)
        yield [(c, factor) for c, factor in enumerate(row) if c == r or factor != 0.0], offset


def _products(
    model: ibis.Table, columns: Sequence[str], centre: Sequence[float], shape: Shape
) -> list[ir.FloatingValue]:
    """The p coordinates of A (x - centre)."""
    found = []
    for terms, offset in _terms(centre, shape):
        total: ir.FloatingValue | None = None
        for c, factor in terms:
            product = model[columns[c]] * ibis.literal(factor)
            total = product if total is None else total + product
        found.append(total - ibis.literal(offset))
    return found


def _score(products: Sequence[ir.FloatingValue], penalty: float) -> ir.FloatingValue:
    total: ir.FloatingValue = ibis.literal(penalty)
    for product in products:
        total = total + product * product
    return total


def _score_numpy(values: Array, centre: Sequence[float], shape: Shape) -> Array:
    score = np.full(len(values), shape.penalty)
    for terms, offset in _terms(centre, shape):
        product: Array | None = None
        for c, factor in terms:
            term = values[:, c] * factor
            product = term if product is None else product + term
        if product is not None:
            product = product - offset
            score = score + product * product
    return score


def _first(stage: ibis.Table, best: str, k: int) -> ir.IntegerValue:
    """The lowest index whose distance is the best."""
    if k == 1:
        return ibis.literal(0, type="int64")
    branches = [(stage[f"__d{j}"] == stage[best], ibis.literal(j, type="int64")) for j in range(k - 1)]
    return ibis.cases(*branches, else_=ibis.literal(k - 1, type="int64"))
