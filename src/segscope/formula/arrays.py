"""A formula over NumPy arrays: NaN is blank, dates are days since 1970-01-01."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from segscope.engine import logarithm_numpy
from segscope.errors import FormulaError, did_you_mean
from segscope.formula.tree import EPOCH, LARGEST_FLOAT, Call, Day, Name, Node, Number

Array = npt.NDArray[np.float64]


def to_numpy(node: Node, values: Mapping[str, Array]) -> Array:
    """The formula over arrays of shape (n,), NaN for blank, dates as days since 1970-01-01.

    >>> from segscope.formula import parse
    >>> to_numpy(parse("ratio(a, b)"), {"a": np.array([6.0, 1.0]), "b": np.array([3.0, 0.0])})
    array([ 2., nan])
    """
    match node:
        case Number(value):
            return np.asarray(value, dtype=float)
        case Day(value):
            return np.asarray(float((value - EPOCH).days))
        case Name(column):
            if column not in values:
                raise FormulaError(f"The formula needs a column {column!r}.{did_you_mean(column, values)}")
            return values[column]
        case Call(function, arguments):
            with np.errstate(all="ignore"):
                return _NUMPY[function]([to_numpy(a, values) for a in arguments])


def _numpy_sum(parts: list[Array]) -> Array:
    total, blank = np.zeros(()), np.ones((), dtype=bool)
    for part in parts:
        missing = np.isnan(part)
        total = total + np.where(missing, 0.0, part)
        blank = blank & missing
    return np.where(blank, np.nan, total)


def _numpy_mean(parts: list[Array]) -> Array:
    present = np.sum([~np.isnan(p) for p in np.broadcast_arrays(*parts)], axis=0).astype(float)
    return _numpy_ratio([_numpy_sum(parts), present])


def _numpy_ratio(parts: list[Array]) -> Array:
    return np.where(parts[1] == 0, np.nan, parts[0] / np.where(parts[1] == 0, 1.0, parts[1]))


def _numpy_compare(test: Callable[[Array, Array], npt.NDArray[np.bool_]]) -> Callable[[list[Array]], Array]:
    return lambda p: np.where(np.isnan(p[0]) | np.isnan(p[1]), np.nan, test(p[0], p[1]).astype(float))


def _numpy_year(parts: list[Array]) -> Array:
    days = np.atleast_1d(parts[0])
    known = ~np.isnan(days)
    years = np.full(days.shape, np.nan)
    years[known] = days[known].astype("datetime64[D]").astype("datetime64[Y]").astype(float) + 1970
    return years.reshape(np.shape(parts[0]))


def _numpy_log(parts: list[Array]) -> Array:
    within = np.minimum(np.where(parts[0] > 0, parts[0], 1.0), LARGEST_FLOAT)
    return np.where(parts[0] > 0, logarithm_numpy(within), np.nan)


_NUMPY: dict[str, Callable[[list[Array]], Array]] = {
    "+": lambda p: p[0] + p[1],
    "-": lambda p: p[0] - p[1],
    "*": lambda p: p[0] * p[1],
    "/": _numpy_ratio,
    "<": _numpy_compare(np.less),
    "<=": _numpy_compare(np.less_equal),
    ">": _numpy_compare(np.greater),
    ">=": _numpy_compare(np.greater_equal),
    "=": _numpy_compare(np.equal),
    "!=": _numpy_compare(np.not_equal),
    "sum": _numpy_sum,
    "mean": _numpy_mean,
    "min": lambda p: np.minimum.reduce(np.broadcast_arrays(*p)),
    "max": lambda p: np.maximum.reduce(np.broadcast_arrays(*p)),
    "ratio": _numpy_ratio,
    "days": lambda p: p[1] - p[0],
    "year": _numpy_year,
    "log": _numpy_log,
    "if": lambda p: np.where(np.isnan(p[0]), np.nan, np.where(p[0] != 0, p[1], p[2])),
    "fill": lambda p: np.where(np.isnan(p[0]), p[1], p[0]),
    "abs": lambda p: np.abs(p[0]),
}
