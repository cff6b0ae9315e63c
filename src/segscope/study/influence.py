"""Does it matter what blanks are filled with? Customers with a filled value, and how many would change segment."""

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import ibis

from segscope.engine import Engine, one
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.segmentation import SEGMENT, Segmentation, assign_only
from segscope.unusual import Quartiles


@dataclass(frozen=True)
class Influence:
    """What filling blanks did to the segments.

    Attributes
    ----------
    customers : with a blank in at least one feature
    moved : of those, how many would be in another segment had their blanks taken the lower or the upper quartile
    """

    customers: int
    moved: int


def influence_of_filling(
    engine: Engine, table: ibis.Table, segmentation: Segmentation, quarters: Quartiles
) -> Influence:
    """Assign the customers with blanks again, blanks filled with the lower and with the upper quartile.

    Parameters
    ----------
    table : cleaned customers
    quarters : lower and upper quartile of the measured features
    """
    steps = segmentation.preparation
    filled = [s for s in steps if s.blanks]
    if not filled:
        return Influence(0, 0)
    blank = reduce(or_, [table[s.feature].isnull() for s in filled])
    features = list(segmentation.recipe.features)
    found = engine.store("__blank", table.filter(blank).select(*features))
    for place, quarter in (("__low", 0), ("__high", 1)):
        other = tuple(
            s if isinstance(s, CategoryPreparation) else _filled_with(s, quarters[s.feature][quarter]) for s in steps
        )
        kept = [c for c in found.columns if c.startswith("__")]
        placed = assign_only(found, replace(segmentation, preparation=other))
        found = engine.view(place, placed.select(*features, *kept, **{place: placed[SEGMENT]}))
    now = assign_only(found, segmentation)
    differs = (now[SEGMENT] != now["__low"]) | (now[SEGMENT] != now["__high"])
    counts = one(engine, now.agg(n=now.count(), moved=differs.cast("int64").sum()))
    for name in ("__high", "__low", "__blank"):
        engine.drop(name)
    return Influence(int(counts["n"]), int(counts["moved"] or 0))


def _filled_with(step: FeaturePreparation, value: float) -> FeaturePreparation:
    return replace(step, fill=value) if step.blanks else step
