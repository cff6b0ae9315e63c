"""The evidence for each number of segments, on one panel."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from kneed import KneeLocator

from segscope.clustering import criteria as measures
from segscope.clustering.choice import Criteria, recommend
from segscope.clustering.methods import Solution, kmeans, require_distinct, solution_at
from segscope.clustering.points import Points, thinned
from segscope.clustering.separation import apart, gaps
from segscope.clustering.stability import JACCARD_STABLE, STRENGTH_ENOUGH, bootstrap, prediction_strength

EXPLORING_STARTS = 10
QUICK_RESAMPLES, DECIDING_RESAMPLES, THOROUGH_RESAMPLES = 10, 30, 100
QUICK_SPLITS, THOROUGH_SPLITS, DECIDING_SPLITS = 4, 10, 15
GAP_REFERENCES = 20

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Evidence:
    """What supports each number of segments.

    Attributes
    ----------
    criteria : one entry for each number of segments, from 1 upwards
    elbow : where the WCSS curve bends (kneed), None where it does not
    recommended : number of segments
    reason : why, in a sentence
    sample : how many points the criteria were computed on
    customers : how many customers they stand for
    """

    criteria: tuple[Criteria, ...]
    elbow: int | None
    recommended: int
    reason: str
    sample: int
    customers: int


def gather(
    points: Points, seed: int, k_max: int = 10, on_progress: Progress | None = None, thorough: bool = False
) -> tuple[Evidence, dict[int, Solution]]:
    """Cluster into 1 to ``k_max`` segments and measure each solution.

    Parameters
    ----------
    points : the customers
    seed : 0 to 4294967295
    k_max : most segments to try; fewer are tried when there are fewer different customers
    on_progress : called with the stage in words and the share done, 0 to 1; it may raise to cancel
    thorough : also the gap statistic, and 100 resamples and 25 halvings

    Returns
    -------
    evidence, solutions by number of segments
    """
    require_distinct(points, 1)
    tell = on_progress or (lambda stage, share: None)
    numbers = range(1, max(1, min(k_max, points.distinct, points.customers - 1)) + 1)
    solutions: dict[int, Solution] = {}
    panel: list[Criteria] = []
    for k in numbers:
        tell(f"Clustering into {k}", 0.4 * (k - 1) / len(numbers))
        solutions[k] = kmeans(points, k, seed, EXPLORING_STARTS)
        panel.append(Criteria(k, solutions[k].wcss, smallest_share=min(solutions[k].sizes) / points.customers))
    tell("Measuring silhouettes", 0.4)
    panel = _with_silhouettes(points, solutions, panel, seed)
    panel = _with_separation(points, solutions, panel, seed)
    for i, k in enumerate(numbers):
        tell(f"Resampling {k} segments", 0.5 + 0.4 * i / len(numbers))
        panel[i] = _with_stability(points, solutions[k], panel[i], seed, thorough)
    if thorough:
        tell("Comparing with structureless data", 0.9)
        panel = _with_gap(points, solutions, panel, seed)
    recommended, reason = recommend(panel)
    tell("Evidence complete", 1.0)
    evidence = Evidence(
        criteria=tuple(panel),
        elbow=elbow([c.wcss for c in panel]),
        recommended=recommended,
        reason=reason,
        sample=len(points.values),
        customers=points.customers,
    )
    return evidence, solutions


def elbow(wcss: list[float]) -> int | None:
    """The number of segments at which the falling WCSS curve bends most, None where it does not.

    References
    ----------
    Satopää, V., Albrecht, J., Irwin, D., Raghavan, B. (2011). Finding a "kneedle" in a haystack. ICDCSW.

    >>> elbow([100.0, 40.0, 15.0, 12.0, 10.0, 9.0])
    3
    """
    if len(wcss) < 3 or wcss[0] <= 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kneed warns where it finds no knee; None says so
        knee = KneeLocator(range(1, len(wcss) + 1), wcss, curve="convex", direction="decreasing").knee
    return None if knee is None else int(knee)


def _with_silhouettes(
    points: Points, solutions: dict[int, Solution], panel: list[Criteria], seed: int
) -> list[Criteria]:
    sample = thinned(points, measures.SILHOUETTE_CUSTOMERS, seed)
    everybody = len(sample.values) == points.customers
    distances = measures.pairwise_distances(sample.values)
    result = [panel[0]]
    for c in panel[1:]:
        solution = solutions[c.k]
        mean, error = measures.silhouette(distances, solution_at(sample, solution.centres).labels, c.k)
        result.append(
            replace(
                c,
                silhouette=mean,
                silhouette_interval=None if everybody else (mean - 1.96 * error, mean + 1.96 * error),
                squared_silhouette=measures.squared_silhouette(points, solution),
            )
        )
    return result


def _with_stability(points: Points, solution: Solution, c: Criteria, seed: int, thorough: bool) -> Criteria:
    """A short look decides the clear cases; the recommendation does not hang on it in the others."""
    if c.k == 1:
        return c
    strength, error = prediction_strength(points, c.k, seed, THOROUGH_SPLITS if thorough else QUICK_SPLITS)
    # Few starts lower the strength, and few halvings hide how uncertain it is: hence the wide margin.
    margin = 2.5 * max(error, 0.05)
    if strength - margin < STRENGTH_ENOUGH < strength + margin:
        strength, error = prediction_strength(points, c.k, seed, DECIDING_SPLITS, EXPLORING_STARTS)
    stability = bootstrap(points, solution, seed, THOROUGH_RESAMPLES if thorough else QUICK_RESAMPLES)
    matters = c.separated or strength + error >= STRENGTH_ENOUGH
    if matters and not thorough and abs(stability.lowest - JACCARD_STABLE) < 3 * max(stability.lowest_error, 0.03):
        stability = bootstrap(points, solution, seed, DECIDING_RESAMPLES)
    return replace(
        c,
        jaccard=stability.lowest,
        jaccard_error=stability.lowest_error,
        prediction_strength=strength,
        prediction_strength_error=error,
    )


def _with_separation(
    points: Points, solutions: dict[int, Solution], panel: list[Criteria], seed: int
) -> list[Criteria]:
    # The dip tests of all pairs of all numbers of segments are one family: the best is chosen among them.
    found = [gaps(points, np.array(solutions[c.k].centres), seed) for c in panel]
    _, stands = apart(found)
    return [
        replace(c, separation=max((g.valley for g in group), default=None), separated=bool(group) and all(all_apart))
        for c, group, all_apart in zip(panel, found, stands, strict=True)
    ]


def _with_gap(points: Points, solutions: dict[int, Solution], panel: list[Criteria], seed: int) -> list[Criteria]:
    sample = thinned(points, measures.GAP_CUSTOMERS, seed)
    found = measures.gap(sample.values, {k: np.array(s.centres) for k, s in solutions.items()}, seed, GAP_REFERENCES)
    return [replace(c, gap=found[c.k][0], gap_error=found[c.k][1]) for c in panel]
