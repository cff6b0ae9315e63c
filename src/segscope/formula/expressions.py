"""A formula as an Ibis expression over a table."""

from collections.abc import Callable, Sequence

import ibis
import ibis.expr.types as ir

from segscope.engine import logarithm
from segscope.errors import FormulaError, did_you_mean
from segscope.formula.tree import LARGEST_FLOAT, Call, Day, Name, Node, Number

OF_DATES = {"days", "year"}
OF_EITHER = {"fill", "<", "<=", ">", ">=", "=", "!="}


def to_ibis(node: Node, table: ibis.Table) -> ir.Value:
    """The formula as an expression over a table.

    >>> from segscope.formula import parse
    >>> t = ibis.table({"a": "int64"}, name="t")
    >>> to_ibis(parse("a * 2"), t).type()
    Float64(nullable=True)
    >>> to_ibis(parse("b"), t)
    Traceback (most recent call last):
    segscope.errors.FormulaError: The formula needs a column 'b'. There are: a.
    """
    match node:
        case Number(value):
            return ibis.literal(value, type="float64")
        case Day(value):
            return ibis.date(value)
        case Name(column):
            if column not in table.columns:
                raise FormulaError(f"The formula needs a column {column!r}.{did_you_mean(column, table.columns)}")
            return _ibis_column(table[column])
        case Call(function, arguments):
            parts = [to_ibis(a, table) for a in arguments]
            _check_kinds(function, parts)
            return _IBIS[function](parts)


def _check_kinds(function: str, parts: Sequence[ir.Value]) -> None:
    kinds = ["date" if p.type().is_date() else "number" if p.type().is_numeric() else "text" for p in parts]
    if function in OF_DATES:
        wanted = "date"
    elif function in OF_EITHER:
        wanted = "date" if kinds[0] == "date" else "number"
    else:
        wanted = "number"
    wrong = next((k for k in kinds if k != wanted), None)
    if wrong:
        raise FormulaError(f"{function!r} needs {wanted}s here. Got a {wrong}.")


def _ibis_column(column: ir.Value) -> ir.Value:
    kind = column.type()
    if kind.is_timestamp():
        return column.date()
    if kind.is_boolean():
        return column.cast("int8").cast("float64")
    return column.cast("float64") if kind.is_numeric() else column


def _ibis_sum(parts: list[ir.Value]) -> ir.Value:
    total = ibis.coalesce(parts[0], 0.0)
    for part in parts[1:]:
        total = total + ibis.coalesce(part, 0.0)
    return ibis.ifelse(ibis.coalesce(*parts).isnull(), ibis.null("float64"), total)


def _ibis_mean(parts: list[ir.Value]) -> ir.Value:
    present = parts[0].notnull().cast("float64")
    for part in parts[1:]:
        present = present + part.notnull().cast("float64")
    return _ibis_ratio([_ibis_sum(parts), present])


def _ibis_ratio(parts: list[ir.Value]) -> ir.Value:
    above, below = parts
    return ibis.ifelse(below == 0, ibis.null("float64"), above / below)


def _strict(best: Callable[..., ir.Value]) -> Callable[[list[ir.Value]], ir.Value]:
    # Engines disagree whether the least of a number and a blank is blank; here it is.
    def combine(parts: list[ir.Value]) -> ir.Value:
        missing = parts[0].isnull()
        for part in parts[1:]:
            missing = missing | part.isnull()
        return ibis.ifelse(missing, ibis.null("float64"), best(*parts))

    return combine


def _ibis_if(parts: list[ir.Value]) -> ir.Value:
    condition, yes, no = parts
    return ibis.cases((condition.isnull(), ibis.null("float64")), (condition != 0, yes), else_=no)


def _ibis_log(parts: list[ir.Value]) -> ir.Value:
    within = ibis.ifelse(parts[0] > 0, ibis.least(parts[0], LARGEST_FLOAT), 1.0)
    return ibis.ifelse(parts[0] > 0, logarithm(within), ibis.null("float64"))


def _compare(test: Callable[[ir.Value, ir.Value], ir.Value]) -> Callable[[list[ir.Value]], ir.Value]:
    return lambda parts: test(parts[0], parts[1]).cast("int8").cast("float64")


_IBIS: dict[str, Callable[[list[ir.Value]], ir.Value]] = {
    "+": lambda p: p[0] + p[1],
    "-": lambda p: p[0] - p[1],
    "*": lambda p: p[0] * p[1],
    "/": _ibis_ratio,
    "<": _compare(lambda a, b: a < b),
    "<=": _compare(lambda a, b: a <= b),
    ">": _compare(lambda a, b: a > b),
    ">=": _compare(lambda a, b: a >= b),
    "=": _compare(lambda a, b: a == b),
    "!=": _compare(lambda a, b: a != b),
    "sum": _ibis_sum,
    "mean": _ibis_mean,
    "min": _strict(ibis.least),
    "max": _strict(ibis.greatest),
    "ratio": _ibis_ratio,
    "days": lambda p: p[1].delta(p[0], unit="day").cast("float64"),
    "year": lambda p: p[0].year().cast("float64"),
    "log": _ibis_log,
    "if": _ibis_if,
    "fill": lambda p: ibis.coalesce(*p),
    "abs": lambda p: p[0].abs(),
}
