"""The entrance: any source to a stored table, with a report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis

from segscope.engine import Engine, one
from segscope.intake.delimited import TextTable, no_customers, read_delimited
from segscope.intake.files import look
from segscope.intake.report import ROW, ColumnReading, IntakeReport, ReadOptions
from segscope.intake.typing import type_columns


def read(
    source: Path | str, engine: Engine, name: str = "source", options: ReadOptions | None = None
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a typed table, stored under ``name``, with its record numbers in ``ROW``."""
    told = options or ReadOptions()
    content = look(source)
    if content.format == "parquet":
        table = engine.scan_parquet(f"__file_{name}", content.path)
        return read_frame(engine.fetch(table), engine, name)
    found = read_delimited(content, engine, f"__text_{name}", told)
    count = _count(engine, found.table)
    if not count:
        raise no_customers(content.name)
    typed, columns = type_columns(engine, found.table, name, found.found_names, told)
    engine.drop(f"__text_{name}")
    return typed, _report(content.name, found, count, columns)


def read_text(
    source: Path | str, engine: Engine, name: str = "source", options: ReadOptions | None = None
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a table of texts: every cell as it stands, in the source's order."""
    content = look(source)
    found = read_delimited(content, engine, name, options or ReadOptions())
    pairs = zip(found.table.columns, found.found_names, strict=True)
    columns = tuple(ColumnReading(column, original, "text") for column, original in pairs)
    return found.table, _report(content.name, found, _count(engine, found.table), columns)


def read_frame(frame: Any, engine: Engine, name: str = "source") -> tuple[ibis.Table, IntakeReport]:
    """Take over a pandas, Polars or Arrow table."""
    import pyarrow as pa

    rows = pa.table(frame)
    rows = rows.append_column(ROW, pa.array(range(rows.num_rows), pa.int64()))
    table = engine.store(name, rows)
    kinds = {c: _kind(table[c]) for c in table.columns if c != ROW}
    columns = tuple(ColumnReading(c, c, k) for c, k in kinds.items())  # type: ignore[arg-type]
    return table, IntakeReport("data frame", "data frame", rows.num_rows, columns)


def _kind(column: Any) -> str:
    kind = column.type()
    if kind.is_boolean():
        return "boolean"
    if kind.is_integer():
        return "integer"
    if kind.is_numeric():
        return "number"
    return "date" if kind.is_date() else "datetime" if kind.is_timestamp() else "text"


def _count(engine: Engine, table: ibis.Table) -> int:
    return int(one(engine, table.aggregate(n=table.count()))["n"])


def _report(name: str, found: TextTable, count: int, columns: tuple[ColumnReading, ...]) -> IntakeReport:
    return IntakeReport(
        name,
        found.format,
        count,
        columns,
        found.repairs,
        found.encoding,
        found.delimiter,
        found.quote,
        found.escape,
        found.header_rows,
        found.skip_rows,
        found.compression,
        found.sheet,
    )
