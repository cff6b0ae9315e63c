"""Will the segments hold? Bootstrap Jaccard per segment, and prediction strength."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segscope.clustering.assign import nearest_numpy
from segscope.clustering.fitting import refit
from segscope.clustering.handmade import Plan, cells_of, repeated
from segscope.clustering.methods import Solution
from segscope.clustering.points import Array, Labels, Points, thinned
from segscope.recipe import Method

JACCARD_STABLE = 0.75
"""A segment is stable from here on (Hennig 2007: below 0.6 not to be trusted, 0.75 stable, 0.85 highly stable)."""

STRENGTH_ENOUGH = 0.8
"""Prediction strength from which a number of segments is supported (Tibshirani & Walther 2005: 0.8 to 0.9)."""

RESAMPLED_CUSTOMERS: dict[Method, int] = {"kmeans": 5_000, "mixture": 2_000, "ward": 1_000}
"""Resamples hold at most this many customers; more would only make every cut look stable. Fewer where a fit costs more:
fewer customers never make a cut look more stable than it is."""

FRESH_STARTS = 5


@dataclass(frozen=True)
class Stability:
    """How well each segment is found again in resamples of the customers.

    Attributes
    ----------
    segments : mean Jaccard similarity (0 to 1) of each segment with its best match, over the resamples
    standard_errors : of each mean
    resamples : how many were drawn
    customers : how many customers a resample holds
    """

    segments: tuple[float, ...]
    standard_errors: tuple[float, ...]
    resamples: int
    customers: int

    @property
    def lowest(self) -> float:
        """The similarity of the least stable segment."""
        return min(self.segments)

    @property
    def lowest_error(self) -> float:
        """The standard error of ``lowest``."""
        return self.standard_errors[self.segments.index(self.lowest)]


def bootstrap(
    points: Points,
    solution: Solution,
    seed: int,
    resamples: int,
    step: Callable[[], None] | None = None,
    method: Method = "kmeans",
    hand: Plan | None = None,
) -> Stability:
    """Cluster resamples of the customers and look for each segment in the result.

    Each resample is drawn with replacement and clustered from fresh starts, as a new study would be. All points are
    then assigned to its centres, and each segment takes the Jaccard similarity of its best match. (To begin from the
    centres at hand would flatter: among many cuts that are equally good it would find the old one again.)

    Where segments were merged or split by hand, the same is done again on each resample (see handmade.repeated).

    Parameters
    ----------
    points : the customers
    solution : the partition to be judged; its centres are used, its labels are not
    seed : 0 to 4294967295
    resamples : number of resamples, 100 for a verdict
    step : called after each resample
    method : with which the solution was made; the resamples are clustered by the same
    hand : what was merged and split since

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis 52.
    """
    sample = thinned(points, RESAMPLED_CUSTOMERS[method], seed)
    n, clusters = len(sample.values), solution.k
    base = nearest_numpy(sample.values, solution.centres, solution.shapes)[0]
    cells = cells_of(sample.values, base, hand) if hand else base
    mine, k = (hand.places[cells], len(hand.groups)) if hand else (base, clusters)
    generator = np.random.default_rng([seed, clusters, 2])
    found = np.empty((resamples, k))
    for b in range(resamples):
        counts = np.bincount(generator.integers(0, n, n), minlength=n)
        drawn = counts > 0
        if k == 1:
            found[b] = 1.0
        elif int(drawn.sum()) < clusters or _few(sample.values[drawn], clusters):
            found[b] = 0.0
        else:
            fitted = refit(sample.values[drawn], counts[drawn].astype(float), method, clusters, seed + b, FRESH_STARTS)
            other = nearest_numpy(sample.values, *fitted)[0]
            if hand:
                other = repeated(sample.values, counts, (base, other), cells, hand, seed + b)
            found[b] = jaccard(mine, other, k, k)
        if step:
            step()
    errors = found.std(axis=0, ddof=1) / np.sqrt(resamples) if resamples > 1 else np.zeros(k)
    return Stability(tuple(found.mean(axis=0).tolist()), tuple(errors.tolist()), resamples, n)


def jaccard(mine: Labels, other: Labels, k: int, k_other: int) -> Array:
    """The Jaccard similarity of each of k segments with its best match, array of shape (k,).

    >>> jaccard(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2, 2).round(2).tolist()
    [0.67, 0.5]
    """
    both = np.bincount(mine * k_other + other, minlength=k * k_other).reshape(k, k_other)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    best: Array = (both / np.maximum(union, 1)).max(axis=1)
    return best


def prediction_strength(
    points: Points, k: int, seed: int, splits: int, starts: int = FRESH_STARTS, method: Method = "kmeans"
) -> tuple[float, float]:
    """How well a clustering of one half of the customers predicts who belongs together in the other half.

    For each segment of the second half: the share of its pairs that the centres of the first half keep together. The
    worst segment counts; the mean over random halvings (both ways) is returned, with its standard error.

    Parameters
    ----------
    points : the customers
    k : number of segments
    seed : 0 to 4294967295
    splits : number of random halvings
    starts : k-means++ starts for each half; too few of them lower the strength
    method : by which the halves are clustered

    Returns
    -------
    strength, standard_error : 0 to 1

    References
    ----------
    Tibshirani, R., Walther, G. (2005). Cluster validation by prediction strength. JCGS 14.

    >>> from segscope.clustering.points import as_points
    >>> prediction_strength(as_points(np.r_[0.0:1.0:50j, 9.0:10.0:50j].reshape(-1, 1)), 2, seed=0, splits=2)
    (1.0, 0.0)
    """
    if k == 1:
        return 1.0, 0.0
    sample = thinned(points, RESAMPLED_CUSTOMERS[method], seed)
    n = len(sample.values)
    generator = np.random.default_rng([seed, k, 3])
    found = []
    for b in range(splits):
        order = generator.permutation(n)
        halves = [sample.values[np.sort(order[: n // 2])], sample.values[np.sort(order[n // 2 :])]]
        if any(_few(half, k) for half in halves):
            found.append(0.0)
            continue
        fitted = [refit(h, np.ones(len(h)), method, k, seed + b, starts) for h in halves]
        for test, train in ((0, 1), (1, 0)):
            own = nearest_numpy(halves[test], *fitted[test])[0]
            theirs = nearest_numpy(halves[test], *fitted[train])[0]
            found.append(_kept_together(own, theirs, k))
    # The two directions of one halving are not independent; the halving is the unit.
    error = float(np.std(found, ddof=1) / np.sqrt(splits)) if len(found) > 1 else 0.0
    return float(np.mean(found)), error


def _kept_together(own: Labels, theirs: Labels, k: int) -> float:
    both = np.bincount(own * k + theirs, minlength=k * k).reshape(k, k).astype(float)
    size = both.sum(axis=1)
    pairs = (both * (both - 1)).sum(axis=1)
    shares = np.where(size > 1, pairs / np.maximum(size * (size - 1), 1.0), 0.0)
    return float(shares.min())


def _few(values: Array, k: int) -> bool:
    return len(values) < k or len(np.unique(values, axis=0)) < k
