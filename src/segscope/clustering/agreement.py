"""Two partitions of the same customers: how far they agree, and who goes where."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from segscope.clustering.methods import Solution
from segscope.clustering.points import Array, Labels, Points


def agreement(first: Labels, second: Labels, weights: Array | None = None) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 the same partition, 0 as by chance, below 0 less than that.

    Of all pairs of customers, how many the two partitions treat alike, together or apart, corrected for chance.
    Two partitions that both leave everybody together, or everybody alone, agree fully.

    Parameters
    ----------
    first, second : arrays of shape (n,) of segment numbers, from 0
    weights : array of shape (n,), how many customers each point stands for; None counts each once

    References
    ----------
    Hubert, L., Arabie, P. (1985). Comparing partitions. Journal of Classification 2.

    >>> round(agreement(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])), 4)
    0.5714
    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    counts = flow(first, second, int(first.max()) + 1, int(second.max()) + 1, weights)
    total = _pairs(np.array(counts.sum()))
    together, mine, theirs = (float(_pairs(c).sum()) for c in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    expected = mine * theirs / float(total) if total > 0 else 0.0
    most = (mine + theirs) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def flow(first: Labels, second: Labels, k1: int, k2: int, weights: Array | None = None) -> Array:
    """How many customers go from each segment of one partition to each of another, array of shape (k1, k2).

    >>> flow(np.array([0, 0, 1]), np.array([0, 1, 1]), 2, 2).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    counts: Array = np.bincount(first * k2 + second, weights=weights, minlength=k1 * k2).reshape(k1, k2).astype(float)
    return counts


def path(solutions: Mapping[int, Solution], points: Points) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """Who splits from whom: for each two consecutive numbers of segments, the customers between their segments.

    Parameters
    ----------
    solutions : by number of segments, as :func:`gather` gives them

    Returns
    -------
    flows : one less than there are solutions; each has a row for every segment of the one and a column for every
        segment of the next, and sums to the number of customers

    >>> from segscope.clustering.points import as_points
    >>> from segscope.clustering.methods import solution_at
    >>> four = as_points(np.array([[0.0], [1.0], [9.0], [10.0]]))
    >>> path({1: solution_at(four, [[5.0]]), 2: solution_at(four, [[0.5], [9.5]])}, four)
    (((2.0, 2.0),),)
    """
    row = [solutions[k] for k in sorted(solutions)]
    return tuple(
        tuple(tuple(r) for r in flow(a.labels, b.labels, a.k, b.k, points.weights).tolist()) for a, b in pairwise(row)
    )


def _pairs(counts: Array) -> Array:
    pairs: Array = counts * (counts - 1) / 2
    return pairs
