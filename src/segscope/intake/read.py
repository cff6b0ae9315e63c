"""The entrance: any source to a stored table, with a report of how it was read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis

from segscope.engine import Engine, distributed, one
from segscope.errors import DataError, SourceError
from segscope.intake.archives import ready_file
from segscope.intake.arrow import frame_batches, read_arrow, store_arrow
from segscope.intake.database import checked, is_server
from segscope.intake.delimited import TextTable, read_delimited
from segscope.intake.duckfile import read_duckdb
from segscope.intake.files import Content, look
from segscope.intake.jsonlines import is_json, read_json
from segscope.intake.lake import read_lake
from segscope.intake.postgres import read_postgres
from segscope.intake.progress import Progress, part, passing, untold
from segscope.intake.report import ColumnReading, IntakeReport, ReadOptions
from segscope.intake.sqlite import read_sqlite
from segscope.intake.survey import ready_text
from segscope.intake.typing import type_columns
from segscope.intake.workbook import read_workbook

TYPED = ("parquet", "arrow", "duckdb")
DATABASES = ("sqlite", "duckdb")
CELLS_A_SECOND = 2e7


def read(
    source: Path | str,
    engine: Engine,
    name: str = "source",
    options: ReadOptions | None = None,
    progress: Progress | None = None,
    shown: str = "",
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a typed table, stored under ``name``, with the record numbers in the column ``ROW``.

    ``shown`` is the source's name for people, where the file at hand has another.

    ``progress`` is told the stage in words and the share that is done, 0 to 1, about every half second of a long
    reading (also from another thread than the caller's, never from two at once).

    >>> import tempfile
    >>> from segscope.engine import connect
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "customers.csv")
    ...     _ = file.write_text("id;since;spent\\n1;21-08-2013;1,50\\n2;04-09-2012;20,00\\n")
    ...     table, report = read(file, connect())
    >>> report.rows, report.delimiter, [(c.name, c.kind) for c in report.columns]
    (2, ';', [('id', 'integer'), ('since', 'date'), ('spent', 'number')])
    """
    told, heard = checked(options or ReadOptions()), progress or untold
    if lake := distributed(engine):
        return read_lake(str(source), lake, name, told)
    if is_server(source):
        return _served(str(source), engine, name, told, heard)
    packed = look(source, shown)
    with ready_file(packed, heard) as content:
        _refuse_unused(content, told)
        if content.format in TYPED:
            table, report = _typed(content, engine, name, told, heard)
        else:
            table, report = _typed_texts(content, engine, name, told, heard)
    return table, _with_packing(report, packed)


def read_text(
    source: Path | str,
    engine: Engine,
    name: str = "source",
    options: ReadOptions | None = None,
    progress: Progress | None = None,
) -> tuple[ibis.Table, IntakeReport]:
    """Read any source into a table of texts: every cell as it stands, records in the source's order, no ``ROW``."""
    told, heard = checked(options or ReadOptions()), progress or untold
    if is_server(source):
        table, report = _served(str(source), engine, name, told, heard)
        return _as_texts(engine, name, table, report), report
    packed = look(source)
    with ready_file(packed, heard) as content:
        _refuse_unused(content, told)
        if content.format in TYPED:
            table, report = _typed(content, engine, name, told, heard)
            return _as_texts(engine, name, table, report), _with_packing(report, packed)
        shown, found = _texts(content, engine, name, told, heard)
    pairs = zip(found.table.columns, found.found_names, strict=True)
    readings = tuple(ColumnReading(column, original, "text") for column, original in pairs)
    return found.table, _with_packing(_report(shown, found, _count(engine, found.table), readings), packed)


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


def _served(
    address: str, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[ibis.Table, IntakeReport]:
    shown, table, count, columns = read_postgres(address, engine, name, told, progress)
    return table, IntakeReport(shown, "postgresql", count, columns)


def _typed(
    content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[ibis.Table, IntakeReport]:
    """Sources that bring types with them."""
    if content.format == "duckdb":
        shown, table, count, columns = read_duckdb(content, engine, name, told, progress)
    else:
        shown, (table, count, columns) = content.name, read_arrow(content, engine, name)
    return table, IntakeReport(shown, content.format, count, columns)


def _typed_texts(
    content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[ibis.Table, IntakeReport]:
    """Sources of texts, whose types are decided here."""
    draft = f"__text_{name}"
    if content.format == "sqlite":
        told = replace(told, decimal=told.decimal or ".")  # its numbers know no other
    try:
        shown, found = _texts(content, engine, draft, told, part(progress, 0.0, 0.6))
        count = _count(engine, found.table)
        if not count:
            raise DataError(f"{shown} has a header but no customers. Choose a file with at least one customer.")
        seconds = count * len(found.found_names) / CELLS_A_SECOND
        with passing(part(progress, 0.6, 1.0), "Typing columns", seconds):
            table, columns = type_columns(engine, found.table, name, found.found_names, told)
    finally:
        engine.drop(draft)
    return table, _report(shown, found, count, columns)


def _texts(content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress) -> tuple[str, TextTable]:
    """A stored table of texts, and the name of what it was read from."""
    if content.format == "sqlite":
        return read_sqlite(content, engine, name, told, progress)
    if content.format == "excel":
        return content.name, read_workbook(content, engine, name, told)
    reading = part(progress, 0.25, 1.0)
    with ready_text(content, told.encoding, part(progress, 0.0, 0.25)) as text:
        if told.delimiter is None and is_json(text.head):
            return content.name, read_json(text, content, engine, name, reading)
        return content.name, read_delimited(text, content, engine, name, told, reading)


def _as_texts(engine: Engine, name: str, table: ibis.Table, report: IntakeReport) -> ibis.Table:
    texts = {c.name: ibis.coalesce(table[c.name].cast("string"), "") for c in report.columns}
    return engine.store(name, table.select(**texts))


def _refuse_unused(content: Content, told: ReadOptions) -> None:
    """A table or a query that is told for a file without tables is a mistake about the file."""
    if content.format not in DATABASES and (told.table is not None or told.query is not None):
        what = "table" if told.table is not None else "query"
        raise SourceError(f"{content.name} is not a database, so it has no {what} to name. Leave the {what} out.")


def _with_packing(report: IntakeReport, packed: Content) -> IntakeReport:
    packing = "zip" if packed.format == "zip" and not packed.compression else packed.compression
    return replace(report, compression=packing or report.compression)


def _count(engine: Engine, table: ibis.Table) -> int:
    return int(one(engine, table.aggregate(n=table.count()))["n"])


def _report(shown: str, found: TextTable, count: int, columns: tuple[ColumnReading, ...]) -> IntakeReport:
    return IntakeReport(
        source=shown,
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
