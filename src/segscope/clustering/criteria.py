"""Criteria for one number of segments: compactness, silhouettes, gap."""

import numpy as np

from segscope.clustering.assign import nearest_numpy
from segscope.clustering.methods import Solution, best_centres
from segscope.clustering.points import Array, Labels, Points
from segscope.clustering.threads import one_thread

SILHOUETTE_CUSTOMERS = 2_500
GAP_CUSTOMERS = 2_500


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
    labels, weights, k = solution.labels, points.weights, solution.k
    size = np.bincount(labels, weights=weights, minlength=k).astype(float)
    means = (
        np.column_stack([np.bincount(labels, weights=weights * column, minlength=k) for column in points.values.T])
        / np.maximum(size, 1e-300)[:, None]
    )
    d2 = np.column_stack([((points.values - m) ** 2).sum(axis=1) for m in means])
    inner = np.bincount(labels, weights=weights * d2[np.arange(len(labels)), labels], minlength=k)
    mean_d2 = d2 + inner / np.maximum(size, 1e-300)
    return float(np.average(_silhouettes(mean_d2, labels, size, _without_self(size)[labels]), weights=weights))


def pairwise_distances(values: Array) -> Array:
    """Euclidean distances between all pairs, array of shape (n, n)."""
    with one_thread():
        square = (values * values).sum(axis=1)
        d2 = square[:, None] + square[None, :] - 2 * values @ values.T
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


def gap(sample: Array, centres: dict[int, Array], seed: int, references: int) -> dict[int, tuple[float, float]]:
    """The gap statistic and its standard error for each number of segments.

    How much more compact the segments are than those of structureless data in the same box (principal axes).

    Parameters
    ----------
    sample : array of shape (n, p)
    centres : number of segments -> array of shape (k, p)
    references : how many structureless data sets to draw

    References
    ----------
    Tibshirani, R., Walther, G., Hastie, T. (2001). Estimating the number of clusters via the gap statistic. JRSS B 63.
    """
    logs: dict[int, list[float]] = {k: [] for k in centres}
    ones = np.ones(len(sample))
    for b in range(references):
        reference = box_reference(sample, seed + b)
        for k in centres:
            logs[k].append(log_dispersion(reference, best_centres(reference, ones, k, seed + b, 2)))
    factor = np.sqrt(1 + 1 / references)
    return {
        k: (float(np.mean(logs[k]) - log_dispersion(sample, c)), float(np.std(logs[k]) * factor))
        for k, c in centres.items()
    }
