"""Testing: is a segment different from the other customers, by how much, and would chance do the same?

Three kinds of quantity: a mean, a rate (the share of customers with something) and a share (one part of a sum, as a
ratio of totals). All come from sums, so groups merge by addition and rows stay in the engine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.stats import norm, t

Quantity = Literal["mean", "rate", "share"]

# Half of what Cohen (1988) calls small, in standard deviations (d) or on the arcsine scale of shares (h): less is not
# worth a sentence however sure it is.
NOTICEABLE = 0.1
FEWEST_CUSTOMERS = 20
FEWEST_EXPECTED = 5.0
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sums:
    """Sums over a group of customers: of x and its square; for a share also of the whole w, its square, x times w."""

    count: int
    x: float
    xx: float
    w: float = 0.0
    ww: float = 0.0
    xw: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.count + other.count,
            self.x + other.x,
            self.xx + other.xx,
            self.w + other.w,
            self.ww + other.ww,
            self.xw + other.xw,
        )


NOBODY = Sums(0, 0.0, 0.0)


@dataclass(frozen=True)
class Estimate:
    """A quantity in a group: its value, standard error, standard deviation between customers, number of customers."""

    value: float
    error: float
    deviation: float
    count: int


def estimate(sums: Sums, quantity: Quantity) -> Estimate | None:
    """Estimate a quantity from sums; None where there are too few customers, or nothing to share.

    >>> estimate(Sums(100, 30.0, 30.0), "rate").value
    0.3
    """
    n = sums.count
    if n < FEWEST_CUSTOMERS or (quantity == "share" and sums.w <= 0):
        return None
    if quantity == "share":
        value = sums.x / sums.w
        # The variance of a ratio of totals, to first order (Cochran, Sampling Techniques, 1977, section 6.3).
        residual = max(0.0, sums.xx - 2 * value * sums.xw + value * value * sums.ww)
        deviation = math.sqrt(residual / (n - 1)) * n / sums.w
    else:
        value = sums.x / n
        deviation = math.sqrt(max(0.0, sums.xx / n - value * value) * n / (n - 1))
    return Estimate(value, deviation / math.sqrt(n), deviation, n)


def interval(found: Estimate, quantity: Quantity) -> tuple[float, float]:
    """The 95 % interval: Student's for a mean, Wilson's (1927) for a rate, the normal one for a share.

    >>> low, high = interval(Estimate(0.3, 0.046, 0.46, 100), "rate")
    >>> round(low, 3), round(high, 3)
    (0.219, 0.396)
    """
    tail = (1 + CONFIDENCE) / 2
    if quantity == "mean":
        reach = float(t.ppf(tail, found.count - 1)) * found.error
        return found.value - reach, found.value + reach
    z = float(norm.ppf(tail))
    if quantity == "share":
        return max(0.0, found.value - z * found.error), min(1.0, found.value + z * found.error)
    n, p = found.count, found.value
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(mine: Estimate, rest: Estimate, quantity: Quantity) -> tuple[float, float] | None:
    """Effect size and two-sided p-value of a segment against the other customers; None where it cannot be tested.

    A mean: Cohen's d and Welch's test. A rate or a share: Cohen's h and the normal test.

    >>> effect, p = difference(Estimate(2.0, 0.1, 1.0, 100), Estimate(1.0, 0.1, 1.0, 100), "mean")
    >>> round(effect, 2), p < 1e-9
    (1.0, True)
    """
    if quantity == "mean":
        return _means(mine, rest)
    effect = _arcsine(mine.value) - _arcsine(rest.value)
    error = math.hypot(mine.error, rest.error)
    if quantity == "rate":
        pooled = (mine.value * mine.count + rest.value * rest.count) / (mine.count + rest.count)
        if min(pooled, 1 - pooled) * min(mine.count, rest.count) < FEWEST_EXPECTED:
            return None
        error = math.sqrt(pooled * (1 - pooled) * (1 / mine.count + 1 / rest.count))
    return (effect, 2 * float(norm.sf(abs(mine.value - rest.value) / error))) if error > 0 else None


def _means(mine: Estimate, rest: Estimate) -> tuple[float, float] | None:
    free = mine.count + rest.count - 2
    pooled = ((mine.count - 1) * mine.deviation**2 + (rest.count - 1) * rest.deviation**2) / free
    error2 = mine.error**2 + rest.error**2
    if pooled <= 0 or error2 <= 0:
        return None
    freedom = error2**2 / (mine.error**4 / (mine.count - 1) + rest.error**4 / (rest.count - 1))
    statistic = (mine.value - rest.value) / math.sqrt(error2)
    return (mine.value - rest.value) / math.sqrt(pooled), 2 * float(t.sf(abs(statistic), freedom))


def _arcsine(share: float) -> float:
    return 2 * math.asin(math.sqrt(min(1.0, max(0.0, share))))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for how many were tried: kept at 5 %, at most 5 % of what is kept is false (1995).

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.053, 0.053, 0.5]
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i])
    adjusted = [1.0] * count
    least = 1.0
    for rank in range(count, 0, -1):
        place = order[rank - 1]
        least = min(least, p_values[place] * count / rank)
        adjusted[place] = least
    return adjusted
