"""Donors: real customers over whom what is not known of another is integrated, and scales of their raw columns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine
from segscope.exploring import as_days
from segscope.features import as_number
from segscope.preparation import CategoryPreparation, FeaturePreparation, code_expression
from segscope.recipe import Role
from segscope.segmentation import Segmentation

Array = npt.NDArray[np.float64]
MOST_DONORS = 4_000
SKEWED = 1.0


@dataclass(frozen=True, eq=False)
class Donors:
    """Real customers, by field: features and the raw columns that they are made of, in original units, shape (n,) each.

    A blank feature holds the preparation's fill, a blank raw column NaN. A date is days since 1970-01-01; a category is
    the place of its level (CategoryPreparation.code), NaN for a blank.
    """

    features: dict[str, Array]
    raw: dict[str, Array] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)  # what was learned from them, to be asked again
    tried: dict[tuple[str, ...], tuple[float, int]] = field(
        default_factory=dict, repr=False
    )  # and how often it was right

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))

    @cached_property
    def values(self) -> dict[str, Array]:
        """All fields; of a name that is both, the feature."""
        return {**self.raw, **self.features}

    @cached_property
    def scales(self) -> dict[str, "Scale"]:
        """The scale of every raw column."""
        return {name: scale_of(x) for name, x in self.raw.items() if not np.isnan(x).all()}

    def only(self, chosen: Sequence[int] | npt.NDArray[np.intp]) -> "Donors":
        """Some of them, by place."""
        return Donors({f: x[chosen] for f, x in self.features.items()}, {c: x[chosen] for c, x in self.raw.items()})


@dataclass(frozen=True)
class Scale:
    """A raw number standardised, through log(1 + x) where it is skewed; a blank lies in the middle."""

    log: bool
    mean: float
    deviation: float

    def apply(self, x: Array) -> Array:
        """Onto the scale."""
        seen = np.log1p(np.maximum(x, 0.0)) if self.log else x
        return np.nan_to_num((seen - self.mean) / self.deviation)


def scale_of(values: Array) -> Scale:
    """The scale of a raw number.

    >>> scale_of(np.array([0.0, 0.0, 1.0, 1.0])).log, scale_of(np.array([0.0, 1.0, 2.0, 1000.0])).log
    (False, True)
    """
    x = values[~np.isnan(values)]
    deviation = float(x.std())
    third = float(((x - x.mean()) ** 3).mean())
    log = deviation > 0 and float(x.min()) >= 0 and third > SKEWED * deviation**3
    seen = np.log1p(x) if log else x
    return Scale(log, float(seen.mean()), float(seen.std()) or 1.0)


def gather_donors(engine: Engine, sample: ibis.Table, segmentation: Segmentation, count: int = MOST_DONORS) -> Donors:
    """Take real customers from a sampled table of cleaned customers."""
    steps = {step.feature: step for step in segmentation.preparation}
    roles = {c.column: c.role for c in segmentation.recipe.columns}
    raw = [c for c in segmentation.needed if c in steps or roles[c] is not Role.CATEGORY]
    names = list(dict.fromkeys([*segmentation.recipe.features, *raw]))
    numbers = {f"x{i}": _number(sample[name], steps.get(name)) for i, name in enumerate(names)}
    found = engine.fetch(sample.select(**numbers).limit(count))
    arrays = {name: found[f"x{i}"].to_numpy().astype(float) for i, name in enumerate(names)}
    fills = fills_of(segmentation)
    features = {f: np.where(np.isnan(arrays[f]), fills[f], arrays[f]) for f in segmentation.recipe.features}
    return Donors(features, {c: arrays[c] for c in raw})


def _number(column: ir.Value, step: FeaturePreparation | CategoryPreparation | None) -> ir.Value:
    if isinstance(step, CategoryPreparation):
        return code_expression(column, step)
    kind = column.type()
    return as_days(column) if kind.is_date() or kind.is_timestamp() else as_number(column)


def fills_of(segmentation: Segmentation) -> dict[str, float]:
    """What a blank of each feature counts as; NaN for a category, whose blanks lie in the middle."""
    steps = segmentation.preparation
    return {s.feature: s.fill if isinstance(s, FeaturePreparation) else math.nan for s in steps}
