"""Preparation: the fitted numbers that turn features into model space.

For each feature: blanks take the median; a heavily skewed one is seen on a log scale, which ends at 0; values beyond
Tukey's far-out fences count as the fence; then the mean is taken off and the (population) standard deviation divides.
``transform = "none"`` fills and standardises, and does nothing else.

Every sum is taken in fixed point, so the numbers are the same on every run, order of rows and engine. The same
arithmetic, in the same order, is an expression over a table and NumPy over one customer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import LARGEST_NUMBER, Engine, exact_sum, fixed_point_scale, one
from segscope.errors import ColumnError
from segscope.features import as_number, too_large
from segscope.recipe import CleaningRule, Transform

Array = npt.NDArray[np.float64]

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


Preparation = tuple[FeaturePreparation, ...]


def coordinate(place: int) -> str:
    """Name of a model-space column.

    >>> coordinate(0)
    'z0'
    """
    return f"z{place}"


def fit_preparation(
    engine: Engine,
    table: ibis.Table,
    features: Sequence[str],
    transform: Transform,
    rules: Sequence[CleaningRule] = (),
) -> Preparation:
    """Fit the preparation of every feature on all rows of a table.

    Parameters
    ----------
    rules : of cleaning; those that say what fills blanks, and that switch off a logarithm or bounds, count here

    Raises
    ------
    ColumnError : when a feature has the same value, or a blank, for every customer
    """
    quantiles = one(
        engine,
        table.agg(
            n=table.count(),
            **{f"q{i}": as_number(table[f]).quantile(list(QUANTILES)) for i, f in enumerate(features)},
            **{f"low{i}": as_number(table[f]).min() for i, f in enumerate(features)},
            **{f"high{i}": as_number(table[f]).max() for i, f in enumerate(features)},
            **{f"blanks{i}": table[f].isnull().sum() for i, f in enumerate(features)},
        ),
    )
    count = int(quantiles["n"])
    off = {(r.action, r.column) for r in rules if not r.enabled}
    fills = {r.column: r.values[0] for r in rules if r.action == "fill" and r.enabled and r.values}
    steps: list[FeaturePreparation] = []
    for i, feature in enumerate(features):
        if quantiles[f"low{i}"] is None or quantiles[f"low{i}"] == quantiles[f"high{i}"]:
            raise ColumnError(f"The feature {feature!r} has the same value for every customer. Choose another.")
        if max(abs(quantiles[f"low{i}"]), abs(quantiles[f"high{i}"])) > LARGEST_NUMBER:
            raise too_large(feature)
        step = FeaturePreparation(
            feature,
            fills.get(feature, quantiles[f"q{i}"][2]),
            False,
            None,
            None,
            0.0,
            1.0,
            int(quantiles[f"blanks{i}"]),
            0,
        )
        if transform == "auto":
            tail = quantiles[f"q{i}"]
            log = (
                ("log", feature) not in off
                and tail[0] >= 0  # a few returns must not decide
                and _skewness(engine, table, feature, tail[0], tail[4]) > LOG_ABOVE_SKEWNESS
            )
            step = replace(step, log=log)
            if ("bound", feature) not in off:
                step = _bounded(step, tail[1], tail[3])
        largest = max(abs(_onto_scale(quantiles[f"low{i}"], step)), abs(_onto_scale(quantiles[f"high{i}"], step)))
        steps.append(_standardised(engine, table, step, largest, count))
    return tuple(steps)


def _bounded(step: FeaturePreparation, quarter: float, three_quarters: float) -> FeaturePreparation:
    low, high = _onto_scale(quarter, step), _onto_scale(three_quarters, step)
    if high <= low:
        return step
    reach = FAR_OUT_FENCE * (high - low)
    return replace(step, low=low - reach, high=high + reach)


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
    plain = _log_filled(as_number(table[step.feature]), step)
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


def _log_filled(value: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    # A quotient can be infinite; a place in model space cannot.
    filled = ibis.greatest(ibis.least(ibis.coalesce(value, step.fill), LARGEST_NUMBER), -LARGEST_NUMBER)
    # A later customer may lie below what was seen: the log scale ends at 0.
    return (ibis.ifelse(filled < 0, 0.0, filled) + 1.0).ln() if step.log else filled


def _transformed(value: ir.FloatingValue, step: FeaturePreparation) -> ir.FloatingValue:
    plain = _log_filled(value, step)
    if step.low is None or step.high is None:
        return plain
    return ibis.cases((plain < step.low, step.low), (plain > step.high, step.high), else_=plain)


def to_model(table: ibis.Table, preparation: Preparation) -> ibis.Table:
    """Add the model-space columns z0, z1 ... (float64, no blanks) to a table."""
    return table.mutate(
        **{
            coordinate(i): (_transformed(as_number(table[step.feature]), step) - step.mean) / step.deviation
            for i, step in enumerate(preparation)
        }
    )


def to_model_numpy(features: Mapping[str, Array], preparation: Preparation) -> Array:
    """Model-space coordinates, shape (n, p), of features given as arrays of shape (n,), NaN for blank.

    >>> step = FeaturePreparation(
    ...     "a", fill=4.0, log=False, low=0.0, high=10.0, mean=2.0, deviation=2.0, blanks=0, bounded=0
    ... )
    >>> to_model_numpy({"a": np.array([4.0, np.nan, 99.0])}, (step,)).ravel()
    array([1., 1., 4.])
    """
    return np.column_stack([_coordinate_numpy(features[step.feature], step) for step in preparation])


def _coordinate_numpy(value: Array, step: FeaturePreparation) -> Array:
    filled = np.clip(np.where(np.isnan(value), step.fill, value), -LARGEST_NUMBER, LARGEST_NUMBER)
    plain = np.log(np.where(filled < 0, 0.0, filled) + 1.0) if step.log else filled
    if step.low is not None and step.high is not None:
        plain = np.where(plain < step.low, step.low, np.where(plain > step.high, step.high, plain))
    return np.asarray((plain - step.mean) / step.deviation)


def to_original(centre: Sequence[float], preparation: Preparation) -> tuple[float, ...]:
    """A point of model space in original units (through the log, where one was taken).

    >>> step = FeaturePreparation(
    ...     "a", fill=4.0, log=False, low=0.0, high=10.0, mean=2.0, deviation=2.0, blanks=0, bounded=0
    ... )
    >>> to_original([1.0], (step,))
    (4.0,)
    """
    values = []
    for z, step in zip(centre, preparation, strict=True):
        plain = z * step.deviation + step.mean
        values.append(math.exp(plain) - 1.0 if step.log else plain)
    return tuple(values)


def in_words(step: FeaturePreparation) -> str:
    """What is done to a feature, as a short phrase.

    >>> in_words(FeaturePreparation("a", 4.0, True, None, None, 2.0, 2.0, 0, 0))
    'log, standardised'
    """
    parts = ["log"] if step.log else []
    if step.bounded:
        parts.append(f"{step.bounded:,} far out bounded")
    return ", ".join([*parts, "standardised"])
