"""Expressions as Spark SQL, with the meaning that they have on the embedded engine.

The text is all that Spark is given, so a session in this process and one behind Spark Connect are served alike.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL, SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.datatypes import PySparkType

from segscope.engine.patterns import java_pattern, java_replacement
from segscope.engine.protocol import NUMBER

SIGNED = {dt.UInt8: dt.int16, dt.UInt16: dt.int32, dt.UInt32: dt.int64, dt.UInt64: dt.Decimal(20, 0)}


class SparkTypes(PySparkType):  # type: ignore[misc]  # Ibis ships no types
    """Spark has no unsigned numbers: a wider one holds them."""

    @classmethod
    def from_ibis(cls, dtype: dt.DataType) -> sge.DataType:
        """The name of a type."""
        found: sge.DataType = super().from_ibis(SIGNED.get(type(dtype), dtype))
        return found


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]  # Ibis ships no types
    """Ibis's compiler for Spark, without its options, and where it says something else than for DuckDB."""

    __slots__ = ()

    type_mapper = SparkTypes

    UNSUPPORTED_OPS = tuple(op for op in PySparkCompiler.UNSUPPORTED_OPS if op is not ops.RowID)

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        """A float is written with all of its digits."""
        if not dtype.is_floating():
            return super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        return self.cast(sge.convert(repr(float(value))) if not math.isfinite(value) else _plain(value), dtype)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:
        """A column."""
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:
        """NaN is a value, as in DuckDB."""
        return arg.is_(NULL)

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:
        """NaN is a value, as in DuckDB."""
        return SQLGlotCompiler.visit_NotNull(self, op, arg=arg)

    def visit_Round(self, op: Any, *, arg: Any, digits: Any) -> Any:
        """A half goes away from zero, in binary arithmetic; Spark's own goes by way of decimal figures."""
        if not op.arg.dtype.is_floating():
            return super().visit_Round(op, arg=arg, digits=digits)
        scale = 1.0 if digits is None else 10.0 ** int(op.digits.value)
        factor = self.cast(_plain(scale), dt.float64)
        size = self.cast(self.f.floor(self.f.abs(arg) * factor + self.cast(_plain(0.5), dt.float64)), dt.float64)
        rounded = self.f.signum(arg) * (size / factor)
        return rounded if op.dtype.is_floating() else self.cast(rounded, op.dtype)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """Whether a pattern is found."""
        return self.f.regexp_like(arg, _in_java(op.pattern.value))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:
        """A part of what a pattern finds; an empty text where it finds nothing."""
        return self.f.regexp_extract(arg, _in_java(op.pattern.value), index)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        """A text with another in place of each that a pattern finds."""
        told = java_replacement(op.replacement.value)
        return self.f.regexp_replace(arg, _in_java(op.pattern.value), sge.convert(told))

    def visit_RowID(self, op: Any, *, table: Any) -> Any:
        """The column that a scanned source has beside those it shows."""
        return sg.column(NUMBER, table=table.alias_or_name, quoted=self.quoted)


def _plain(value: float) -> sge.Expression:
    return sge.Literal.number(repr(float(value)))


def _in_java(pattern: str) -> Any:
    return sge.convert(java_pattern(pattern))


_COMPILER = SparkCompiler()


@lru_cache(maxsize=4096)
def _compiled(operation: Any) -> str:
    return str(_COMPILER.to_sqlglot(operation.to_expr().unbind()).sql(dialect=_COMPILER.dialect))


def spark_sql(expression: ir.Expr) -> str:
    """The query of an expression.

    >>> t = ibis.table({"a": "float64"}, name="t")
    >>> print(spark_sql(t.a.sum()))
    SELECT SUM(`t0`.`a`) AS `Sum(a)` FROM `t` AS `t0`
    """
    return _compiled(expression.as_table().op() if not isinstance(expression, ibis.Table) else expression.op())


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]  # Ibis declares it so
def _md5(text: str) -> str:
    """The MD5 digest in hexadecimal figures."""
    raise NotImplementedError


@ibis.udf.scalar.builtin(name="conv")  # type: ignore[untyped-decorator]
def _conv(figures: str, base: int, to: int) -> str:
    """Figures of one base in another."""
    raise NotImplementedError


@ibis.udf.scalar.builtin(name="shiftright")  # type: ignore[untyped-decorator]
def _shift_right(number: int, bits: int) -> int:
    """A number without its lowest bits."""
    raise NotImplementedError


@ibis.udf.agg.builtin(name="percentile")  # type: ignore[untyped-decorator]
def _percentile(value: float, shares: dt.Array(dt.float64), times: int) -> dt.Array(dt.float64):  # type: ignore[valid-type]
    """The numbers that lie at some shares of all sorted ones, each of which counts several times."""
    raise NotImplementedError


def elements(value: ir.FloatingValue, places: Sequence[int], count: int) -> ir.ArrayValue:
    """The numbers at some places, from 0, when all of them are sorted.

    Each counts three times, and its middle one is asked for: its neighbours are the same number, so that nothing is
    interpolated however the share is rounded.
    """
    last = max(3 * count - 1, 1)
    return _percentile(value, ibis.array([(3 * place + 1) / last for place in places]), 3)


def size_of_set(value: ir.Value) -> ir.IntegerScalar:
    """How many different values there are, collected in memory."""

    @ibis.udf.agg.builtin(name="collect_set", signature=((value.type(),), dt.Array(value.type())))
    def collect_set(value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the signature says it
        """The different values."""

    return collect_set(value).length()


def uniform(key: ir.StringValue, seed: int) -> ir.FloatingValue:
    """A number in [0, 1) from the first eight bytes of the MD5 digest, lowest first, without the lowest eleven bits."""
    digest = _md5(ibis.literal(f"{seed}:") + key)
    figures = digest.substr(14, 2)
    for place in range(12, 0, -2):
        figures = figures + digest.substr(place, 2)
    # Seven of the eight bytes fit a signed number; eight bits are gone with the lowest, three are left to go.
    number = _shift_right(_conv(figures, 16, 10).cast("int64"), 3)
    return number.cast("float64") * 2.0**-53
