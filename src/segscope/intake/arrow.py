"""Sources that bring types with them: Parquet, Arrow files, and data frames. Their types are kept."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq

from segscope.engine import Engine
from segscope.errors import DataError, SourceError
from segscope.intake.files import Content
from segscope.intake.layout import unique_names
from segscope.intake.report import ROW, ColumnReading, Kind
from segscope.intake.streams import store_batches

MAX_ROWS = 2 * 10**9
MAX_COLUMNS = 10_000
SHOWN = 5
MAX_BATCH_BYTES = 10**9


@dataclass
class _Column:
    """How one column is taken over, and what was counted on the way."""

    name: str
    found_name: str
    kind: Kind
    stored: pa.DataType
    note: str = ""
    blanks: int = 0
    unreadable: int = 0


def read_arrow(content: Content, engine: Engine, name: str) -> tuple[ibis.Table, int, tuple[ColumnReading, ...]]:
    """Store a Parquet file or folder, or an Arrow (Feather) file."""
    try:
        schema, batches = _parquet(content) if content.format == "parquet" else _ipc(content.path)
        return store_arrow(schema, batches, engine, name, content.name)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        what = "Parquet" if content.format == "parquet" else "Arrow"
        raise SourceError(
            f"{content.name} is a damaged or foreign {what} file: {_without_path(reason, content)}"
        ) from error


def store_arrow(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], engine: Engine, name: str, source: str
) -> tuple[ibis.Table, int, tuple[ColumnReading, ...]]:
    """Store Arrow batches as a typed table with record numbers; return it with its size and readings."""
    if not len(schema):
        raise DataError(f"{source} has no columns. Choose a table that holds customers.")
    if len(schema) > MAX_COLUMNS:
        raise SourceError(f"{source} has {len(schema):,} columns; at most {MAX_COLUMNS:,} can be read.")
    names = unique_names(schema.names)
    columns = [_column(n, field) for n, field in zip(names, schema, strict=True)]
    target = pa.schema([(ROW, pa.int64()), *((c.name, c.stored) for c in columns)])
    count = 0

    def converted() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for batch in batches:
            numbers = pa.array(range(count, count + batch.num_rows), pa.int64())
            count += batch.num_rows
            cells = [_convert(column, array) for column, array in zip(columns, batch.columns, strict=True)]
            yield pa.record_batch([numbers, *cells], target)

    table = store_batches(engine, name, target, converted())
    if not count:
        raise DataError(f"{source} has columns but no customers. Choose a table that has at least one.")
    readings = tuple(
        ColumnReading(c.name, c.found_name, c.kind, c.blanks, c.unreadable, ("inf",) if c.unreadable else (), c.note)
        for c in columns
    )
    return table, count, readings


def frame_batches(frame: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The batches of anything that speaks the Arrow PyCapsule interface: pandas, Polars, Arrow, DuckDB and others."""
    if isinstance(frame, pa.Table):
        return frame.schema, iter(frame.to_batches())
    if isinstance(frame, pa.RecordBatch):
        return frame.schema, iter([frame])
    if not hasattr(frame, "__arrow_c_stream__"):
        raise SourceError(f"A data frame must be of pandas, Polars or Arrow. Got {type(frame).__name__}.")
    try:
        reader = pa.RecordBatchReader.from_stream(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise SourceError(f"The data frame has a column that cannot be read: {reason}.") from error
    return reader.schema, iter(reader)


def _parquet(content: Content) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    files = sorted(content.path.glob("*.parquet")) if content.path.is_dir() else [content.path]
    total = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    if total > MAX_ROWS:
        raise SourceError(f"{content.name} says that it holds {total:,} rows; at most {MAX_ROWS:,} can be read.")
    dataset = ds.dataset([str(file) for file in files], format="parquet")
    return dataset.schema, dataset.scanner().to_reader()


def _ipc(path: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    with path.open("rb") as file:
        first = file.read(6)
    if first.startswith(b"FEA1"):
        table = pyarrow.feather.read_table(path)
        return table.schema, iter(table.to_batches())
    if first.startswith(b"ARROW1"):
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
    stream = pa.ipc.open_stream(pa.memory_map(str(path)))
    return stream.schema, iter(stream)


def _column(name: str, field: pa.Field) -> _Column:
    kind, found = field.type, field.name
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return _Column(name, found, "boolean", pa.bool_())
    if pa.types.is_integer(kind):
        return _Column(name, found, "integer", pa.uint64() if pa.types.is_uint64(kind) else pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _Column(name, found, "number", pa.float64())
    if pa.types.is_date(kind):
        return _Column(name, found, "date", pa.date32())
    if pa.types.is_timestamp(kind):
        note = f"clock times of {kind.tz}" if kind.tz else ""
        return _Column(name, found, "datetime", pa.timestamp("us"), note)
    if _is_text(kind) or pa.types.is_null(kind):
        return _Column(name, found, "text", pa.string())
    what = "nested values kept as JSON" if pa.types.is_nested(kind) else f"{kind} kept as text"
    return _Column(name, found, "text", pa.string(), what)


def _is_text(kind: pa.DataType) -> bool:
    checks: Sequence[Callable[[pa.DataType], bool]] = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
    )
    return any(check(kind) for check in checks)


def _convert(column: _Column, array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = _decoded(column, array)
    elif _is_text(array.type):
        _check_size(column, array.nbytes)
    kind = array.type
    if column.kind == "number":
        array = array.cast(pa.float64(), safe=False)
        array = pc.if_else(pc.is_nan(array), None, array)
        infinite = pc.sum(pc.is_inf(array)).as_py() or 0
        if infinite:
            column.unreadable += infinite
            column.blanks -= infinite
            array = pc.if_else(pc.is_inf(array), None, array)
    elif column.kind == "datetime":
        if kind.tz:
            array = pc.local_timestamp(array)
        array = array.cast(pa.timestamp("us"), safe=False)
    elif column.kind == "text" and not pa.types.is_null(kind):
        if not _is_text(kind):
            array = pa.array([None if v is None else _as_text(v) for v in array.to_pylist()], pa.string())
        array = array.cast(pa.string())
        array = pc.if_else(pc.equal(array, ""), None, array)
    array = array.cast(column.stored)
    column.blanks += array.null_count
    return array


def _decoded(column: _Column, array: pa.DictionaryArray) -> pa.Array:
    """The values of a dictionary-encoded array, unless few bytes stand for more than memory holds."""
    if _is_text(array.type.value_type):
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        _check_size(column, pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0)
    return array.dictionary_decode()


def _check_size(column: _Column, size: int) -> None:
    if size > MAX_BATCH_BYTES:
        raise SourceError(
            f"The column {column.found_name!r} unfolds to {size / 1e9:,.1f} GB of text within a few rows. "
            "Check the file, and leave that column out."
        )


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _without_path(reason: str, content: Content) -> str:
    text = reason.replace(str(content.path), content.name).replace(str(content.path.parent), "")
    return text if text.endswith(".") else text + "."
