"""What a change by hand will do, before it is done: the halves of a split, looked at on a sample of the customers."""

from dataclasses import dataclass, replace

from segscope.clustering import draw, solution_at
from segscope.naming import portray
from segscope.preparation import coordinates, to_model
from segscope.profiling import Profiles, profile
from segscope.segmentation import SEGMENT, Segment, assign_only, by_name
from segscope.study.fitting import customer_key, profiled_columns
from segscope.study.handwork import HandEdit, check_edit, split, two_centres
from segscope.study.live import SAMPLE_CUSTOMERS, LiveStudy

HIGHEST = 10**8
"""The number of an id that no segment has: what is only looked at gets one that lies beyond."""


@dataclass(frozen=True)
class Halves:
    """The two halves of a segment, before it is split.

    Attributes
    ----------
    segments : both, with names; the first keeps the identity
    profiles : of everybody and of the two
    exact : whether every customer was looked at; else sizes are estimates, and the halves may shift a little
    """

    segments: tuple[Segment, Segment]
    profiles: Profiles
    exact: bool


def preview_split(live: LiveStudy, segment_id: str) -> Halves:
    """The halves that a split would make of a segment.

    Raises
    ------
    SegscopeError : when it cannot be split
    """
    fit, engine, sample = live.fit, live.engine, live.sample
    segmentation, recipe = fit.segmentation, fit.recipe
    check_edit(segmentation, HandEdit("split", segment_id))
    target = by_name(segmentation.segments, segment_id)
    mine = sample.filter(sample[SEGMENT] == segmentation.segments.index(target))
    steps = segmentation.preparation
    renamed = mine.select(**{f"__x{i}": mine[s.feature] for i, s in enumerate(steps)}, key=customer_key(mine, recipe))
    names = coordinates(steps)
    model = to_model(renamed, tuple(replace(s, feature=f"__x{i}") for i, s in enumerate(steps))).select("key", *names)
    points = draw(engine, model, names, "key", recipe.seed)
    centres = two_centres(points, recipe.seed, target.name)
    sizes = solution_at(points, centres).sizes
    order = sorted(range(2), key=lambda i: (-sizes[i], i))
    drafted = split(segmentation, target, [centres[i] for i in order], HIGHEST).segmentation
    numbers, categories = profiled_columns(recipe)
    wanted = dict.fromkeys([*recipe.features, *numbers, *categories])
    placed = assign_only(mine.select(*wanted), drafted)
    found = profile(engine, placed, SEGMENT, len(drafted.segments), numbers, categories)
    place = segmentation.segments.index(target)
    both, new = (found.segments[place], found.segments[-1]), drafted.segments[-1]
    others = list(fit.profiles.segments)
    others[place] = both[0]
    everybody = fit.profiles.everybody
    kept = {p: s.name for p, s in enumerate(segmentation.segments)}
    named = portray(Profiles(everybody, (*others, both[1])), recipe, kept)[-1].name
    share = both[0].customers / max(1, sum(b.customers for b in both))
    first = round(target.size * share)
    segments = replace(target, size=first), replace(new, name=named, size=target.size - first)
    return Halves(segments, Profiles(everybody, both), fit.customers <= SAMPLE_CUSTOMERS)
