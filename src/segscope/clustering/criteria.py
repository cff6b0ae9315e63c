"""Criteria for one number of segments: compactness, silhouettes, gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segscope.clustering.assign import distances2, nearest_numpy
from segscope.clustering.methods import Solution, segment_means
from segscope.clustering.points import Array, Labels, Points
from segscope.clustering.quick import quick_kmeans
from segscope.clustering.threads import one_thread

SILHOUETTE_CUSTOMERS = 2_500
GAP_CUSTOMERS, GAP_STARTS = 2_500, 5
QUANTILES = 21


def sampling_error(points: Points, values: Array) -> float | None:
    """The standard error of the weighted mean of a value over points that stand for more customers.

    For points drawn one by one with chances 1 / weight (Poisson sampling), as segscope.clustering.points.draw does;
    None where every customer is a point.

    Parameters
    ----------
    values : array of shape (n_points,)

    References
    ----------
    Särndal, C.-E., Swensson, B., Wretman, J. (1992). Model Assisted Survey Sampling, result 5.7.1. Springer.

    >>> from segscope.clustering.points import as_points
    >>> sampling_error(as_points(np.array([[0.0], [1.0]])), np.array([0.0, 1.0])) is None
    True
    """
    if points.exact:
        return None
    weights = points.weights
    rest = values - np.average(values, weights=weights)
    return float(np.sqrt(np.sum(weights * np.maximum(weights - 1, 0.0) * rest * rest)) / weights.sum())


def wcss_error(points: Points, solution: Solution) -> float | None:
    """The standard error of a solution's WCSS where the points are a sample, None where they are everybody."""
    difference = points.values - segment_means(points, solution.labels, solution.k)[solution.labels]
    error = sampling_error(points, (difference * difference).sum(axis=1))
    return None if error is None else error * points.customers


def squared_silhouette(points: Points, solution: Solution) -> float:
    """The mean silhouette with squared Euclidean distances, exact over all points in linear time, -1 to 1.

    The mean squared distance from a point to a segment is its squared distance to the centroid plus the segment's mean
    squared distance from that centroid, so no pairs are needed. Comparable between numbers of segments, not with the
    ordinary silhouette.

    >>> from segscope.clustering.points import as_points
    >>> from segscope.clustering.methods import solution_at
    >>> four = as_points(np.array([[0.0], [1.0], [9.0], [10.0]]))
    >>> round(squared_silhouette(four, solution_at(four, [[0.5], [9.5]])), 5)
    0.98758
    """
    if solution.k < 2:
        return 0.0
    return float(np.average(squared_silhouettes(points, solution), weights=points.weights))


@dataclass(frozen=True)
class SegmentSilhouette:
    """How well the customers of one segment fit into it, by squared Euclidean silhouettes, -1 to 1.

    Attributes
    ----------
    mean : over its customers
    below_zero : share of its customers that are nearer to the customers of another segment, 0 to 1
    quantiles : 21 of them, from the least (0 %) by steps of 5 % to the greatest (100 %)
    """

    mean: float
    below_zero: float
    quantiles: tuple[float, ...]


def silhouettes_by_segment(points: Points, solution: Solution) -> tuple[SegmentSilhouette, ...]:
    """The squared Euclidean silhouettes of each segment, exact over all points in linear time.

    An empty segment has zeros; so has the only segment of a solution with one.

    >>> from segscope.clustering.points import as_points
    >>> from segscope.clustering.methods import solution_at
    >>> four = as_points(np.array([[0.0], [1.0], [9.0], [10.0]]))
    >>> first, second = silhouettes_by_segment(four, solution_at(four, [[0.5], [9.5]]))
    >>> round(first.mean, 5), first.below_zero, round(first.quantiles[0], 5)
    (0.98758, 0.0, 0.98621)
    """
    none = SegmentSilhouette(0.0, 0.0, (0.0,) * QUANTILES)
    if solution.k < 2:
        return (none,)
    values = squared_silhouettes(points, solution)
    found = []
    for j in range(solution.k):
        mine = np.flatnonzero(solution.labels == j)
        if not len(mine):
            found.append(none)
            continue
        mine = mine[np.argsort(values[mine], kind="stable")]
        weights = points.weights[mine]
        # The first point at which a share of the weight is reached.
        reached = np.searchsorted(np.cumsum(weights) / weights.sum(), np.linspace(0, 1, QUANTILES) - 1e-12)
        found.append(
            SegmentSilhouette(
                mean=float(np.average(values[mine], weights=weights)),
                below_zero=float(weights[values[mine] < 0].sum() / weights.sum()),
                quantiles=tuple(values[mine][np.minimum(reached, len(mine) - 1)].tolist()),
            )
        )
    return tuple(found)


