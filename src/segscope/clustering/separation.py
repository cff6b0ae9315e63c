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

from collections.abc import Sequence
from dataclasses import dataclass

import diptest
import numpy as np
from scipy import ndimage

from segscope.clustering.assign import Shape, distances2
from segscope.clustering.handmade import Centre, Plan, cells_of, log_odds
from segscope.clustering.points import Array, Flags, Labels, Points, thinned
from segscope.clustering.spreading import spread_ties

DIP_LEVEL = 0.05
"""Family-wise level of the dip tests (Hartigan & Hartigan 1985) after Holm's correction (1979)."""

VALLEY_DEEP = 0.35
"""Density in the valley, relative to the lower of the two peaks, up to which two segments count as apart.

Calibrated, see docs/verdict.md: cuts through bent continua, which the dip test takes for gaps, keep more than 0.4 from
1,000 customers on; two equal Gaussian groups five standard deviations apart have about 0.2."""

NEIGHBOUR_SHARE = 0.05
"""Two segments are neighbours when at least this share of one has the other as its second choice."""

SEPARATION_CUSTOMERS = 5_000
MOST_CELLS = {1: 512, 2: 128, 3: 48}
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


def gaps(
    points: Points, centres: Array, seed: int, always_valley: bool = False, shapes: Sequence[Shape] = ()
) -> tuple[Gap, ...]:
    """Look between each two neighbouring segments.

    Parameters
    ----------
    points : the customers
    centres : array of shape (k, p)
    seed : of the sample and of the spreading of repeated values
    always_valley : also measure the valley where the dip test sees none (it is 1.0 otherwise, to save time)
    shapes : of the segments, where they come from a mixture
    """
    if len(centres) < 2:
        return ()
    sample = thinned(points, SEPARATION_CUSTOMERS, seed)
    spread = spread_ties(sample.values, seed)
    d2 = distances2(sample.values, centres.tolist(), shapes)
    labels = d2.argmin(axis=1)
    return tuple(
        _gap(spread, labels, centres, first, second, always_valley) for first, second in neighbours(d2, labels)
    )


def gaps_by_hand(
    points: Points, centres: Sequence[Centre], seed: int, spread: float, plan: Plan, shapes: Sequence[Shape] = ()
) -> tuple[Gap, ...]:
    """Look between neighbouring cells of different segments, where segments were merged and split by hand.

    A merged segment need not be convex, but each of its cells is a crowd that can be looked at by itself: two segments
    stand apart where all their neighbouring cells do.

    Parameters
    ----------
    centres, spread, shapes : of the model
    plan : what was merged and split

    Returns
    -------
    gaps : ``first`` and ``second`` are places of segments; a pair of them comes once for each pair of their cells
    """
    sample = thinned(points, SEPARATION_CUSTOMERS, seed)
    d2 = distances2(sample.values, centres, shapes)
    odds, _ = log_odds(sample.values, d2, spread, plan)
    order = np.zeros(plan.base + 2 * len(plan.cuts), dtype=np.intp)
    order[list(plan.cells)] = np.arange(len(plan.cells))
    labels = order[cells_of(sample.values, d2.argmin(axis=1), plan)]
    middles, places = np.array(plan.centres(centres)), plan.places[list(plan.cells)]
    even = spread_ties(sample.values, seed)
    found = []
    for first, second in neighbours(-odds, labels, places):
        gap = _gap(even, labels, middles, first, second, True)
        one, other = sorted((int(places[first]), int(places[second])))
        found.append(Gap(one, other, gap.p_value, gap.valley))
    return tuple(found)


def apart(groups: Sequence[Sequence[Gap]]) -> tuple[list[list[float]], list[list[bool]]]:
    """Which pairs of segments stand apart: a significant dip, and a valley that is deep enough.

    Parameters
    ----------
    groups : gaps of one or several solutions; all their dip tests are corrected as one family

    Returns
    -------
    corrected p-values, and whether each pair stands apart, in the shape of ``groups``

    >>> apart([[Gap(0, 1, 0.001, 0.1), Gap(1, 2, 0.001, 0.9)]])
    ([[0.002, 0.002]], [[True, False]])
    """
    adjusted = iter(holm(np.array([g.p_value for group in groups for g in group])).tolist())
    p_values = [[next(adjusted) for _ in group] for group in groups]
    stands = [
        [p < DIP_LEVEL and g.valley <= VALLEY_DEEP for p, g in zip(ps, group, strict=True)]
        for ps, group in zip(p_values, groups, strict=True)
    ]
    return p_values, stands


def neighbours(d2: Array, labels: Labels, places: Labels | None = None) -> tuple[tuple[int, int], ...]:
    """Pairs of segments of which one is the second choice of enough customers of the other.

    Parameters
    ----------
    d2 : array of shape (n, k), squared distances
    labels : array of shape (n,), nearest centres
    places : array of shape (k,), where several belong to one and are no neighbours; None where each is its own
    """
    k = d2.shape[1]
    places = np.arange(k) if places is None else places
    others = np.where(places[None, :] == places[labels][:, None], np.inf, d2)
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


