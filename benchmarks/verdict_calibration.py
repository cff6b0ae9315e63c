"""How often the verdict is right: null data that must not be called natural, real groups that must.

    python benchmarks/verdict_calibration.py            every family, 100 draws each (about an hour on one core)
    python benchmarks/verdict_calibration.py --fast     10 draws each

For each draw the number of segments is chosen by the evidence and the solution is judged, as the product does. For
null data the segments of every other number are looked at too: somebody may ask for them.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from segscope.clustering import as_points, gather, judge
from segscope.clustering.points import Array

Draw = Callable[[np.random.Generator], Array]


# ---------------------------------------------------------------------------------------------------------- null data


def uniform(g: np.random.Generator, n: int, p: int) -> Array:
    return g.random((n, p))


def gaussian(g: np.random.Generator, n: int, p: int) -> Array:
    mixing = g.normal(size=(p, p))
    return g.normal(size=(n, p)) @ mixing


def lognormal(g: np.random.Generator, n: int, p: int, sigma: float) -> Array:
    """Recency, frequency and money as a shop sees them: skewed and correlated."""
    root = np.linalg.cholesky(np.full((p, p), 0.4) + 0.6 * np.eye(p))
    return np.exp(sigma * g.normal(size=(n, p)) @ root.T)


def heavy(g: np.random.Generator, n: int, p: int, freedom: float) -> Array:
    return g.normal(size=(n, p)) / np.sqrt(g.chisquare(freedom, (n, 1)) / freedom)


def ring(g: np.random.Generator, n: int, noise: float) -> Array:
    angle = g.uniform(0, 2 * np.pi, n)
    radius = 1 + noise * g.normal(size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def crescent(g: np.random.Generator, n: int) -> Array:
    angle = g.uniform(0, 1.2 * np.pi, n)
    radius = 1 + 0.1 * g.normal(size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.1 * g.normal(size=n)])


def shell(g: np.random.Generator, n: int) -> Array:
    x = g.normal(size=(n, 3))
    return x / np.linalg.norm(x, axis=1, keepdims=True) * (1 + 0.05 * g.normal(size=(n, 1)))


def triangle(g: np.random.Generator, n: int) -> Array:
    return g.dirichlet([1, 1, 1], n)[:, :2]


def exponential(g: np.random.Generator, n: int, p: int) -> Array:
    return g.exponential(size=(n, p))


def counts(g: np.random.Generator, n: int) -> Array:
    return g.poisson([1.0, 3.0, 6.0], (n, 3)).astype(float)


def indicators(codes: Array) -> Array:
    """Indicator columns that together weigh as much as a measure with unit variance (after FAMD)."""
    parts = []
    for column in codes.T:
        levels = np.unique(column)
        hot = (column[:, None] == levels).astype(float)
        parts.append(hot / np.sqrt(hot.mean(axis=0)) / np.sqrt(max(len(levels) - 1, 1)))
    return np.column_stack(parts)


def categories(g: np.random.Generator, n: int, levels: tuple[int, ...], measures: int = 0) -> Array:
    codes = np.column_stack([g.integers(0, m, n) for m in levels]).astype(float)
    return np.column_stack([indicators(codes), g.normal(size=(n, measures))])


# -------------------------------------------------------------------------------------------------------- real groups


def blobs(
    g: np.random.Generator, n: int, p: int, k: int, apart: float, sizes: float = 1.0, spread: float = 1.0,
    stretch: float = 1.0,
) -> Array:  # fmt: skip
    """k Gaussian groups whose centres are at least ``apart`` pooled standard deviations from each other.

    ``sizes`` and ``spread``: the largest relative to the smallest; ``stretch``: the longest axis to the shortest.
    """
    share = np.exp(g.uniform(0, np.log(sizes), k)) if sizes > 1 else np.ones(k)
    share[:2] = (1.0, sizes) if k > 1 else 1.0
    deviation = np.exp(g.uniform(0, np.log(spread), k)) if spread > 1 else np.ones(k)
    centres: list[Array] = []
    reach = apart * max(1.0, k ** (1 / p)) * spread
    while len(centres) < k:
        c = g.uniform(0, reach, p)
        i = len(centres)
        if all(np.linalg.norm(c - o) >= apart * (deviation[i] + deviation[j]) / 2 for j, o in enumerate(centres)):
            centres.append(c)
        else:
            reach *= 1.01
    counts = np.maximum((n * share / share.sum()).astype(int), 20)
    parts = []
    for c, d, m in zip(centres, deviation, counts, strict=True):
        turn = np.linalg.qr(g.normal(size=(p, p)))[0]
        axes = np.r_[1.0, np.full(p - 1, 1 / stretch)]
        parts.append(c + d * (g.normal(size=(m, p)) * axes) @ turn)
    return np.concatenate(parts)


def mixed_groups(g: np.random.Generator, n: int, k: int, apart: float) -> Array:
    """Groups that differ in three measures and in which of three categories each mostly has."""
    values = blobs(g, n, 3, k, apart)
    group = np.repeat(np.arange(k), len(values) // k + 1)[: len(values)]
    codes = np.where(g.random(len(values)) < 0.8, group % 3, g.integers(0, 3, len(values))).astype(float)
    return np.column_stack([(values - values.mean(axis=0)) / values.std(axis=0), indicators(codes[:, None])])


def pair(g: np.random.Generator, n: int, p: int, apart: float) -> Array:
    """Two equal Gaussian groups, for the power curve."""
    values = g.normal(size=(n, p))
    values[: n // 2, 0] += apart
    return values


# -------------------------------------------------------------------------------------------------------------- study


@dataclass(frozen=True)
class Family:
    """A kind of data, with the number of groups that are really there (1 for null data)."""

    name: str
    draw: Callable[..., Array]
    groups: int
    bounded: bool = False


def families(n: int) -> Iterator[Family]:
    yield Family("uniform square", partial(uniform, n=n, p=2), 1)
    yield Family("uniform cube", partial(uniform, n=n, p=3), 1)
    for p in (2, 3, 4, 6, 8):
        yield Family(f"one correlated Gaussian, {p} dimensions", partial(gaussian, n=n, p=p), 1)
    yield Family("one skewed lognormal blob", partial(lognormal, n=n, p=3, sigma=0.8), 1)
    yield Family("one skewed lognormal blob, bounded", partial(lognormal, n=n, p=3, sigma=1.0), 1, bounded=True)
    yield Family("one heavy-tailed blob", partial(heavy, n=n, p=3, freedom=3), 1)
    yield Family("one heavy-tailed blob, bounded", partial(heavy, n=n, p=3, freedom=2), 1, bounded=True)
    yield Family("thin ring", partial(ring, n=n, noise=0.03), 1)
    yield Family("thick ring", partial(ring, n=n, noise=0.12), 1)
    yield Family("uniform categories", partial(categories, n=n, levels=(4, 4, 3)), 1)
    yield Family("uniform flags", partial(categories, n=n, levels=(2, 2, 2, 2)), 1)
    yield Family("one Gaussian and a category", partial(categories, n=n, levels=(3,), measures=3), 1)
    yield Family("crescent", partial(crescent, n=n), 1)
    yield Family("spherical shell", partial(shell, n=n), 1)
    yield Family("uniform triangle", partial(triangle, n=n), 1)
    yield Family("exponential", partial(exponential, n=n, p=3), 1)
    yield Family("counts", partial(counts, n=n), 1)
    for k, p in ((2, 2), (3, 2), (4, 3), (5, 4), (7, 5)):
        yield Family(f"{k} round groups, {p} dimensions", partial(blobs, n=n, p=p, k=k, apart=7.0), k)
    yield Family("4 groups, sizes 1 to 8", partial(blobs, n=n, p=3, k=4, apart=7.0, sizes=8.0), 4)
    yield Family("4 groups, spreads 1 to 3", partial(blobs, n=n, p=3, k=4, apart=8.0, spread=3.0), 4)
    yield Family("3 groups, elongated 4 to 1", partial(blobs, n=n, p=2, k=3, apart=8.0, stretch=4.0), 3)
    yield Family("5 groups, sizes, spreads and shapes", partial(blobs, n=n, p=4, k=5, apart=8.0, sizes=5.0, spread=2.0,
                 stretch=2.0), 5)  # fmt: skip
    yield Family("3 groups of mixed types", partial(mixed_groups, n=n, k=3, apart=7.0), 3)


def model_space(values: Array, bounded: bool) -> Array:
    """Standardise; with bounds, first pull in what lies beyond three interquartile ranges."""
    if bounded:
        low, high = np.percentile(values, [25, 75], axis=0)
        values = np.clip(values, low - 3 * (high - low), high + 3 * (high - low))
    return (values - values.mean(axis=0)) / values.std(axis=0)
