"""The entrance: any source to a stored table, with a report of how it was read."""

from pathlib import Path
from typing import Any

import ibis

from segscope.engine import Engine, one
from segscope.errors import DataError
from segscope.intake.arrow import frame_batches, read_arrow, store_arrow
from segscope.intake.delimited import TextTable, read_delimited
from segscope.intake.files import Content, look
from segscope.intake.jsonlines import is_json, read_json
from segscope.intake.report import ColumnReading, IntakeReport, ReadOptions
from segscope.intake.survey import ready_text
from segscope.intake.typing import type_columns
from segscope.intake.workbook import read_workbook

TYPED = ("parquet", "arrow")


def read(
    source: Path | str, engine: Engine, name: str = "source", options: ReadOptions | None = None
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a typed table, stored under ``name``, with the record numbers in the column ``ROW``.

    >>> import tempfile
    >>> from segscope.engine import connect
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "customers.csv")
    ...     _ = file.write_text("id;since;spent\\n1;21-08-2013;1,50\\n2;04-09-2012;20,00\\n")
    ...     table, report = read(file, connect())
    >>> report.rows, report.delimiter, [(c.name, c.kind) for c in report.columns]
    (2, ';', [('id', 'integer'), ('since', 'date'), ('spent', 'number')])
    """
    told = options or ReadOptions()
    content = look(source)
    if content.format in TYPED:
        table, count, columns = read_arrow(content, engine, name)
        return table, IntakeReport(content.name, content.format, count, columns)
    draft = f"__text_{name}"
    try:
        found = _texts(content, engine, draft, told)
        count = _count(engine, found.table)
        if not count:
            raise DataError(f"{content.name} has a header but no customers. Choose a file with at least one customer.")
        table, columns = type_columns(engine, found.table, name, found.found_names, told)
    finally:
        engine.drop(draft)
    return table, _report(content, found, count, columns)


def read_text(
    source: Path | str, engine: Engine, name: str = "source", options: ReadOptions | None = None
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a table of texts: every cell as it stands, records in the source's order, no ``ROW``."""
    content = look(source)
    if content.format in TYPED:
        table, count, columns = read_arrow(content, engine, name)
        texts = table.select(**{c.name: ibis.coalesce(table[c.name].cast("string"), "") for c in columns})
        return engine.store(name, texts), IntakeReport(content.name, content.format, count, columns)
    found = _texts(content, engine, name, options or ReadOptions())
    pairs = zip(found.table.columns, found.found_names, strict=True)
    readings = tuple(ColumnReading(column, original, "text") for column, original in pairs)
    return found.table, _report(content, found, _count(engine, found.table), readings)


def read_frame(frame: Any, engine: Engine, name: str = "source") -> tuple[ibis.Table, IntakeReport]:
    """Take over a table of pandas, Polars or Arrow, by the Arrow PyCapsule interface; its types are kept.

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> table, report = read_frame(pa.table({"id": [1, 2], "x": [1.5, float("nan")]}), connect())
    >>> table.columns == ("__row", "id", "x"), report.column("x").blanks
    (True, 1)
    """
    schema, batches = frame_batches(frame)
    table, count, columns = store_arrow(schema, batches, engine, name, "The data frame")
    return table, IntakeReport("data frame", "data frame", count, columns)


def _texts(content: Content, engine: Engine, name: str, told: ReadOptions) -> TextTable:
    if content.format == "excel":
        return read_workbook(content, engine, name, told)
    with ready_text(content, told.encoding) as text:
        if told.delimiter is None and is_json(text.head):
            return read_json(text, content, engine, name)
        return read_delimited(text, content, engine, name, told)


def _count(engine: Engine, table: ibis.Table) -> int:
    return int(one(engine, table.aggregate(n=table.count()))["n"])


def _report(content: Content, found: TextTable, count: int, columns: tuple[ColumnReading, ...]) -> IntakeReport:
    return IntakeReport(
        source=content.name,
        format=found.format,
        rows=count,
        columns=columns,
        repairs=found.repairs,
        encoding=found.encoding,
        delimiter=found.delimiter,
        quote=found.quote,
        escape=found.escape,
        header_rows=found.header_rows,
        skip_rows=found.skip_rows,
        compression=found.compression,
        sheet=found.sheet,
    )
