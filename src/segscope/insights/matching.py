"""Matching: how a segment behaves against other customers who are like it, and the size of a test that would show it.

Pure arithmetic on arrays in model space, where a coordinate of a number has a standard deviation of about 1.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.stats import norm

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEIGHBOURS = 4  # Abadie & Imbens (2006) use four
CALIPER = 0.25  # standard deviations a coordinate, root mean square (Cochran & Rubin 1973; Rosenbaum & Rubin 1985)
FEWEST_MATCHED = 30
SIGNIFICANCE, POWER = 0.05, 0.8


@dataclass(frozen=True, eq=False)
class Matched:
    """Customers of a segment who have their like elsewhere, and who these are.

    Attributes
    ----------
    mine : array of shape (n,), whether a customer is of the segment and matched
    weights : array of shape (n,), how much a customer outside counts; they sum to the number of those matched
    share : the part of the segment that is matched, from 0 to 1
    """

    mine: Flags
    weights: Array
    share: float


@dataclass(frozen=True)
class Comparison:
    """One outcome of matched customers against that of their like.

    Attributes
    ----------
    mine, comparable : mean of the segment's matched customers; of customers like them, brought to the same features
    difference, error : mine - comparable, and its standard error
    deviation : standard deviation of the outcome among the segment's matched customers
    effect : the difference in standard deviations of the comparable customers
    customers : how many of the segment were compared
    """

    mine: float
    comparable: float
    difference: float
    error: float
    deviation: float
    effect: float
    customers: int

    @property
    def p_value(self) -> float:
        """Two-sided, of a difference of 0."""
        return 2 * float(norm.sf(abs(self.difference) / self.error)) if self.error > 0 else 1.0


def match(model: Array, inside: Flags) -> Matched:
    """Find for each customer of a segment the four nearest customers outside it, no further away than the caliper.

    Parameters
    ----------
    model : array of shape (n, p), customers in model space
    inside : array of shape (n,), who is of the segment

    >>> line = np.array([[0.0], [1.0], [0.1], [0.9], [9.0]])
    >>> found = match(line, np.array([True, True, False, False, False]))
    >>> found.mine.tolist(), found.weights.tolist(), found.share
    ([True, True, False, False, False], [0.0, 0.0, 1.0, 1.0, 0.0], 1.0)
    """
    own, others = np.flatnonzero(inside), np.flatnonzero(~inside)
    mine, weights = np.zeros(len(model), dtype=bool), np.zeros(len(model))
    if not len(own) or not len(others):
        return Matched(mine, weights, 0.0)
    reach = CALIPER * math.sqrt(model.shape[1])
    distances, places = cKDTree(model[others]).query(model[own], k=NEIGHBOURS, distance_upper_bound=reach)
    near = np.isfinite(distances)
    count = near.sum(axis=1)
    has = count > 0
    mine[own[has]] = True
    each = np.repeat(1.0 / count[has], count[has])
    np.add.at(weights, others[places[near]], each)
    return Matched(mine, weights, float(has.mean()))


def compare(matched: Matched, model: Array, outcome: Array) -> Comparison | None:
    """Compare an outcome of matched customers; None where too few are known, or nothing varies.

    What matching leaves of a difference in features is taken out by a weighted regression on the features and their
    squares within both groups (matching first, regression after: Ho, Imai, King & Stuart 2007). The error allows for
    customers who vary more than others (White 1980).

    Parameters
    ----------
    model : array of shape (n, p), as in :func:`match`
    outcome : array of shape (n,), NaN where unknown
    """
    known = np.isfinite(outcome)
    own = matched.mine & known
    others = (matched.weights > 0) & known
    n = int(own.sum())
    if n < FEWEST_MATCHED or int(others.sum()) < FEWEST_MATCHED:
        return None
    y = np.concatenate([outcome[own], outcome[others]])
    own_part, others_part = np.zeros(len(y)), np.zeros(len(y))
    own_part[:n] = 1.0 / n
    others_part[n:] = matched.weights[others] / matched.weights[others].sum()
    terms = np.hstack([model, model**2])
    x = np.concatenate([terms[own], terms[others]])
    gap = own_part @ x - others_part @ x
    within = x - np.where(own_part[:, None] > 0, own_part @ x, others_part @ x)
    each = own_part + others_part
    solve = np.linalg.pinv(within.T @ (each[:, None] * within), rcond=1e-9, hermitian=True)
    # The difference is a weighted sum of outcomes: that of the means, less what the features make of their gap.
    weights = own_part - others_part - each * (within @ (solve @ gap))
    mine, other = float(own_part @ y), float(others_part @ y)
    y_within = y - np.where(own_part > 0, mine, other)
    residual = y_within - within @ (solve @ (within.T @ (each * y)))
    error = math.sqrt(float((weights * residual) @ (weights * residual)))
    spread = math.sqrt(float(others_part @ y_within**2))
    if spread <= 0 or error <= 0:
        return None
    difference = float(weights @ y)
    deviation = float(outcome[own].std(ddof=1))
    return Comparison(mine, mine - difference, difference, error, deviation, difference / spread, n)


def customers_for_means(difference: float, deviation: float) -> int:
    """Customers that each of two groups needs so that a test shows a difference of means (80 % power, 5 %, two-sided).

    n = 2 (z_{1-a/2} + z_{1-b})² s² / d², the normal approximation (Cohen 1988, chapter 2; Chow, Shao & Wang 2008, 3.2).

    >>> customers_for_means(0.5, 1.0), customers_for_means(-10.0, 100.0)
    (63, 1570)
    """
    z = float(norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER))
    return math.ceil(2 * (z * deviation / difference) ** 2)


def customers_for_rates(one: float, other: float) -> int:
    """The same for two rates from 0 to 1 (Fleiss, Levin & Paik 2003, 4.14, without continuity correction).

    >>> customers_for_rates(0.10, 0.15)
    686
    """
    mean = (one + other) / 2
    chance = float(norm.ppf(1 - SIGNIFICANCE / 2)) * math.sqrt(2 * mean * (1 - mean))
    wanted = float(norm.ppf(POWER)) * math.sqrt(one * (1 - one) + other * (1 - other))
    return math.ceil(((chance + wanted) / (one - other)) ** 2)
