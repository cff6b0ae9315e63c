"""k-means on resamples, many times over: two to three times as fast as scikit-learn's, mostly within 1 % of its WCSS.

And a search for compact centres among many customers.

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

SEARCHED_CUSTOMERS = 10_000
SEARCH_STARTS, SEARCH_PASSES = 10, 6
SEARCH_ROUNDS, SEARCH_MOVES, SEARCH_KEPT = 4, 24, 2
"""Measured on 50,000 points of the sample customers, 8 to 12 segments, six seeds: once followed on all points, 0.1 %
above the least WCSS known on average, 1.1 % at most, in a third of the time of ten starts on all of them."""

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
    x, w, mean, tolerance = _centred(values, weights)
    few = np.sort(generator.permutation(len(x))[:SEEDING_CUSTOMERS])
    with one_thread():
        centres = _seeded(x[few], w[few], k, starts, generator)
        centres, wcss = _moved(x, w, centres, FIRST_PASSES, 0.0)
        rested, _ = _moved(x, w, centres[[int(wcss.argmin())]], MOST_PASSES, tolerance)
    found: Array = rested[0].astype(np.float64) + mean
    return found


def searched_kmeans(values: Array, weights: Array, k: int, seed: int) -> tuple[Array, ...]:
    """The most compact centres that a search on a sample of the customers finds, and the next best; each (k, p).

    After several starts, one centre at a time is moved to where customers are far from all others, which leads out of
    most places where k-means comes to rest too early. The centres are those of the sample: follow them on everybody.

    Parameters
    ----------
    values : array of shape (n, p)
    weights : array of shape (n,), positive
    k : number of segments, at most n
    seed : 0 or greater

    References
    ----------
    Lattanzi, S., Sohler, C. (2019). A better k-means++ algorithm via local search. ICML.

    >>> four = np.array([[0.0], [1.0], [9.0], [10.0]])
    >>> sorted(searched_kmeans(four, np.ones(4), 2, seed=0)[0].ravel().tolist())
    [0.5, 9.5]
    """
    generator = np.random.default_rng([seed, k, 1])
    few = np.sort(generator.permutation(len(values))[:SEARCHED_CUSTOMERS])
    x, w, mean, tolerance = _centred(values[few], weights[few])

    def best_of(tried: Singles) -> tuple[float, Singles]:
        moved, wcss = _moved(x, w, tried, SEARCH_PASSES, 0.0)
        rested, least = _moved(x, w, moved[[int(wcss.argmin())]], MOST_PASSES, tolerance)
        return float(least[0]), rested[0]

    with one_thread():
        found = [best_of(_seeded(x, w, k, SEARCH_STARTS, generator))]
        for _ in range(SEARCH_ROUNDS):
            current = min(found, key=lambda each: each[0])[1]
            found.append(best_of(_one_replaced(x, w, current, SEARCH_MOVES, generator)))
    found.sort(key=lambda each: each[0])
    return tuple(centres.astype(np.float64) + mean for _, centres in found[:SEARCH_KEPT])


def followed_means(values: Array, weights: Array, centres: Array, passes: int | None = None) -> Array:
    """Where k-means comes to rest from given centres, or after so many passes; shape (k, p).

    >>> followed_means(np.array([[0.0], [1.0], [9.0], [10.0]]), np.ones(4), np.array([[0.0], [8.0]])).ravel().tolist()
    [0.5, 9.5]
    """
    x, w, mean, tolerance = _centred(values, weights)
    begun = (centres - mean).astype(np.float32)[None]
    with one_thread():
        rested, _ = _moved(x, w, begun, MOST_PASSES if passes is None else passes, tolerance)
    found: Array = rested[0].astype(np.float64) + mean
    return found


def _centred(values: Array, weights: Array) -> tuple[Singles, Singles, Array, float]:
    """Values and weights in single precision, which centring spends on differences; the mean; the move to rest at."""
    mean = np.average(values, axis=0, weights=weights)
    x = (values - mean).astype(np.float32)
    return x, weights.astype(np.float32), mean, TOLERANCE * float(x.var(axis=0).mean())


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


def _one_replaced(x: Singles, w: Singles, centres: Singles, count: int, generator: np.random.Generator) -> Singles:
    """Centres with one of them, each in its turn, moved to a customer that is drawn far from the others.

    Returns an array of shape (count, k, p).
    """
    k = len(centres)
    out = np.arange(count) % k
    d2 = np.maximum((x * x).sum(axis=1) - 2 * (centres @ x.T) + (centres * centres).sum(axis=1)[:, None], 0)
    first = d2.argmin(axis=0)
    nearest, second = np.partition(d2, 1, axis=0)[:2]
    without = np.where(first == np.arange(k)[:, None], second, nearest) * w
    drawn = _drawn(np.cumsum(without[out], axis=1, dtype=np.float64), generator, 1)[:, 0]
    replaced = np.repeat(centres[None], count, axis=0)
    replaced[np.arange(count), out] = x[drawn]
    return replaced


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
