"""How often the verdict is right: null data that must not be called natural, real groups that must be.

    python benchmarks/verdict_calibration.py            100 draws of each family (an hour on two cores)
    python benchmarks/verdict_calibration.py --fast     10 draws of each

Null data are cut into every number of segments from 2 to 12, since somebody may ask for any of them. A draw counts
against us when the segments of any cut all stand apart, whether they are stable or not, so the verdict "natural" is
never more frequent than the figure shown. Real groups go the whole way: the number chosen by the evidence, the
solution judged.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from segscope.clustering import Points, as_points, fit_method, gather, judge
from segscope.clustering.evidence import most_segments
from segscope.clustering.points import Array
from segscope.clustering.separation import apart, gaps
from segscope.recipe import MAX_SEGMENTS, Method

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
    points: Array = x / np.linalg.norm(x, axis=1, keepdims=True) * (1 + 0.05 * g.normal(size=(n, 1)))
    return points


def triangle(g: np.random.Generator, n: int) -> Array:
    return g.dirichlet([1, 1, 1], n)[:, :2]


def exponential(g: np.random.Generator, n: int, p: int) -> Array:
    return g.exponential(size=(n, p))


def counts(g: np.random.Generator, n: int) -> Array:
    return g.poisson([1.0, 3.0, 6.0], (n, 3)).astype(float)


def zero_inflated(g: np.random.Generator, n: int, p: int) -> Array:
    """Spend in p departments, in each of which four customers of ten have never bought."""
    return np.where(g.random((n, p)) < 0.4, 0.0, np.exp(g.normal(size=(n, p))))


def l_shape(g: np.random.Generator, n: int) -> Array:
    x = g.random((3 * n, 2))
    inside: Array = x[(x < 0.5).any(axis=1)][:n]
    return inside


def half_triangle(g: np.random.Generator, n: int) -> Array:
    """A right triangle that gets emptier towards its tip."""
    x = np.sort(g.random((n, 2)), axis=1)
    return np.column_stack([x[:, 0] * x[:, 1], x[:, 1]])


def rings(g: np.random.Generator, n: int) -> Array:
    """Two concentric rings: two groups, but none that any centres could tell apart."""
    return ring(g, n, 0.05) * np.where(g.random(n) < 0.5, 1.0, 2.5)[:, None]


def banana(g: np.random.Generator, n: int) -> Array:
    x = g.normal(size=(n, 2))
    return np.column_stack([2 * x[:, 0], x[:, 1] + x[:, 0] ** 2])


def indicators(codes: Array, blank: float = -1.0) -> Array:
    """Centred indicator columns that together weigh as much as a measure with unit variance (FAMD).

    Customers with the code ``blank`` have none of the levels.
    """
    parts = []
    for column in codes.T:
        levels = [v for v in np.unique(column) if v != blank]
        hot = (column[:, None] == levels).astype(float)
        parts.append((hot - hot.mean(axis=0)) / np.sqrt(hot.mean(axis=0) * max(len(levels) - 1, 1)))
    return np.column_stack(parts)


def categories(
    g: np.random.Generator, n: int, levels: tuple[int, ...], measures: int = 0, blanks: float = 0.0,
    weight: float = 1.0, rare: float = 0.0,
) -> Array:  # fmt: skip
    """Independent categories, and measures that have nothing to do with them; in model space.

    ``blanks``: share of blanks; ``weight`` of the first category; ``rare``: the higher, the more unequal its levels.
    """
    drawn = []
    for m in levels:
        shares = np.exp(-rare * np.arange(m))
        drawn.append(g.choice(m, n, p=shares / shares.sum()))
    codes = np.column_stack(drawn).astype(float)
    codes[g.random(codes.shape) < blanks] = -1.0
    coded = indicators(codes)
    coded[:, : levels[0]] *= np.sqrt(weight)
    return np.column_stack([coded, model_space(g.normal(size=(n, measures)), bounded=False)])


# -------------------------------------------------------------------------------------------------------- real groups


def blobs(
    g: np.random.Generator, n: int, p: int, k: int, gap: float, sizes: float = 1.0, spread: float = 1.0,
    stretch: float = 1.0, freedom: float = 0.0, skew: float = 0.0,
) -> Array:  # fmt: skip
    """k Gaussian groups whose centres are at least ``gap`` pooled standard deviations from each other.

    ``sizes`` and ``spread``: the largest relative to the smallest; ``stretch``: the longest axis to the shortest.
    ``freedom``: t-distributed with so many degrees of freedom; ``skew``: lognormal with this sigma. Both keep the
    standard deviation.
    """
    share = np.exp(g.uniform(0, np.log(sizes), k)) if sizes > 1 else np.ones(k)
    share[:2] = (1.0, sizes) if k > 1 else 1.0
    deviation = np.exp(g.uniform(0, np.log(spread), k)) if spread > 1 else np.ones(k)
    centres: list[Array] = []
    reach = gap * max(1.0, k ** (1 / p)) * spread
    while len(centres) < k:
        c = g.uniform(0, reach, p)
        i = len(centres)
        if all(np.linalg.norm(c - o) >= gap * (deviation[i] + deviation[j]) / 2 for j, o in enumerate(centres)):
            centres.append(c)
        else:
            reach *= 1.01
    sizes_drawn = np.maximum((n * share / share.sum()).astype(int), 20)
    parts = []
    for c, d, m in zip(centres, deviation, sizes_drawn, strict=True):
        turn = np.linalg.qr(g.normal(size=(p, p)))[0]
        axes = np.r_[1.0, np.full(p - 1, 1 / stretch)]
        crowd = g.normal(size=(m, p))
        if freedom:
            crowd *= np.sqrt((freedom - 2) / g.chisquare(freedom, (m, 1)))
        if skew:
            crowd = (np.exp(skew * crowd) - np.exp(skew**2 / 2)) / np.sqrt((np.exp(skew**2) - 1) * np.exp(skew**2))
        parts.append(c + d * (crowd * axes) @ turn)
    return np.concatenate(parts)


def mixed_groups(g: np.random.Generator, n: int, k: int, gap: float) -> Array:
    """Groups that differ in three measures and in which of three categories each mostly has."""
    values = blobs(g, n, 3, k, gap)
    group = np.repeat(np.arange(k), len(values) // k + 1)[: len(values)]
    codes = np.where(g.random(len(values)) < 0.8, group % 3, g.integers(0, 3, len(values))).astype(float)
    return np.column_stack([(values - values.mean(axis=0)) / values.std(axis=0), indicators(codes[:, None])])


def pair(g: np.random.Generator, n: int, p: int, gap: float) -> Array:
    """Two equal Gaussian groups, for the power curve."""
    values = g.normal(size=(n, p))
    values[: n // 2, 0] += gap
    return values


# -------------------------------------------------------------------------------------------------------------- study


@dataclass(frozen=True)
class Family:
    """A kind of data, with the number of groups that are really there (1 for null data)."""

    name: str
    draw: Callable[..., Array]
    groups: int
    bounded: bool = False
    ready: bool = False
    """Whether it is in model space already."""


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
    mixed = partial(categories, n=n)
    yield Family("uniform categories", partial(mixed, levels=(4, 4, 3)), 1, ready=True)
    yield Family("uniform flags", partial(mixed, levels=(2, 2, 2, 2)), 1, ready=True)
    yield Family("one category of five levels", partial(mixed, levels=(5,)), 1, ready=True)
    yield Family("two categories, one of double weight", partial(mixed, levels=(3, 4), weight=2.0), 1, ready=True)
    yield Family("unequal levels and blanks", partial(mixed, levels=(4, 3, 6), rare=0.8, blanks=0.1), 1, ready=True)
    yield Family("three Gaussian measures, a category", partial(mixed, levels=(3,), measures=3), 1, ready=True)
    yield Family("two Gaussian measures, two categories, a flag", partial(mixed, levels=(4, 3, 2), measures=2), 1,
                 ready=True)  # fmt: skip
    yield Family("measures, a category of triple weight, blanks",
                 partial(mixed, levels=(3, 2), measures=3, weight=3.0, blanks=0.1), 1, ready=True)  # fmt: skip
    yield Family("crescent", partial(crescent, n=n), 1)
    yield Family("spherical shell", partial(shell, n=n), 1)
    yield Family("uniform triangle", partial(triangle, n=n), 1)
    yield Family("exponential", partial(exponential, n=n, p=3), 1)
    yield Family("counts", partial(counts, n=n), 1)
    yield Family("zero-inflated lognormal, 40 % zeros", partial(zero_inflated, n=n, p=3), 1)
    yield Family("zero-inflated lognormal, bounded", partial(zero_inflated, n=n, p=4), 1, bounded=True)
    yield Family("uniform L-shape", partial(l_shape, n=n), 1)
    yield Family("half-filled triangle", partial(half_triangle, n=n), 1)
    yield Family("banana", partial(banana, n=n), 1)
    yield Family("two concentric rings", partial(rings, n=n), 1)
    yield Family("t with 3 degrees of freedom, 5 dimensions", partial(heavy, n=n, p=5, freedom=3), 1)
    yield Family("lognormal, 1 dimension", partial(lognormal, n=n, p=1, sigma=1.0), 1)
    for k, p in ((2, 2), (3, 2), (4, 3), (5, 4), (7, 5)):
        yield Family(f"{k} round groups, {p} dimensions", partial(blobs, n=n, p=p, k=k, gap=7.0), k)
    yield Family("4 groups, sizes 1 to 8", partial(blobs, n=n, p=3, k=4, gap=7.0, sizes=8.0), 4)
    yield Family("4 groups, spreads 1 to 3", partial(blobs, n=n, p=3, k=4, gap=8.0, spread=3.0), 4)
    yield Family("3 groups, elongated 4 to 1", partial(blobs, n=n, p=2, k=3, gap=8.0, stretch=4.0), 3)
    yield Family("5 groups, sizes, spreads and shapes", partial(blobs, n=n, p=4, k=5, gap=8.0, sizes=5.0, spread=2.0,
                 stretch=2.0), 5)  # fmt: skip
    yield Family("3 groups of mixed types", partial(mixed_groups, n=n, k=3, gap=7.0), 3, ready=True)
    yield Family("8 groups, 8 dimensions, sizes 1 to 10", partial(blobs, n=n, p=8, k=8, gap=8.0, sizes=10.0), 8)
    yield Family("6 groups, 6 dimensions, sizes, spreads and shapes", partial(blobs, n=n, p=6, k=6, gap=8.0, sizes=6.0,
                 spread=1.5, stretch=2.0), 6)  # fmt: skip
    yield Family("4 groups with tails (t, 4 degrees)", partial(blobs, n=n, p=3, k=4, gap=8.0, freedom=4.0), 4)
    yield Family("4 lognormal groups (sigma 0.5)", partial(blobs, n=n, p=3, k=4, gap=8.0, skew=0.5), 4)


def model_space(values: Array, bounded: bool) -> Array:
    """Standardise; with bounds, first pull in what lies beyond three interquartile ranges."""
    if bounded:
        low, high = np.percentile(values, [25, 75], axis=0)
        values = np.clip(values, low - 3 * (high - low), high + 3 * (high - low))
    standardised: Array = (values - values.mean(axis=0)) / values.std(axis=0)
    return standardised


SIZES = (1000, 2000, 5000)


@dataclass(frozen=True)
class Tally:
    """What one draw gave. For null data ``right`` means that no cut, and ``every`` that no segment of one, is apart."""

    right: bool
    every: bool
    k: int


def try_null(method: Method, name: str, n: int, seed: int) -> Tally:
    """Cut one draw of a null family into 2 to 12 segments."""
    points = _points(name, n, seed)
    numbers = range(2, most_segments(points, method, MAX_SEGMENTS, seed) + 1)
    solutions = [fit_method(points, method, k, seed, starts=5) for k in numbers]
    found = [gaps(points, np.array(s.centres), seed, shapes=s.shapes) for s in solutions]
    _, stands = apart(found)
    lone = False
    for group, pairs in zip(found, stands, strict=True):
        for j in {i for g in group for i in (g.first, g.second)}:
            lone |= all(s for g, s in zip(group, pairs, strict=True) if j in (g.first, g.second))
    natural = [s.k for s, pairs in zip(solutions, stands, strict=True) if pairs and all(pairs)]
    return Tally(not natural, not lone, max(natural, default=1))


def try_real(method: Method, name: str, n: int, seed: int) -> Tally:
    """Let the evidence choose the number of segments for one draw of real groups, and judge them."""
    points = _points(name, n, seed)
    evidence, _ = gather(points, seed, method=method)
    verdict = judge(points, fit_method(points, method, evidence.recommended, seed), seed, method=method)
    truth = next(f.groups for f in families(n) if f.name == name)
    return Tally(verdict.verdict == "natural" and evidence.recommended == truth, verdict.verdict == "natural",
                 evidence.recommended)  # fmt: skip


def try_pair(method: Method, apart_by: float, n: int, seed: int) -> Tally:
    """Judge two equal groups for the power curve."""
    points = as_points(model_space(pair(np.random.default_rng([seed, 3]), n, 4, apart_by), bounded=False))
    verdict = judge(points, fit_method(points, method, 2, seed), seed, resamples=30, method=method).verdict
    return Tally(verdict == "natural", verdict != "constructed", 2)


def _points(name: str, n: int, seed: int) -> Points:
    family = next(f for f in families(n) if f.name == name)
    generator = np.random.default_rng([seed, n, *name.encode()])
    values = family.draw(generator)
    return as_points(values if family.ready else model_space(values, family.bounded))


def main(arguments: list[str] | None = None) -> None:
    """Run the study and print its tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help="10 draws of each family")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="families whose name contains this")
    parser.add_argument("--table", choices=["null", "real", "power"], help="one of the tables only")
    parser.add_argument("--method", choices=["kmeans", "mixture", "ward"], default="kmeans")
    chosen = parser.parse_args(arguments)
    draws = 10 if chosen.fast else chosen.draws
    tables = {"null": null_table, "real": real_table, "power": power_table}
    rows = [f for f in families(1000) if chosen.only in f.name]
    with ProcessPoolExecutor(chosen.workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        for name, table in tables.items():
            if chosen.table in (None, name):
                table(pool, chosen.method, rows, draws)


def null_table(pool: ProcessPoolExecutor, method: Method, rows: list[Family], draws: int) -> None:
    print("| null data | cuts that look natural | segments that look natural |\n|---|---|---|")
    for family in (f for f in rows if f.groups == 1):
        tallies = _tried(pool, try_null, method, family.name, jobs(draws))
        wrong, lone = (sum(not getattr(t, a) for t in tallies) for a in ("right", "every"))
        print(f"| {family.name} | {wrong / draws:.0%} | {lone / draws:.0%} |", flush=True)


def real_table(pool: ProcessPoolExecutor, method: Method, rows: list[Family], draws: int) -> None:
    print("\n| real groups | natural and the right number | natural | numbers chosen |\n|---|---|---|---|")
    for family in (f for f in rows if f.groups > 1):
        tallies = _tried(pool, try_real, method, family.name, jobs(draws))
        right, natural = (sum(getattr(t, a) for t in tallies) for a in ("right", "every"))
        numbers = ", ".join(f"{k} ({c})" for k, c in sorted(Counter(t.k for t in tallies).items()))
        print(f"| {family.name} | {right / draws:.0%} | {natural / draws:.0%} | {numbers} |", flush=True)


def power_table(pool: ProcessPoolExecutor, method: Method, _: list[Family], draws: int) -> None:
    print("\n| two groups, standard deviations apart | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for tenth in range(20, 61, 5):
        shares = []
        for n in SIZES:
            tallies = _tried(pool, try_pair, method, tenth / 10, [(n, d) for d in range(draws)])
            shares.append(f"{sum(t.right for t in tallies) / draws:.0%}")
        print(f"| {tenth / 10} | " + " | ".join(shares) + " |", flush=True)


def jobs(draws: int) -> list[tuple[int, int]]:
    """Customers and seed of each draw."""
    return [(SIZES[d % len(SIZES)], d) for d in range(draws)]


def _tried(
    pool: ProcessPoolExecutor, one: Callable[..., Tally], method: Method, what: str | float, jobs: list[tuple[int, int]]
) -> list[Tally]:
    return list(pool.map(partial(one, method, what), *zip(*jobs, strict=True)))


if __name__ == "__main__":
    main()
