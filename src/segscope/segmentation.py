"""The segmentation: recipe, preparation and centres. It can assign any customer, as an expression or in NumPy.

It is a JSON file, never a pickle. Columns of the source go in; derived columns, filling, bounds, transforms and scaling
are part of it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self, cast

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope import formula
from segscope.cleaning import clean
from segscope.clustering.assign import Shape, distance2_to, distances2, nearest
from segscope.clustering.handmade import Plan, cells_of, log_odds, probabilities
from segscope.errors import ColumnError, StudyError, did_you_mean
from segscope.features import derive, source_columns
from segscope.hand import (
    HandStep,
    base_columns,
    by_cell,
    check_steps,
    cut_stages,
    odds_stages,
    pinned_place,
    pins,
    race_stages,
)
from segscope.origins import Former, Origin
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
    note : what a person wrote about it
    locked : matched first at the next fit, and called as it is (see segscope.identity)
    named : whether a person gave the name
    origin : where it comes from; None in the first fit of a study
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
    note: str = ""
    locked: bool = False
    named: bool = False
    origin: Origin | None = None


@dataclass(frozen=True)
class Segmentation:
    """A fitted model: assigns any customer to a segment.

    Attributes
    ----------
    centres : rows of p numbers in model space, one a segment in the order of ``segments`` unless some were made by hand
    spread : mean squared distance, per feature, of customers from their centre
    shapes : of the segments of a Gaussian mixture, one a centre; empty where the nearest centre decides
    reach : squared distance (or score) beyond which a customer fits none, one a centre; empty in segmentations from
        before this was measured
    softness : of the borders, by which probabilities are calibrated (see segscope.clustering.softness); 1 in
        segmentations from before this was measured
    hand : what was done by hand since, in its order, to base labels, which are the places of ``centres``
    labels : the label of each segment after these steps, in the order of ``segments``; empty where there are none
    former : segments that are no more
    """

    recipe: Recipe
    preparation: Preparation
    centres: tuple[tuple[float, ...], ...]
    segments: tuple[Segment, ...]
    spread: float
    customers: int
    shapes: tuple[Shape, ...] = ()
    reach: tuple[float, ...] = ()
    softness: float = 1.0
    hand: tuple[HandStep, ...] = ()
    labels: tuple[int, ...] = ()
    former: tuple[Former, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the model-space columns."""
        return coordinates(self.preparation)

    @property
    def blur(self) -> float:
        """By how much squared distances differ where segments are about e times as likely: the spread, calibrated."""
        return self.spread * self.softness

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns of the source without which nobody can be assigned."""
        return source_columns(self.recipe, self.recipe.features)

    @cached_property
    def plan(self) -> Plan | None:
        """What the steps by hand come to; None where there are none."""
        return check_steps(self.hand, len(self.centres), self.labels) if self.hand else None

    @cached_property
    def pinned(self) -> Mapping[str, int]:
        """The customers placed by hand: the place of their segment by the text of their identifier."""
        return {pin.customer: self.labels.index(pin.segment) for pin in pins(self.hand)}

    @property
    def made_by_hand(self) -> tuple[int, ...]:
        """Places of the segments that were merged or split by hand."""
        return self.plan.changed if self.plan else ()

    @cached_property
    def lean(self) -> Self:
        """The same, with only the cleaning and the derived columns that the features rest on."""
        return replace(self, recipe=without_unneeded(self.recipe))

    @cached_property
    def derivations(self) -> tuple[tuple[str, formula.Node, tuple[str, ...]], ...]:
        """Names of the derived columns that the features rest on, their formulas, and what these need."""
        nodes = [(d.name, formula.parse(d.formula)) for d in without_unneeded(self.recipe).derived]
        return tuple((name, node, formula.columns(node)) for name, node in nodes)

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


def unlabelled(segmentation: Segmentation) -> Segmentation:
    """What decides who is in which segment: everything but what segments are called and were before."""
    return replace(segmentation, segments=(), former=())


def check_shape(segmentation: Segmentation) -> None:
    """Raise unless the parts of a segmentation fit together and every number is finite."""
    p, k = len(segmentation.coordinates), len(segmentation.centres)
    if not segmentation.schema_version == segmentation.recipe.schema_version == SCHEMA_VERSION:
        raise StudyError(f"The segmentation must have schema_version {SCHEMA_VERSION}, and so must its recipe.")
    segments = len(segmentation.labels) if segmentation.hand else k
    if segments != len(segmentation.segments) or not segmentation.centres or not segmentation.segments:
        raise StudyError("The segmentation must have as many centres as segments, at least one.")
    if any(len(centre) != p for centre in segmentation.centres):
        raise StudyError(f"Every centre of the segmentation must have {p} numbers, one a coordinate of its features.")
    if len(segmentation.shapes) not in (0, k) or len(segmentation.reach) not in (0, k):
        raise StudyError("The segmentation must have a shape and a reach for every centre, or for none.")
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
    for name in ("spread", "softness"):
        if not 0 < getattr(segmentation, name) < math.inf:
            raise StudyError(f"The segmentation's {name} must be positive. Got {getattr(segmentation, name)}.")
    ids, names = ({getattr(s, part) for s in segmentation.segments} for part in ("id", "name"))
    if len(ids) < len(segmentation.segments) or not all(re.fullmatch(r"s[1-9]\d{0,8}", i) for i in ids):
        raise StudyError("Every segment must have an id of its own, such as s1.")
    if len(names) < len(segmentation.segments) or any(s.colour < 0 for s in segmentation.segments):
        raise StudyError("Every segment must have a name of its own, and a place in the palette.")
    _check_recipe(segmentation.recipe)
    _check_hand(segmentation, p)


def _check_hand(segmentation: Segmentation, p: int) -> None:
    plan = segmentation.plan  # raises where the steps do not fit together
    if plan is None:
        if segmentation.labels:
            raise StudyError("The segmentation has labels of segments made by hand, but no step by hand.")
        return
    places = [centre for cut in plan.cuts for centre in cut.centres]
    if any(len(centre) != p or not all(map(math.isfinite, centre)) for centre in places):
        raise StudyError(f"Every centre of a segment split by hand must have {p} finite numbers.")
    if segmentation.pinned and segmentation.recipe.identifier is None:
        raise StudyError("The segmentation pins customers, but none of its columns names the customer.")


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
        there = [c for c in source.columns if not c.startswith("__") and c not in segmentation.needed]
        names = ", ".join(repr(c) for c in missing)
        offers = [(c, did_you_mean(c, there)) for c in missing]
        said = [f" For {c!r}:{offer}" if len(missing) > 1 else offer for c, offer in offers if offer]
        raise ColumnError(f"{where} lacks the {'column' if len(missing) == 1 else 'columns'} {names}.{''.join(said)}")
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
DISTANCE2, CENTRE = "__distance2", "__centre"


def carried(segmentation: Segmentation, source: ibis.Table) -> tuple[str, ...]:
    """The columns of customers by which they are assigned: features, and the identifier where customers are pinned."""
    return tuple(dict.fromkeys([*segmentation.recipe.features, *named_by(segmentation, source.columns)]))


def named_by(segmentation: Segmentation, columns: Sequence[str]) -> tuple[str, ...]:
    """The column that names customers, where some are pinned and it is among these; else nothing."""
    name = segmentation.recipe.identifier
    return (name,) if segmentation.pinned and name is not None and name in columns else ()


def centre_column(segmentation: Segmentation) -> str:
    """The column of assigned customers that tells their centre, whose reach counts: their segment, unless by hand."""
    return CENTRE if segmentation.hand else SEGMENT


def assign(customers: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Add ``__segment``, ``__second`` (places in ``segments``), their strengths, and ``__distance2``.

    A strength is the probability of that segment, from 0 to 1: the chance that the customer is in it when the centres
    are measured on other customers like these. Each segment is a round cloud of the same width around its centre, the
    model behind k-means, or its own Gaussian in a mixture, and the width is the one with which these chances come true
    in resamples. ``__second`` is blank with one segment. The squared distance is that from the nearest centre (in a
    mixture its score).

    Where segments were made by hand, ``__centre`` is the place of that centre too. Merged segments add their
    probabilities, a split divides one; a customer may then belong to a segment that is not its most likely one, since
    a step moves nobody but those concerned. A pinned customer has the probability 1.
    """
    found, own = _placed(customers, segmentation)
    if segmentation.plan:
        return _by_hand(found, own, segmentation, segmentation.plan)
    twice = 2 * segmentation.blur
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
    given = {old: new for new, old in own.items()}
    if segmentation.plan is None:
        chosen = {SEGMENT: found.segment, DISTANCE2: found.distance2}
        return found.select(**{old: found[new] for old, new in given.items()}, **chosen)
    found, place = _after_cuts(found, segmentation, segmentation.plan)
    identifier = _identifier(found, given, segmentation)
    if identifier is not None:
        place = pinned_place(identifier, segmentation.pinned, place)
    chosen = {SEGMENT: place, DISTANCE2: found.distance2, CENTRE: found.segment}
    return found.select(**{old: found[new] for old, new in given.items()}, **chosen)


