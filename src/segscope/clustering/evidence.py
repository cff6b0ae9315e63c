"""The evidence for each number of segments, on one panel."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from kneed import KneeLocator

from segscope.clustering import criteria as measures
from segscope.clustering.choice import Criteria, gap_choice, recommend
from segscope.clustering.fitting import fit_method
from segscope.clustering.methods import Solution, require_distinct, solution_at
from segscope.clustering.points import Points, thinned
from segscope.clustering.separation import Gap, apart, gaps
from segscope.clustering.stability import JACCARD_STABLE, STRENGTH_ENOUGH, bootstrap, prediction_strength
from segscope.clustering.ward import ward_sample
from segscope.clustering.workers import in_turn
from segscope.recipe import Method

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
    complete : whether every criterion was computed with its full number of resamples; else it was a first look
    method : by which the customers were clustered
    gap_choice : the number of segments that the gap statistic alone would choose; None where it was not computed
    """

    criteria: tuple[Criteria, ...]
    elbow: int | None
    recommended: int
    reason: str
    sample: int
    customers: int
    complete: bool = False
    method: Method = "kmeans"
    gap_choice: int | None = None


def gather(
    points: Points,
    seed: int,
    k_max: int = 12,
    on_progress: Progress | None = None,
    thorough: bool = False,
    method: Method = "kmeans",
) -> tuple[Evidence, dict[int, Solution]]:
    """Cluster into 1 to ``k_max`` segments and measure each solution.

    Parameters
    ----------
    points : the customers
    seed : 0 to 4294967295
    k_max : most segments to try; fewer are tried when there are fewer different customers
    on_progress : called with the stage in words and the share done, 0 to 1; it may raise to cancel
    thorough : also the gap statistic, and 100 resamples
    method : by which the customers, and their resamples, are clustered

    Returns
    -------
    evidence, solutions by number of segments
    """
    require_distinct(points, 1)
    tell = on_progress or (lambda stage, share: None)
    numbers = range(1, most_segments(points, method, k_max, seed) + 1)
    # The full number of resamples takes most of the time.
    clustered, resampled = (0.1, 0.85) if thorough else (0.4, 1.0)
    solutions: dict[int, Solution] = {}
    panel: list[Criteria] = []
    between: list[tuple[Gap, ...]] = []
    with closing(in_turn(numbers, _Clustering(points, seed, method))) as found:
        for k in numbers:
            tell(f"Clustering into {k}", clustered * (k - 1) / len(numbers))
            solutions[k], criteria, gaps_ = next(found)
            panel.append(criteria)
            between.append(gaps_)
    panel = _with_separation(panel, between)
    look = partial(_with_stability, points, solutions, seed, thorough, method)
    with closing(in_turn(panel, look)) as results:
        for i, k in enumerate(numbers):
            tell(f"Resampling {k} segments", clustered + (resampled - clustered) * i / len(numbers))
            panel[i] = next(results)
    if thorough:
        tell("Comparing with structureless data", resampled)
        panel = _with_gap(points, panel, seed)
    recommended, reason = recommend(panel)
    tell("Evidence complete", 1.0)
    evidence = Evidence(
        criteria=tuple(panel),
        elbow=elbow([c.wcss for c in panel]),
        recommended=recommended,
        reason=reason,
        sample=len(points.values),
        customers=points.customers,
        complete=thorough,
        method=method,
        gap_choice=gap_choice(panel),
    )
    return evidence, solutions


def most_segments(points: Points, method: Method, k_max: int, seed: int) -> int:
    """The greatest number of segments that can be tried: not more than there are different customers."""
    distinct = ward_sample(points, seed).distinct if method == "ward" else points.distinct
    return max(1, min(k_max, distinct, points.customers - 1))


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


