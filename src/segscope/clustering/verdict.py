"""Are the segments real? Natural, reproducible or constructed (Dolnicar & Leisch 2010), in plain words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segscope.clustering.handmade import Plan
from segscope.clustering.methods import Solution
from segscope.clustering.points import Points
from segscope.clustering.separation import apart, gaps, gaps_by_hand
from segscope.clustering.stability import JACCARD_STABLE, bootstrap
from segscope.recipe import Method

Word = Literal["natural", "reproducible", "constructed"]


@dataclass(frozen=True)
class SegmentVerdict:
    """What is known about one segment.

    Attributes
    ----------
    verdict : natural (stable and apart from its neighbours), reproducible (stable only) or constructed (neither)
    stability : mean bootstrap Jaccard, 0 to 1; from 0.75 on it is stable
    separated_from_nearest : whether it stands apart from each of its neighbours
    nearest : the neighbour from which it is least apart, None with one segment
    p_value : of the dip test against that neighbour, Holm-corrected over all pairs; None with one segment
    valley : density between the two relative to the lower peak, 0 (nobody in between) to 1 (no valley)
    """

    verdict: Word
    stability: float
    separated_from_nearest: bool
    nearest: int | None
    p_value: float | None
    valley: float | None


@dataclass(frozen=True)
class Verdict:
    """What is known about a solution: its word, a sentence for it, and one entry a segment."""

    verdict: Word
    sentence: str
    segments: tuple[SegmentVerdict, ...]


def judge(
    points: Points,
    solution: Solution,
    seed: int,
    resamples: int = 100,
    on_progress: Callable[[str, float], None] | None = None,
    method: Method = "kmeans",
    hand: Plan | None = None,
    spread: float = 1.0,
) -> Verdict:
    """Judge whether segments are natural groups, reproducible slices or merely constructed.

    A segment is *stable* when its mean bootstrap Jaccard is at least 0.75 (Hennig 2007). It is *separated* when,
    against every neighbour, the dip test along the axis that joins them rejects one crowd (Hartigan & Hartigan 1985,
    Holm-corrected, 5 %) and the density falls to at most 35 % of the lower peak on every way between them. The
    solution is natural when all segments are, reproducible when all are stable, else constructed.

    Parameters
    ----------
    points : the customers
    solution : the segments
    seed : 0 to 4294967295
    resamples : number of bootstrap resamples
    on_progress : called with the stage in words and the share done, 0 to 1; it may raise to cancel
    method : with which the segments were made
    hand : what was merged and split since; the same is done again on every resample, and a segment stands apart where
        each of its cells stands apart from the neighbouring cells of others
    spread : of the segmentation, where something was

    References
    ----------
    Dolnicar, S., Leisch, F. (2010). Evaluation of structure and reproducibility of cluster solutions using the
    bootstrap. Marketing Letters 21.
    """
    k = len(hand.groups) if hand else solution.k
    if k == 1:
        only = SegmentVerdict("constructed", 1.0, False, None, None, None)
        return Verdict("constructed", "All customers are in one segment; there is nothing to tell apart.", (only,))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if on_progress and done % 10 == 0:
            on_progress("Resampling the segments", 0.9 * done / resamples)

    stability = bootstrap(points, solution, seed, resamples, step, method, hand)
    if on_progress:
        on_progress("Looking between the segments", 0.9)
    if hand:
        found = gaps_by_hand(points, solution.centres, seed, spread, hand, solution.shapes)
    else:
        found = gaps(points, np.array(solution.centres), seed, always_valley=True, shapes=solution.shapes)
    (p_values,), (stands,) = apart([found])
    segments = []
    for j in range(k):
        mine = [
            (not stand, g.valley, p, g.second if g.first == j else g.first)
            for g, p, stand in zip(found, p_values, stands, strict=True)
            if j in (g.first, g.second)
        ]
        joined, depth, p_value, other = max(mine, default=(True, None, None, None))
        stable = stability.segments[j] >= JACCARD_STABLE
        word: Word = "constructed" if not stable else "reproducible" if joined else "natural"
        segments.append(SegmentVerdict(word, stability.segments[j], not joined, other, p_value, depth))
    if on_progress:
        on_progress("Verdict complete", 1.0)
    word = overall([s.verdict for s in segments])
    return Verdict(word, sentence(word, segments), tuple(segments))


def overall(words: list[Word]) -> Word:
    """The word for a solution: that of its weakest segment.

    >>> overall(["natural", "reproducible"])
    'reproducible'
    """
    order: tuple[Word, ...] = ("constructed", "reproducible", "natural")
    return min(words, key=order.index)


def sentence(word: Word, segments: list[SegmentVerdict]) -> str:
    """Say what a verdict means for use, in words for a marketing team."""
    k = len(segments)
    natural = sum(s.verdict == "natural" for s in segments)
    lowest = min(s.stability for s in segments)
    if word == "natural":
        return (
            f"Natural groups: all {k} segments are found again when the customers are resampled "
            f"(stability at least {lowest:.2f} of 1), and far fewer stand between them than inside them. "
            "Treat them as different kinds of customers."
        )
    some = f" {natural} of the {k} {'stands' if natural == 1 else 'stand'} apart from all others." if natural else ""
    if word == "reproducible":
        return (
            f"Useful slices of a continuum, not natural groups: all {k} segments are found again when the customers "
            f"are resampled (stability at least {lowest:.2f} of 1), but they shade into each other.{some} "
            "Plan with them, and expect customers near a border to be like their neighbours across it."
        )
    unstable = sum(s.verdict == "constructed" for s in segments)
    return (
        f"Constructed: {unstable} of the {k} segments {'is' if unstable == 1 else 'are'} not found again when the "
        f"customers are resampled (stability down to {lowest:.2f}; 0.75 is needed).{some} "
        "Another sample would be cut elsewhere: use them as a convenience, not as a finding, or try fewer segments."
    )
