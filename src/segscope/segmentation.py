"""The segmentation: recipe, preparation and centres. It can assign any customer, as an expression or in NumPy.

It is a JSON file, never a pickle. Columns of the source go in; derived columns, filling, bounds, transforms and scaling
are part of it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self, cast

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.cleaning import clean
from segscope.clustering.assign import Shape, distance2_to, distances2, nearest
from segscope.errors import ColumnError, StudyError, did_you_mean
from segscope.features import derive, source_columns
from segscope.preparation import (
    CategoryPreparation,
    FeaturePreparation,
    Preparation,
    coordinates,
    to_model,
    to_model_numpy,
)
from segscope.recipe import Recipe, Role, build, dump_json

Array = npt.NDArray[np.float64]
VerdictWord = Literal["natural", "reproducible", "constructed"]
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Segment:
    """One cluster with an identity that outlives it.

    Attributes
    ----------
    id : stable, such as "s1"
    name : what people call it
    colour : place in the palette
    size : customers in it; ``share`` of all
    value_share : its part of everybody's total spend, where there is one
    sentence : a portrait in a sentence
    verdict, stability : whether it is there (see segscope.clustering)
    """

    id: str
    name: str
    colour: int
    size: int
    share: float
    sentence: str
    verdict: VerdictWord
    stability: float
    value_share: float | None = None


@dataclass(frozen=True)
class Segmentation:
    """A fitted model: assigns any customer to a segment.

    Attributes
    ----------
    centres : k rows of p numbers in model space, in the order of ``segments``
    spread : mean squared distance, per feature, of customers from their centre; sets how sure an assignment is
    shapes : of the segments of a Gaussian mixture, one a centre; empty where the nearest centre decides
    reach : squared distance (or score) from its centre beyond which a customer of a segment fits none, one a segment;
        empty in segmentations from before this was measured
    """

    recipe: Recipe
    preparation: Preparation
    centres: tuple[tuple[float, ...], ...]
    segments: tuple[Segment, ...]
    spread: float
    customers: int
    shapes: tuple[Shape, ...] = ()
    reach: tuple[float, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the model-space columns."""
        return coordinates(self.preparation)

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns of the source without which nobody can be assigned."""
        return source_columns(self.recipe, self.recipe.features)

    def to_json(self) -> str:
        """Write the segmentation as JSON."""
        return dump_json(self)

    @classmethod
    def from_json(cls, text: str, where: str = "segmentation") -> Self:
        """Read a segmentation; a foreign or damaged file is refused with a reason."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise StudyError(f"The {where} is not JSON: {error.msg} in line {error.lineno}.") from None
        if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
            raise StudyError(f"The {where} must be a JSON object with schema_version {SCHEMA_VERSION}.")
        found = cast(Self, build(cls, data, StudyError, where))
        check_shape(found)
        return found


def check_shape(segmentation: Segmentation) -> None:
    """Raise unless the parts of a segmentation fit together and every number is finite."""
    p, k = len(segmentation.coordinates), len(segmentation.centres)
    if not segmentation.schema_version == segmentation.recipe.schema_version == SCHEMA_VERSION:
        raise StudyError(f"The segmentation must have schema_version {SCHEMA_VERSION}, and so must its recipe.")
    if k != len(segmentation.segments) or not segmentation.centres:
        raise StudyError("The segmentation must have as many centres as segments, at least one.")
    if any(len(centre) != p for centre in segmentation.centres):
        raise StudyError(f"Every centre of the segmentation must have {p} numbers, one a coordinate of its features.")
    if len(segmentation.shapes) not in (0, k) or len(segmentation.reach) not in (0, k):
        raise StudyError("The segmentation must have a shape and a reach for every segment, or for none.")
    if any(len(shape.factor) != p or any(len(row) != p for row in shape.factor) for shape in segmentation.shapes):
        raise StudyError(f"Every shape of the segmentation must have {p} rows of {p} numbers.")
    if tuple(step.feature for step in segmentation.preparation) != segmentation.recipe.features:
        raise StudyError("The segmentation's preparation does not fit the features of its recipe.")
    numbers = [v for centre in segmentation.centres for v in centre] + [segmentation.spread, *segmentation.reach]
    numbers += [v for shape in segmentation.shapes for row in shape.factor for v in (shape.penalty, *row)]
    if not all(math.isfinite(v) for v in numbers):
        raise StudyError("The segmentation holds a number that is not finite, or a deviation that is not positive.")
    for step in segmentation.preparation:
        _check_category(step) if isinstance(step, CategoryPreparation) else _check_measure(step)
    if segmentation.spread <= 0:
        raise StudyError(f"The segmentation's spread must be positive. Got {segmentation.spread}.")
    ids, names = ({getattr(s, part) for s in segmentation.segments} for part in ("id", "name"))
    if len(ids) < len(segmentation.segments) or not all(re.fullmatch(r"s[1-9]\d{0,8}", i) for i in ids):
        raise StudyError("Every segment must have an id of its own, such as s1.")
    if len(names) < len(segmentation.segments) or any(s.colour < 0 for s in segmentation.segments):
        raise StudyError("Every segment must have a name of its own, and a place in the palette.")
    _check_recipe(segmentation.recipe)