class _Clustering:
    """Clusters into one number of segments and measures what needs no resamples."""

    def __init__(self, points: Points, seed: int, method: Method) -> None:
        self._points, self._seed, self._method = points, seed, method
        self._sample = thinned(points, measures.SILHOUETTE_CUSTOMERS, seed)
        self._distances = measures.pairwise_distances(self._sample.values)

    def __call__(self, k: int, step: Callable[[], None]) -> tuple[Solution, Criteria, tuple[Gap, ...]]:
        """The solution, its criteria, and what lies between its segments; ``step`` ends it when nobody waits."""
        points = self._points
        solution = fit_method(points, self._method, k, self._seed, EXPLORING_STARTS)
        step()
        criteria = Criteria(
            k,
            solution.wcss,
            wcss_error=measures.wcss_error(points, solution),
            bic=solution.bic,
            smallest_share=min(solution.sizes) / points.customers,
        )
        if k > 1:
            criteria = self._with_silhouettes(criteria, solution)
        return solution, criteria, gaps(points, np.array(solution.centres), self._seed, shapes=solution.shapes)

    def _with_silhouettes(self, criteria: Criteria, solution: Solution) -> Criteria:
        points, values = self._points, self._sample.values
        everybody = len(values) == points.customers
        labels = solution_at(self._sample, solution.centres, solution.shapes).labels
        mean, error = measures.silhouette(self._distances, labels, solution.k)
        exact = measures.squared_silhouettes(points, solution)
        return replace(
            criteria,
            silhouette=mean,
            silhouette_interval=None if everybody else (mean - 1.96 * error, mean + 1.96 * error),
            squared_silhouette=float(np.average(exact, weights=points.weights)),
            squared_silhouette_error=measures.sampling_error(points, exact),
        )


def _with_stability(
    points: Points,
    solutions: dict[int, Solution],
    seed: int,
    thorough: bool,
    method: Method,
    c: Criteria,
    step: Callable[[], None],
) -> Criteria:
    """A short look decides the clear cases; the recommendation does not hang on it in the others."""
    if c.k == 1:
        return c
    solution = solutions[c.k]
    step()
    strength, error = prediction_strength(
        points, c.k, seed, THOROUGH_SPLITS if thorough else QUICK_SPLITS, method=method
    )
    # Few starts lower the strength, and few halvings hide how uncertain it is: hence the wide margin.
    margin = 2.5 * max(error, 0.05)
    if strength - margin < STRENGTH_ENOUGH < strength + margin:
        strength, error = prediction_strength(points, c.k, seed, DECIDING_SPLITS, EXPLORING_STARTS, method)
    stability = bootstrap(points, solution, seed, THOROUGH_RESAMPLES if thorough else QUICK_RESAMPLES, step, method)
    matters = c.separated or strength + error >= STRENGTH_ENOUGH
    if matters and not thorough and abs(stability.lowest - JACCARD_STABLE) < 3 * max(stability.lowest_error, 0.03):
        stability = bootstrap(points, solution, seed, DECIDING_RESAMPLES, step, method)
    return replace(
        c,
        jaccard=stability.lowest,
        jaccard_error=stability.lowest_error,
        jaccards=stability.segments,
        resamples=stability.resamples,
        prediction_strength=strength,
        prediction_strength_error=error,
    )


def _with_separation(panel: Sequence[Criteria], between: Sequence[Sequence[Gap]]) -> list[Criteria]:
    # The dip tests of all pairs of all numbers of segments are one family: the best is chosen among them.
    _, stands = apart(between)
    return [
        replace(c, separation=max((g.valley for g in group), default=None), separated=bool(group) and all(all_apart))
        for c, group, all_apart in zip(panel, between, stands, strict=True)
    ]


def _with_gap(points: Points, panel: list[Criteria], seed: int) -> list[Criteria]:
    # The gap is that of k-means whatever the method: what k-means gains on structureless data is known.
    sample = thinned(points, measures.GAP_CUSTOMERS, seed)
    found = measures.gap(sample.values, [c.k for c in panel], seed, GAP_REFERENCES)
    return [replace(c, gap=found[c.k][0], gap_error=found[c.k][1]) for c in panel]