def squared_silhouettes(points: Points, solution: Solution) -> Array:
    """The squared-Euclidean silhouette of each point, array of shape (n_points,), -1 to 1; two segments at least."""
    labels, weights, k = solution.labels, points.weights, solution.k
    size = np.bincount(labels, weights=weights, minlength=k).astype(float)
    d2 = distances2(points.values, segment_means(points, labels, k))
    inner = np.bincount(labels, weights=weights * d2[np.arange(len(labels)), labels], minlength=k)
    mean_d2 = d2 + inner / np.maximum(size, 1e-300)
    return _silhouettes(mean_d2, labels, size, _without_self(size)[labels])


def pairwise_distances(values: Array) -> Array:
    """Euclidean distances between all pairs, array of shape (n, n)."""
    with one_thread():
        square = (values * values).sum(axis=1)
        d2 = square[:, None] + square[None, :]
        d2 -= 2 * values @ values.T
    np.maximum(d2, 0.0, out=d2)
    np.fill_diagonal(d2, 0.0)
    distances: Array = np.sqrt(d2, out=d2)
    return distances


def silhouette(distances: Array, labels: Labels, k: int) -> tuple[float, float]:
    """The mean silhouette (Rousseeuw 1987), -1 to 1, and the standard error of that mean over customers.

    Parameters
    ----------
    distances : array of shape (n, n)
    labels : array of shape (n,), 0 to k - 1

    >>> x = np.array([0.0, 1.0, 9.0, 10.0])
    >>> mean, error = silhouette(np.abs(x[:, None] - x), np.array([0, 0, 1, 1]), 2)
    >>> round(mean, 4)
    0.8885
    """
    if k < 2:
        return 0.0, 0.0
    member = np.zeros((len(labels), k))
    member[np.arange(len(labels)), labels] = 1.0
    size = member.sum(axis=0)
    with one_thread():
        total = distances @ member
    mean = total / np.maximum(size, 1.0)
    values = _silhouettes(mean, labels, size, _without_self(size)[labels])
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))


def _without_self(size: Array) -> Array:
    """A customer does not count in its own segment's mean: the factor that corrects for it."""
    factor: Array = np.where(size > 1, size / np.maximum(size - 1, 1e-12), 1.0)
    return factor


def _silhouettes(mean: Array, labels: Labels, size: Array, own_factor: Array) -> Array:
    rows = np.arange(len(labels))
    own = mean[rows, labels] * own_factor
    others = np.where(size > 0, mean, np.inf)
    others[rows, labels] = np.inf
    other = others.min(axis=1)
    larger = np.maximum(own, other)
    alone = (size[labels] <= 1) | (larger <= 0) | ~np.isfinite(other)
    result: Array = np.where(alone, 0.0, (other - own) / np.where(alone, 1.0, larger))
    return result


def log_dispersion(values: Array, centres: Array) -> float:
    """The logarithm of the mean squared distance from the nearest centre."""
    return float(np.log(max(float(nearest_numpy(values, centres.tolist())[1].mean()), 1e-300)))


def box_reference(values: Array, seed: int) -> Array:
    """As many points drawn uniformly from the box around the data in their principal axes, shape (n, p)."""
    generator = np.random.default_rng([seed, 7])
    mean = values.mean(axis=0)
    with one_thread():
        axes = np.linalg.svd(values - mean, full_matrices=False)[2]
        turned = (values - mean) @ axes.T
        drawn = generator.uniform(turned.min(axis=0), turned.max(axis=0), turned.shape)
        reference: Array = drawn @ axes + mean
    return reference


def gap(sample: Array, numbers: Sequence[int], seed: int, references: int) -> dict[int, tuple[float, float]]:
    """The gap statistic and its standard error for each number of segments, by k-means.

    How much more compact the segments are than those of structureless data in the same box (principal axes).

    Parameters
    ----------
    sample : array of shape (n, p), at least as many different rows as segments
    numbers : of segments
    references : how many structureless data sets to draw

    References
    ----------
    Tibshirani, R., Walther, G., Hastie, T. (2001). Estimating the number of clusters via the gap statistic. JRSS B 63.
    """
    ones = np.ones(len(sample))

    def logs(values: Array, seed: int) -> list[float]:
        return [log_dispersion(values, quick_kmeans(values, ones, k, seed, GAP_STARTS)) for k in numbers]

    mine = logs(sample, seed)
    theirs = np.array([logs(box_reference(sample, seed + b), seed + b) for b in range(references)])
    errors = theirs.std(axis=0) * np.sqrt(1 + 1 / references)
    return {
        k: (float(mean - own), float(error))
        for k, mean, own, error in zip(numbers, theirs.mean(axis=0), mine, errors, strict=True)
    }
