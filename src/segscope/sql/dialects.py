"""SQL dialects: their names, and how one statement's tree becomes theirs.

Every stage is compiled once, for DuckDB, and the tree is put into forms that mean the same everywhere: every number
with a decimal point is a double, since most databases take ``0.5`` for an exact decimal and compute with it in another
way; a condition becomes a number by CASE, since few databases cast it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from segscope.errors import RecipeError, did_you_mean


@dataclass(frozen=True)
class Dialect:
    """A dialect of SQL.

    Attributes
    ----------
    title : for people
    sqlglot : the name that sqlglot has for it
    doubles : how a number is written that is a double: 5e-1, 0.5 where that is one, or CAST(0.5 AS ...)
    nan : how "not a number" is found: by a function, by comparing, or not at all where no column can hold it
    collation : under which texts are compared exactly, where they are not anyway
    top, tail : what follows SELECT, or ends a stage, so that the stage is computed once: these databases would put its
        formulas in place of its columns, each time it is named, stage after stage
    """

    title: str
    sqlglot: str
    doubles: Literal["exponent", "plain", "cast"]
    nan: Literal["ISNAN", "IS_NAN", "=", ""] = "ISNAN"
    collation: str = ""
    top: str = ""
    tail: str = ""


DIALECTS = {
    "duckdb": Dialect("DuckDB", "duckdb", "exponent"),
    "postgres": Dialect("PostgreSQL", "postgres", "cast", "=", tail="OFFSET 0"),
    "spark": Dialect("Spark", "spark", "exponent"),
    "snowflake": Dialect("Snowflake", "snowflake", "cast", "="),
    "bigquery": Dialect("BigQuery", "bigquery", "plain", "IS_NAN"),
    "redshift": Dialect("Redshift", "redshift", "cast", "="),
    "sqlserver": Dialect(
        "SQL Server", "tsql", "exponent", "", "Latin1_General_100_BIN2", top="TOP (9223372036854775807)"
    ),
    "mysql": Dialect("MySQL", "mysql", "exponent", "", "utf8mb4_0900_bin", tail="LIMIT 18446744073709551615"),
}
ALSO = {"postgresql": "postgres", "mssql": "sqlserver", "tsql": "sqlserver", "databricks": "spark"}


def dialect_named(name: str) -> Dialect:
    """A dialect by name, in any case.

    Raises
    ------
    RecipeError : for a name that is not known; near ones are offered

    >>> dialect_named("SQL Server").sqlglot
    'tsql'
    >>> dialect_named("duckdv")
    Traceback (most recent call last):
    segscope.errors.RecipeError: There is no SQL dialect 'duckdv'. Did you mean duckdb?
    """
    key = name.lower().replace(" ", "")
    key = ALSO.get(key, key)
    if key not in DIALECTS:
        raise RecipeError(f"There is no SQL dialect {name!r:.60}.{did_you_mean(name, DIALECTS)}")
    return DIALECTS[key]


def adapted(tree: exp.Expr, names: Mapping[str, exp.Identifier], dialect: Dialect) -> exp.Expr:
    """An expression as it is written in a dialect.

    Parameters
    ----------
    tree : as Ibis compiles it for DuckDB; of one table, so that columns need no table before them
    names : how a column is called in the statement, by its name in the tree
    """
    root = exp.Paren(this=tree)
    for column in list(root.find_all(exp.Column)):
        column.replace(exp.Column(this=names[column.name].copy()))
    for cast in list(root.find_all(exp.Cast)):
        inner = cast.this.this if isinstance(cast.this, exp.Cast) else cast.this
        if cast.is_type(exp.DataType.Type.DOUBLE) and _is_condition(inner):
            cast.replace(_as_number(inner))
    for day in list(root.find_all(exp.DateFromParts)):
        parts = (int(day.args[part].name) for part in ("year", "month", "day"))
        day.replace(exp.cast(exp.Literal.string("{:04d}-{:02d}-{:02d}".format(*parts)), "DATE"))
    for quotient in list(root.find_all(exp.Div)):
        # Both sides are doubles, and the divisor is not 0.
        quotient.set("typed", True)
        quotient.set("safe", False)
    for literal in list(root.find_all(exp.Literal)):
        if not literal.is_string and set(literal.this) & {".", "e", "E"}:
            _as_double(literal, dialect)
        elif literal.is_string and dialect.sqlglot == "tsql" and not isinstance(literal.parent, exp.Cast):
            literal.replace(text_literal(literal.this, dialect))
    found: exp.Expr = root.this
    return found


def text_literal(text: str, dialect: Dialect) -> exp.Expr:
    """A text in quotes."""
    return exp.National(this=text) if dialect.sqlglot == "tsql" else exp.Literal.string(text)


def known_number(number: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A double, blank where it is "not a number"."""
    if not dialect.nan:
        return number
    nan = exp.cast(exp.Literal.string("NaN"), "DOUBLE")
    test = (
        exp.EQ(this=number, expression=nan)
        if dialect.nan == "="
        else exp.Anonymous(this=dialect.nan, expressions=[number])
    )
    return exp.Case().when(exp.Not(this=exp.paren(test)), number.copy())


def _is_condition(tree: exp.Expr) -> bool:
    tree = tree.unnest()
    if isinstance(tree, exp.Coalesce):
        return any(isinstance(part, exp.Boolean) for part in tree.expressions)
    return isinstance(tree, (exp.Predicate, exp.Connector, exp.Not)) and not isinstance(tree, exp.Case)


def _as_number(condition: exp.Expr) -> exp.Expr:
    """A condition as 1 and 0, and blank where it is unknown."""
    one, zero = exp.Literal.number("1.0"), exp.Literal.number("0.0")
    if isinstance(condition, exp.Coalesce):  # with FALSE: what is unknown is not so
        return exp.Case().when(condition.this, one).else_(zero)
    if condition.find(exp.Is):
        return exp.Case().when(condition, one).else_(zero)
    return exp.Case().when(condition, one).when(exp.Not(this=exp.paren(condition.copy())), zero)


def _as_double(literal: exp.Literal, dialect: Dialect) -> None:
    text = f"{float(literal.this)!r}"
    if dialect.doubles == "exponent" and "e" not in text:
        text += "e0"
    number = exp.Literal.number(text)
    beside = literal.parent
    computed = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.LT, exp.GT, exp.LTE, exp.GTE, exp.EQ, exp.In)
    # Beside a column, which is a double, a decimal becomes one; elsewhere two decimals may meet.
    safe = isinstance(beside, computed) and beside.find(exp.Column) is not None
    literal.replace(exp.cast(number, "DOUBLE") if dialect.doubles == "cast" and not safe else number)
