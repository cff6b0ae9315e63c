"""DuckDB files: one table or query, with the types that it brings."""

import contextlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from segscope.engine import DuckDBFile, Engine
from segscope.intake.database import (
    BINARY_NOTE,
    Adapted,
    Relation,
    choose,
    in_rows,
    nothing,
    one_select,
    same,
    store_adapted,
    told_rows,
)
from segscope.intake.files import Content
from segscope.intake.progress import Progress
from segscope.intake.report import ColumnReading, ReadOptions

USUAL_SCHEMA = "main"
DIGITS_OF_64_BITS = 18
LARGEST_WHOLE = Decimal(2**63 - 1)


def read_duckdb(
    content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[str, ibis.Table, int, tuple[ColumnReading, ...]]:
    """Store the table or query that is told, or else the only table; return what was read, in words, and its readings.

    Whole decimals (HUGEINT and DECIMAL without places) become whole numbers of 64 bits, other decimals floats. Values
    that have no place in a table (blobs, infinite dates, larger whole numbers) turn blank and are counted.
    """
    with contextlib.closing(DuckDBFile(content.path, content.name)) as file:
        if told.query is not None:
            query, expected, shown = one_select(told.query), None, f"a query of {content.name}"
        else:
            counts = {(schema, table): rows for schema, table, rows in file.relations()}
            relations = [_relation(schema, table, rows) for (schema, table), rows in counts.items()]
            chosen = choose(relations, told.table, content.name)
            query, expected = file.table_query(chosen.schema, chosen.name), counts[chosen.schema, chosen.name]
            shown = f"{chosen.title} in {content.name}"
        form, batches = file.stream(query)
        columns = [_adapted(field) for field in form]
        return shown, *store_adapted(columns, told_rows(batches, expected, progress), engine, name, shown)


def tables(content: Content) -> tuple[str, ...]:
    """Names of the tables and views."""
    with contextlib.closing(DuckDBFile(content.path, content.name)) as file:
        return tuple(_relation(*found).title for found in file.relations())


def _relation(schema: str, name: str, rows: int | None) -> Relation:
    return Relation(schema, name, "view" if rows is None else in_rows(rows), schema == USUAL_SCHEMA)


def _adapted(field: pa.Field) -> Adapted:
    kind = field.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return Adapted(pa.field(field.name, pa.string()), nothing, BINARY_NOTE)
    if pa.types.is_decimal(kind) and kind.scale == 0:
        convert = same if kind.precision <= DIGITS_OF_64_BITS else _within(-LARGEST_WHOLE, LARGEST_WHOLE, kind)
        return Adapted(pa.field(field.name, pa.int64()), convert)
    if pa.types.is_date(kind):
        return Adapted(field, _within(date.min, date.max, kind))
    if pa.types.is_timestamp(kind) and kind.unit != "ns":  # all that nanoseconds can tell is within the calendar
        plain = pa.timestamp(kind.unit)
        limits = _within(datetime.min, datetime.max.replace(microsecond=0), plain)
        return Adapted(field, lambda array: limits(array.cast(plain)).cast(kind))
    return Adapted(field, same)


def _within(low: object, high: object, kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    def limited(array: pa.Array) -> pa.Array:
        inside = pc.and_(pc.greater_equal(array, pa.scalar(low, kind)), pc.less_equal(array, pa.scalar(high, kind)))
        return pc.if_else(inside, array, None)

    return limited