def _check_measure(step: FeaturePreparation) -> None:
    numbers = (step.fill, step.mean, step.deviation, step.weight)
    if not all(map(math.isfinite, numbers)) or step.deviation <= 0 or step.weight <= 0:
        raise StudyError("The segmentation holds a number that is not finite, or a deviation that is not positive.")
    if (step.low is None) != (step.high is None) or (step.low or 0.0) > (step.high or 0.0):
        raise StudyError("The segmentation holds bounds of a feature that are not a low one and a high one.")


def _check_category(step: CategoryPreparation) -> None:
    if step.width != len(step.names) or step.width < 2 or len(set(step.levels)) < len(step.levels):
        raise StudyError(f"The segmentation must have a share for each level of {step.feature!r}, at least two.")
    if not all(0 < share < 1 for share in step.shares) or step.weight <= 0:
        raise StudyError(f"The shares of the levels of {step.feature!r} must lie between 0 and 1.")


def _check_recipe(recipe: Recipe) -> None:
    known = {c.column for c in recipe.columns}
    derived = {d.name for d in recipe.derived}
    for rule in recipe.cleaning:
        if rule.column not in (known if rule.action == "implausible" else known | derived):
            raise StudyError(f"The segmentation cleans a column {rule.column!r} that it does not have.")
    for column in recipe.derived:
        unknown = [name for name in formula.columns(formula.parse(column.formula)) if name not in known]
        if unknown:
            raise StudyError(f"The segmentation's {column.name!r} needs a column {unknown[0]!r} that it does not have.")
        known.add(column.name)
    for name in recipe.features:
        if name not in known:
            raise StudyError(f"The segmentation has no column {name!r}, though it is one of its features.")


def without_unneeded(recipe: Recipe) -> Recipe:
    """The recipe with only the cleaning and the derived columns that its features rest on."""
    wanted = set(recipe.features)
    for column in reversed(recipe.derived):
        if column.name in wanted:
            wanted.update(formula.columns(formula.parse(column.formula)))
    return recipe.replace(
        derived=tuple(d for d in recipe.derived if d.name in wanted),
        cleaning=tuple(r for r in recipe.cleaning if r.column in wanted),
    )


def to_customers(source: ibis.Table, recipe: Recipe) -> ibis.Table:
    """Source rows to customers: cleaning rules applied, derived columns added."""
    return derive(clean(source, recipe.cleaning), recipe.derived)


def check_columns(source: ibis.Table, segmentation: Segmentation, where: str) -> None:
    """Raise unless a source has every column that the segmentation needs, of a fitting kind."""
    missing = [c for c in segmentation.needed if c not in source.columns]
    if missing:
        offers = did_you_mean(missing[0], [c for c in source.columns if not c.startswith("__")])
        names = ", ".join(repr(c) for c in missing)
        raise ColumnError(f"{where} lacks the {'column' if len(missing) == 1 else 'columns'} {names}.{offers}")
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    for name in segmentation.needed:
        kind = source[name].type()
        if roles[name] is Role.CATEGORY:
            continue
        wanted = "dates" if roles[name] is Role.DATE else "numbers"
        fits = (
            (kind.is_date() or kind.is_timestamp()) if wanted == "dates" else (kind.is_numeric() or kind.is_boolean())
        )
        if not fits:
            raise ColumnError(
                f"The column {name!r} of {where} must hold {wanted}, as it did when the study was fitted."
            )


SEGMENT, SECOND, STRENGTH, SECOND_STRENGTH = "__segment", "__second", "__strength", "__second_strength"
DISTANCE2 = "__distance2"


