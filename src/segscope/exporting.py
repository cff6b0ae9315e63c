"""Exporting: the one writer of files that leave the house. Streams, writes whole files or none, disarms formulas."""

import io
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from segscope.errors import SourceError
from segscope.wording import listed

FORMATS = (".csv", ".tsv", ".parquet", ".xlsx")
# What spreadsheets take for the start of a formula (OWASP, CSV injection), full-width signs too. True numbers may start
# with a sign. Apostrophes before it count, so that taking one away always gives the text back.
FORMULA = "^'*[=+\\-@\\t\\r\\n|%\uff1d\uff0b\uff0d\uff20]"
NUMBER = r"^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s*%?$"
EXCEL_ROWS, EXCEL_COLUMNS, EXCEL_LETTERS = 1_048_575, 16_384, 32_767  # below the header; of one cell
EXCEL_FIRST_YEAR = 1900
BLOCK_BYTES = 1 << 20


def check_target(path: Path, formats: Sequence[str] = FORMATS) -> None:
    """Raise unless a file of one of some formats can be written at this place."""
    if path.suffix.lower() not in formats:
        raise SourceError(f"{path.name} must end in {listed(formats, 'or')}.")
    if path.is_dir():
        raise SourceError(f"{path} is a folder. Name a file to write.")
    if not path.parent.is_dir():
        raise SourceError(f"There is no folder {path.parent} to write {path.name} into. Make it first.")


def check_size(ending: str, rows: int, columns: int) -> None:
    """Raise unless a format holds so many rows and columns.

    >>> check_size(".xlsx", 1_048_576, 3)
    Traceback (most recent call last):
    segscope.errors.SourceError: An Excel sheet holds 1,048,575 rows, and there are 1,048,576. Use CSV or Parquet.
    """
    if ending == ".xlsx" and rows > EXCEL_ROWS:
        raise SourceError(f"An Excel sheet holds {EXCEL_ROWS:,} rows, and there are {rows:,}. Use CSV or Parquet.")
    if ending == ".xlsx" and columns > EXCEL_COLUMNS:
        raise SourceError(
            f"An Excel sheet holds {EXCEL_COLUMNS:,} columns, and there are {columns:,}. Use CSV or Parquet."
        )


def write_rows(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path, disarm: bool = True) -> int:
    """Write batches of rows to CSV, TSV, Parquet or Excel; return how many rows. A failure leaves nothing behind.

    ``disarm``: put an apostrophe before texts that a spreadsheet would run as a formula (CSV and TSV).
    """
    check_target(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield batch

    try:
        with partial.open("wb") as file:
            for block in encoded(counted(), schema, path.suffix.lower(), disarm):
                file.write(block)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def encoded(batches: Iterator[pa.RecordBatch], schema: pa.Schema, ending: str, disarm: bool = True) -> Iterator[bytes]:
    """The same file as blocks of bytes, made while they are taken: never more than a batch in memory.

    Parameters
    ----------
    ending : one of ``FORMATS``

    Raises
    ------
    SourceError : when Excel cannot hold what comes, possibly after the first blocks of the rows were read
    """
    if ending == ".xlsx":
        yield from _excel(batches, schema)
        return
    sink = _Sink()
    names = [disarmed_name(f.name) for f in schema] if disarm and ending != ".parquet" else schema.names
    written = pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])
    if ending == ".parquet":
        writer = pq.ParquetWriter(sink, written, compression="zstd")
    else:
        options = pacsv.WriteOptions(delimiter="\t" if ending == ".tsv" else ",", quoting_style="needed")
        writer = pacsv.CSVWriter(sink, written, write_options=options)
    with writer:
        for batch in batches:
            columns = batch.cast(schema).columns
            if disarm and ending != ".parquet":
                columns = [disarmed(c) for c in columns]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=written))
            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Collects what is written to it until it is taken; cannot go back."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, block: Any) -> int:
        self._blocks.append(bytes(block))
        self._place += len(self._blocks[-1])
        return len(self._blocks[-1])

    def take(self) -> bytes:
        taken = b"".join(self._blocks)
        self._blocks.clear()
        return taken


def _excel(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    """An Excel workbook of one sheet. It grows on disk, row by row, and is read from there when it is whole."""
    import xlsxwriter

    check_size(".xlsx", 0, len(schema))
    with tempfile.TemporaryDirectory(prefix="segscope-") as place:
        file = Path(place) / "sheet.xlsx"
        options = {"constant_memory": True, "tmpdir": place, "remove_timezone": True}
        with xlsxwriter.Workbook(file, options) as book:
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            # Always as text: a cell of text runs nothing, whatever it starts with.
            for column, name in enumerate(schema.names):
                _check_letters(name, name)
                sheet.write_string(0, column, name)
            row = 0
            writers = [_cell_writer(book, sheet, field) for field in schema]
            for batch in batches:
                check_size(".xlsx", row + batch.num_rows, len(schema))
                for values in zip(*(c.to_pylist() for c in batch.cast(schema).columns), strict=True):
                    row += 1
                    for column, value in enumerate(values):
                        if value is not None:
                            writers[column](row, column, value)
        with file.open("rb") as finished:
            while block := finished.read(BLOCK_BYTES):
                yield block


def _cell_writer(book: Any, sheet: Any, field: pa.Field) -> Callable[[int, int, Any], object]:
    """What writes a cell of a column: numbers as numbers, dates as dates, anything else as text."""
    kind = field.type

    def text(row: int, column: int, value: Any) -> None:
        _check_letters(str(value), field.name)
        sheet.write_string(row, column, str(value))

    def number(row: int, column: int, value: Any) -> None:
        # A sheet has no infinities; whole numbers beyond 15 digits would lose their last ones.
        exact = math.isfinite(value) and (not isinstance(value, int) or abs(value) < 10**15)
        (sheet.write_number if exact else text)(row, column, value)

    if pa.types.is_boolean(kind):
        write: Callable[[int, int, Any], object] = sheet.write_boolean
        return write
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return number
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        form = book.add_format({"num_format": "yyyy-mm-dd" if pa.types.is_date(kind) else "yyyy-mm-dd hh:mm:ss"})

        def day(row: int, column: int, value: Any) -> None:
            if value.year >= EXCEL_FIRST_YEAR:
                sheet.write_datetime(row, column, value, form)
            else:
                text(row, column, value)

        return day
    return text


def _check_letters(text: str, column: str) -> None:
    if len(text) > EXCEL_LETTERS:
        raise SourceError(
            f"A text in the column {column!r:.80} has {len(text):,} letters, and a cell of Excel holds "
            f"{EXCEL_LETTERS:,}. Use CSV or Parquet."
        )


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
