"""Spread repeated values over the room around them: where a variable can take no value, a gap means nothing.

A flag has two values with nothing in between, and so has every category; k-means may cut there, and any test of
density would find a gap. The spread values of a variable that stands alone fill their range without one.
"""

import numpy as np
import numpy.typing as npt

from segscope.clustering.points import Array

CROWD_AT_A_BOUND = 0.005


def spread_ties(values: Array, seed: int) -> Array:
    """Spread the values of categories, flags, counts and bounds; values that do not repeat stay where they are.

    * Columns of two values that exclude each other are the levels of one category: each customer moves to a random
      place among those that are nearer to its own level's corner of the simplex than to any other.
    * A repeated value of another column moves to a random place between the midpoints to its neighbouring values.
    * A crowd at the lowest or highest value (customers at a bound) moves outwards, over as much room as keeps the
      density of those next to it.

    Parameters
    ----------
    values : array of shape (n, p)
    seed : 0 to 4294967295

    >>> spread_ties(np.array([[0.0], [0.0], [1.0], [1.0]]), seed=0).ravel().round(1).tolist()
    [0.4, 0.2, 1.0, 0.9]
    """
    generator = np.random.default_rng([seed, 5])
    result = values.copy()
    exclusive = exclusive_groups(values)
    for group in exclusive:
        result[:, group] = _spread_category(values[:, group], generator)
    for i in sorted(set(range(values.shape[1])) - {i for group in exclusive for i in group}):
        result[:, i] = _spread_column(values[:, i], generator.random(len(values)))
    return result


def exclusive_groups(values: Array) -> list[list[int]]:
    """Columns of two values, in groups of which no customer has more than one at its higher value.

    >>> exclusive_groups(np.array([[1.0, 0.0, 0.3, 1.0], [0.0, 1.0, 0.2, 1.0], [0.0, 1.0, 0.5, 0.0]]))
    [[0, 1], [3]]
    """
    low, high = values.min(axis=0), values.max(axis=0)
    on = values == high
    groups: list[list[int]] = []
    for i in range(values.shape[1]):
        if low[i] == high[i] or not (on[:, i] | (values[:, i] == low[i])).all():
            continue
        for group in groups:
            if not (on[:, group].any(axis=1) & on[:, i]).any():
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _spread_category(columns: Array, generator: np.random.Generator) -> Array:
    low, high = columns.min(axis=0), columns.max(axis=0)
    on = columns == high
    level = np.where(on.any(axis=1), on.argmax(axis=1), on.shape[1])
    levels = on.shape[1] + int((level == on.shape[1]).any())
    if levels < 2:
        return columns
    # Uniform on the simplex; then the largest part is given to the customer's own level.
    parts = generator.dirichlet(np.ones(levels), len(columns))
    rows = np.arange(len(columns))
    largest = parts.argmax(axis=1)
    own = parts[rows, level].copy()
    parts[rows, level] = parts[rows, largest]
    parts[rows, largest] = np.where(largest == level, parts[rows, largest], own)
    result: Array = low + (high - low) * parts[:, : on.shape[1]]
    return result


def _spread_column(column: Array, uniform: Array) -> Array:
    distinct, index, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(distinct) < 2:
        return column
    step = np.diff(distinct)
    low = distinct - np.r_[step[0], step] / 2
    high = distinct + np.r_[step, step[-1]] / 2
    for end in (0, -1):
        room = _room_beyond(column, distinct, counts, end)
        if end == 0:
            low[0] = min(low[0], distinct[0] - room)
        else:
            high[-1] = max(high[-1], distinct[-1] + room)
    result: Array = low[index] + uniform * (high - low)[index]
    return result


def _room_beyond(column: Array, distinct: Array, counts: npt.NDArray[np.int64], end: int) -> float:
    """How far outwards the crowd at a bound is spread, at most two standard deviations."""
    n = len(column)
    if counts[end] / n <= CROWD_AT_A_BOUND or len(distinct) <= 20:
        return 0.0
    inner = np.sort(column[column != distinct[end]])
    width = max(2, n // 20)
    beside = inner[:width] if end == 0 else inner[-width:]
    density = len(beside) / n / max(float(np.ptp(beside)), 1e-12)
    return float(min(counts[end] / n / density, 2 * column.std()))
