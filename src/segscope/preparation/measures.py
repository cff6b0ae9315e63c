"""Preparation of numbers and flags: filled, seen on a log scale or not, bounded, standardised."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import (
    LARGEST_NUMBER,
    Engine,
    exact_sum,
    fixed_point_scale,
    logarithm,
    logarithm_numpy,
    one,
    quantiles,
)
from segscope.errors import ColumnError
from segscope.features import as_number, too_large
from segscope.recipe import CleaningRule, Transform

Array = npt.NDArray[np.float64]
Logarithm = Callable[[ir.FloatingValue], ir.FloatingValue]

LOG_ABOVE_SKEWNESS = 2.0
FAR_OUT_FENCE = 3.0  # Tukey, Exploratory Data Analysis (1977), section 2D
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)


@dataclass(frozen=True)
class FeaturePreparation:
    """How one feature becomes a coordinate of model space.

    Attributes
    ----------
    fill : the value that a blank takes, in original units
    log : whether log(1 + x) is taken
    low, high : bounds, on the log scale where ``log``; None for no bound
    mean, deviation : of the filled, transformed and bounded values (population standard deviation)
    blanks, bounded : number of customers whose value was filled, and moved to a bound
    weight : how much the feature counts: its squared distances times this
    """

    feature: str
    fill: float
    log: bool
    low: float | None
    high: float | None
    mean: float
    deviation: float
    blanks: int
    bounded: int
    weight: float = 1.0

    @property
    def width(self) -> int:
        """How many coordinates it has."""
        return 1

    @property
    def unit(self) -> float:
        """How much of the (transformed) feature is 1 in model space."""
        return self.deviation / math.sqrt(self.weight)


def fit_measures(
    engine: Engine,
    table: ibis.Table,
    features: Sequence[str],
    transform: Transform,
    rules: Sequence[CleaningRule] = (),
) -> tuple[FeaturePreparation, ...]:
    """Fit the preparation of numbers and flags on all rows of a table.

    Parameters
    ----------
    rules : of cleaning; those that say what fills blanks, and that switch off a logarithm or bounds, count here

    Raises
    ------
    ColumnError : when a feature has the same value, or a blank, for every customer
    """
    numbers = table.select(**{f"x{i}": as_number(table[f]) for i, f in enumerate(features)})
    tails = quantiles(engine, numbers, QUANTILES)
    whole = one(
        engine,
        numbers.agg(
            n=numbers.count(),
            **{f"low{i}": numbers[f"x{i}"].min() for i in range(len(features))},
            **{f"high{i}": numbers[f"x{i}"].max() for i in range(len(features))},
            **{f"blanks{i}": numbers[f"x{i}"].isnull().sum() for i in range(len(features))},
        ),
    )
    count = int(whole["n"])
    off = {(r.action, r.column) for r in rules if not r.enabled}
    fills = {r.column: r.values[0] for r in rules if r.action == "fill" and r.enabled and r.values}
    steps: list[FeaturePreparation] = []
    for i, feature in enumerate(features):
        tail = tails[f"x{i}"]
        if tail is None or whole[f"low{i}"] == whole[f"high{i}"]:
            raise ColumnError(f"The feature {feature!r} has the same value for every customer. Choose another.")
        if max(abs(whole[f"low{i}"]), abs(whole[f"high{i}"])) > LARGEST_NUMBER:
            raise too_large(feature)
        step = FeaturePreparation(
            feature,
            fills.get(feature, tail[2]),
            False,
            None,
            None,
            0.0,
            1.0,
            int(whole[f"blanks{i}"]),
            0,
        )
        if transform == "auto":
            log = (
                ("log", feature) not in off
                and tail[0] >= 0  # a few returns must not decide
                and _skewness(engine, table, feature, tail[0], tail[4]) > LOG_ABOVE_SKEWNESS
            )
            step = replace(step, log=log)
            if ("bound", feature) not in off:
                step = _bounded(step, tail[1], tail[3])
        largest = max(abs(_onto_scale(whole[f"low{i}"], step)), abs(_onto_scale(whole[f"high{i}"], step)))
        steps.append(_standardised(engine, table, step, largest, count))
    return tuple(steps)


def _bounded(step: FeaturePreparation, quarter: float, three_quarters: float) -> FeaturePreparation:
    low, high = fences(step, quarter, three_quarters)
    return replace(step, low=low, high=high) if high > low else step


def _onto_scale(value: float, step: FeaturePreparation) -> float:
    return math.log(max(value, 0.0) + 1.0) if step.log else value


def _skewness(engine: Engine, table: ibis.Table, feature: str, low: float, high: float) -> float:
    # Between the first and the last percentile, so that one absurd value does not decide.
    value = as_number(table[feature])
    inner = table.select(x=value).filter((value >= low) & (value <= high))
    mean, (second, third) = _moments(engine, inner, max(abs(low), abs(high), high - low))
    return third / second**1.5 if second > 0 else 0.0 * mean


def _moments(engine: Engine, values: ibis.Table, largest: float) -> tuple[float, tuple[float, float]]:
    count = int(one(engine, values.agg(n=values.count()))["n"])
    if count == 0:
        return 0.0, (0.0, 0.0)
    scale = fixed_point_scale(largest, count)
    mean = int(one(engine, values.agg(s=exact_sum(values.x, scale)))["s"] or 0) / scale / count
    spread = 2 * largest
    off = values.x - mean
    scales = fixed_point_scale(spread**2, count), fixed_point_scale(spread**3, count)
    found = one(engine, values.agg(second=exact_sum(off * off, scales[0]), third=exact_sum(off * off * off, scales[1])))
    return mean, (int(found["second"]) / scales[0] / count, int(found["third"]) / scales[1] / count)


def _standardised(
    engine: Engine, table: ibis.Table, step: FeaturePreparation, largest: float, count: int
) -> FeaturePreparation:
    value = _transformed(as_number(table[step.feature]), step)
    plain = filled_expression(as_number(table[step.feature]), step)
    beyond = ibis.literal(False)
    if step.low is not None and step.high is not None:
        beyond = (plain < step.low) | (plain > step.high)
        largest = min(largest, max(abs(step.low), abs(step.high)))
    values = table.select(x=value, beyond=beyond)
    scale = fixed_point_scale(largest, count)
    first = one(engine, values.agg(s=exact_sum(values.x, scale), bounded=values.beyond.cast("int64").sum()))
    mean = int(first["s"]) / scale / count
    off = values.x - mean
    square_scale = fixed_point_scale((2 * largest) ** 2, count)
    variance = int(one(engine, values.agg(s=exact_sum(off * off, square_scale)))["s"]) / square_scale / count
    if variance <= 0:
        raise ColumnError(f"The feature {step.feature!r} hardly varies between customers. Choose another.")
    return replace(step, mean=mean, deviation=math.sqrt(variance), bounded=int(first["bounded"] or 0))


def filled_expression(
    value: ir.FloatingValue, step: FeaturePreparation, log: Logarithm = logarithm
) -> ir.FloatingValue:
    """A feature with its blanks filled, on the log scale where the step has one.

    ``log``: the logarithm to write, where the query is for people to read.
    """
    # A quotient can be infinite, and a later customer may lie below what was seen: the log scale ends at 0.
    least = 0.0 if step.log else -LARGEST_NUMBER
    filled = ibis.greatest(ibis.least(ibis.coalesce(value, step.fill), LARGEST_NUMBER), least)
    return log(filled + 1.0) if step.log else filled


def _bounded_expression(plain: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    if step.low is None or step.high is None:
        return plain
    return ibis.cases((plain < step.low, step.low), (plain > step.high, step.high), else_=plain)


def _transformed(value: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    return _bounded_expression(filled_expression(value, step), step)


def standardised_expression(filled: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    """The coordinate of a feature that is filled and on its scale (see :func:`filled_expression`)."""
    return (_bounded_expression(filled, step) - step.mean) / step.unit


def measure_expression(value: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    """A feature's coordinate in model space, in the same arithmetic as :func:`measure_numpy`."""
    return standardised_expression(filled_expression(value, step), step)


