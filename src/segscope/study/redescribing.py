"""Segments after a change by hand: sizes, profiles, portraits and verdict of what it touches; ordered by value anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np

from segscope.clustering import (
    Points,
    SegmentSilhouette,
    Solution,
    Verdict,
    judge,
    silhouettes_by_segment,
    solution_at,
)
from segscope.clustering.handmade import cells_of
from segscope.clustering.methods import segment_means
from segscope.engine import Engine
from segscope.naming import by_value, portray, typical_scores, value_column
from segscope.profiling import GroupProfile, Profiles, profile
from segscope.segmentation import SEGMENT, Segment, Segmentation, assign_only
from segscope.study.fitting import Fit, Progress, profiled_columns
from segscope.study.influence import influence_of_filling

MEASURED = "__measured"


@dataclass(frozen=True)
class Drafted:
    """Segments as they will be, before they are described.

    Attributes
    ----------
    segmentation : its segments are those of before in their order, without one that was merged into another; one that
        is new comes last, without a name
    touched : labels of the segments whose customers are others now
    words : what is done, for the history
    """

    segmentation: Segmentation
    touched: frozenset[int]
    words: str


def labels_of(segmentation: Segmentation) -> dict[str, int]:
    """The label of each segment, by its id."""
    labels = segmentation.labels or range(len(segmentation.segments))
    return dict(zip((s.id for s in segmentation.segments), labels, strict=True))


def needed(segmentation: Segmentation) -> tuple[str, ...]:
    """The columns by which customers are assigned: the features, and the identifier where there is one."""
    name = segmentation.recipe.identifier
    return tuple(dict.fromkeys([*segmentation.recipe.features, *([name] if name else [])]))


def described(engine: Engine, table: ibis.Table, before: Fit, drafted: Drafted, progress: Progress) -> Fit:
    """Sizes, profiles and portraits of the segments that a change touches; all are put in order of value again."""
    progress("Describing the segments", 0.0)
    recipe, draft = before.recipe, drafted.segmentation
    labels = labels_of(draft)
    profiles = _profiled(engine, table, before, drafted)
    order = by_value(profiles, recipe)
    profiles = Profiles(profiles.everybody, tuple(profiles.segments[i] for i in order))
    ordered = tuple(draft.segments[i] for i in order)
    scores = typical_scores(engine, table, recipe, profiles)
    portraits = portray(profiles, recipe, {p: s.name for p, s in enumerate(ordered) if s.name}, scores)
    worth = value_column(recipe)
    segments = tuple(
        replace(
            segment,
            name=portrait.name,
            sentence=portrait.sentence,
            size=profiles.segments[place].customers,
            share=profiles.segments[place].customers / draft.customers,
            value_share=profiles.share_of_total(place, worth) if worth else None,
        )
        for place, (segment, portrait) in enumerate(zip(ordered, portraits, strict=True))
    )
    made = _in_order(draft, segments, labels, order)
    quarters = {f: (p.quarter, p.three_quarters) for f, p in profiles.everybody.numbers.items()}
    progress("Looking at filled blanks", 0.8)
    filling = influence_of_filling(engine, table, made, quarters)
    verdict, silhouettes = before.verdict, before.silhouettes
    if len(segments) == len(before.segments):  # judged anew where there are more or fewer
        verdict, silhouettes = _same_in_order(before, segments)
    return replace(
        before,
        segmentation=made,
        profiles=profiles,
        portraits=portraits,
        filling=filling,
        verdict=verdict,
        silhouettes=silhouettes,
    )


def _in_order(
    draft: Segmentation, segments: tuple[Segment, ...], labels: Mapping[str, int], order: Sequence[int]
) -> Segmentation:
    if draft.hand:
        return replace(draft, segments=segments, labels=tuple(labels[s.id] for s in segments))
    return replace(
        draft,
        segments=segments,
        centres=tuple(draft.centres[i] for i in order),
        shapes=tuple(draft.shapes[i] for i in order) if draft.shapes else (),
        reach=tuple(draft.reach[i] for i in order) if draft.reach else (),
    )


def _same_in_order(before: Fit, segments: Sequence[Segment]) -> tuple[Verdict, tuple[SegmentSilhouette, ...]]:
    """Verdict and silhouettes of segments that only stand in another order: pins take no part in them."""
    places = {s.id: i for i, s in enumerate(segments)}
    order = sorted(range(len(segments)), key=lambda i: places[before.segments[i].id])
    moved = {old: new for new, old in enumerate(order)}
    words = tuple(
        replace(v, nearest=None if v.nearest is None else moved[v.nearest])
        for v in (before.verdict.segments[i] for i in order)
    )
    silhouettes = tuple(before.silhouettes[i] for i in order) if before.silhouettes else ()
    return replace(before.verdict, segments=words), silhouettes


def _profiled(engine: Engine, table: ibis.Table, before: Fit, drafted: Drafted) -> Profiles:
    """Profiles in the order of the draft: those that are not touched are as they were."""
    draft = drafted.segmentation
    labels = labels_of(draft)
    places = [p for p, s in enumerate(draft.segments) if labels[s.id] in drafted.touched]
    numbers, categories = profiled_columns(before.recipe)
    wanted = dict.fromkeys([*needed(draft), *numbers, *categories])
    assigned = assign_only(table.select(*wanted), draft)
    touched = assigned.filter(assigned[SEGMENT].isin(places)).select(*numbers, *categories, SEGMENT)
    measured = profile(engine, engine.store(MEASURED, touched), SEGMENT, len(draft.segments), numbers, categories)
    known: dict[str, GroupProfile] = dict(zip((s.id for s in before.segments), before.profiles.segments, strict=True))
    segments = tuple(measured.segments[p] if p in places else known[s.id] for p, s in enumerate(draft.segments))
    engine.drop(MEASURED)
    return Profiles(before.profiles.everybody, segments)


def judged(
    points: Points, segmentation: Segmentation, progress: Progress
) -> tuple[Verdict, tuple[SegmentSilhouette, ...]]:
    """The verdict on segments made by hand, and their silhouettes.

    Parameters
    ----------
    points : the customers who made the segments, in model space
    """
    base = solution_at(points, segmentation.centres, segmentation.shapes)
    recipe, plan = segmentation.recipe, segmentation.plan
    verdict = judge(
        points, base, recipe.seed, on_progress=progress, method=recipe.method, hand=plan, spread=segmentation.spread
    )
    if plan is None:
        return verdict, silhouettes_by_segment(points, base)
    labels, k = plan.places[cells_of(points.values, base.labels, plan)], len(plan.groups)
    means = segment_means(points, labels, k)
    sizes = np.bincount(labels, weights=points.weights, minlength=k)
    mine = Solution(tuple(tuple(m) for m in means.tolist()), labels, 0.0, tuple(sizes.tolist()))
    return verdict, silhouettes_by_segment(points, mine)
