"""Apache Spark as an engine: the same expressions, as SQL, on as many machines as there are.

What is stored is cached by the cluster, in memory and on its disks; a part that is lost with a machine is computed
again from the source.
"""

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from segscope.engine import spark_sources as sources
from segscope.engine import spark_sql as sql
from segscope.engine.answers import Answers
from segscope.engine.protocol import BATCH_ROWS, NUMBER, DelimitedForm, Place
from segscope.engine.quoting import backticked, escaped
from segscope.engine.spark_ending import ending
from segscope.engine.spark_session import open_session
from segscope.engine.spark_watch import Watch
from segscope.engine.stopping import NOBODY_WAITS, Stop
from segscope.engine.tallies import all_at_once, to_count
from segscope.errors import CancelledError, DataError, SegscopeError

PLACE_BITS = 33  # of a row within its partition, in the number that Spark gives each row
PLACE = "__place"

Result = TypeVar("Result")


class SparkEngine:
    """A session of Spark, safe to use from many threads.

    Parameters
    ----------
    place : "spark" for this machine, spark://host:port for a standalone cluster, sc://host:port for Spark Connect

    Attributes
    ----------
    bytes_fetched : how many bytes of results have come to this process, as Arrow holds them
    """

    def __init__(self, place: str = "spark") -> None:
        self.place = place
        self._session = open_session(place)
        # Spark on this machine has no workers to lose, and behind Connect they are not for us to count.
        self._watch = Watch(self._session.sparkContext, place) if place.startswith("spark://") else None
        self._stored: dict[str, str] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.bytes_fetched = 0
        self._answers: Answers | None = None

    def table(self, name: str) -> ibis.Table:
        """A stored table or view by name, as an expression."""
        from pyspark.sql.pandas.types import to_arrow_schema

        found = self._run(lambda: self._session.sql(f"SELECT * FROM {backticked(name)}").schema)
        kinds = ibis.Schema.from_pyarrow(to_arrow_schema(found))
        # Spark knows of some columns that they have no blanks; two that differ in nothing else are of one kind.
        return ibis.table({column: kind(nullable=True) for column, kind in kinds.items()}, name=name)

    def store(self, name: str, rows: ibis.Table | pa.Table | pa.RecordBatchReader) -> ibis.Table:
        """Store the result of an expression, or Arrow rows, under a name (replacing what was there)."""
        if isinstance(rows, ibis.Table):
            kept = self._keep(sql.spark_sql(rows))
        else:
            kept = self._take(rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows)
        self._name(name, f"SELECT * FROM {backticked(kept)}")
        with self._lock:
            before = self._stored.pop(name, None)
            self._stored[name] = kept
        if before:
            self._forget(before)
        return self.table(name)

    def view(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Give an expression a name; nothing is computed yet."""
        self._name(name, sql.spark_sql(expression))
        return self.table(name)

    def scan_parquet(self, name: str, path: Path) -> ibis.Table:
        """A Parquet file (or folder of them) as a named view; nothing is read yet."""
        self._name(name, f"SELECT * FROM parquet.{backticked(str(path))}")
        return self.table(name)

    def scan(self, name: str, place: Place) -> ibis.Table:
        """A source as a named table. It has one more column than it shows: ``NUMBER``, each row's place from 0."""
        if place.form == "parquet":
            # Every row knows its place in its file: nothing is computed until a query needs it.
            files = self._arrow(sources.rows_by_file(place.address))
            query = sources.numbered_by_file(place.address, self._take(sources.firsts(files)))
        else:
            raw = self._raw(place)
            kept = self._keep(sources.with_place(raw, PLACE))
            parts = self._arrow(sources.part_query(kept, PLACE, PLACE_BITS))
            query = sources.numbered_by_part(kept, self._take(sources.firsts(parts)), PLACE, PLACE_BITS)
        self._name(name, query)
        shown = self.table(name)
        return ibis.table({c: kind for c, kind in shown.schema().items() if c != NUMBER}, name=name)

    def head(self, place: Place, lines: int) -> list[str]:
        """The first lines of a source of texts."""
        # As bytes: Spark takes every text for UTF-8, and decodes few other encodings.
        found = self._arrow(f"SELECT cast(value AS binary) AS line FROM text.{backticked(place.address)} LIMIT {lines}")
        return [line.decode(place.encoding, "replace") for line in found["line"].to_pylist()]

    def fingerprint(self, place: Place) -> str:
        """A text that is another when the source is: from its files' names, sizes and times, or from its rows."""
        if place.form != "table":
            return sources.digest(self._arrow(sources.files_query(place.address)))
        raw = self._raw(place)
        found = self._arrow(sources.rows_query(raw))
        self._forget(raw)
        return sources.digest(found)

    def write_folder(self, expression: ibis.Table, path: Path) -> int:
        """Write the rows of an expression as a folder of Parquet files, in their order; return how many."""
        where = escaped(path.absolute().as_uri())
        query = sql.spark_sql(expression)
        self._run(lambda: self._session.sql(f"INSERT OVERWRITE DIRECTORY {where} USING parquet {query}"))
        counted = self._arrow(f"SELECT count(*) AS n FROM parquet.{backticked(str(path.absolute()))}")
        return int(counted["n"][0].as_py())

    def store_delimited(self, name: str, path: Path, columns: Sequence[str], form: DelimitedForm) -> ibis.Table | None:
        """Spark reads texts by folders (see :meth:`scan_texts`), not by form."""
        return None

    def drop(self, name: str) -> None:
        """Forget a stored table or view."""
        self._run(lambda: self._session.sql(f"DROP VIEW IF EXISTS {backticked(name)}"))
        with self._lock:
            kept = self._stored.pop(name, None)
        if kept:
            self._forget(kept)

    def fetch(self, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None, hold: bool = False) -> pa.Table:
        """Run an expression and return its rows.

        ``given`` defines tables that the expression names; ``hold`` computes each once, however often it is named.
        """
        query = sql.spark_sql(expression)
        if self._answers is None or not self._answers.covers(expression, given or {}):
            return self._fetched(query, given, hold)
        texts = [f"{name}: {sql.spark_sql(table)}" for name, table in (given or {}).items()]
        return self._answers.answered("\n".join([query, *texts]), lambda: self._fetched(query, given, hold))

    def _fetched(self, query: str, given: Mapping[str, ibis.Table] | None, hold: bool) -> pa.Table:
        if not given:
            return self._arrow(query)
        held = {name: self._keep(sql.spark_sql(table)) for name, table in given.items()} if hold else {}
        inner = {name: f"SELECT * FROM {backticked(kept)}" for name, kept in held.items()}
        inner = inner or {name: sql.spark_sql(table) for name, table in given.items()}
        parts = ", ".join(f"{backticked(name)} AS ({text})" for name, text in inner.items())
        try:
            return self._arrow(f"WITH {parts} SELECT * FROM ({query})")
        finally:
            for kept in held.values():
                self._forget(kept)

    def tally(self, rows: ibis.Table, columns: Sequence[str], by: str | None = None, hold: bool = False) -> pa.Table:
        """How many rows have each value of each of some columns of small whole numbers, in one query."""
        query = all_at_once(sql.spark_sql(to_count(rows, columns, by)), len(columns), by is not None)
        if self._answers is None or not self._answers.covers(rows.count(), {}):
            return self._arrow(query)
        return self._answers.answered(query, lambda: self._arrow(query))

    def remember(self, folder: Path, about: str, tables: Sequence[str]) -> None:
        """Keep what is found out about some stored tables, which do not change from now on, in a folder."""
        self._answers = Answers(folder, about, tables)

    @contextmanager
    def until(self, stop: Stop) -> Iterator[None]:
        """Meanwhile this thread's queries end when a stop is told, and raise CancelledError."""
        queries = ending(self._session, self.place.startswith("sc://"))
        self._run(queries.begin)
        try:
            with stop.over(lambda: self._run(queries.end)):
                yield
        finally:
            self._run(queries.leave)

    def batches(self, expression: ibis.Table, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Run an expression and stream its rows in batches, in bounded memory."""
        kept = self._keep(f"SELECT *, monotonically_increasing_id() AS {PLACE} FROM ({sql.spark_sql(expression)})")
        columns = ", ".join(map(backticked, expression.columns))
        try:
            for part, rows in self._parts(kept):
                for first in range(0, rows, batch_rows):
                    low = (part << PLACE_BITS) + first
                    where = f"{PLACE} >= {low} AND {PLACE} < {low + min(batch_rows, rows - first)}"
                    found = self._arrow(f"SELECT {columns} FROM {backticked(kept)} WHERE {where} ORDER BY {PLACE}")
                    yield from found.combine_chunks().to_batches()
        finally:
            self._forget(kept)

    def write_parquet(self, expression: ibis.Table, path: Path) -> None:
        """Write the rows of an expression to one Parquet file, in bounded memory, keeping their order."""
        schema = expression.schema().to_pyarrow()
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in self.batches(expression):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))

    def uniform(self, key: ir.StringValue, seed: int) -> ir.FloatingValue:
        """A number in [0, 1) made from a key and a seed; the same on every engine, whatever the order of rows."""
        return sql.uniform(key, seed)

    def distinct(self, value: ir.Value) -> ir.IntegerScalar:
        """How many different values there are, exact, among up to a million rows; many such counts in one query."""
        # Each count(DISTINCT) of several multiplies the rows by their number.
        return sql.size_of_set(value)

    def elements(self, value: ir.FloatingValue, places: Sequence[int], count: int) -> ir.ArrayValue:
        """The numbers at some places, from 0, when all of them are sorted, blanks left out; an aggregate."""
        return sql.elements(value, places, count)

    def lock(self, allowed: Sequence[Path] = ()) -> None:
        """What a session may read is the cluster's to decide: no expression of ours names a file."""

    def close(self) -> None:
        """Forget all that is stored; the process's connection to the cluster lives on for the next session."""
        with self._lock:
            stored, self._stored = self._stored, {}
        try:
            for kept in stored.values():
                self._forget(kept)
            if self.place.startswith("sc://"):
                self._session.stop()
        except SegscopeError:
            return  # a cluster that is lost holds nothing

    def _raw(self, place: Place) -> str:
        """A view of a source as it is."""
        raw = f"segscope_{next(self._numbers)}"
        self._run(lambda: self._session.sql(sources.raw_view(raw, place)))
        return raw

    def _name(self, name: str, query: str) -> None:
        self._run(lambda: self._session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {backticked(name)} AS {query}"))

    def _keep(self, query: str) -> str:
        """Compute a query now and keep its rows; the name that they have."""
        kept = f"segscope_{next(self._numbers)}"
        self._run(lambda: self._session.sql(f"CACHE TABLE {kept} AS {query}"))
        return kept

    def _take(self, rows: pa.Table) -> str:
        kept = f"segscope_{next(self._numbers)}"
        frame = self._run(lambda: self._session.createDataFrame(_as_spark_takes(rows)))
        self._run(lambda: frame.createTempView(kept))
        return kept

    def _forget(self, kept: str) -> None:
        # Dropping a view that is cached also lets go of its rows.
        self._run(lambda: self._session.sql(f"DROP VIEW IF EXISTS {kept}"))

    def _parts(self, kept: str) -> list[tuple[int, int]]:
        """The partitions of a kept table and their rows."""
        found = self._arrow(
            f"SELECT shiftright({PLACE}, {PLACE_BITS}) AS part, count(*) AS n FROM {kept} GROUP BY 1 ORDER BY 1"
        )
        return [(row["part"], row["n"]) for row in found.to_pylist()]

    def _arrow(self, query: str) -> pa.Table:
        table: pa.Table = self._run(lambda: self._session.sql(query).toArrow())
        with self._lock:
            self.bytes_fetched += table.nbytes
        return table

    def _run(self, work: Callable[[], Result]) -> Result:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            with self._watch.over() if self._watch else nullcontext():
                return work()
        except (PySparkException, Py4JError, ConnectionError) as error:
            trouble = _lost(self.place) if self._is_lost() else trouble_of(str(error), self.place)
            if trouble is None:
                raise
            raise trouble from error

    def _is_lost(self) -> bool:
        """Whether the connection is closed; what Spark says of a query then is of many kinds."""
        return self._watch is not None and not self._watch.is_open


def trouble_of(said: str, place: str) -> SegscopeError | None:
    """What a user can do about an error of Spark; None where the error is ours.

    >>> print(trouble_of("Cannot call methods on a stopped SparkContext.", "spark://10.0.0.7:7077"))
    The connection to spark://10.0.0.7:7077 was lost. Nothing was changed; try again when the cluster is back.
    >>> type(trouble_of("Job 7 cancelled because SparkContext was shut down", "spark://10.0.0.7:7077")).__name__
    'DataError'
    """
    lost = ("stopped SparkContext", "SparkContext was shut down", "has been shutdown", "UNAVAILABLE", "masters are un",
            "Connection refused", "SparkContext has been")  # fmt: skip
    if any(sign in said for sign in lost):
        return _lost(place)
    if "cancelled" in said or "OPERATION_CANCELED" in said or "OPERATION_CANCELLED" in said:
        return CancelledError(NOBODY_WAITS)
    if re.search(r"OutOfMemoryError|not enough memory|CANNOT_ACQUIRE_MEMORY|maxResultSize", said, re.IGNORECASE):
        return DataError("The data do not fit the memory that Spark is allowed. Give its executors more.")
    if "Job aborted" in said and "Lost task" in said and "ExecutorLostFailure" in said:
        return DataError(f"The workers of {place} were lost again and again. Look at their logs, then try again.")
    if "TABLE_OR_VIEW_NOT_FOUND" in said or "SCHEMA_NOT_FOUND" in said:
        return DataError(f"{_first_line(said)[:200]} If a file or a folder is meant, name it with its whole path.")
    if "FileNotFoundException" in said or "PATH_NOT_FOUND" in said or "FAILED_READ_FILE" in said:
        return DataError(f"A file of the source cannot be read. {_first_line(said)[:300]}")
    return None


def _first_line(said: str) -> str:
    """What an error says first, without the name of its class."""
    return re.sub(r"^\[[\w.]+\] ", "", said.strip().splitlines()[0])


def _lost(place: str) -> DataError:
    return DataError(f"The connection to {place} was lost. Nothing was changed; try again when the cluster is back.")


def _as_spark_takes(rows: pa.Table) -> pa.Table:
    """Rows in the types that Spark has: no unsigned and no dictionary-coded ones."""
    fields = [pa.field(f.name, _type_for_spark(f.type)) for f in rows.schema]
    return rows.cast(pa.schema(fields))


def _type_for_spark(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _type_for_spark(kind.value_type)
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return kind
