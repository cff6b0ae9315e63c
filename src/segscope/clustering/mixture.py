"""Gaussian mixture with full covariances, by weighted EM from k-means (scikit-learn's takes no weights)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from segscope.clustering.assign import Shape, nearest_numpy
from segscope.clustering.methods import Solution, require_distinct, solution_at
from segscope.clustering.points import Array, Flags, Points
from segscope.clustering.quick import quick_kmeans
from segscope.clustering.threads import one_thread

MEASURE_FLOOR, FLAG_FLOOR = 0.001, 1 / 3
"""Least variance of a component in any direction, relative to the overall variance of the columns. Higher for columns
of two values: between them there is nothing to see, and a component must not be paid for holding one of them only (a
flag that is spread evenly over its two halves keeps a third of its variance in each)."""

MOST_PASSES = 200
LEAST_GAIN = 1e-5
"""EM ends when the log-likelihood grows by less than this, per customer and pass."""

BEST_OF, ONE_START_PASSES = 5, 30
"""The first EM start is the best of five k-means starts; each start climbs 30 passes before the likeliest goes on."""


BLOCK_NUMBERS = 4_000_000
"""How many numbers a block of customers may take in memory at a time."""


@dataclass(frozen=True, eq=False)
class Components:
    """The parameters of a Gaussian mixture.

    Attributes
    ----------
    shares : array of shape (k,), they sum to 1
    means : array of shape (k, p)
    factors : array of shape (k, p, p), lower triangular A with A'A the inverse covariance
    """

    shares: Array
    means: Array
    factors: Array

    @property
    def log_determinants(self) -> Array:
        """log det A of each component, shape (k,)."""
        found: Array = np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)
        return found

    def shapes(self) -> tuple[Shape, ...]:
        """The shapes that assign each customer to the component it most probably comes from."""
        penalties = -2 * np.log(self.shares) - 2 * self.log_determinants
        return tuple(
            Shape(penalty, tuple(map(tuple, factor)))
            for penalty, factor in zip(penalties.tolist(), self.factors.tolist(), strict=True)
        )


def mixture(points: Points, k: int, seed: int, starts: int) -> Solution:
    """Cluster by a mixture of k Gaussians with full covariances (maximum likelihood by EM).

    EM starts from ``starts`` k-means solutions, the best of several and single ones; the likeliest wins.
    No component's variance may fall below a floor in any direction, which is the maximum under that constraint [1]_; so
    repeated values, flags, collinear features and fewer customers than features do no harm. A component to which no
    customer would be assigned is of no use as a segment: EM stops before it comes to that, so that k segments always
    hold somebody.

    Parameters
    ----------
    points : the customers
    k : number of components, at least 1
    seed : 0 to 4294967295
    starts : number of EM starts, at least 1

    Raises
    ------
    DataError
        When there are fewer different customers than components.

    References
    ----------
    .. [1] Ingrassia, S. (2004). A likelihood-based constrained algorithm for multivariate normal mixture models.
       Statistical Methods & Applications 13.

    >>> from segscope.clustering.points import as_points
    >>> solution = mixture(as_points(np.array([[0.0], [1.0], [9.0], [10.0]])), k=2, seed=0, starts=2)
    >>> [round(c, 3) for (c,) in solution.centres], solution.sizes
    ([0.5, 9.5], (2.0, 2.0))
    """
    require_distinct(points, k)
    found, log_likelihood = fit(points.values, points.weights, k, seed, starts)
    p = points.values.shape[1]
    parameters = k - 1 + k * p + k * p * (p + 1) // 2
    return replace(
        solution_at(points, found.means.tolist(), found.shapes()),
        log_likelihood=log_likelihood,
        bic=float(parameters * np.log(points.customers) - 2 * log_likelihood),
    )


def fit(
    values: Array, weights: Array, k: int, seed: int, starts: int, passes: int = MOST_PASSES
) -> tuple[Components, float]:
    """The likeliest components over several starts, by their means in lexicographic order, and their log-likelihood.

    Parameters
    ----------
    values : array of shape (n, p)
    weights : array of shape (n,)
    passes : most EM passes; with several starts, all but the likeliest end after 30
    """
    # In units of the floor, no variance may be less than 1.
    middle = np.average(values, axis=0, weights=weights)
    unit = np.sqrt(variance_floor(values, weights))
    z = (values - middle) / unit
    begun = [
        around(z, weights, (quick_kmeans(values, weights, k, seed + s, BEST_OF if s == 0 else 1) - middle) / unit)
        for s in range(starts)
    ]
    with one_thread():
        if starts > 1:
            climbed = [_climbed(z, weights, b, ONE_START_PASSES) for b in begun]
            begun = [max(climbed, key=lambda c: c[1])[0]]
        best, log_likelihood = _climbed(z, weights, begun[0], passes)
    means = best.means * unit + middle
    order = np.lexsort(means.T[::-1])
    found = Components(best.shares[order], means[order], best.factors[order] / unit)
    return found, log_likelihood - float(weights.sum() * np.log(unit).sum())


def followed(
    values: Array, weights: Array, centres: Sequence[Sequence[float]], shapes: Sequence[Shape], passes: int
) -> tuple[Array, tuple[Shape, ...]]:
    """Where EM comes to in so many passes from given components: centres, array of shape (k, p), and shapes."""
    middle = np.average(values, axis=0, weights=weights)
    unit = np.sqrt(variance_floor(values, weights))
    factors = np.array([shape.factor for shape in shapes])
    log_determinants = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    shares = np.exp(-np.array([shape.penalty for shape in shapes]) / 2 - log_determinants)
    begun = Components(shares / shares.sum(), (np.array(centres) - middle) / unit, factors * unit)
    with one_thread():
        best, _ = _climbed((values - middle) / unit, weights, begun, passes)
    return best.means * unit + middle, Components(best.shares, best.means, best.factors / unit).shapes()


def variance_floor(values: Array, weights: Array) -> Array:
    """The least variance that a component may have in each column, shape (p,)."""
    mean = np.average(values, axis=0, weights=weights)
    variance = np.average((values - mean) ** 2, axis=0, weights=weights)
    low, high = values.min(axis=0), values.max(axis=0)
    flags = ((values == low) | (values == high)).all(axis=0)
    # A constant column tells nobody apart: any floor does.
    floor: Array = np.where(variance > 0, variance, 1.0) * np.where(flags, FLAG_FLOOR, MEASURE_FLOOR)
    return floor


def around(values: Array, weights: Array, centres: Array) -> Components:
    """Equal round components around centres, as wide as their customers are on average, but at least 1."""
    k, p = centres.shape
    variance = float(np.average(nearest_numpy(values, centres.tolist())[1], weights=weights)) / p
    return Components(np.full(k, 1 / k), centres, np.stack([np.eye(p) / np.sqrt(max(variance, 1.0))] * k))


def _climbed(values: Array, weights: Array, begun: Components, passes: int) -> tuple[Components, float]:
    """Follow EM until the likelihood stands still, or a component would be left without customers."""
    current = begun
    moments, log_likelihood, _ = _expected(values, weights, current)
    for _ in range(passes):
        following = _maximised(moments)
        moments, likelier, held = _expected(values, weights, following)
        if not held.all():
            break
        gain = likelier - log_likelihood
        current, log_likelihood = following, likelier
        if gain < LEAST_GAIN * weights.sum():
            break
    return current, log_likelihood


def _expected(values: Array, weights: Array, components: Components) -> tuple[Array, float, Flags]:
    """What the next components depend on, when each customer belongs to these by its odds.

    log(share x density) is linear in 1, the values and their products, and so are the sums that are wanted: a pass is
    two products of matrices.

    Returns
    -------
    moments : array of shape (k, 1 + p + p p): size of each component, its sums of values and of their products
    log_likelihood : of these components
    held : whether each component is the likeliest of some customer, shape (k,)
    """
    n, p = values.shape
    k = len(components.means)
    precisions = components.factors.transpose(0, 2, 1) @ components.factors
    leaning = (precisions @ components.means[:, :, None])[:, :, 0]
    constants = np.log(components.shares) + components.log_determinants - 0.5 * p * np.log(2 * np.pi)
    constants = constants - 0.5 * (leaning * components.means).sum(axis=1)
    linear = np.column_stack([constants, leaning, -0.5 * precisions.reshape(k, p * p)])
    moments, log_likelihood, held = np.zeros((k, 1 + p + p * p)), 0.0, np.zeros(k, dtype=bool)
    block = max(1, BLOCK_NUMBERS // linear.shape[1])
    for at in range(0, n, block):
        x, w = values[at : at + block], weights[at : at + block]
        terms = np.column_stack([np.ones(len(x)), x, (x[:, :, None] * x[:, None, :]).reshape(len(x), p * p)])
        logs = terms @ linear.T
        held[np.unique(logs.argmax(axis=1))] = True
        top = logs.max(axis=1, keepdims=True)
        odds = np.exp(logs - top)
        sums = odds.sum(axis=1, keepdims=True)
        log_likelihood += float(w @ (top + np.log(sums))[:, 0])
        moments += (odds * (w[:, None] / sums)).T @ terms
    return moments, log_likelihood, held


def _maximised(moments: Array) -> Components:
    """The components that fit best, of which no variance is below 1 in any direction."""
    k = len(moments)
    p = round(np.sqrt(moments.shape[1] - 0.75) - 0.5)
    sizes = np.maximum(moments[:, 0], 1e-12 * moments[:, 0].sum())
    means = moments[:, 1 : 1 + p] / sizes[:, None]
    covariances = moments[:, 1 + p :].reshape(k, p, p) / sizes[:, None, None] - means[:, :, None] * means[:, None, :]
    lengths, directions = np.linalg.eigh((covariances + covariances.transpose(0, 2, 1)) / 2)
    lifted = (directions * np.maximum(lengths, 1.0)[:, None, :]) @ directions.transpose(0, 2, 1)
    factors = np.tril(np.linalg.inv(np.linalg.cholesky((lifted + lifted.transpose(0, 2, 1)) / 2)))
    return Components(sizes / sizes.sum(), means, factors)
