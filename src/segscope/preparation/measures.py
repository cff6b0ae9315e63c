"""Preparation of numbers and flags: filled, seen on a log scale or not, bounded, standardised."""

import math
from collections.abc import Callable, Mapping, Sequence
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
    inner = {i: tail for i, f in enumerate(features) if (tail := tails[f"x{i}"]) is not None}
    whole = one(
        engine,
        numbers.agg(
            n=numbers.count(),
            **{f"low{i}": numbers[f"x{i}"].min() for i in range(len(features))},
            **{f"high{i}": numbers[f"x{i}"].max() for i in range(len(features))},
            **{f"blanks{i}": numbers[f"x{i}"].isnull().sum() for i in range(len(features))},
            **{f"inner{i}": _within(numbers[f"x{i}"], tail).sum() for i, tail in inner.items()},
        ),
    )
    count = int(whole["n"])
    off = {(r.action, r.column) for r in rules if not r.enabled}
    fills = {r.column: r.values[0] for r in rules if r.action == "fill" and r.enabled and r.values}
    for i, feature in enumerate(features):
        if i not in inner or whole[f"low{i}"] == whole[f"high{i}"]:
            raise ColumnError(f"The feature {feature!r} has the same value for every customer. Choose another.")
        if max(abs(whole[f"low{i}"]), abs(whole[f"high{i}"])) > LARGEST_NUMBER:
            raise too_large(feature)
    # A few returns must not decide.
    asked = {
        i: (tail, int(whole[f"inner{i}"] or 0))
        for i, tail in inner.items()
        if transform == "auto" and ("log", features[i]) not in off and tail[0] >= 0
    }
    skewness = _skewness(engine, numbers, asked)
    steps: list[FeaturePreparation] = []
    for i, feature in enumerate(features):
        fill, log = fills.get(feature, inner[i][2]), skewness.get(i, 0.0) > LOG_ABOVE_SKEWNESS
        step = FeaturePreparation(feature, fill, log, None, None, 0.0, 1.0, int(whole[f"blanks{i}"]), 0)
        if transform == "auto" and ("bound", feature) not in off:
            step = _bounded(step, inner[i][1], inner[i][3])
        steps.append(step)
    largest = [_largest(whole[f"low{i}"], whole[f"high{i}"], step) for i, step in enumerate(steps)]
    return _standardised(engine, numbers, steps, largest, count)


def _bounded(step: FeaturePreparation, quarter: float, three_quarters: float) -> FeaturePreparation:
    low, high = fences(step, quarter, three_quarters)
    return replace(step, low=low, high=high) if high > low else step


def _onto_scale(value: float, step: FeaturePreparation) -> float:
    return math.log(max(value, 0.0) + 1.0) if step.log else value


def _largest(low: float, high: float, step: FeaturePreparation) -> float:
    """The largest size that a transformed value can have."""
    size = max(abs(_onto_scale(low, step)), abs(_onto_scale(high, step)))
    return size if step.low is None or step.high is None else min(size, max(abs(step.low), abs(step.high)))


def _within(value: ir.FloatingValue, tail: Sequence[float]) -> ir.BooleanValue:
    # Between the first and the last percentile, so that one absurd value does not decide.
    return (value >= tail[0]) & (value <= tail[4])


def _skewness(
    engine: Engine, numbers: ibis.Table, asked: Mapping[int, tuple[Sequence[float], int]]
) -> dict[int, float]:
    """The skewness of columns between their first and last percentile, each with the customers there: two passes."""
    asked = {i: told for i, told in asked.items() if told[1]}
    if not asked:
        return {}
    columns = {i: numbers[f"x{i}"] for i in asked}
    inner = numbers.select(
        **{
            f"x{i}": ibis.ifelse(_within(columns[i], tail), columns[i], ibis.null("float64"))
            for i, (tail, _) in asked.items()
        }
    )
    value = {i: inner[f"x{i}"] for i in asked}
    size = {i: max(abs(tail[0]), abs(tail[4])) for i, (tail, _) in asked.items()}
    scale = {i: fixed_point_scale(size[i], n) for i, (_, n) in asked.items()}
    sums = one(engine, inner.agg(**{f"s{i}": exact_sum(value[i], scale[i]) for i in asked}))
    off = {i: value[i] - int(sums[f"s{i}"] or 0) / scale[i] / n for i, (_, n) in asked.items()}
    scales = {
        i: (fixed_point_scale((2 * size[i]) ** 2, n), fixed_point_scale((2 * size[i]) ** 3, n))
        for i, (_, n) in asked.items()
    }
    second = {f"second{i}": exact_sum(off[i] * off[i], scales[i][0]) for i in asked}
    third = {f"third{i}": exact_sum(off[i] * off[i] * off[i], scales[i][1]) for i in asked}
    found = one(engine, inner.agg(**second, **third))
    result = {}
    for i, (_, n) in asked.items():
        variance, cubes = (int(found[f"{m}{i}"]) / scales[i][j] / n for j, m in enumerate(("second", "third")))
        result[i] = cubes / variance**1.5 if variance > 0 else 0.0
    return result


def _standardised(
    engine: Engine,
    numbers: ibis.Table,
    steps: Sequence[FeaturePreparation],
    largest: Sequence[float],
    count: int,
) -> tuple[FeaturePreparation, ...]:
    """Steps with the mean and the deviation of what they make of their column, and how many it bounds: two passes."""
    plain = [filled_expression(numbers[f"x{i}"], step) for i, step in enumerate(steps)]
    value = numbers.select(
        **{f"x{i}": _bounded_expression(plain[i], step) for i, step in enumerate(steps)},
        **{f"beyond{i}": _beyond_bounds(plain[i], step) for i, step in enumerate(steps)},
    )
    scale = [fixed_point_scale(size, count) for size in largest]
    sums = {f"s{i}": exact_sum(value[f"x{i}"], scale[i]) for i in range(len(steps))}
    beyond = {f"bounded{i}": value[f"beyond{i}"].sum() for i in range(len(steps))}
    first = one(engine, value.agg(**sums, **beyond))
    means = [int(first[f"s{i}"]) / scale[i] / count for i in range(len(steps))]
    off = [value[f"x{i}"] - mean for i, mean in enumerate(means)]
    square_scale = [fixed_point_scale((2 * size) ** 2, count) for size in largest]
    found = one(engine, value.agg(**{f"v{i}": exact_sum(off[i] * off[i], square_scale[i]) for i in range(len(steps))}))
    result = []
    for i, step in enumerate(steps):
        variance = int(found[f"v{i}"]) / square_scale[i] / count
        if variance <= 0:
            raise ColumnError(f"The feature {step.feature!r} hardly varies between customers. Choose another.")
        result.append(
            replace(step, mean=means[i], deviation=math.sqrt(variance), bounded=int(first[f"bounded{i}"] or 0))
        )
    return tuple(result)


def _beyond_bounds(plain: ir.FloatingValue, step: FeaturePreparation) -> ir.BooleanValue:
    if step.low is None or step.high is None:
        return ibis.literal(False)
    return (plain < step.low) | (plain > step.high)


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