def measure_numpy(value: Array, step: FeaturePreparation) -> Array:
    """A feature's coordinate of shape (n, 1), blanks as NaN."""
    filled = np.clip(np.where(np.isnan(value), step.fill, value), -LARGEST_NUMBER, LARGEST_NUMBER)
    plain = logarithm_numpy(np.where(filled < 0, 0.0, filled) + 1.0) if step.log else filled
    if step.low is not None and step.high is not None:
        plain = np.where(plain < step.low, step.low, np.where(plain > step.high, step.high, plain))
    return np.asarray((plain - step.mean) / step.unit)[:, None]


def beyond_fences(
    value: ir.FloatingValue, step: FeaturePreparation, quarter: float, three_quarters: float
) -> ir.BooleanValue:
    """Whether a value lies beyond its far-out fences, three interquartile ranges beyond the quartiles.

    The quartiles are those of the feature in original units; a blank lies within.
    """
    low, high = fences(step, quarter, three_quarters)
    if low == high:
        return ibis.literal(False)
    plain = filled_expression(value, step)
    return (plain < low) | (plain > high)


def fences(step: FeaturePreparation, quarter: float, three_quarters: float) -> tuple[float, float]:
    """Tukey's far-out fences on the feature's scale; twice the same number where the quartiles are."""
    low, high = _onto_scale(quarter, step), _onto_scale(three_quarters, step)
    reach = FAR_OUT_FENCE * (high - low)
    return low - reach, high + reach
