"""Sources that the engine reads itself: folders of Parquet or CSV files, and tables of its catalogue.

Types are decided and cells are cleaned by the same rules as for a file, in the engine; no rows come here.
"""

import re
from dataclasses import replace
from pathlib import Path

import ibis
import ibis.expr.types as ir

from segscope.engine import DistributedEngine, Place, one
from segscope.errors import DataError, SourceError
from segscope.intake.layout import unique_names
from segscope.intake.report import ROW, ColumnReading, IntakeReport, Kind, ReadOptions
from segscope.intake.sniff import guess_dialect
from segscope.intake.typing import type_columns

TABLE = re.compile(r"\w+(\.\w+){0,2}")
FOREIGN_ENDINGS = (
    ".xlsx", ".xls", ".xlsm", ".ods", ".json", ".jsonl", ".ndjson", ".sqlite", ".db", ".duckdb", ".arrow", ".feather",
    ".zip",
)  # fmt: skip
TEXT_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
HEAD_LINES = 200


def place_of(source: str, told: ReadOptions) -> Place:
    """What a source is, by its name: a table has no slash and is no file, texts end in .csv (or have a delimiter told),
    the rest is Parquet.

    >>> place_of("/data/customers.csv", ReadOptions()).form, place_of("shop.customers", ReadOptions()).form
    ('csv', 'table')
    >>> place_of("hdfs://lake/customers", ReadOptions()).form
    'parquet'
    """
    if TABLE.fullmatch(source) and not source.endswith((".parquet", *TEXT_ENDINGS)) and not Path(source).exists():
        return Place(source, "table")
    if source.rstrip("/").endswith(TEXT_ENDINGS) or told.delimiter is not None:
        return Place(source, "csv", encoding=told.encoding or "utf-8", header=told.header_rows != 0)
    return Place(source, "parquet")


def read_lake(source: str, engine: DistributedEngine, name: str, told: ReadOptions) -> tuple[ibis.Table, IntakeReport]:
    """A source as a typed, named table with record numbers, and the report of how it was read.

    Raises
    ------
    SourceError, DataError : when there is no such source, or nothing in it
    """
    place = place_of(source, told)
    if place.form == "parquet" and source.lower().endswith(FOREIGN_ENDINGS):
        raise SourceError(
            f"{_shown(place)} is none of what a cluster reads: Parquet, CSV or a table of its catalogue. Convert it or "
            "leave --engine out."
        )
    if place.form == "csv":
        return _texts(_with_dialect(engine, place, told), engine, name, told)
    raw = engine.scan(f"__raw_{name}", place)
    names = unique_names(raw.columns)
    columns = {new: _typed(raw[old]) for new, old in zip(names, raw.columns, strict=True)}
    table = engine.view(name, raw.select(**{ROW: raw.rowid()}, **{n: value for n, (_, value) in columns.items()}))
    count, blanks = _blanks(engine, table, names)
    readings = tuple(
        ColumnReading(new, old, columns[new][0], blanks[new]) for new, old in zip(names, raw.columns, strict=True)
    )
    return table, IntakeReport(_shown(place), place.form, _some(count, place), readings)


def _texts(place: Place, engine: DistributedEngine, name: str, told: ReadOptions) -> tuple[ibis.Table, IntakeReport]:
    raw = engine.scan(f"__raw_{name}", place)
    count = _some(int(one(engine, raw.agg(n=raw.count()))["n"]), place)
    names = unique_names(raw.columns)
    renamed = raw.select(
        **{ROW: raw.rowid()}, **{n: ibis.coalesce(raw[o], "") for n, o in zip(names, raw.columns, strict=True)}
    )
    stored = engine.view(f"__text_{name}", renamed)
    shown = ibis.table({c: kind for c, kind in stored.schema().items() if c != ROW}, name=f"__text_{name}")
    table, readings = type_columns(engine, shown, name, raw.columns, told)
    return table, IntakeReport(
        _shown(place),
        "delimited text",
        count,
        readings,
        encoding=place.encoding,
        delimiter=place.delimiter,
        quote=place.quote,
        header_rows=int(place.header),
    )


def _with_dialect(engine: DistributedEngine, place: Place, told: ReadOptions) -> Place:
    lines = engine.head(place, HEAD_LINES)
    if not lines:
        raise DataError(f"{_shown(place)} is empty. Choose a source with at least one customer.")
    dialect = guess_dialect(lines, told).dialect
    if len(dialect.delimiter) != 1:
        raise SourceError(
            f"{_shown(place)} has no delimiter of one sign, which a cluster needs. Convert it to Parquet."
        )
    return replace(place, delimiter=dialect.delimiter, quote=dialect.quote)


def _typed(column: ir.Value) -> tuple[Kind, ir.Value]:
    """A column in one of the types that stages know: NaN, infinite and empty cells are blank."""
    kind = column.type()
    if kind.is_boolean():
        return "boolean", column
    if kind.is_integer():
        return "integer", column.cast("int64")
    if kind.is_numeric():
        number = column.cast("float64")
        return "number", ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)
    if kind.is_date():
        return "date", column
    if kind.is_timestamp():
        return "datetime", column.cast("timestamp")
    if kind.is_string():
        return "text", column.nullif("")
    return "text", column.cast("string")


def _blanks(engine: DistributedEngine, table: ibis.Table, names: tuple[str, ...]) -> tuple[int, dict[str, int]]:
    found = one(engine, table.agg(n=table.count(), **{f"n{i}": table[name].count() for i, name in enumerate(names)}))
    count = int(found["n"])
    return count, {name: count - int(found[f"n{i}"]) for i, name in enumerate(names)}


def _some(count: int, place: Place) -> int:
    if not count:
        raise DataError(f"{_shown(place)} has columns but no customers. Choose a source that has at least one.")
    return count


def _shown(place: Place) -> str:
    """The name to show, never the folder above."""
    return place.address.rstrip("/").rpartition("/")[2] or place.address
