"""Unusual customers: who lies beyond the far-out fence of a feature, or far from the centre of every segment, and why.

They are never dropped: a bound keeps their values from moving a segment, or the recipe sets them aside while segments
are made; either way each belongs to one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one, quantiles, rows
from segscope.features import as_number
from segscope.intake.report import ROW
from segscope.preparation import FeaturePreparation, Preparation, beyond_fences, fences, filled_expression
from segscope.preparation.measures import FAR_OUT_FENCE
from segscope.recipe import Recipe
from segscope.segmentation import DISTANCE2, SEGMENT, Segmentation, centre_column
from segscope.wording import full, times

Quartiles = Mapping[str, tuple[float, float]]
QUARTERS = (0.25, 0.75)
NEAR_ENOUGH = 3.0
"""No customer within so many times the typical distance from a centre is far from it, however tight its segment."""


def quartiles(engine: Engine, table: ibis.Table, features: Sequence[str]) -> Quartiles:
    """The lower and upper quartile of numbers, exact, in original units, by feature."""
    if not features:
        return {}
    found = quantiles(engine, table.select(**{f"q{i}": as_number(table[f]) for i, f in enumerate(features)}), QUARTERS)
    quarters = [found[f"q{i}"] or (math.nan, math.nan) for i in range(len(features))]
    return {f: (low, high) for f, (low, high) in zip(features, quarters, strict=True)}


def far_out(table: ibis.Table, preparation: Preparation, quarters: Quartiles) -> ir.BooleanValue:
    """Whether a customer has a value beyond its far-out fence in any feature; a category has none."""
    steps = [s for s in preparation if isinstance(s, FeaturePreparation)]
    beyond = [beyond_fences(as_number(table[s.feature]), s, *quarters[s.feature]) for s in steps]
    return reduce(or_, beyond, ibis.literal(False))


def reach(engine: Engine, assigned: ibis.Table, segmentation: Segmentation) -> tuple[float, ...]:
    """The squared distance (or score) beyond which a customer is far from each centre, one a centre.

    Tukey's far-out fence of the distances of the centre's own customers, three interquartile ranges beyond the upper
    quartile; at least three times the typical distance.

    Parameters
    ----------
    assigned : customers with segment and squared distance (see segmentation.assign)
    """
    own = {
        f"d{place}": ibis.ifelse(
            assigned[centre_column(segmentation)] == place, assigned[DISTANCE2], ibis.null("float64")
        )
        for place in range(len(segmentation.centres))
    }
    found = quantiles(engine, assigned.select(**own), QUARTERS)
    penalties = [s.penalty for s in segmentation.shapes] or [0.0] * len(segmentation.centres)
    least = NEAR_ENOUGH**2 * segmentation.spread * len(segmentation.preparation)
    return tuple(_fence(found[f"d{place}"], penalty, least) for place, penalty in enumerate(penalties))


def _fence(quarters: Sequence[float] | None, penalty: float, least: float) -> float:
    low, high = (math.sqrt(max(q - penalty, 0.0)) for q in quarters or (penalty, penalty))
    return penalty + max(least, (high + FAR_OUT_FENCE * (high - low)) ** 2)


# ------------------------------------------------------------------------------------------------ who and why

HOW_FAR = "__how_far"


@dataclass(frozen=True)
class Bounds:
    """Between which values of a feature, in original units, a customer is not unusual."""

    feature: str
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class Counts:
    """How many customers are unusual, and how many for each reason; somebody may be so for several.

    Attributes
    ----------
    customers : unusual ones
    by_feature : with a value beyond a far-out fence, by feature
    far : farther from the centre of their segment than its reach
    """

    customers: int
    by_feature: dict[str, int]
    far: int


@dataclass(frozen=True)
class Unusual:
    """One unusual customer.

    Attributes
    ----------
    identifier : as the source has it; "" without an identifier
    segment : place of the segment
    how_far : beyond the fence, in fences: 1 lies on it
    reasons : in words
    """

    identifier: str
    segment: int
    how_far: float
    reasons: tuple[str, ...]


def bounds(preparation: Preparation, quarters: Quartiles) -> tuple[Bounds, ...]:
    """The far-out fences of the measured features in original units; none where the quartiles are the same number.

    >>> step = FeaturePreparation("a", 0.0, False, None, None, 0.0, 1.0, 0, 0)
    >>> bounds((step,), {"a": (10.0, 20.0)})
    (Bounds(feature='a', low=-20.0, high=50.0, log=False),)
    """
    found = []
    for step in preparation:
        if isinstance(step, FeaturePreparation):
            low, high = fences(step, *quarters[step.feature])
            if low < high:
                ends = (math.expm1(low), math.expm1(high)) if step.log else (low, high)
                found.append(Bounds(step.feature, *ends, step.log))
    return tuple(found)


def mark(customers: ibis.Table, segmentation: Segmentation, quarters: Quartiles) -> ibis.Table:
    """The unusual customers, each with how far they lie beyond a fence, for every reason and at most.

    Parameters
    ----------
    customers : assigned (see segmentation.assign), with the features

    Returns
    -------
    marked : row, identifier, segment and features; ``__beyond0`` ... for each feature with fences (see :func:`bounds`)
        and ``__far``, in fences: above 1 for whom the reason holds; ``__how_far`` is the largest
    """
    limits = {b.feature for b in bounds(segmentation.preparation, quarters)}
    steps = [s for s in segmentation.preparation if isinstance(s, FeaturePreparation) and s.feature in limits]
    beyond = {
        f"__beyond{i}": _fences_beyond(as_number(customers[s.feature]), s, *quarters[s.feature])
        for i, s in enumerate(steps)
    }
    identifier = segmentation.recipe.identifier
    kept = dict.fromkeys([ROW, *([identifier] if identifier else []), SEGMENT, *segmentation.recipe.features])
    table = customers.select(*kept, **beyond, __far=_times_reach(customers, segmentation))
    table = table.mutate(**{HOW_FAR: reduce(ibis.greatest, [table[c] for c in (*beyond, "__far")])})
    return table.filter(table[HOW_FAR] > 1.0)


def count_unusual(engine: Engine, marked: ibis.Table, limits: Sequence[Bounds]) -> Counts:
    """How many of the customers that :func:`mark` found are unusual for which reason."""
    asked = {f"n{i}": (marked[f"__beyond{i}"] > 1.0).cast("int64").sum() for i in range(len(limits))}
    found = one(engine, marked.agg(n=marked.count(), far=(marked["__far"] > 1.0).cast("int64").sum(), **asked))
    by_feature = {b.feature: int(found[f"n{i}"] or 0) for i, b in enumerate(limits)}
    return Counts(int(found["n"]), by_feature, int(found["far"] or 0))


def list_unusual(
    engine: Engine, marked: ibis.Table, recipe: Recipe, limits: Sequence[Bounds], names: Sequence[str], most: int
) -> tuple[Unusual, ...]:
    """The customers that lie farthest beyond a fence, the farthest first, with the reasons in words.

    Parameters
    ----------
    marked : by :func:`mark`, with ``__row``
    names : of the segments
    most : so many at most
    """
    columns = {f"x{i}": as_number(marked[b.feature]) for i, b in enumerate(limits)}
    columns |= {f"b{i}": marked[f"__beyond{i}"] for i in range(len(limits))}
    identifier = marked[recipe.identifier].cast("string") if recipe.identifier else ibis.literal("")
    wanted = marked.select(
        **columns, segment=marked[SEGMENT], far=marked["__far"], how_far=marked[HOW_FAR], identifier=identifier, row=ROW
    )
    found = wanted.order_by([ibis.desc("how_far"), "row"]).limit(most)
    return tuple(
        Unusual(str(r["identifier"] or ""), int(r["segment"]), float(r["how_far"]), _reasons(r, recipe, limits, names))
        for r in rows(engine, found)
    )


def unusual_rows(marked: ibis.Table, recipe: Recipe, limits: Sequence[Bounds], names: Sequence[str]) -> ibis.Table:
    """All customers that :func:`mark` found as rows to take elsewhere, the farthest first.

    Identifier, ``segment``, ``times_beyond`` (1 lies on the fence), ``why``, then the features.
    """
    parts = [
        ibis.ifelse(marked[f"__beyond{i}"] > 1.0, "; " + _beyond_words(marked, b, recipe), "")
        for i, b in enumerate(limits)
    ]
    parts.append(ibis.ifelse(marked["__far"] > 1.0, "; far from the centre of its segment", ""))
    why = reduce(lambda said, part: said + part, parts)
    first = [recipe.identifier] if recipe.identifier else []
    told = {"segment": ibis.cases(*((marked[SEGMENT] == i, name) for i, name in enumerate(names)), else_="")}
    told |= {"times_beyond": marked[HOW_FAR].round(3), "why": why.substr(2)}
    kept = {f"__{c}": value for c, value in told.items()}
    rest = [c for c in recipe.features if c not in first]
    table = marked.select(*first, *rest, **kept, __how_far=HOW_FAR, __row=ROW)
    ordered = table.order_by([ibis.desc("__how_far"), "__row"])
    taken = {*first, *rest}
    renamed = {(name if name not in taken else f"{name}_"): ordered[f"__{name}"] for name in told}
    return ordered.select(*first, **renamed, **{c: ordered[c] for c in rest})


def _beyond_words(marked: ibis.Table, limit: Bounds, recipe: Recipe) -> ir.StringValue:
    label = recipe.column(limit.feature).label
    above = as_number(marked[limit.feature]) > limit.high
    ends = [f"{label} {side} {full(end)}" for side, end in (("above", limit.high), ("below", limit.low))]
    return ibis.ifelse(above, *ends)


def value_in_words(label: str, value: float, limit: Bounds) -> str:
    """Why a value is unusual.

    >>> value_in_words("Average spend", 1679.0, Bounds("average_spend", -95.5, 157.67, False))
    'Average spend 1,679, beyond 157.7 (three interquartile ranges above the upper quartile)'
    """
    above = value > limit.high
    quartile = "above the upper quartile" if above else "below the lower quartile"
    scale = ", on a log scale" if limit.log else ""
    fence = full(limit.high if above else limit.low)
    return f"{label} {full(value)}, beyond {fence} (three interquartile ranges {quartile}{scale})"


def _reasons(
    row: Mapping[str, float], recipe: Recipe, limits: Sequence[Bounds], names: Sequence[str]
) -> tuple[str, ...]:
    told = [
        value_in_words(recipe.column(b.feature).label, row[f"x{i}"], b)
        for i, b in enumerate(limits)
        if row[f"b{i}"] > 1.0
    ]
    if row["far"] > 1.0:
        told.append(f"far from the centre of {names[int(row['segment'])]}: {times(row['far'])} its reach")
    return tuple(told)


def _fences_beyond(
    value: ir.FloatingValue, step: FeaturePreparation, quarter: float, three_quarters: float
) -> ir.FloatingValue:
    """How far a value lies from its nearer quartile, in three interquartile ranges; 0 between and for a blank."""
    low, high = fences(step, quarter, three_quarters)
    reach_ = (high - low) / (2 * FAR_OUT_FENCE + 1) * FAR_OUT_FENCE
    plain = filled_expression(value, step)
    return ibis.greatest((low + reach_ - plain) / reach_, (plain - high + reach_) / reach_, 0.0)


def _times_reach(customers: ibis.Table, segmentation: Segmentation) -> ir.FloatingValue:
    """Distance from the nearest centre over its reach; 0 where the segmentation is from before that was measured."""
    if not segmentation.reach:
        return ibis.literal(0.0)
    penalties = [s.penalty for s in segmentation.shapes] or [0.0] * len(segmentation.reach)
    place, d2 = customers[centre_column(segmentation)], customers[DISTANCE2]
    cases = [
        (place == i, ibis.greatest(d2 - penalty, 0.0) / (reach_ - penalty))
        for i, (reach_, penalty) in enumerate(zip(segmentation.reach, penalties, strict=True))
    ]
    return ibis.cases(*cases, else_=0.0).sqrt()
