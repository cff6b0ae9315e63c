"""k-means on resamples, many times over: two to three times as fast as scikit-learn's, mostly within 1 % of its WCSS.

All starts go a few passes together, and only the best goes on until it rests. Single precision is enough: what is
looked at afterwards is who belongs together, not the centres.
"""

import numpy as np
import numpy.typing as npt

from segscope.clustering.points import Array
from segscope.clustering.threads import one_thread

SEEDING_CUSTOMERS = 1_000
FIRST_PASSES, MOST_PASSES = 4, 100
TOLERANCE = 1e-4
"""Centres rest when their squared moves add up to less than this share of the mean variance (as in scikit-learn)."""

Singles = npt.NDArray[np.float32]


def quick_kmeans(values: Array, weights: Array, k: int, seed: int, starts: int) -> Array:
    """Centres of shape (k, p) that are compact, though not always the most compact.

    Parameters
    ----------
    values : array of shape (n, p)
    weights : array of shape (n,), positive
    k : number of segments, at most n
    seed : 0 or greater
    starts : number of greedy k-means++ starts, each drawn from at most 1,000 customers

    >>> four = np.array([[0.0], [1.0], [9.0], [10.0]])
    >>> sorted(quick_kmeans(four, np.ones(4), 2, seed=0, starts=2).ravel().tolist())
    [0.5, 9.5]
    """
    generator = np.random.default_rng([seed, k, 1])
    # Centred, so that single precision is spent on differences.
    mean = np.average(values, axis=0, weights=weights)
    x, w = (values - mean).astype(np.float32), weights.astype(np.float32)
    few = np.sort(generator.permutation(len(x))[:SEEDING_CUSTOMERS])
    tolerance = TOLERANCE * float(x.var(axis=0).mean())
    with one_thread():
        centres = _seeded(x[few], w[few], k, starts, generator)
        centres, wcss = _moved(x, w, centres, FIRST_PASSES, 0.0)
        rested, _ = _moved(x, w, centres[[int(wcss.argmin())]], MOST_PASSES, tolerance)
    found: Array = rested[0].astype(np.float64) + mean
    return found


def followed_means(values: Array, weights: Array, centres: Array, passes: int | None = None) -> Array:
    """Where k-means comes to rest from given centres, or after so many passes; shape (k, p).

    >>> followed_means(np.array([[0.0], [1.0], [9.0], [10.0]]), np.ones(4), np.array([[0.0], [8.0]])).ravel().tolist()
    [0.5, 9.5]
    """
    mean = np.average(values, axis=0, weights=weights)
    x, w = (values - mean).astype(np.float32), weights.astype(np.float32)
    begun = (centres - mean).astype(np.float32)[None]
    tolerance = TOLERANCE * float(x.var(axis=0).mean())
    with one_thread():
        rested, _ = _moved(x, w, begun, MOST_PASSES if passes is None else passes, tolerance)
    found: Array = rested[0].astype(np.float64) + mean
    return found


def _seeded(x: Singles, w: Singles, k: int, starts: int, generator: np.random.Generator) -> Singles:
    """Greedy k-means++ for all starts at once: centres of shape (starts, k, p)."""
    trials = 2 + int(np.log(k))
    square = (x * x).sum(axis=1)

    def distances2(drawn: npt.NDArray[np.intp]) -> Singles:
        places = x[drawn]
        d2 = np.matmul(places, x.T)
        d2 *= -2
        d2 += square
        d2 += (places * places).sum(axis=-1, keepdims=True)
        positive: Singles = np.maximum(d2, 0, out=d2)
        return positive

    rows = np.arange(starts)
    first = _drawn(np.cumsum(w, dtype=np.float64)[None, :].repeat(starts, axis=0), generator, 1)
    centres = np.empty((starts, k, x.shape[1]), dtype=np.float32)
    centres[:, 0] = x[first[:, 0]]
    closest = distances2(first)[:, 0]
    for j in range(1, k):
        drawn = _drawn(np.cumsum(closest * w, axis=1, dtype=np.float64), generator, trials)
        d2 = np.minimum(distances2(drawn), closest[:, None])
        best = (d2 @ w).argmin(axis=1)
        closest, centres[:, j] = d2[rows, best], x[drawn[rows, best]]
    return centres


def _drawn(cumulated: Array, generator: np.random.Generator, count: int) -> npt.NDArray[np.intp]:
    """Indices drawn with chances that are given cumulated, one row a start: shape (starts, count)."""
    at = generator.random((len(cumulated), count)) * cumulated[:, -1:]
    found = np.stack([np.searchsorted(c, a, side="right") for c, a in zip(cumulated, at, strict=True)])
    indices: npt.NDArray[np.intp] = np.minimum(found, cumulated.shape[1] - 1)
    return indices


def _moved(x: Singles, w: Singles, centres: Singles, passes: int, tolerance: float) -> tuple[Singles, Singles]:
    """Lloyd passes for all starts at once; also their WCSS, up to a constant, before the last move."""
    starts, k, _ = centres.shape
    across = np.ascontiguousarray(x.T)
    weighted = np.column_stack([x * w[:, None], w])
    numbers = np.arange(k, dtype=np.int8)[:, None]
    best = np.empty((starts, len(x)), dtype=np.float32)
    for _ in range(passes):
        # x c - c²/2 is greatest where the distance is least.
        near = np.matmul(centres, across)
        near -= (centres * centres).sum(axis=-1, keepdims=True) / 2
        best[:] = near[:, 0]
        labels = np.zeros(best.shape, dtype=np.int8)
        for j in range(1, k):
            np.copyto(labels, j, where=near[:, j] > best)
            np.maximum(best, near[:, j], out=best)
        sums = np.matmul((labels[:, None, :] == numbers).astype(np.float32), weighted)
        held = sums[..., -1:]
        moved = np.where(held > 0, sums[..., :-1] / np.where(held > 0, held, 1), centres)
        shift = float(((moved - centres) ** 2).sum(axis=(1, 2)).max())
        centres = moved
        if shift <= tolerance:
            break
    return centres, -(best @ w)
