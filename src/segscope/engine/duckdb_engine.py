"""The embedded engine: DuckDB.

Expressions are compiled once and kept, since compiling costs more than running at small sizes.
"""

import shutil
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from segscope.engine.protocol import BATCH_ROWS, DelimitedForm
from segscope.engine.quoting import literal, quoted
from segscope.engine.stopping import NOBODY_WAITS, Stop
from segscope.engine.tallies import COUNTED, one_after_the_other, to_count
from segscope.errors import CancelledError, DataError
from segscope.scratch import scratch_folder

Result = TypeVar("Result")


@ibis.udf.scalar.builtin(name="md5_number_upper")  # type: ignore[untyped-decorator]  # Ibis declares it so
def _md5_number(text: str) -> dt.UInt64:
    """The first eight bytes of the MD5 digest, lowest first, as an unsigned number (DuckDB's function)."""


@ibis.udf.agg.builtin(name="quantile_disc")  # type: ignore[untyped-decorator]
def _elements(value: float, shares: dt.Array(dt.float64)) -> dt.Array(dt.float64):  # type: ignore[valid-type]
    """The numbers that lie at some shares of all sorted ones, without anything between them (DuckDB's function)."""


class DuckDBEngine:
    """An embedded DuckDB database, safe to use from many threads.

    Parameters
    ----------
    path : file of the database; None keeps it in memory
    memory_limit : such as "2GB"; None leaves DuckDB's own (80 % of the machine)
    threads : number of worker threads; None uses every core
    folder : is removed with all that is in it when the engine is closed
    """

    def __init__(
        self, path: Path | None = None, memory_limit: str | None = None, threads: int | None = None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        config: dict[str, Any] = {"preserve_insertion_order": True}
        if memory_limit:
            config["memory_limit"] = memory_limit
        if threads:
            config["threads"] = threads
        self._connection = duckdb.connect(str(path) if path else ":memory:", config=config)
        self._local = threading.local()
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True) if folder else None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    def table(self, name: str) -> ibis.Table:
        """A stored table or view by name, as an expression."""
        empty = self._cursor().sql(f"SELECT * FROM {quoted(name)} LIMIT 0").to_arrow_table()
        return ibis.table(ibis.Schema.from_pyarrow(empty.schema), name=name)

    def store(self, name: str, rows: ibis.Table | pa.Table | pa.RecordBatchReader) -> ibis.Table:
        """Store the result of an expression, or Arrow rows, under a name (replacing what was there)."""
        cursor = self._cursor()
        if isinstance(rows, ibis.Table):
            cursor.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {_sql(rows)}")
        else:
            cursor.register("__incoming", rows)
            try:
                cursor.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM __incoming")
            finally:
                cursor.unregister("__incoming")
        return self.table(name)

    def view(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Give an expression a name; nothing is computed yet. Later expressions over it compile fast."""
        self._cursor().execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {_sql(expression)}")
        return self.table(name)

    def scan_parquet(self, name: str, path: Path) -> ibis.Table:
        """A Parquet file (or folder of them) as a named view; nothing is read yet."""
        place = str(path / "*.parquet" if path.is_dir() else path).replace("'", "''")
        self._cursor().execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS SELECT * FROM read_parquet('{place}')")
        return self.table(name)

    def store_delimited(self, name: str, path: Path, columns: Sequence[str], form: DelimitedForm) -> ibis.Table | None:
        """Store a delimited text with every cell as text, in the file's order; None if a record is not regular."""
        wanted = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in columns)
        quoting = f"quote = {literal(form.quote)}, escape = {literal(form.quote)}"
        # A text that no file holds stands for NULL, so that an empty cell stays an empty text.
        options = (
            f"auto_detect = false, strict_mode = true, header = false, skip = {form.skip}, nullstr = '\x02\x03\x02'"
        )
        source = (
            f"read_csv({literal(str(path))}, columns = {{{wanted}}}, delim = {literal(form.delimiter)}, {quoting}, "
            f"compression = {literal(form.compression)}, {options})"
        )
        try:
            self._guarded(lambda c: c.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM {source}"))
        except duckdb.Error:
            return None
        return self.table(name)

    def drop(self, name: str) -> None:
        """Forget a stored table or view."""
        cursor = self._cursor()
        found = cursor.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
        ).fetchone()
        if found:
            cursor.execute(f"DROP {'VIEW' if found[0] == 'VIEW' else 'TABLE'} {quoted(name)}")

    def fetch(self, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None, hold: bool = False) -> pa.Table:
        """Run an expression and return its rows.

        ``given`` defines tables that the expression names; ``hold`` computes each once, however often it is named.
        """
        sql = _sql(expression)
        if given:
            how = "MATERIALIZED" if hold else "NOT MATERIALIZED"
            parts = ", ".join(f"{quoted(name)} AS {how} ({_sql(table)})" for name, table in given.items())
            sql = f"WITH {parts} SELECT * FROM ({sql})"
        return self._guarded(lambda cursor: cursor.sql(sql).to_arrow_table())

    def tally(self, rows: ibis.Table, columns: Sequence[str], by: str | None = None, hold: bool = False) -> pa.Table:
        """How many rows have each value of each of some columns of small whole numbers, in one query.

        >>> engine = connect()
        >>> table = engine.store("t", pa.table({"a": [1, 1, 2], "b": [0, 0, 0]}))
        >>> sorted(engine.tally(table, ["a", "b"]).to_pylist(), key=lambda row: row["n"])[0]
        {'part': 0, 'value': 2, 'n': 1}
        """
        counted = to_count(rows, columns, by)
        return self.fetch(one_after_the_other(len(columns), by is not None), {COUNTED: counted}, hold)

    @contextmanager
    def until(self, stop: Stop) -> Iterator[None]:
        """Meanwhile this thread's queries end when a stop is told, and raise CancelledError.

        >>> stop = Stop()
        >>> stop.tell()
        >>> with connect().until(stop):
        ...     pass
        Traceback (most recent call last):
        segscope.errors.CancelledError: This was ended, since nobody waits for it any more.
        """
        with stop.over(self._cursor().interrupt):
            try:
                yield
            except duckdb.InterruptException:
                raise CancelledError(NOBODY_WAITS) from None

    def batches(self, expression: ibis.Table, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Run an expression and stream its rows in batches, in bounded memory."""
        yield from self._connection.cursor().sql(_sql(expression)).to_arrow_reader(batch_rows)

    def write_parquet(self, expression: ibis.Table, path: Path) -> None:
        """Write the rows of an expression to one Parquet file, in bounded memory, keeping their order."""
        place = str(path).replace("'", "''")
        statement = f"COPY ({_sql(expression)}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)"
        self._guarded(lambda cursor: cursor.execute(statement))

    def uniform(self, key: ir.StringValue, seed: int) -> ir.FloatingValue:
        """A number in [0, 1) made from a key and a seed; the same on every engine, whatever the order of rows."""
        number = _md5_number(ibis.literal(f"{seed}:") + key)
        # The top 53 bits fit a float without rounding.
        return (number // ibis.literal(2**11, type="uint64")).cast("float64") * 2.0**-53

    def distinct(self, value: ir.Value) -> ir.IntegerScalar:
        """How many different values there are, exact."""
        return value.nunique()

    def elements(self, value: ir.FloatingValue, places: Sequence[int], count: int) -> ir.ArrayValue:
        """The numbers at some places, from 0, when all of them are sorted, blanks left out; an aggregate."""
        return _elements(value, ibis.array([(place + 0.5) / count for place in places]))

    def lock(self, allowed: Sequence[Path] = ()) -> None:
        """Forbid files and addresses other than the allowed folders, for the life of this database."""
        places = ", ".join("'" + str(p.resolve()).replace("'", "''") + "'" for p in allowed)
        self._cursor().execute(f"SET allowed_directories = [{places}]")
        self._cursor().execute("SET enable_external_access = false")
        self._cursor().execute("SET lock_configuration = true")

    def close(self) -> None:
        """Release the database."""
        self._connection.close()
        if self._remove:
            self._remove()

    def _guarded(self, work: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        try:
            return work(self._cursor())
        except duckdb.OutOfMemoryException as error:
            raise DataError(f"The data do not fit the memory that is allowed. {str(error).splitlines()[0]}") from error


def connect(path: Path | None = None, memory_limit: str | None = None, threads: int | None = None) -> DuckDBEngine:
    """Open an embedded engine.

    >>> engine = connect()
    >>> t = engine.store("t", pa.table({"a": [1, 2, 3]}))
    >>> engine.fetch(t.a.sum().as_table())
    pyarrow.Table
    Sum(a): decimal128(38, 0)
    ----
    Sum(a): [[6]]
    """
    return DuckDBEngine(path, memory_limit, threads)


def connect_scratch(memory: int) -> DuckDBEngine:
    """Open an embedded engine on disk, whose columns are compressed; it is gone when it is closed.

    Parameters
    ----------
    memory : bytes that it may hold in memory at once
    """
    folder = scratch_folder()
    return DuckDBEngine(folder / "tables.duckdb", f"{memory}B", folder=folder)


@lru_cache(maxsize=4096)
def _compiled(operation: Any) -> str:
    return str(ibis.to_sql(operation.to_expr(), dialect="duckdb"))


def _sql(expression: ir.Expr) -> str:
    return _compiled(expression.as_table().op() if not isinstance(expression, ibis.Table) else expression.op())
