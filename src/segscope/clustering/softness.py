"""How soft the borders between segments are: how surely a customer stays where he is when these are drawn anew.

A customer's place is certain once everything is known; the segments' borders are not quite, since they were drawn from
these customers and not from others like them. Softness says how far that reaches, in one number: the spread times
softness, put in place of the spread, makes the odds of segments the chance of each after a new draw.
"""

import math

import numpy as np
from scipy.optimize import minimize_scalar

from segscope.clustering.assign import Centres, Shape, distances2
from segscope.clustering.methods import Solution
from segscope.clustering.mixture import followed
from segscope.clustering.points import Array, Labels, Points, thinned
from segscope.clustering.quick import followed_means
from segscope.clustering.stability import RESAMPLED_CUSTOMERS
from segscope.recipe import Method

PAIRS = 12
AS_GOOD, SOFTER_TRIED = 0.001, 40
BOUNDS = math.log(0.0025), math.log(20.0)
LEAST_CHANCE = 1e-12
PASSES = 1
"""Segments take their centre (and shape) anew from the customers drawn, and stay the segments that they are. Whether
they would be found again from scratch is another matter: their stability says that."""

Drawn = tuple[Array | Centres, tuple[Shape, ...]]


def softness(points: Points, solution: Solution, spread: float, seed: int, method: Method = "kmeans") -> float:
    """How soft the borders of a solution are, from resamples of its customers.

    Two resamples draw the borders anew. The odds by the one are to be the chances of the segments by the other: two
    draws, as the study's own segments are a draw. The number that makes the other's segments likeliest is taken
    (temperature scaling [1]_).

    Parameters
    ----------
    points : the customers; at most as many as for stability take part, so that borders never look sharper than there
    spread : mean squared distance, per feature, of customers from their centre
    seed : 0 to 4294967295

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y., Weinberger, K. Q. (2017). On calibration of modern neural networks. ICML.

    >>> from segscope.clustering.methods import kmeans
    >>> from segscope.clustering.points import as_points
    >>> line = as_points(np.linspace(0.0, 1.0, 60)[:, None])
    >>> apart = as_points(np.r_[0.0:1.0:30j, 9.0:10.0:30j][:, None])
    >>> [round(softness(x, kmeans(x, 2, seed=0), 0.02, seed=0), 1) for x in (line, apart)]
    [0.4, 20.0]
    """
    if solution.k == 1:
        return 1.0
    values = thinned(points, RESAMPLED_CUSTOMERS[method], seed).values
    generator = np.random.default_rng([seed, solution.k, 5])
    gaps, labels = [], []
    for _ in range(PAIRS):
        one, other = (_drawn_anew(values, solution, method, generator) for _ in range(2))
        d2 = distances2(values, *one)
        gaps.append((d2.min(axis=1, keepdims=True) - d2) / (2 * spread))
        labels.append(distances2(values, *other).argmin(axis=1))
    return _likeliest(np.concatenate(gaps), np.concatenate(labels))


def _drawn_anew(values: Array, solution: Solution, method: Method, generator: np.random.Generator) -> Drawn:
    n = len(values)
    weights = np.bincount(generator.integers(0, n, n), minlength=n).astype(float)
    if method == "mixture":
        return followed(values, weights, solution.centres, solution.shapes, PASSES)
    return followed_means(values, weights, np.array(solution.centres), PASSES), ()


def _likeliest(gaps: Array, labels: Labels) -> float:
    rows = np.arange(len(labels))

    def surprise(log: float) -> float:
        odds = np.exp(gaps / math.exp(log))
        chances = odds[rows, labels] / odds.sum(axis=1)
        return float(-np.log(np.maximum(chances, LEAST_CHANCE)).mean())

    found = minimize_scalar(surprise, bounds=BOUNDS, method="bounded", options={"xatol": 0.01})
    # Where nobody ever moves, any narrow border would do: the softest that is as good does not claim too much.
    logs = np.linspace(float(found.x), BOUNDS[1], SOFTER_TRIED)
    good = [log for log in logs.tolist() if surprise(log) <= float(found.fun) + AS_GOOD]
    return math.exp(max(good))
