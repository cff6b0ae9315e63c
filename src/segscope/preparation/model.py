"""Model space: every feature's coordinates side by side, as an expression over a table and in NumPy."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine
from segscope.features import as_number
from segscope.preparation.categories import (
    CategoryPreparation,
    category_expressions,
    category_numpy,
    fit_categories,
)
from segscope.preparation.measures import FeaturePreparation, fit_measures, measure_expression, measure_numpy
from segscope.recipe import Recipe

Array = npt.NDArray[np.float64]
Step = FeaturePreparation | CategoryPreparation
Preparation = tuple[Step, ...]


def coordinate(place: int) -> str:
    """Name of a model-space column.

    >>> coordinate(0)
    'z0'
    """
    return f"z{place}"


def coordinates(preparation: Preparation) -> tuple[str, ...]:
    """Names of all model-space columns: one of a number, one a level of a category."""
    return tuple(coordinate(i) for i in range(sum(step.width for step in preparation)))


def places(preparation: Preparation) -> tuple[slice, ...]:
    """Where each feature's coordinates stand.

    >>> plan = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.5), False, 0)
    >>> places((plan, replace(plan, feature="city")))
    (slice(0, 2, None), slice(2, 4, None))
    """
    ends = np.cumsum([0, *(step.width for step in preparation)]).tolist()
    return tuple(slice(start, end) for start, end in pairwise(ends))


def fit_preparation(engine: Engine, table: ibis.Table, recipe: Recipe) -> Preparation:
    """Fit the preparation of every feature of a recipe on all rows of a table.

    Raises
    ------
    ColumnError : when a feature has the same value, or a blank, for every customer
    """
    measures = fit_measures(engine, table, recipe.measured_features, recipe.transform, recipe.cleaning)
    categories = fit_categories(engine, table, recipe.category_features)
    fitted: dict[str, Step] = {step.feature: step for step in measures}
    fitted |= {step.feature: step for step in categories}
    return tuple(replace(fitted[f], weight=recipe.weight(f)) for f in recipe.features)


def to_model(table: ibis.Table, preparation: Preparation) -> ibis.Table:
    """Add the model-space columns z0, z1 ... (float64, no blanks) to a table."""
    made = []
    for step in preparation:
        if isinstance(step, CategoryPreparation):
            made += category_expressions(table[step.feature], step)
        else:
            made.append(measure_expression(as_number(table[step.feature]), step))
    return table.mutate(**{coordinate(i): value for i, value in enumerate(made)})


def to_model_numpy(features: Mapping[str, Array], preparation: Preparation) -> Array:
    """Model-space coordinates, shape (n, p), of features given as arrays of shape (n,), NaN for blank.

    A category is given as the places of its values among the coordinates (see CategoryPreparation.code).

    >>> step = FeaturePreparation(
    ...     "a", fill=4.0, log=False, low=0.0, high=10.0, mean=2.0, deviation=2.0, blanks=0, bounded=0
    ... )
    >>> to_model_numpy({"a": np.array([4.0, np.nan, 99.0])}, (step,)).ravel()
    array([1., 1., 4.])
    """
    return np.column_stack(
        [
            category_numpy(features[step.feature], step)
            if isinstance(step, CategoryPreparation)
            else measure_numpy(features[step.feature], step)
            for step in preparation
        ]
    )


def to_original(centre: Sequence[float], preparation: Preparation) -> tuple[float, ...]:
    """A point of model space in original units (through the log, where one was taken); for a level, its share.

    >>> step = FeaturePreparation(
    ...     "a", fill=4.0, log=False, low=0.0, high=10.0, mean=2.0, deviation=2.0, blanks=0, bounded=0
    ... )
    >>> to_original([1.0], (step,))
    (4.0,)
    """
    values: list[float] = []
    for step, place in zip(preparation, places(preparation), strict=True):
        mine = centre[place]
        if isinstance(step, CategoryPreparation):
            values += [z / h + share for z, h, share in zip(mine, step.heights, step.shares, strict=True)]
        else:
            plain = mine[0] * step.unit + step.mean
            values.append(math.exp(plain) - 1.0 if step.log else plain)
    return tuple(values)


def in_words(step: Step) -> str:
    """What is done to a feature, as a short phrase.

    >>> in_words(FeaturePreparation("a", 4.0, True, None, None, 2.0, 2.0, 0, 0))
    'log, standardised'
    >>> in_words(CategoryPreparation("plan", ("basic", "pro"), (0.7, 0.2, 0.1), True, 0, weight=2.0))
    '3 levels, weighs 2 times'
    """
    if isinstance(step, CategoryPreparation):
        parts = [f"{step.width} levels"]
    else:
        parts = ["log"] if step.log else []
        parts += [f"{step.bounded:,} far out bounded"] if step.bounded else []
        parts.append("standardised")
    return ", ".join([*parts, *([f"weighs {step.weight:g} times"] if step.weight != 1 else [])])
