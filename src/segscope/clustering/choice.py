"""Which number of segments to recommend, and why, in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from segscope.clustering.stability import JACCARD_STABLE, STRENGTH_ENOUGH

STRENGTH_TOLERANCE = 0.05
"""Prediction strength may miss its threshold by one standard error, but by no more than this."""

SMALLEST_SHARE = 0.02
"""A segment with a smaller share of the customers is too small to plan for."""


@dataclass(frozen=True)
class Criteria:
    """The criteria for one number of segments; None where not computed.

    Attributes
    ----------
    k : number of segments
    wcss, wcss_error : within-cluster sum of squared distances over all customers; its standard error where the points
        are a sample, None where they are everybody
    silhouette : mean Euclidean silhouette over a sample, -1 to 1
    silhouette_interval : its 95 % interval; None when the sample is everybody
    squared_silhouette, squared_silhouette_error : mean squared-Euclidean silhouette over all points, -1 to 1, exact;
        its standard error where the points are a sample, None where they are everybody
    gap, gap_error : gap statistic and its standard error
    prediction_strength, prediction_strength_error : 0 to 1, and its standard error
    jaccard, jaccard_error : mean bootstrap Jaccard of the least stable segment, 0 to 1, and its standard error
    jaccards : mean bootstrap Jaccard of each segment, in the order of the solution's centres
    resamples : how many resamples that took
    separation : density of customers in the shallowest valley between neighbouring segments, relative to the lower
        peak, 0 (nobody in between any two) to 1 (some two are one crowd)
    separated : whether every segment stands apart from all its neighbours
    bic : Bayesian information criterion of a Gaussian mixture, smaller is better; None for other methods
    smallest_share : share of customers in the smallest segment
    """

    k: int
    wcss: float
    silhouette: float | None = None
    silhouette_interval: tuple[float, float] | None = None
    squared_silhouette: float | None = None
    gap: float | None = None
    gap_error: float | None = None
    prediction_strength: float | None = None
    prediction_strength_error: float | None = None
    jaccard: float | None = None
    jaccard_error: float | None = None
    jaccards: tuple[float, ...] = ()
    resamples: int = 0
    separation: float | None = None
    separated: bool = False
    smallest_share: float = 1.0
    wcss_error: float | None = None
    bic: float | None = None
    squared_silhouette_error: float | None = None

    @property
    def simplified_silhouette(self) -> float | None:
        """Another name of ``squared_silhouette``."""
        return self.squared_silhouette


def recommend(criteria: Sequence[Criteria]) -> tuple[int, str]:
    """Choose the number of segments, with the reason.

    1. The most segments that all stand apart from their neighbours and are stable: natural groups.
    2. Else the most segments that resampling and prediction support: Jaccard of the least stable segment at least 0.75
       and prediction strength at least 0.8 within one standard error, none smaller than 2 % of the customers.
    3. Else one: nothing holds.

    >>> recommend([Criteria(1, 9.0), Criteria(2, 4.0, jaccard=0.5, prediction_strength=0.4)])[0]
    1
    """
    natural = [c for c in criteria if c.k > 1 and c.separated and _stable(c)]
    if natural:
        c = natural[-1]
        return c.k, (
            f"{c.k} segments: the most that all stand apart (where two meet, customers are at most "
            f"{max(0.01, c.separation or 0.0):.0%} as dense as inside them) and that are found again when customers "
            f"are resampled (stability {c.jaccard or 0.0:.2f} of 1)."
        )
    many = [c for c in criteria if c.k > 1 and c.smallest_share >= SMALLEST_SHARE]
    lasting = [c for c in many if _stable(c) and _predicted(c)]
    if lasting:
        c = lasting[-1]
        return c.k, (
            f"{c.k} segments: the most that hold, both when the customers are resampled (stability "
            f"{c.jaccard or 0.0:.2f}; {JACCARD_STABLE} is enough) and when one half of them predicts the other "
            f"({c.prediction_strength or 0.0:.2f} ± {c.prediction_strength_error or 0.0:.2f}; {STRENGTH_ENOUGH} is "
            f"enough).{_clearer(c, many)}"
        )
    if not many:
        return 1, "1 segment: there are too few different customers for more."
    best = max(many, key=lambda c: c.jaccard or 0.0)
    return 1, (
        "1 segment: no split of these customers holds when they are resampled "
        f"(the best, {best.k} segments, reaches a stability of {best.jaccard or 0.0:.2f}; {JACCARD_STABLE} is needed)."
    )


def gap_choice(criteria: Sequence[Criteria]) -> int | None:
    """The number of segments that the gap statistic alone would choose: the fewest that do not gain from one more.

    The smallest k whose gap is at least that of k + 1 less its standard error (Tibshirani, Walther & Hastie 2001); None
    where there is none, or no gap was computed. Not used for the recommendation: it takes skewed crowds for groups.

    >>> rising = [Criteria(1, 9.0, gap=0.1, gap_error=0.0), Criteria(2, 4.0, gap=0.9, gap_error=0.1)]
    >>> gap_choice([*rising, Criteria(3, 3.5, gap=0.95, gap_error=0.1)])
    2
    """
    for c, following in pairwise(criteria):
        if c.gap is None or following.gap is None or following.gap_error is None:
            return None
        if c.gap >= following.gap - following.gap_error:
            return c.k
    return None


def _clearer(chosen: Criteria, many: Sequence[Criteria]) -> str:
    """Mention the number of segments that a look at the silhouette alone would have chosen."""
    best = max(many, key=lambda c: c.silhouette or -1.0)
    if best.k == chosen.k or best.silhouette is None or chosen.silhouette is None:
        return ""
    return f" {best.k} would be more clear-cut (silhouette {best.silhouette:.2f} against {chosen.silhouette:.2f})."


def _stable(c: Criteria) -> bool:
    return c.jaccard is not None and c.jaccard >= JACCARD_STABLE


def _predicted(c: Criteria) -> bool:
    strength, error = c.prediction_strength or 0.0, c.prediction_strength_error or 0.0
    return strength + min(error, STRENGTH_TOLERANCE) >= STRENGTH_ENOUGH
