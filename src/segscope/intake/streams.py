"""Arrow batches to a stored table. A failure while they are made comes out as it was, not as the engine words it."""

from collections.abc import Iterable, Iterator

import ibis
import pyarrow as pa

from segscope.engine import Engine


def store_batches(engine: Engine, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> ibis.Table:
    """Store a stream of batches under a name, in bounded memory.

    >>> from segscope.engine import connect
    >>> schema = pa.schema([("a", pa.int64())])
    >>> store_batches(connect(), "t", schema, [pa.record_batch([[1, 2]], schema)]).columns
    ('a',)
    """
    failures: list[Exception] = []

    def guarded() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as failure:
            failures.append(failure)
            raise

    try:
        return engine.store(name, pa.RecordBatchReader.from_batches(schema, guarded()))
    except Exception as error:
        raise failures[0] if failures else error from None
