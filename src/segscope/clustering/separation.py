"""Is there a gap between two segments? The dip test along their axis, and the valley of density between them.

k-means cuts anything, also a continuum. Three things keep a cut from passing for a gap:

* The pair is looked at through a convex window that all other segments' customers are cut off from by straight walls.
  A log-concave population (any Gaussian, anything uniform on a convex body) seen through a convex window has
  log-concave, hence unimodal, projections [1]_, whichever way k-means has cut it.
* Values that repeat (counts, flags, categories, values at a bound) are spread over the room around them first, since
  between two neighbouring values that a variable can take there is no gap that means something.
* The valley is looked for in up to three dimensions, so a bent continuum (a ring) is not taken for two groups: there
  is a way round that never leaves the crowd.

References
----------
.. [1] Prékopa, A. (1973). On logarithmic concave measures and functions. Acta Sci. Math. 34.
"""

from dataclasses import dataclass

import diptest
import numpy as np
from scipy import ndimage

from segscope.clustering.assign import distances2
from segscope.clustering.points import Array, Labels, Points, thinned

DIP_LEVEL = 0.05
"""Family-wise level of the dip tests (Hartigan & Hartigan 1985) after Holm's correction (1979)."""

VALLEY_DEEP = 0.5
"""Density in the valley, relative to the lower of the two peaks, below which two segments count as apart."""

NEIGHBOUR_SHARE = 0.05
"""Two segments are neighbours when at least this share of one has the other as its second choice."""

SEPARATION_CUSTOMERS = 5_000
FEWEST_CUSTOMERS = 8
"""A segment with fewer customers in the sample than this cannot be shown to stand apart."""


@dataclass(frozen=True)
class Gap:
    """What lies between two neighbouring segments.

    Attributes
    ----------
    first, second : indices of the segments, first < second
    p_value : of the dip test along their axis, before correction; small speaks against a single crowd
    valley : density of customers in the valley between them relative to the lower peak, 0 (empty) to 1 (no valley)
    """

    first: int
    second: int
    p_value: float
    valley: float


def gaps(points: Points, centres: Array, seed: int, always_valley: bool = False) -> tuple[Gap, ...]:
    """Look between each two neighbouring segments.

    Parameters
    ----------
    points : the customers
    centres : array of shape (k, p)
    seed : of the sample and of the spreading of repeated values
    always_valley : also measure the valley where the dip test sees none (it is 1.0 otherwise, to save time)
    """
    if len(centres) < 2:
        return ()
    sample = thinned(points, SEPARATION_CUSTOMERS, seed)
    spread = spread_ties(sample.values, seed)
    d2 = distances2(sample.values, centres.tolist())
    labels = d2.argmin(axis=1)
    return tuple(
        _gap(spread, labels, centres, first, second, always_valley) for first, second in neighbours(d2, labels)
    )


def neighbours(d2: Array, labels: Labels) -> tuple[tuple[int, int], ...]:
    """Pairs of segments of which one is the second choice of enough customers of the other.

    Parameters
    ----------
    d2 : array of shape (n, k), squared distances
    labels : array of shape (n,), nearest centres
    """
    n, k = d2.shape
    others = d2.copy()
    others[np.arange(n), labels] = np.inf
    second = others.argmin(axis=1)
    counts = np.bincount(labels * k + second, minlength=k * k).reshape(k, k)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    near = (share >= NEIGHBOUR_SHARE) | (counts == counts.max(axis=1, keepdims=True)) & (counts > 0)
    return tuple((i, j) for i in range(k) for j in range(i + 1, k) if near[i, j] or near[j, i])


