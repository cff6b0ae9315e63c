"""The small formula language of derived columns: parsed into a tree, never evaluated as Python.

    sum(MntWines, MntFruits)            blanks count as 0, blank only when all are blank
    ratio(total_spend, purchases)       blank when the second is 0
    days(Dt_Customer, 2014-06-29)       from the first date to the second
    2014 - Year_Birth      min(1, a)      if(a > 3, 1, 0)      log(1 + x)      year(d)      `odd name` + 1

One tree has two readings: an Ibis expression over a table, and NumPy arrays (NaN is blank, dates are days since
1970-01-01). Both give the same number for the same customer.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from segscope.engine import logarithm, logarithm_numpy
from segscope.errors import FormulaError, did_you_mean

Array = npt.NDArray[np.float64]

MAX_DEPTH = 50
LARGEST_FLOAT = 1.7e308
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Number:
    """A number written in the formula."""

    value: float


@dataclass(frozen=True)
class Day:
    """A date written in the formula, as 2014-06-29."""

    value: date


@dataclass(frozen=True)
class Name:
    """A column."""

    column: str


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Day | Name | Call

ARITY: dict[str, tuple[int, int]] = {
    "sum": (1, 99), "mean": (1, 99), "min": (2, 99), "max": (2, 99), "ratio": (2, 2), "days": (2, 2), "year": (1, 1),
    "log": (1, 1), "if": (3, 3), "fill": (2, 2), "abs": (1, 1),
}  # fmt: skip
OF_DATES = {"days", "year"}
OF_EITHER = {"fill", "<", "<=", ">", ">=", "=", "!="}
TOKEN = re.compile(
    r"\s*(?:(?P<day>\d{4}-\d{2}-\d{2})|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|`(?P<quoted>(?:[^`]|``)+)`"
    r"|(?P<name>[^\W\d]\w*)|(?P<sign><=|>=|!=|[-+*/(),<>=]))"
)
PRECEDENCE = {"<": 1, "<=": 1, ">": 1, ">=": 1, "=": 1, "!=": 1, "+": 2, "-": 2, "*": 3, "/": 3}


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Read a formula.

    Parameters
    ----------
    text : the formula; names with spaces or signs stand in backticks

    Raises
    ------
    FormulaError : with the place where reading stopped

    >>> parse("ratio(spend, 2)")
    Call(function='ratio', arguments=(Name(column='spend'), Number(value=2.0)))
    >>> parse("summ(a)")
    Traceback (most recent call last):
    segscope.errors.FormulaError: There is no function 'summ'. Did you mean sum?
    >>> parse("1 +")
    Traceback (most recent call last):
    segscope.errors.FormulaError: The formula '1 +' stops early: a number, a column or a function is missing.
    """
    parser = _Parser(text)
    node = parser.expression(0, 0)
    parser.expect_end()
    return node


def columns(node: Node) -> tuple[str, ...]:
    """Names of the columns that a formula reads, each once, in order of appearance.

    >>> columns(parse("(a + b) / a"))
    ('a', 'b')
    """
    return tuple(dict.fromkeys(_names(node)))


def quote(name: str) -> str:
    """Write a column's name as a formula does, in backticks where needed.

    >>> quote("MntWines"), quote("Order value"), quote("odd`name")
    ('MntWines', '`Order value`', '`odd``name`')
    """
    plain = re.fullmatch(r"[^\W\d]\w*", name) and name.lower() not in ARITY
    return name if plain else "`" + name.replace("`", "``") + "`"


def to_ibis(node: Node, table: ibis.Table) -> ir.Value:
    """The formula as an expression over a table.

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


def to_numpy(node: Node, values: Mapping[str, Array]) -> Array:
    """The formula over arrays of shape (n,), NaN for blank, dates as days since 1970-01-01.

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


class _Parser:
    """Precedence climbing over tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.place = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.place += 1
        return token

    def expression(self, weakest: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise FormulaError(f"The formula is nested deeper than {MAX_DEPTH} levels.")
        left = self.operand(depth)
        while self.peek()[0] == "sign" and PRECEDENCE.get(self.peek()[1], 0) > weakest:
            sign = self.take()[1]
            left = Call(sign, (left, self.expression(PRECEDENCE[sign], depth + 1)))
        return left

    def operand(self, depth: int) -> Node:
        kind, text = self.take()
        if kind == "number":
            return Number(float(text))
        if kind == "day":
            try:
                return Day(date.fromisoformat(text))
            except ValueError:
                raise FormulaError(f"The formula {self.text!r} holds {text}, which is no date.") from None
        if kind == "quoted":
            return Name(text.replace("``", "`"))
        if kind == "name":
            return self.call(text.lower(), depth) if self.peek() == ("sign", "(") else Name(text)
        if (kind, text) == ("sign", "-"):
            return Call("-", (Number(0.0), self.expression(PRECEDENCE["*"], depth + 1)))
        if (kind, text) == ("sign", "("):
            node = self.expression(0, depth + 1)
            self.expect(")")
            return node
        if kind == "end":
            raise FormulaError(f"The formula {self.text!r} stops early: a number, a column or a function is missing.")
        raise FormulaError(f"The formula {self.text!r} has {text!r} where a number, a column or a function must be.")

    def call(self, function: str, depth: int) -> Node:
        if function not in ARITY:
            raise FormulaError(f"There is no function {function!r}.{did_you_mean(function, ARITY)}")
        self.take()
        arguments = [self.expression(0, depth + 1)]
        while self.peek() == ("sign", ","):
            self.take()
            arguments.append(self.expression(0, depth + 1))
        self.expect(")")
        least, most = ARITY[function]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} or more"
            raise FormulaError(f"The function {function} takes {wanted} arguments. Got {len(arguments)}.")
        return Call(function, tuple(arguments))

    def expect(self, sign: str) -> None:
        if self.take() != ("sign", sign):
            raise FormulaError(f"The formula {self.text!r} lacks a {sign!r}.")

    def expect_end(self) -> None:
        kind, text = self.peek()
        if kind != "end":
            raise FormulaError(f"The formula {self.text!r} goes on with {text!r} where it should end.")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = TOKEN.match(stripped, place)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"The formula {text!r} has a sign that it cannot read at place {place + 1}.")
        yield ("name" if match.lastgroup == "name" else match.lastgroup), match.group(match.lastgroup)
        place = match.end()


def _names(node: Node) -> Iterator[str]:
    match node:
        case Name(column):
            yield column
        case Call(_, arguments):
            for argument in arguments:
                yield from _names(argument)
        case _:
            return


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
    "log": lambda p: np.where(
        p[0] > 0, logarithm_numpy(np.minimum(np.where(p[0] > 0, p[0], 1.0), LARGEST_FLOAT)), np.nan
    ),
    "if": lambda p: np.where(np.isnan(p[0]), np.nan, np.where(p[0] != 0, p[1], p[2])),
    "fill": lambda p: np.where(np.isnan(p[0]), p[1], p[0]),
    "abs": lambda p: np.abs(p[0]),
}
