"""One door to the clustering methods: fit one, or refit it to a resample."""

import numpy as np

from segscope.clustering import mixture as mixtures
from segscope.clustering.assign import Shape
from segscope.clustering.methods import FINAL_STARTS, Solution, kmeans
from segscope.clustering.points import Array, Points
from segscope.clustering.quick import quick_kmeans
from segscope.clustering.ward import TREE_BRANCHES, tree_of, ward
from segscope.recipe import Method

MIXTURE_STARTS = 3
"""EM starts of a final fit, each from a k-means solution. While exploring there is one."""

REFIT_PASSES = 30
"""EM passes for a resample: enough to see whether its components are those of the whole."""


def fit_method(points: Points, method: Method, k: int, seed: int, starts: int = FINAL_STARTS) -> Solution:
    """Cluster by a method: k-means, a Gaussian mixture with full covariances, or Ward's linkage.

    Parameters
    ----------
    points : the customers
    method : "kmeans", "mixture" or "ward"
    k : number of segments, at least 1
    seed : 0 to 4294967295
    starts : of k-means; a mixture takes 3 where these are 20 or more, else 1; Ward needs none

    Raises
    ------
    DataError
        When there are fewer different customers than segments.

    >>> from segscope.clustering.points import as_points
    >>> four = as_points(np.array([[0.0], [1.0], [9.0], [10.0]]))
    >>> [fit_method(four, method, 2, seed=0).sizes for method in ("kmeans", "mixture", "ward")]
    [(2.0, 2.0), (2.0, 2.0), (2.0, 2.0)]
    """
    if method == "mixture":
        return mixtures.mixture(points, k, seed, MIXTURE_STARTS if starts >= FINAL_STARTS else 1)
    return ward(points, k, seed) if method == "ward" else kmeans(points, k, seed, starts)


def refit(
    values: Array, weights: Array, method: Method, k: int, seed: int, starts: int
) -> tuple[Array, tuple[Shape, ...]]:
    """Centres, array of shape (k, p), and shapes from a quick fit to a resample.

    Parameters
    ----------
    values : array of shape (n, p), at least k different rows
    weights : array of shape (n,), whole numbers: how often each row was drawn
    starts : of k-means
    """
    if method == "mixture":
        found, _ = mixtures.fit(values, weights, k, seed, starts=1, passes=REFIT_PASSES)
        return found.means, found.shapes()
    if method == "ward":
        repeated = np.repeat(values, weights.astype(int), axis=0)
        return np.array(tree_of(repeated, max(k, TREE_BRANCHES)).centres(k)), ()
    return quick_kmeans(values, weights, k, seed, starts), ()
