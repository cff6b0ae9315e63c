"""The points that the clustering works on: every customer, or a weighted sample that stands for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine, exact_sum, fixed_point_scale, one
from segscope.errors import DataError

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

EXACT_CUSTOMERS = 50_000


@dataclass(frozen=True, eq=False)
class Points:
    """Customers in model space, in lexicographic order, so that results do not depend on the order of rows.

    Attributes
    ----------
    values : array of shape (n_points, n_columns)
    weights : array of shape (n_points,), how many customers each point stands for; they sum to ``customers``
    customers : how many customers the points stand for
    """

    values: Array
    weights: Array
    customers: int

    @property
    def exact(self) -> bool:
        """Whether every customer is a point of its own."""
        return len(self.values) == self.customers

    @property
    def distinct(self) -> int:
        """The number of different points."""
        if not len(self.values):
            return 0
        return 1 + int(np.any(self.values[1:] != self.values[:-1], axis=1).sum())


def as_points(values: Array, weights: Array | None = None, customers: int | None = None) -> Points:
    """Put customers into canonical order, with their weights scaled to the number of customers.

    Parameters
    ----------
    values : array of shape (n_points, n_columns), finite
    weights : array of shape (n_points,), positive; None counts each point once
    customers : how many customers the points stand for; None takes the number of points

    Raises
    ------
    DataError
        When there is no customer or no column, or a value is blank or infinite.

    >>> as_points(np.array([[2.0], [0.0], [1.0]])).values.ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise DataError("Clustering needs at least one customer and one feature. Got a table without them.")
    if not np.isfinite(values).all():
        raise DataError("Clustering needs a number in every field. Got blank or infinite values; fill them first.")
    customers = len(values) if customers is None else customers
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    # The weight takes part in the order, so that equal points cannot change places; -0.0 and 0.0 are one number.
    values = values + 0.0
    order = np.lexsort((weights, *values.T[::-1]))
    values, weights = values[order], weights[order]
    if len(values) != customers:
        weights = weights * (customers / weights.sum())
    return Points(np.ascontiguousarray(values), weights, customers)


def draw(
    engine: Engine, model: ibis.Table, columns: Sequence[str], key: str, seed: int, size: int = EXACT_CUSTOMERS
) -> Points:
    """Take all customers, or a weighted sample of about ``size`` when there are more.

    The sample is a lightweight coreset: half of the chance of being drawn is the same for everybody, half grows with
    the squared distance from the mean, so that remote customers are in it, each with the inverse of its chance as
    weight [1]_. Each customer is drawn or not by a hash of its key and the seed (Poisson sampling), so the sample
    depends neither on the order of rows nor on threads.

    Parameters
    ----------
    model : table with the model-space columns (no blanks) and a text key that tells customers apart
    columns : names of the model-space columns
    key : name of the key column
    seed : 0 to 4294967295
    size : expected number of points; at most this many customers are taken whole

    Raises
    ------
    DataError
        When there is no customer or no column, or a value is blank or infinite.

    References
    ----------
    .. [1] Bachem, O., Lucic, M., Krause, A. (2018). Scalable k-means clustering via lightweight coresets. KDD.
    """
    if not columns:
        raise DataError("Clustering needs at least one feature. Got none.")
    whole = one(
        engine, model.aggregate(n=model.count(), **{f"m{i}": model[c].abs().max() for i, c in enumerate(columns)})
    )
    customers = int(whole["n"])
    largest = [float(whole[f"m{i}"] or 0.0) for i in range(len(columns))]
    if customers <= size:
        return as_points(_fetched(engine, model.select(*columns)))
    if not np.isfinite(largest).all():
        raise DataError("Clustering needs a number in every field. Got infinite values; fill them first.")
    mean, spread = _mean_and_spread(engine, model, columns, largest, customers)
    distance2 = sum((model[c] - m) * (model[c] - m) for c, m in zip(columns, mean, strict=True))
    chance = 0.5 / customers + (0.5 / spread) * distance2 if spread > 0 else ibis.literal(1.0 / customers)
    drawn = model.select(*columns, __chance=chance * float(size), __draw=engine.uniform(model[key], seed))
    drawn = drawn.filter(drawn["__draw"] < drawn["__chance"]).drop("__draw")
    table = _fetched(engine, drawn)
    return as_points(table[:, :-1], 1.0 / np.minimum(table[:, -1], 1.0), customers)


def thinned(points: Points, size: int, seed: int) -> Points:
    """Draw at most ``size`` points that each stand for equally many customers, for methods that know no weights.

    A point stays with a chance in proportion to its weight; no point is taken twice, since repeated points would look
    like a crowd to a test of density.

    >>> nine = as_points(np.arange(9.0).reshape(9, 1))
    >>> thinned(nine, 9, seed=0) is nine
    True
    >>> len(thinned(nine, 4, seed=0).values)
    4
    """
    n = len(points.values)
    if n <= size and float(points.weights.max() - points.weights.min()) == 0.0:
        return points
    generator = np.random.default_rng([seed, 11])
    kept = np.flatnonzero(generator.random(n) < points.weights / points.weights.max())
    if len(kept) > size:
        kept = np.sort(generator.choice(kept, size, replace=False))
    return Points(points.values[kept], np.full(len(kept), points.customers / len(kept)), points.customers)


def _fetched(engine: Engine, expression: ibis.Table) -> Array:
    table = engine.fetch(expression)
    if any(column.null_count for column in table.columns):
        raise DataError("Clustering needs a number in every field. Got blanks; fill them first.")
    return np.column_stack([np.asarray(column.to_numpy(), dtype=np.float64) for column in table.columns])


def _mean_and_spread(
    engine: Engine, model: ibis.Table, columns: Sequence[str], largest: Sequence[float], customers: int
) -> tuple[list[float], float]:
    """The mean of each column and the summed squared distance from it, from integer sums."""
    sums, scales = {}, []
    for i, column in enumerate(columns):
        scales.append((fixed_point_scale(largest[i], customers), fixed_point_scale(largest[i] ** 2, customers)))
        sums[f"s{i}"] = exact_sum(model[column], scales[i][0])
        sums[f"q{i}"] = exact_sum(model[column] * model[column], scales[i][1])
    found = one(engine, model.aggregate(**sums))
    mean = [int(found[f"s{i}"]) / scales[i][0] / customers for i in range(len(columns))]
    squares = sum(int(found[f"q{i}"]) / scales[i][1] for i in range(len(columns)))
    return mean, max(0.0, squares - customers * sum(m * m for m in mean))
