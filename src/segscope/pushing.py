"""Why a customer is in one segment rather than in another: how far each feature pushes towards it.

A feature's push is its part of what decides: the logarithm of the odds of the one segment against the other. With
centres that is the difference of its squared distances, (x - c')^2 - (x - c)^2, over twice the blur; in a mixture its
part of the difference of the scores, where a customer's offset from a centre is weighed with all its offsets. The
pushes of all features add up to the log odds, in a mixture but for what the segments' sizes and widths add.

A segment that was merged or split by hand stands at the mean of the centres that its parts are found by; pushes then
tell the direction, and add up to the log odds no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.clustering import Shape
from segscope.features import as_number
from segscope.preparation import CategoryPreparation, to_model
from segscope.preparation.model import Step, places
from segscope.profiling import NumberProfile
from segscope.recipe import DerivedColumn, Recipe, Role
from segscope.segmentation import SECOND, SEGMENT, Segmentation, named_by

Array = npt.NDArray[np.float64]
WORTH_SAYING = 0.5
"""A second feature is told when it pushes at least so much as the first."""


def push_column(place: int) -> str:
    """Name of the column that holds the push of the feature at a place.

    >>> push_column(2)
    '__push2'
    """
    return f"__push{place}"


def pushes_numpy(segmentation: Segmentation, model: Array, towards: int, against: int) -> Array:
    """How far each feature pushes customers towards one segment and against another, in log odds.

    Parameters
    ----------
    model : customers in model space, shape (n, p)
    towards, against : places of the two segments

    Returns
    -------
    pushes : shape (n, features)
    """
    apart = _parts_numpy(segmentation, model, against) - _parts_numpy(segmentation, model, towards)
    together = [apart[:, place].sum(axis=1) for place in places(segmentation.preparation)]
    return np.column_stack(together) / (2 * segmentation.blur)


def _standing(segmentation: Segmentation) -> tuple[Sequence[Sequence[float]], Sequence[Shape]]:
    """Where each segment stands, and its shape in a mixture."""
    plan = segmentation.plan
    if plan is None:
        return segmentation.centres, segmentation.shapes
    at = dict(zip(plan.cells, plan.centres(segmentation.centres), strict=True))
    return [np.mean([at[cell] for cell in group], axis=0).tolist() for group in plan.groups], ()


def _parts_numpy(segmentation: Segmentation, model: Array, segment: int) -> Array:
    """What each coordinate adds to the squared distance from a segment, shape (n, p)."""
    centres, shapes = _standing(segmentation)
    offset: Array = model - np.asarray(centres[segment])
    if not shapes:
        return np.asarray(offset * offset)
    factor = np.asarray(shapes[segment].factor)
    return np.asarray(offset * (offset @ factor.T @ factor))


def with_pushes(customers: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Add how far each feature pushes towards the segment and against the second best; blank with one segment only.

    Parameters
    ----------
    customers : assigned (see segmentation.assign), with the features
    """
    steps = segmentation.preparation
    own = {f"__c{i}": name for i, name in enumerate(customers.columns)}
    model = customers.select(
        __first=customers[SEGMENT],
        __other=customers[SECOND],
        **{new: customers[old] for new, old in own.items()},
        **{f"__x{i}": customers[step.feature] for i, step in enumerate(steps)},
    )
    model = to_model(model, tuple(replace(step, feature=f"__x{i}") for i, step in enumerate(steps)))
    model = _with_parts(model, segmentation)
    pushes = {
        push_column(i): _sum([model[f"__apart{c}"] for c in range(place.start, place.stop)])
        for i, place in enumerate(places(steps))
    }
    return model.select(
        **{old: model[new] for new, old in own.items()},
        **{name: push / (2 * segmentation.blur) for name, push in pushes.items()},
    )