def segments_of_model(model: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Customers given by their coordinates, with ``segment``, the place of their segment; nobody is pinned."""
    names = segmentation.coordinates
    found = nearest(model, names, segmentation.centres, segmentation.shapes)
    if segmentation.plan is None:
        return found.select(*model.columns, "segment")
    found, place = _after_cuts(found, segmentation, segmentation.plan)
    return found.select(*model.columns, segment=place)


def _after_cuts(found: ibis.Table, segmentation: Segmentation, plan: Plan) -> tuple[ibis.Table, ir.IntegerValue]:
    """Customers with their nearest centres, and the place of the segment that the steps by hand make of that."""
    found = found.mutate(**{_own("cell"): found.segment})
    for stage in cut_stages(plan, segmentation.coordinates, _own):
        found = found.mutate(**stage.columns(found))
    return found, by_cell(found, _own("cell"), plan)


def _by_hand(found: ibis.Table, own: Mapping[str, str], segmentation: Segmentation, plan: Plan) -> ibis.Table:
    """Customers with their nearest centres, on to the segments made by hand (see :func:`assign`)."""
    blur, coordinates_ = segmentation.blur, segmentation.coordinates
    given = {old: new for new, old in own.items()}
    odds = base_columns(found, coordinates_, segmentation.centres, segmentation.shapes, "distance2", blur)
    identifier = _identifier(found, given, segmentation)
    table = found.mutate(
        **{_own("cell"): found.segment, **{_own(f"l{j}"): value for j, value in enumerate(odds)}},
        **({_own("id"): identifier} if identifier is not None else {}),
    )
    pinned = segmentation.pinned if identifier is not None else None
    k = len(plan.groups)
    for stage in (*odds_stages(plan, coordinates_, blur, _own), *race_stages(k, pinned, _own)):
        table = table.mutate(**stage.columns(table))
    second, share = ibis.null("int64"), ibis.literal(0.0)
    if k > 1:
        second, share = table[_own("second_place")], table[_own("second_probability")]
    return table.select(
        **{old: table[new] for old, new in given.items()},
        **{SEGMENT: table[_own("place")], SECOND: second, STRENGTH: table[_own("probability")], SECOND_STRENGTH: share},
        **{DISTANCE2: table.distance2, CENTRE: table.segment},
    )


def _own(name: str) -> str:
    return f"__{name}"


def _identifier(found: ibis.Table, given: Mapping[str, str], segmentation: Segmentation) -> ir.StringValue | None:
    """The identifier as text, where customers are pinned and the table names its customers."""
    names = named_by(segmentation, tuple(given))
    return found[given[names[0]]].cast("string") if names else None


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
    for name, node, needs in segmentation.derivations:
        if all(c in known for c in needs):
            known[name] = formula.to_numpy(node, known)
    return {f: known[f] for f in segmentation.recipe.features if f in known}


@dataclass(frozen=True, eq=False)
class Placed:
    """Where n customers in model space are, pins aside.

    Attributes
    ----------
    segment : places of their segments, shape (n,)
    probabilities : of each segment, shape (n, k)
    centre : places of their nearest centres, shape (n,)
    distance2 : squared distance from that centre, shape (n,)
    """

    segment: npt.NDArray[np.intp]
    probabilities: Array
    centre: npt.NDArray[np.intp]
    distance2: Array


def place_numpy(segmentation: Segmentation, model: Array) -> Placed:
    """Place customers in model space, array of shape (n, p), as :func:`assign` does but for pins."""
    d2 = distances2(model, segmentation.centres, segmentation.shapes)
    centre = d2.argmin(axis=1)
    least = d2[np.arange(len(d2)), centre]
    plan = segmentation.plan
    if plan is None:
        odds = np.exp((least[:, None] - d2) / (2 * segmentation.blur))
        return Placed(centre, np.asarray(odds / odds.sum(axis=1, keepdims=True)), centre, least)
    shares = probabilities(log_odds(model, d2, segmentation.blur, plan)[1])
    return Placed(plan.places[cells_of(model, centre, plan)], shares, centre, least)


def assign_numpy(segmentation: Segmentation, features: Mapping[str, Array]) -> npt.NDArray[np.intp]:
    """Places of the segments of customers given as arrays of features, as :func:`assign` finds them but for pins."""
    return place_numpy(segmentation, to_model_numpy(features, segmentation.preparation)).segment


def strengths_numpy(segmentation: Segmentation, model: Array) -> Array:
    """Probability of each segment, shape (n, k), of customers in model space, shape (n, p), pins aside."""
    return place_numpy(segmentation, model).probabilities


def by_name(segments: Sequence[Segment], name: str) -> Segment:
    """A segment by name or id; a StudyError offers near matches."""
    for segment in segments:
        if name.lower() in (segment.name.lower(), segment.id.lower()):
            return segment
    raise StudyError(f"There is no segment {name!r}.{did_you_mean(name, [s.name for s in segments])}")