def holm(p_values: Array) -> Array:
    """Holm's step-down correction: adjusted p-values, array of the same shape.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = np.minimum(1.0, np.maximum.accumulate(p_values[order] * (m - np.arange(m))))
    adjusted = np.empty(m)
    adjusted[order] = stepped
    return adjusted


def spread_ties(values: Array, seed: int) -> Array:
    """Spread repeated values over the room around them, column by column; others stay within half a step.

    A value moves to a uniformly drawn place between the midpoints to its neighbouring values. A crowd at the lowest or
    highest value (customers at a bound) moves outwards, over as much room as keeps the density of those next to it.

    Parameters
    ----------
    values : array of shape (n, p)
    """
    generator = np.random.default_rng([seed, 5])
    columns = [_spread_column(values[:, i], generator.random(len(values))) for i in range(values.shape[1])]
    return np.column_stack(columns)


def _spread_column(column: Array, uniform: Array) -> Array:
    distinct, index, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(distinct) < 2:
        return column
    step = np.diff(distinct)
    low = distinct - np.r_[step[0], step] / 2
    high = distinct + np.r_[step, step[-1]] / 2
    n, deviation = len(column), float(column.std())
    ordered = np.sort(column)
    for end in (0, -1):
        crowd = counts[end] / n
        if crowd > 0.005 and len(distinct) > 20:
            inner = ordered[ordered != distinct[end]]
            slice_ = inner[: max(1, n // 20)] if end == 0 else inner[-max(1, n // 20) :]
            density = len(slice_) / n / max(float(np.ptp(slice_)), 1e-9)
            room = min(crowd / density, 2 * deviation)
            if end == 0:
                low[0] = min(low[0], distinct[0] - room)
            else:
                high[-1] = max(high[-1], distinct[-1] + room)
    result: Array = low[index] + uniform * (high - low)[index]
    return result


def _gap(spread: Array, labels: Labels, centres: Array, first: int, second: int, always_valley: bool) -> Gap:
    members = (labels == first, labels == second)
    if min(m.sum() for m in members) < FEWEST_CUSTOMERS:
        return Gap(first, second, 1.0, 1.0)
    inside = window(spread, centres, first, second)
    place = _coordinates(spread, members, inside)
    t = place[:, 0]
    p_value = _dip(t[inside], float(t[members[0]].mean()), float(t[members[1]].mean()))
    if p_value >= DIP_LEVEL and not always_valley:
        return Gap(first, second, p_value, 1.0)
    mine = np.where(members[0], 0, np.where(members[1], 1, 2))[inside]
    return Gap(first, second, p_value, valley(place[inside], mine))


def window(values: Array, centres: Array, first: int, second: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which customers lie in the convex window of a pair of segments, array of shape (n,) of booleans.

    Each other centre is walled off half-way to the point of the line between the pair that is nearest to it.
    """
    a, b = centres[first], centres[second]
    inside = np.ones(len(values), dtype=bool)
    length2 = float((b - a) @ (b - a))
    for j, c in enumerate(centres):
        if j in (first, second):
            continue
        along = min(1.0, max(0.0, float((c - a) @ (b - a)) / length2))
        nearest = a + along * (b - a)
        inside &= (values - (c + nearest) / 2) @ (c - nearest) <= 0
    return inside