def _with_parts(model: ibis.Table, segmentation: Segmentation) -> ibis.Table:
    """Add ``__apart0`` ...: what each coordinate adds to the distance from the second beyond that from the first."""
    names, (centres, shapes) = segmentation.coordinates, _standing(segmentation)
    if not shapes:
        columns = list(zip(*centres, strict=True))
        both = {
            f"__{which}{c}": _at(model[f"__{which}"], values)
            for which in ("first", "other")
            for c, values in enumerate(columns)
        }
        model = model.mutate(**both)
        # (x - c')^2 - (x - c)^2, as a product
        apart = {
            f"__apart{c}": (model[f"__first{c}"] - model[f"__other{c}"])
            * (2 * model[name] - model[f"__first{c}"] - model[f"__other{c}"])
            for c, name in enumerate(names)
        }
        return model.mutate(**apart)
    weighed = {}
    for j, (centre, shape) in enumerate(zip(centres, shapes, strict=True)):
        inverse = np.asarray(shape.factor).T @ np.asarray(shape.factor)
        offsets = [model[name] - float(at) for name, at in zip(names, centre, strict=True)]
        for c, offset in enumerate(offsets):
            terms = [o * float(w) for o, w in zip(offsets, inverse[c], strict=True) if w != 0]
            weighed[f"__part{j}_{c}"] = offset * _sum(terms)
    model = model.mutate(**weighed)
    parts = [[model[f"__part{j}_{c}"] for j in range(len(centres))] for c in range(len(names))]
    apart = {f"__apart{c}": _at(model["__other"], p) - _at(model["__first"], p) for c, p in enumerate(parts)}
    return model.mutate(**apart)


def _sum(terms: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
    return reduce(add, terms)


def _at(place: ir.IntegerValue, values: Sequence[float | ir.FloatingValue]) -> ir.FloatingValue:
    """The value of the segment at a place; blank for none."""
    return ibis.cases(*[(place == i, value) for i, value in enumerate(values)], else_=ibis.null("float64"))


# ------------------------------------------------------------------------------------------------ in words


def reason(pushed: ibis.Table, segmentation: Segmentation, everybody: Mapping[str, NumberProfile]) -> ir.StringValue:
    """Why a customer is in its segment, as an expression: the feature that pushes most, and the next if it matters.

    For example ``Total spend 1250, above everyone's 606``.

    Parameters
    ----------
    pushed : by :func:`with_pushes`
    everybody : profiles of the features that are numbers
    """
    if len(segmentation.segments) == 1:
        return ibis.literal("there is one segment only")
    columns = [push_column(i) for i in range(len(segmentation.preparation))]
    told = [_told(pushed, segmentation.recipe, step, everybody) for step in segmentation.preparation]
    values = [pushed[c] for c in columns]
    most = ibis.greatest(*values) if len(values) > 1 else values[0]
    first = ibis.cases(*[(v == most, i) for i, v in enumerate(values)], else_=-1)
    rest = [(first == i).ifelse(float("-inf"), v) for i, v in enumerate(values)]
    next_ = ibis.greatest(*rest) if len(rest) > 1 else rest[0]
    said = ibis.cases(*[(first == i, text) for i, text in enumerate(told)], else_=ibis.null("string"))
    also = ibis.cases(*[(v == next_, text) for v, text in zip(rest, told, strict=True)], else_=ibis.null("string"))
    worth = (next_ > 0) & (next_ >= most * WORTH_SAYING)
    other = ibis.literal("placed by hand" if segmentation.hand else "the size and the width of the segment")
    why = (most > 0).ifelse(worth.ifelse(said.concat("; ", also), said), other)
    names = named_by(segmentation, pushed.columns)
    if not names:
        return why
    return pushed[names[0]].cast("string").isin(list(segmentation.pinned)).ifelse("placed by hand", why)


def _told(table: ibis.Table, recipe: Recipe, step: Step, everybody: Mapping[str, NumberProfile]) -> ir.StringValue:
    """A customer's value of a feature in words."""
    role, column = recipe.column(step.feature), table[step.feature]
    label = role.label
    if isinstance(step, CategoryPreparation):
        return ibis.literal(f"{label} ").concat(column.cast("string").fill_null("unknown"))
    value, mean = as_number(column), everybody[step.feature].mean
    if not isinstance(role, DerivedColumn) and role.role is Role.FLAG:
        words = (value > 0).ifelse(f"{label} yes", f"{label} no")
    else:
        digits = digits_of(everybody[step.feature].deviation)
        side = ibis.cases((value > mean, ", above"), (value < mean, ", below"), else_=", as")
        words = ibis.literal(f"{label} ").concat(in_digits(value, digits), side, f" everyone's {mean:.{digits}f}")
    return (column.isnull() | value.isnan()).ifelse(f"{label} unknown", words)


def digits_of(size: float) -> int:
    """How many decimals tell numbers of a size apart.

    >>> digits_of(620.0), digits_of(3.1), digits_of(0.02)
    (0, 1, 3)
    """
    return 0 if size >= 20 else 1 if size >= 2 else 2 if size >= 0.2 else 3


def in_digits(value: ir.FloatingValue, digits: int) -> ir.StringValue:
    """A number as text, with so many decimals at most."""
    return value.round(digits).cast("string").re_replace(r"\.0$", "")
