"""Solutions, and k-means. A solution is centres (and shapes), so that any engine can assign any customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from segscope.clustering.assign import Centres, Shape, distances2, nearest_numpy
from segscope.clustering.points import Array, Flags, Labels, Points
from segscope.clustering.quick import searched_kmeans
from segscope.clustering.threads import one_thread
from segscope.engine import fixed_point_scale
from segscope.errors import DataError

FINAL_STARTS = 20
FINAL_ROUNDS = 5
LLOYD_PASSES = 300
EXCHANGED_CUSTOMERS = 20_000
MOST_EXCHANGES = 1_000


@dataclass(frozen=True, eq=False)
class Solution:
    """A partition of the points.

    Attributes
    ----------
    centres : k rows of p numbers in model space, in lexicographic order
    labels : array of shape (n_points,), the index of each point's centre
    wcss : sum of squared Euclidean distances to the segments' means, over all customers that the points stand for
    sizes : customers in each segment (a sum of weights)
    shapes : one for each centre of a Gaussian mixture, else none
    log_likelihood : of the mixture, over all customers (natural logarithm); None for other methods
    bic : Bayesian information criterion of the mixture, smaller is better; None for other methods
    """

    centres: tuple[tuple[float, ...], ...]
    labels: Labels
    wcss: float
    sizes: tuple[float, ...]
    shapes: tuple[Shape, ...] = ()
    log_likelihood: float | None = None
    bic: float | None = None

    @property
    def k(self) -> int:
        """The number of segments."""
        return len(self.centres)

    @property
    def outline(self) -> "Outline":
        """What the solution is made of, without the points."""
        return Outline(self.centres, self.shapes, self.log_likelihood, self.bic)


@dataclass(frozen=True)
class Outline:
    """A solution without its points: few numbers, from which it is made again on the same points. JSON."""

    centres: tuple[tuple[float, ...], ...]
    shapes: tuple[Shape, ...] = ()
    log_likelihood: float | None = None
    bic: float | None = None

    def on(self, points: Points) -> Solution:
        """The solution, to the last bit.

        >>> from segscope.clustering.points import as_points
        >>> four = as_points(np.array([[0.0], [1.0], [9.0], [10.0]]))
        >>> kmeans(four, k=2, seed=0).outline.on(four).sizes
        (2.0, 2.0)
        """
        found = solution_at(points, self.centres, self.shapes)
        return replace(found, log_likelihood=self.log_likelihood, bic=self.bic)


def kmeans(points: Points, k: int, seed: int, starts: int = FINAL_STARTS) -> Solution:
    """Cluster by k-means: the best of several k-means++ starts, followed until no centre moves.

    Above 20,000 customers the starts are those of a search on a sample (quick.searched_kmeans), followed on everybody.
    Up to 20,000 the best start is also improved customer by customer (Hartigan's exchange), which leaves many
    of the places where Lloyd's passes come to rest too early. With 20 starts or more this is done for several rounds of
    starts, so that the WCSS hardly depends on the seed.

    Parameters
    ----------
    points : the customers
    k : number of segments, at least 1
    seed : 0 to 4294967295
    starts : number of k-means++ starts

    Raises
    ------
    DataError
        When there are fewer different customers than segments.

    References
    ----------
    Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. SODA.
    Telgarsky, M., Vattani, A. (2010). Hartigan's method: k-means clustering without Voronoi. AISTATS.

    >>> from segscope.clustering.points import as_points
    >>> solution = kmeans(as_points(np.array([[0.0], [1.0], [9.0], [10.0]])), k=2, seed=0)
    >>> solution.centres, solution.sizes, solution.wcss
    (((0.5,), (9.5,)), (2.0, 2.0), 1.0)
    """
    require_distinct(points, k)
    found = []
    for batch in range(FINAL_ROUNDS if starts >= FINAL_STARTS and len(points.values) <= EXCHANGED_CUSTOMERS else 1):
        rested = settled(points, _compact(points, k, seed + batch, starts))
        found.append(exchanged(points, rested))
    return min(found, key=lambda solution: (solution.wcss, solution.centres))


def _compact(points: Points, k: int, seed: int, starts: int) -> Array:
    """Centres of shape (k, p) from which to settle: of several starts, or of a search where customers are many."""
    values, weights = points.values, points.weights
    if k == 1 or len(values) <= EXCHANGED_CUSTOMERS:
        return best_centres(values, weights, k, seed, starts)
    found = [_rested(values, weights, centres) for centres in searched_kmeans(values, weights, k, seed)]
    best: Array = min(found, key=lambda fitted: float(fitted.inertia_)).cluster_centers_
    return best


def _rested(values: Array, weights: Array, centres: Array) -> KMeans:
    """Lloyd's passes from given centres until nobody changes segments, quicker than ``settled`` but in float sums."""
    passes = KMeans(len(centres), init=centres, n_init=1, tol=0, max_iter=LLOYD_PASSES)
    with one_thread():
        return passes.fit(values, sample_weight=weights)


def require_distinct(points: Points, k: int) -> None:
    """Refuse more segments than there are different customers.

    >>> from segscope.clustering.points import as_points
    >>> require_distinct(as_points(np.array([[0.0], [0.0], [1.0]])), 3)
    Traceback (most recent call last):
    segscope.errors.DataError: The customers differ in 2 ways only, too few for 3 segments. Ask for fewer segments or
    choose other features.
    """
    if k < 1:
        raise DataError(f"The number of segments must be at least 1. Got {k}.")
    distinct = points.distinct
    if distinct < k:
        ways = "1 way" if distinct == 1 else f"{distinct} ways"
        raise DataError(
            f"The customers differ in {ways} only, too few for {k} segments. "
            "Ask for fewer segments or choose other features."
        )


def best_centres(values: Array, weights: Array, k: int, seed: int, starts: int) -> Array:
    """Centres of shape (k, p) with the least WCSS over several k-means++ starts.

    One thread only: sums in scikit-learn depend on how many threads share them.
    """
    if k == 1:
        return np.average(values, axis=0, weights=weights)[None, :]
    random = int(np.random.default_rng([seed, k, 1]).integers(2**31))
    with one_thread():
        fitted = KMeans(k, n_init=starts, random_state=random).fit(values, sample_weight=weights)
    centres: Array = fitted.cluster_centers_
    return centres


def settled(points: Points, centres: Centres) -> Solution:
    """Follow Lloyd's passes until no centre moves, and put the centres into lexicographic order."""
    current = np.array(sorted(tuple(map(float, c)) for c in centres))
    sums = _exact_sums(points) if points.exact else None
    for _ in range(LLOYD_PASSES):
        labels = nearest_numpy(points.values, current)[0]
        moved = current.copy()
        for j in range(len(current)):
            mine = labels == j
            if mine.any():
                moved[j] = (
                    sums.mean(mine) if sums else np.average(points.values[mine], axis=0, weights=points.weights[mine])
                )
        moved = np.array(sorted(map(tuple, moved)))
        if np.array_equal(moved, current):
            break
        current = moved
    return solution_at(points, current)


def exchanged(points: Points, solution: Solution) -> Solution:
    """Move single customers between segments, the best move first, while that lowers the WCSS; then let it rest.

    Unlike Lloyd's passes this counts that a centre follows the customer that joins or leaves it.
    """
    if solution.k == 1 or len(points.values) > EXCHANGED_CUSTOMERS:
        return solution
    values, weights, labels = points.values, points.weights, solution.labels.copy()
    centres, sizes = np.array(solution.centres), np.array(solution.sizes)
    d2 = distances2(values, centres)
    rows = np.arange(len(values))
    moves = 0
    while moves < MOST_EXCHANGES:
        left = sizes[labels] - weights
        stay = np.where(left > 0, d2[rows, labels] * sizes[labels] / np.where(left > 0, left, 1.0), 0.0)
        cost = d2 * (sizes / (sizes + weights[:, None]))
        cost[rows, labels] = np.inf
        gain = weights * (stay - cost.min(axis=1))
        best = int(gain.argmax())
        if gain[best] <= 1e-12 * solution.wcss:
            break
        old, new, weight = int(labels[best]), int(cost[best].argmin()), weights[best]
        centres[old] -= (values[best] - centres[old]) * weight / (sizes[old] - weight)
        centres[new] += (values[best] - centres[new]) * weight / (sizes[new] + weight)
        sizes[old] -= weight
        sizes[new] += weight
        labels[best] = new
        d2[:, [old, new]] = distances2(values, centres[[old, new]])
        moves += 1
    if not moves:
        return solution
    better = settled(points, centres)
    return better if better.wcss < solution.wcss else solution


def solution_at(points: Points, centres: Centres, shapes: Sequence[Shape] = ()) -> Solution:
    """Describe the partition of the points by given centres, and shapes where there are any."""
    labels = nearest_numpy(points.values, centres, shapes)[0]
    k = len(centres)
    sizes = np.bincount(labels, weights=points.weights, minlength=k)
    difference = points.values - segment_means(points, labels, k)[labels]
    return Solution(
        centres=tuple(tuple(float(v) for v in c) for c in centres),
        labels=labels,
        wcss=float(np.sum(points.weights * (difference * difference).sum(axis=1))),
        sizes=tuple(sizes.tolist()),
        shapes=tuple(shapes),
    )


def segment_means(points: Points, labels: Labels, k: int) -> Array:
    """The mean of each segment, array of shape (k, p); zeros where nobody is."""
    sizes = np.bincount(labels, weights=points.weights, minlength=k)
    sums = [np.bincount(labels, weights=points.weights * column, minlength=k) for column in points.values.T]
    means: Array = np.column_stack(sums) / np.maximum(sizes, 1e-300)[:, None]
    return means


@dataclass(frozen=True, eq=False)
class _FixedPoint:
    """Values in fixed point, so that means have the bits that a pass in the engine gives (see refine)."""

    integers: npt.NDArray[np.int64]
    scales: tuple[float, ...]

    def mean(self, mine: Flags) -> list[float]:
        count = int(mine.sum())
        totals = self.integers[mine].sum(axis=0)
        return [int(t) / s / count for t, s in zip(totals, self.scales, strict=True)]


def _exact_sums(points: Points) -> _FixedPoint:
    scales = tuple(fixed_point_scale(float(v), points.customers) for v in np.abs(points.values).max(axis=0))
    scaled = points.values * np.array(scales)
    return _FixedPoint(np.floor(scaled + 0.5).astype(np.int64), scales)
