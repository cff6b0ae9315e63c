"""Unusual customers: who lies beyond the far-out fence of a feature, or far from the centre of every segment, and why.

They are never dropped: a bound keeps their values from moving a segment, or the recipe sets them aside while segments
are made; either way each belongs to one.
"""

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one, rows
from segscope.features import as_number
from segscope.preparation import FeaturePreparation, Preparation, beyond_fences
from segscope.preparation.measures import FAR_OUT_FENCE
from segscope.segmentation import DISTANCE2, SEGMENT, Segmentation

Quartiles = Mapping[str, tuple[float, float]]
NEAR_ENOUGH = 3.0
"""No customer within so many times the typical distance from a centre is far from it, however tight its segment."""


def quartiles(engine: Engine, table: ibis.Table, features: Sequence[str]) -> Quartiles:
    """The lower and upper quartile of numbers, exact, in original units, by feature."""
    if not features:
        return {}
    asked = {f"q{i}": as_number(table[f]).quantile([0.25, 0.75]) for i, f in enumerate(features)}
    found = one(engine, table.agg(**asked))
    return {f: (float(found[f"q{i}"][0]), float(found[f"q{i}"][1])) for i, f in enumerate(features)}


def far_out(table: ibis.Table, preparation: Preparation, quarters: Quartiles) -> ir.BooleanValue:
    """Whether a customer has a value beyond its far-out fence in any feature; a category has none."""
    steps = [s for s in preparation if isinstance(s, FeaturePreparation)]
    beyond = [beyond_fences(as_number(table[s.feature]), s, *quarters[s.feature]) for s in steps]
    return reduce(or_, beyond, ibis.literal(False))


def reach(engine: Engine, assigned: ibis.Table, segmentation: Segmentation) -> tuple[float, ...]:
    """The squared distance (or score) beyond which a customer is far from each segment, one a segment.

    Tukey's far-out fence of the distances of the segment's own customers, three interquartile ranges beyond the upper
    quartile; at least three times the typical distance.

    Parameters
    ----------
    assigned : customers with segment and squared distance (see segmentation.assign)
    """
    by = assigned.group_by(segment=assigned[SEGMENT])
    found = {int(r["segment"]): r["q"] for r in rows(engine, by.agg(q=assigned[DISTANCE2].quantile([0.25, 0.75])))}
    penalties = [s.penalty for s in segmentation.shapes] or [0.0] * len(segmentation.segments)
    least = NEAR_ENOUGH**2 * segmentation.spread * len(segmentation.preparation)
    return tuple(_fence(found.get(place), penalty, least) for place, penalty in enumerate(penalties))


def _fence(quarters: Sequence[float] | None, penalty: float, least: float) -> float:
    low, high = (math.sqrt(max(q - penalty, 0.0)) for q in quarters or (penalty, penalty))
    return penalty + max(least, (high + FAR_OUT_FENCE * (high - low)) ** 2)