def assign(customers: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Add ``__segment``, ``__second`` (places in ``segments``), their strengths, and ``__distance2``.

    A strength is the probability of that segment, from 0 to 1: each segment is taken as a round cloud of the same
    spread around its centre, which is the model behind k-means, or as its own Gaussian in a mixture. ``__second`` is
    blank with one segment. The squared distance is that from the segment's centre (in a mixture its score).
    """
    found, own = _placed(customers, segmentation)
    twice = 2 * segmentation.spread
    total: ir.FloatingValue = ibis.literal(0.0)
    shapes = segmentation.shapes or (None,) * len(segmentation.centres)
    for centre, shape in zip(segmentation.centres, shapes, strict=True):
        distance2 = distance2_to(found, segmentation.coordinates, centre, shape)
        total = total + ((found.distance2 - distance2) / twice).exp()
    found = found.mutate(**{STRENGTH: 1.0 / total})
    gap = ibis.coalesce(found.distance2 - found.second_distance2, float("-inf")) / twice
    return found.select(
        **{old: found[new] for new, old in own.items()},
        **{SEGMENT: found.segment, SECOND: found.second, STRENGTH: found[STRENGTH]},
        **{SECOND_STRENGTH: found[STRENGTH] * gap.exp(), DISTANCE2: found.distance2},
    )


def assign_only(customers: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Add ``__segment`` and ``__distance2`` as :func:`assign` does, and nothing else: a much smaller expression."""
    found, own = _placed(customers, segmentation)
    return found.select(
        **{old: found[new] for new, old in own.items()}, **{SEGMENT: found.segment, DISTANCE2: found.distance2}
    )


def _placed(customers: ibis.Table, segmentation: Segmentation) -> tuple[ibis.Table, dict[str, str]]:
    """Customers with their nearest centres, and the names that their columns have there: ours -> theirs."""
    # Under names of our own, so that a source's column called "segment" or "z0" does no harm.
    own = {f"__c{i}": name for i, name in enumerate(customers.columns)}
    model = customers.mutate(**{new: customers[old] for new, old in own.items()}).select(
        *own, **{f"__x{i}": customers[step.feature] for i, step in enumerate(segmentation.preparation)}
    )
    inner = tuple(replace(step, feature=f"__x{i}") for i, step in enumerate(segmentation.preparation))
    return nearest(to_model(model, inner), segmentation.coordinates, segmentation.centres, segmentation.shapes), own


def features_numpy(segmentation: Segmentation, values: Mapping[str, Array]) -> dict[str, Array]:
    """Features of customers given as arrays of source columns.

    NaN is a blank; dates are days since 1970-01-01; a category is the place of its level (CategoryPreparation.code).
    """
    known = dict(values)
    for rule in segmentation.recipe.cleaning:
        if rule.action == "implausible" and rule.enabled and rule.column in known:
            x = known[rule.column]
            wrong = np.isin(x, rule.values)
            wrong |= (x < rule.low) if rule.low is not None else False
            wrong |= (x > rule.high) if rule.high is not None else False
            known[rule.column] = np.where(wrong, np.nan, x)
    for column in segmentation.recipe.derived:
        node = formula.parse(column.formula)
        if all(c in known for c in formula.columns(node)):
            known[column.name] = formula.to_numpy(node, known)
    return {f: known[f] for f in segmentation.recipe.features if f in known}


def assign_numpy(segmentation: Segmentation, features: Mapping[str, Array]) -> npt.NDArray[np.intp]:
    """Places of the segments of customers given as arrays of features, as :func:`assign` finds them."""
    model = to_model_numpy(features, segmentation.preparation)
    labels: npt.NDArray[np.intp] = distances2(model, segmentation.centres, segmentation.shapes).argmin(axis=1)
    return labels


def strengths_numpy(segmentation: Segmentation, model: Array) -> Array:
    """Probability of each segment, shape (n, k), of customers in model space, shape (n, p)."""
    d2 = distances2(model, segmentation.centres, segmentation.shapes)
    odds = np.exp((d2.min(axis=1, keepdims=True) - d2) / (2 * segmentation.spread))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def by_name(segments: Sequence[Segment], name: str) -> Segment:
    """A segment by name or id; a StudyError offers near matches."""
    for segment in segments:
        if name.lower() in (segment.name.lower(), segment.id.lower()):
            return segment
    raise StudyError(f"There is no segment {name!r}.{did_you_mean(name, [s.name for s in segments])}")
