"""Converting: any source as intake reads it, written as clean CSV or Parquet. Also how intake is checked."""

from pathlib import Path

import pyarrow as pa

from segscope.engine import connect
from segscope.exporting import check_target, write_rows
from segscope.intake import ROW, IntakeReport, ReadOptions, read, read_text


def convert(
    source: str | Path, target: Path, as_text: bool = False, reading: ReadOptions | None = None
) -> tuple[int, IntakeReport]:
    """Write a source as intake reads it.

    Parameters
    ----------
    target : file to write: .csv, .tsv, .parquet or .xlsx
    as_text : every cell as the text that stands in the source, under the names that stand there; else typed columns
    reading : what the user knows of the source

    Returns
    -------
    the number of rows, and how the source was read

    Raises
    ------
    SourceError, DataError : when the source cannot be read or the target cannot be written; nothing is written then
    """
    check_target(target)
    engine = connect()
    try:
        table, report = (read_text if as_text else read)(source, engine, "source", reading)
        kept = [c for c in table.columns if c != ROW]
        ordered = table.order_by(ROW).select(*kept) if ROW in table.columns else table
        schema = engine.fetch(ordered.limit(0)).schema
        if as_text:
            found = [c.found_name if report.header_rows else c.name for c in report.columns]
            schema = pa.schema([pa.field(n, f.type) for n, f in zip(found, schema, strict=True)])
        # A conversion keeps every cell: disarming formulas is for files that people open in a spreadsheet.
        batches = (pa.RecordBatch.from_arrays(b.columns, schema=schema) for b in engine.batches(ordered))
        return write_rows(batches, schema, target, disarm=False), report
    finally:
        engine.close()
