"""Customers of a whole table assigned to segments, as an expression of the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from segscope.cleaning import clean
from segscope.clustering.assign import distance2_to, nearest
from segscope.clustering.handmade import Plan
from segscope.errors import ColumnError, MissingColumnsError
from segscope.features import derive
from segscope.hand import base_columns, by_cell, cut_stages, odds_stages, pinned_place, race_stages
from segscope.preparation import to_model
from segscope.recipe import Recipe, Role
from segscope.segmentation.model import Segmentation


def to_customers(source: ibis.Table, recipe: Recipe) -> ibis.Table:
    """Source rows to customers: cleaning rules applied, derived columns added."""
    return derive(clean(source, recipe.cleaning), recipe.derived)


def check_columns(source: ibis.Table, segmentation: Segmentation, where: str) -> None:
    """Raise unless a source has every column that the segmentation needs, of a fitting kind."""
    missing = [c for c in segmentation.needed if c not in source.columns]
    if missing:
        there = [c for c in source.columns if not c.startswith("__") and c not in segmentation.needed]
        raise MissingColumnsError(where, missing, there)
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
