"""The same customers by another method: how far both agree, and how well the other does."""

from dataclasses import dataclass

from segscope.clustering.agreement import agreement
from segscope.clustering.criteria import squared_silhouette
from segscope.clustering.fitting import fit_method
from segscope.clustering.methods import Solution
from segscope.clustering.points import Points
from segscope.clustering.stability import bootstrap
from segscope.recipe import Method

RESAMPLES = 30


@dataclass(frozen=True)
class Alternative:
    """Another method's segments, in the same number.

    Attributes
    ----------
    agreement : adjusted Rand index with the segments at hand, 1 for the same, about 0 for no more than chance
    silhouette : mean squared-Euclidean silhouette over all points, -1 to 1
    stability : mean bootstrap Jaccard of the least stable segment, 0 to 1
    sizes : share of customers, one a segment, the largest first
    """

    method: Method
    agreement: float
    silhouette: float
    stability: float
    sizes: tuple[float, ...]


def alternative(points: Points, current: Solution, method: Method, seed: int) -> Alternative:
    """Cluster by a method into as many segments as the current solution has, and compare.

    Parameters
    ----------
    points : the customers
    current : the segments at hand; the method may be theirs
    seed : 0 to 4294967295
    """
    other = fit_method(points, method, current.k, seed)
    total = sum(other.sizes)
    return Alternative(
        method=method,
        agreement=agreement(current.labels, other.labels, points.weights),
        silhouette=squared_silhouette(points, other),
        stability=bootstrap(points, other, seed, RESAMPLES, method=method).lowest,
        sizes=tuple(sorted((s / total for s in other.sizes), reverse=True)),
    )
