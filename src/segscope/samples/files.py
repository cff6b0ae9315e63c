"""Writing the synthetic customers to a file."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from segscope.errors import SourceError, did_you_mean
from segscope.samples.batches import (
    CUSTOMER_SCHEMA,
    TRANSACTION_SCHEMA,
    customer_batches,
    transaction_batches,
)

Kind = Literal["customers", "transactions"]
_KINDS = {"customers": (customer_batches, CUSTOMER_SCHEMA), "transactions": (transaction_batches, TRANSACTION_SCHEMA)}
_EXTENSIONS = (".csv", ".tsv", ".parquet")

# The published file writes its dates day first, and segscope's readers must cope with that.
_DAYS = np.arange(np.datetime64("2012-01-01"), np.datetime64("2015-01-01"))
_DAYS_FIRST = pa.array([day.item().strftime("%d-%m-%Y") for day in _DAYS])


def write(
    path: Path,
    customers: int,
    kind: Kind = "customers",
    seed: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write synthetic customers, or their transaction log, to a .csv, .tsv or .parquet file.

    customers: 1 to 100,000,000. on_progress is told the rows written so far, about every 65,000 customers.
    The same customers, kind and seed give the same bytes. CSV and TSV are UTF-8 with a header, dates of enrolment day
    first (31-08-2012) as in the published file, dates of orders ISO; Parquet has real dates and says in its metadata
    that the customers are synthetic. The file appears when it is complete; one that was there survives a failure.
    Returns the rows written. Raises SourceError for another extension, an unknown kind, a number out of its range and
    a place that cannot be written to.

    >>> write(Path("a.xlsx"), customers=1_000)
    Traceback (most recent call last):
        ...
    segscope.errors.SourceError: Cannot write sample customers to 'a.xlsx': the name must end in .csv, .tsv or .parquet.
    """
    if path.suffix.lower() not in _EXTENSIONS:
        raise SourceError(f"Cannot write sample customers to '{path}': the name must end in .csv, .tsv or .parquet.")
    if kind not in _KINDS:
        raise SourceError(f"There is no kind of sample '{kind}'.{did_you_mean(kind, _KINDS)}")
    draw, schema = _KINDS[kind]
    batches = draw(customers, seed)
    rows = 0
    try:
        with _complete_or_nothing(path) as file, _writer(path.suffix.lower(), file, schema) as write_batch:
            for batch in batches:
                write_batch(batch)
                rows += batch.num_rows
                if on_progress:
                    on_progress(rows)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"Cannot write sample customers to '{path}': {reason}. Choose another place.") from error
    return rows


@contextmanager
def _complete_or_nothing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when the block ends well, and is removed when it does not."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except BaseException:  # Ctrl-C too
        part.unlink(missing_ok=True)
        raise


def _writer(suffix: str, file: BinaryIO, schema: pa.Schema) -> AbstractContextManager[Callable[[pa.RecordBatch], None]]:
    return _parquet(file, schema) if suffix == ".parquet" else _text(file, schema, "\t" if suffix == ".tsv" else ",")


@contextmanager
def _parquet(file: BinaryIO, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
        yield writer.write_batch


@contextmanager
def _text(file: BinaryIO, schema: pa.Schema, delimiter: str) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Unquoted: no name or value of the samples holds a delimiter."""
    file.write((delimiter.join(schema.names) + "\n").encode())
    options: Any = pa.csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    yield lambda batch: pa.csv.write_csv(_day_first(batch), file, options)


def _day_first(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Dt_Customer as dd-mm-yyyy text; a transaction log, which has none, as it is."""
    if "Dt_Customer" not in batch.schema.names:
        return batch
    place = batch.schema.get_field_index("Dt_Customer")
    texts = _DAYS_FIRST.take(pa.array((batch.column(place).to_numpy(zero_copy_only=False) - _DAYS[0]).astype(np.int64)))
    return batch.set_column(place, "Dt_Customer", texts)