def valley(place: Array, mine: Labels) -> float:
    """How far the density falls on the best way between two segments, relative to the lower of their peaks.

    A Gaussian kernel estimate on a grid; the way is the one whose thinnest place is the densest.

    Parameters
    ----------
    place : array of shape (n, d), coordinates with unit spread within segments; the first joins the segments
    mine : array of shape (n,): 0 or 1 for the customers of the two segments, 2 for others in the window

    Returns
    -------
    valley : 0 (nobody in between) to 1 (no valley)
    """
    d = place.shape[1]
    fewest = min(int((mine == 0).sum()), int((mine == 1).sum()))
    bandwidth = (4 / (d + 2)) ** (1 / (d + 4)) * max(fewest, 1) ** (-1 / (d + 4))
    cell = bandwidth / 1.5
    low = np.maximum(place.min(axis=0), np.median(place, axis=0) - 4.0 - np.r_[np.ptp(place[:, 0]), np.zeros(d - 1)])
    high = np.minimum(place.max(axis=0), np.median(place, axis=0) + 4.0 + np.r_[np.ptp(place[:, 0]), np.zeros(d - 1)])
    # Remote customers matter to neither peak nor way; the grid stays small without them.
    for side in (0, 1):
        t = place[mine == side, 0]
        low[0] = max(low[0], min(np.median(place[mine == s, 0]) for s in (0, 1)) - 4.0)
        high[0] = min(high[0], max(np.median(place[mine == s, 0]) for s in (0, 1)) + 4.0)
        if not len(t):
            return 1.0
    shape = np.clip(np.ceil((high - low) / cell).astype(int) + 1, 2, 96)
    index = np.floor((place - low) / np.maximum(high - low, 1e-12) * (shape - 1) + 0.5).astype(int)
    on_grid = ((index >= 0) & (index < shape)).all(axis=1)
    flat = np.ravel_multi_index(tuple(index[on_grid].T), tuple(shape))
    sigma = bandwidth * (shape - 1) / np.maximum(high - low, 1e-12)
    size = int(np.prod(shape))

    def density(rows: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Array:
        counts = np.bincount(flat[rows[on_grid]], minlength=size).astype(float).reshape(tuple(shape))
        smooth: Array = ndimage.gaussian_filter(counts, sigma, mode="constant", truncate=3.0)
        return smooth

    sides = [density(mine == side) for side in (0, 1)]
    total = sides[0] + sides[1] + density(mine == 2)
    peaks = []
    for side in (0, 1):
        own = np.where(sides[side] > sides[1 - side], total, 0.0)
        peaks.append(int(own.argmax()))
    lower = min(float(total.flat[p]) for p in peaks)
    return _highest_pass(total, peaks, lower)


def _highest_pass(total: Array, peaks: list[int], lower: float) -> float:
    """The highest share of the lower peak at which both peaks are on one island, to 1/128."""
    if lower <= 0:
        return 1.0
    below, above = 0.0, 1.0
    for _ in range(7):
        level = (below + above) / 2
        islands, _ = ndimage.label(total >= level * lower)
        if islands.flat[peaks[0]] == islands.flat[peaks[1]]:
            below = level
        else:
            above = level
    return above if below > 0 else 0.0


def _coordinates(spread: Array, members: tuple[Array, Array], inside: Array) -> Array:
    """Coordinates of shape (n, at most 3) with unit spread within the two segments, the first joining them."""
    first, second = (spread[m] for m in members)
    p = spread.shape[1]
    between = second.mean(axis=0) - first.mean(axis=0)
    weight = len(first) + len(second)
    within = ((first - first.mean(axis=0)).T @ (first - first.mean(axis=0))
              + (second - second.mean(axis=0)).T @ (second - second.mean(axis=0))) / weight  # fmt: skip
    within += np.eye(p) * (np.trace(within) / p * (1e-6 + p / weight) + 1e-12)
    factor = np.linalg.cholesky(within)
    white = np.linalg.solve(factor, (spread - (first.mean(axis=0) + second.mean(axis=0)) / 2).T).T
    axis = np.linalg.solve(factor, between)
    axis /= np.linalg.norm(axis)
    t = white @ axis
    if p == 1:
        return t[:, None]
    rest = white - t[:, None] * axis
    basis = np.linalg.svd(np.eye(p) - np.outer(axis, axis))[0][:, : p - 1]
    rest = rest @ basis
    if p > 3:
        rest = rest @ _bends(t[inside], rest[inside])
    return np.column_stack([t, rest])


def _bends(t: Array, rest: Array) -> Array:
    """Two directions in which a bent continuum would show: array of shape (p - 1, 2).

    The first is the one in which customers half-way differ most from those at the ends; the second the one in which
    their variance does.
    """
    centred = rest - rest.mean(axis=0)
    curve = t * t - np.mean(t * t)
    bend = centred.T @ curve
    size = float(np.linalg.norm(bend))
    bend = bend / size if size > 0 else np.eye(rest.shape[1])[0]
    left = centred - np.outer(centred @ bend, bend)
    contrast = (left * curve[:, None]).T @ left / len(t)
    values, vectors = np.linalg.eigh((contrast + contrast.T) / 2)
    other = vectors[:, int(np.argmax(np.abs(values)))]
    other = other - bend * float(bend @ other)
    return np.column_stack([bend, other / max(float(np.linalg.norm(other)), 1e-12)])


def _dip(t: Array, first: float, second: float) -> float:
    """The p-value of the dip test on as many customers of either side as there are on the smaller, nearest the cut.

    Cutting a unimodal density off leaves it unimodal, so this is a valid test; and a small group is not drowned by a
    large neighbour.
    """
    cut = (first + second) / 2
    t = np.sort(t if second >= first else -t)
    cut = cut if second >= first else -cut
    at = int(np.searchsorted(t, cut))
    fewer = min(at, len(t) - at)
    if fewer < FEWEST_CUSTOMERS:
        return 1.0
    return float(diptest.diptest(t[at - fewer : at + fewer], sort_x=False)[1])
