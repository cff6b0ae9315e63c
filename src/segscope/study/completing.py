"""Completing the evidence: all criteria at their full number of resamples, and the other methods beside.

The first answer comes quickly, from a short look at each number of segments. This is the long look. Where it leads to
another number of segments, and the recipe leaves that to the evidence, the customers are clustered anew.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import numpy as np

from segscope.clustering import Points, Solution, alternative, flow, gather, path, solution_at, ward_tree
from segscope.identity import match_segments
from segscope.intake.progress import part
from segscope.recipe import Method
from segscope.study.fitting import Fit, Progress, Ready, segmented
from segscope.study.lineage import Before

Seconds = Mapping[str, float]
"""How long each method took: no part of a fit, which is the same on every machine."""


def complete(
    ready: Ready,
    fit: Fit,
    progress: Progress,
    previous: Before | None = None,
    solutions: Mapping[int, Solution] | None = None,
) -> tuple[Fit, Seconds]:
    """Complete the evidence of a fit.

    Parameters
    ----------
    ready : the customers that it was made of
    fit : with the evidence of a first look; with all of it where solutions are given
    previous : the fit whose ids, names and colours live on where there are other segments now
    solutions : those that the fit's evidence is about; None gathers evidence anew

    Returns
    -------
    the fit with complete evidence, and how many seconds each method took
    """
    recipe = ready.recipe
    evidence = fit.evidence
    if solutions is None:
        evidence, solutions = gather(
            ready.points, recipe.seed, on_progress=part(progress, 0.0, 0.75), thorough=True, method=recipe.method
        )
    progress("Following who splits from whom", 0.75)
    tree = ward_tree(ready.points, recipe.seed)
    fit = replace(fit, evidence=evidence, path=path(solutions, ready.points), tree=tree)
    free = recipe.segments is None and not fit.segmentation.hand  # what was made by hand is not thrown away
    if free and evidence.recommended != len(fit.segments):
        found = segmented(ready, evidence.recommended, part(progress, 0.75, 0.85), previous)
        fit = replace(
            fit,
            verdict=found.verdict,
            segmentation=found.segmentation,
            profiles=found.profiles,
            portraits=found.portraits,
            wcss=found.wcss,
            filling=found.filling,
            silhouettes=found.silhouettes,
        )
    seconds: dict[str, float] = {}
    others = []
    current = solution_at(ready.points, fit.segmentation.centres, fit.segmentation.shapes)
    if current.k in solutions:
        fit = replace(fit, path_segments=_same_segments(solutions[current.k], current, ready.points))
    for i, method in enumerate(get_args(Method)):
        progress(f"Comparing methods: {method}", 0.85 + 0.05 * i)
        begun = time.perf_counter()
        others.append(alternative(ready.points, current, method, recipe.seed))
        seconds[method] = time.perf_counter() - begun
    progress("Evidence complete", 1.0)
    return replace(fit, alternatives=tuple(others)), seconds


def _same_segments(explored: Solution, current: Solution, points: Points) -> tuple[int, ...]:
    """The current segment that each explored one is; empty unless every one of them shares most of its customers."""
    shared = flow(explored.labels, current.labels, explored.k, current.k, points.weights)
    matches = match_segments(np.rint(shared).astype(np.int64))
    if len(matches) < current.k:
        return ()
    return tuple(m.old for m in sorted(matches, key=lambda m: m.new))