def _gap(spread: Array, labels: Labels, centres: Array, first: int, second: int, always_valley: bool) -> Gap:
    members = (labels == first, labels == second)
    if min(m.sum() for m in members) < FEWEST_CUSTOMERS:
        return Gap(first, second, 1.0, 1.0)
    inside = window(spread, centres, first, second)
    place, scale = _coordinates(spread, members, inside)
    t = place[:, 0]
    p_value = _dip(t[inside], float(t[members[0]].mean()), float(t[members[1]].mean()))
    if p_value >= DIP_LEVEL and not always_valley:
        return Gap(first, second, p_value, 1.0)
    mine = np.where(members[0], 0, np.where(members[1], 1, 2))[inside]
    fewest = min(int((mine == 0).sum()), int((mine == 1).sum()))
    if fewest < FEWEST_CUSTOMERS:
        return Gap(first, second, p_value, 1.0)
    d = place.shape[1]
    # Silverman's rule for the smaller segment (Silverman 1986, 4.14).
    bandwidth = scale * (4 / (d + 2)) ** (1 / (d + 4)) * fewest ** (-1 / (d + 4))
    return Gap(first, second, p_value, valley(place[inside], mine, bandwidth))


def window(values: Array, centres: Array, first: int, second: int) -> Flags:
    """Which customers lie in the convex window of a pair of segments, array of shape (n,) of booleans.

    Each other centre is walled off half-way to the point of the line between the pair that is nearest to it.
    """
    a, b = centres[first], centres[second]
    inside = np.ones(len(values), dtype=bool)
    length2 = max(float((b - a) @ (b - a)), 1e-300)
    for j, c in enumerate(centres):
        if j in (first, second):
            continue
        along = min(1.0, max(0.0, float((c - a) @ (b - a)) / length2))
        nearest = a + along * (b - a)
        inside &= (values - (c + nearest) / 2) @ (c - nearest) <= 0
    return inside


def valley(place: Array, mine: Labels, bandwidth: float) -> float:
    """How far the density falls on the best way between two segments, relative to the lower of their peaks.

    A Gaussian kernel estimate on a grid; the way is the one whose thinnest place is the densest.

    Parameters
    ----------
    place : array of shape (n, d) with d at most 3
    mine : array of shape (n,): 0 or 1 for the customers of the two segments, 2 for others in the window
    bandwidth : standard deviation of the kernel, in the units of ``place``

    Returns
    -------
    valley : 0 (nobody in between) to 1 (no valley)
    """
    low, high = _box(place, mine)
    extent = np.maximum(high - low, bandwidth)
    shape = np.clip(np.ceil(extent / (bandwidth / 1.5)).astype(int) + 1, 2, MOST_CELLS[place.shape[1]])
    index = np.floor((place - low) / extent * (shape - 1) + 0.5).astype(int)
    on_grid = ((index >= 0) & (index < shape)).all(axis=1)
    flat = np.ravel_multi_index(tuple(index[on_grid].T), tuple(shape))
    sigma = np.maximum(bandwidth * (shape - 1) / extent, 1.0)
    size = int(np.prod(shape))

    def density(side: int) -> Array:
        counts = np.bincount(flat[mine[on_grid] == side], minlength=size).astype(float).reshape(tuple(shape))
        smooth: Array = ndimage.gaussian_filter(counts, sigma, mode="constant", truncate=3.0)
        return smooth

    first, second = density(0), density(1)
    total = first + second + density(2)
    peaks = [int(np.where(own > other, total, 0.0).argmax()) for own, other in ((first, second), (second, first))]
    return _highest_pass(total, peaks, min(float(total.flat[p]) for p in peaks))


def _box(place: Array, mine: Labels) -> tuple[Array, Array]:
    """Where the crowd of the two segments is; the remote customers matter to neither peak nor way."""
    ends = []
    for side in (0, 1):
        middle = np.median(place[mine == side], axis=0)
        reach = 6.0 * np.median(np.abs(place[mine == side] - middle), axis=0)
        ends.append((middle - reach, middle + reach))
    low = np.maximum(place.min(axis=0), np.minimum(ends[0][0], ends[1][0]))
    high = np.minimum(place.max(axis=0), np.maximum(ends[0][1], ends[1][1]))
    return low, high


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


def _coordinates(spread: Array, members: tuple[Flags, Flags], inside: Flags) -> tuple[Array, float]:
    """Coordinates of shape (n, at most 3), the first along the axis that tells the two segments apart best.

    The axis joins the centres as seen in units of the spread within the segments (Fisher's discriminant). The other
    axes are at right angles and keep the units of model space, since stretching would thin out a bent continuum.
    Also returns the typical spread within the segments: the geometric mean over the coordinates, or along the axis
    where that is smaller.
    """
    first, second = (spread[m] for m in members)
    p = spread.shape[1]
    between = second.mean(axis=0) - first.mean(axis=0)
    inner = np.concatenate([first - first.mean(axis=0), second - second.mean(axis=0)])
    within = inner.T @ inner / len(inner)
    ridge = np.eye(p) * (np.trace(within) / p * (1e-3 + p / len(inner)) + 1e-12)
    axis = np.linalg.solve(within + ridge, between)
    axis /= np.linalg.norm(axis)
    if p == 1:
        frame = np.eye(1)
    else:
        others = np.linalg.svd(axis[:, None], full_matrices=True)[0][:, 1:]
        if p > 3:
            t = spread[inside] @ axis
            others = others @ _bends(t - t.mean(), spread[inside] @ others)
        frame = np.column_stack([axis, others])
    variances = np.linalg.eigvalsh(frame.T @ (within + ridge) @ frame)
    variances = np.maximum(variances, variances.max() / 100)
    # Standardising has squeezed the axis on which groups lie apart: its spread is the finer measure there.
    along = float(axis @ (within + ridge) @ axis)
    return spread @ frame, min(float(np.exp(np.log(variances).mean() / 2)), along**0.5)


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
