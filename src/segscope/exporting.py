"""Exporting: the one writer of files that leave the house. Streams, writes whole files or none, disarms formulas."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from segscope.errors import SourceError
from segscope.wording import listed

FORMATS = (".csv", ".tsv", ".parquet")
# What spreadsheets take for the start of a formula (OWASP, CSV injection). True numbers may start with a sign.
FORMULA = r"^[=+\-@\t\r\n|%]"
NUMBER = r"^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s*%?$"


def check_target(path: Path) -> None:
    """Raise unless a file of a known format can be written at this place."""
    if path.suffix.lower() not in FORMATS:
        raise SourceError(f"{path.name} must end in {listed(FORMATS, 'or')}.")
    if path.is_dir():
        raise SourceError(f"{path} is a folder. Name a file to write.")
    if not path.parent.is_dir():
        raise SourceError(f"There is no folder {path.parent} to write {path.name} into. Make it first.")


def write_rows(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path, disarm: bool = True) -> int:
    """Write batches of rows to CSV, TSV or Parquet; return how many rows. A failure leaves nothing behind.

    ``disarm``: put an apostrophe before texts that a spreadsheet would run as a formula (CSV and TSV).
    """
    check_target(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        if path.suffix.lower() == ".parquet":
            rows = _write_parquet(batches, schema, partial)
        else:
            rows = _write_text(batches, schema, partial, "\t" if path.suffix.lower() == ".tsv" else ",", disarm)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _write_parquet(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows


def _write_text(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path, delimiter: str, disarm: bool) -> int:
    written = pa.schema([pa.field(disarmed_name(f.name), f.type) for f in schema]) if disarm else schema
    options = pacsv.WriteOptions(delimiter=delimiter, quoting_style="needed")
    rows = 0
    with pacsv.CSVWriter(path, written, write_options=options) as writer:
        for batch in batches:
            columns = batch.cast(schema).columns
            columns = [disarmed(c) for c in columns] if disarm else columns
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=written))
            rows += batch.num_rows
    return rows


def disarmed(column: pa.Array) -> pa.Array:
    """Put an apostrophe before texts that a spreadsheet would run as a formula; numbers stay numbers.

    >>> disarmed(pa.array(["=1+1", "-12.5", "-x", "plain", None])).to_pylist()
    ["'=1+1", '-12.5', "'-x", 'plain', None]
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    risky = pc.and_(pc.match_substring_regex(column, FORMULA), pc.invert(pc.match_substring_regex(column, NUMBER)))
    return pc.if_else(pc.fill_null(risky, False), pc.binary_join_element_wise("'", column, ""), column)


def disarmed_name(name: str) -> str:
    """A column's name, disarmed in the same way.

    >>> disarmed_name("=cmd()"), disarmed_name("Income")
    ("'=cmd()", 'Income')
    """
    return str(disarmed(pa.array([name]))[0].as_py())
