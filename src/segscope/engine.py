"""The engine: where tables live and expressions run. The only file that names DuckDB.

Every stage takes and returns ``ibis.Table`` expressions; they run only when a caller asks this module for their
result. Expressions are compiled once and kept, since compiling costs more than running at small sizes.
"""

import math
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from segscope.errors import CancelledError, DataError, SourceError
from segscope.scratch import scratch_folder

BATCH_ROWS = 65_536
FIXED_POINT_BITS = 62
FOREIGN_TO_ARROW = ("INTERVAL", "BIT", "BIGNUM")  # types that Arrow tells in another form than people write them
NOBODY_WAITS = "This was ended, since nobody waits for it any more."
LARGEST_NUMBER = 1e90  # its cube, summed over all customers, is still a number

Result = TypeVar("Result")


@dataclass(frozen=True)
class DelimitedForm:
    """How a delimited text in UTF-8 is written: quotes in quoted cells are doubled. ``skip``: records to leave out."""

    delimiter: str
    quote: str
    skip: int = 0
    compression: str = "none"


class Stop:
    """A wish that queries end, told from another thread than the one that runs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] | None = None
        self._told = False

    def tell(self) -> None:
        """End the query that runs under this, and let none begin."""
        with self._lock:
            self._told = True
            if self._interrupt:
                self._interrupt()

    @contextmanager
    def over(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Meanwhile, this is how a query is ended."""
        with self._lock:
            if self._told:
                raise CancelledError(NOBODY_WAITS)
            self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None


class Engine(Protocol):
    """What a stage may ask of an engine. DuckDB is the embedded default."""

    def table(self, name: str) -> ibis.Table:
        """A stored table or view by name, as an expression."""

    def store(self, name: str, rows: "ibis.Table | pa.Table | pa.RecordBatchReader") -> ibis.Table:
        """Store the result of an expression, or Arrow rows, under a name (replacing what was there)."""

    def view(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Give an expression a name; nothing is computed yet. Later expressions over it compile fast."""

    def scan_parquet(self, name: str, path: Path) -> ibis.Table:
        """A Parquet file (or folder of them) as a named view; nothing is read yet."""

    def store_delimited(self, name: str, path: Path, columns: Sequence[str], form: DelimitedForm) -> ibis.Table | None:
        """Store a delimited text with every cell as text, in the file's order; None if a record is not regular."""

    def drop(self, name: str) -> None:
        """Forget a stored table or view."""

    def fetch(self, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None, hold: bool = False) -> pa.Table:
        """Run an expression and return its rows.

        ``given`` defines tables that the expression names; ``hold`` computes each once, however often it is named.
        """

    def until(self, stop: Stop) -> AbstractContextManager[None]:
        """Meanwhile this thread's queries end when a stop is told, and raise CancelledError."""

    def batches(self, expression: ibis.Table, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Run an expression and stream its rows in batches, in bounded memory."""

    def write_parquet(self, expression: ibis.Table, path: Path) -> None:
        """Write the rows of an expression to one Parquet file, in bounded memory, keeping their order."""

    def uniform(self, key: ir.StringValue, seed: int) -> ir.FloatingValue:
        """A number in [0, 1) made from a key and a seed; the same on every engine, whatever the order of rows."""

    def close(self) -> None:
        """Release the engine's resources."""


@ibis.udf.scalar.builtin(name="md5_number_upper")  # type: ignore[untyped-decorator]  # Ibis declares it so
def _md5_number(text: str) -> dt.UInt64:
    """The first eight bytes of the MD5 digest, lowest first, as an unsigned number (DuckDB's function)."""


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
        empty = self._cursor().sql(f"SELECT * FROM {_quoted(name)} LIMIT 0").to_arrow_table()
        return ibis.table(ibis.Schema.from_pyarrow(empty.schema), name=name)

    def store(self, name: str, rows: ibis.Table | pa.Table | pa.RecordBatchReader) -> ibis.Table:
        """Store the result of an expression, or Arrow rows, under a name (replacing what was there)."""
        cursor = self._cursor()
        if isinstance(rows, ibis.Table):
            cursor.execute(f"CREATE OR REPLACE TABLE {_quoted(name)} AS {_sql(rows)}")
        else:
            cursor.register("__incoming", rows)
            try:
                cursor.execute(f"CREATE OR REPLACE TABLE {_quoted(name)} AS SELECT * FROM __incoming")
            finally:
                cursor.unregister("__incoming")
        return self.table(name)

    def view(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Give an expression a name; nothing is computed yet. Later expressions over it compile fast."""
        self._cursor().execute(f"CREATE OR REPLACE VIEW {_quoted(name)} AS {_sql(expression)}")
        return self.table(name)

    def scan_parquet(self, name: str, path: Path) -> ibis.Table:
        """A Parquet file (or folder of them) as a named view; nothing is read yet."""
        place = str(path / "*.parquet" if path.is_dir() else path).replace("'", "''")
        self._cursor().execute(f"CREATE OR REPLACE VIEW {_quoted(name)} AS SELECT * FROM read_parquet('{place}')")
        return self.table(name)

    def store_delimited(self, name: str, path: Path, columns: Sequence[str], form: DelimitedForm) -> ibis.Table | None:
        """Store a delimited text with every cell as text, in the file's order; None if a record is not regular."""
        wanted = ", ".join(f"{_literal(c)}: 'VARCHAR'" for c in columns)
        quoting = f"quote = {_literal(form.quote)}, escape = {_literal(form.quote)}"
        # A text that no file holds stands for NULL, so that an empty cell stays an empty text.
        options = (
            f"auto_detect = false, strict_mode = true, header = false, skip = {form.skip}, nullstr = '\x02\x03\x02'"
        )
        source = (
            f"read_csv({_literal(str(path))}, columns = {{{wanted}}}, delim = {_literal(form.delimiter)}, {quoting}, "
            f"compression = {_literal(form.compression)}, {options})"
        )
        try:
            self._guarded(lambda c: c.execute(f"CREATE OR REPLACE TABLE {_quoted(name)} AS SELECT * FROM {source}"))
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
            cursor.execute(f"DROP {'VIEW' if found[0] == 'VIEW' else 'TABLE'} {_quoted(name)}")

    def fetch(self, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None, hold: bool = False) -> pa.Table:
        """Run an expression and return its rows.

        ``given`` defines tables that the expression names; ``hold`` computes each once, however often it is named.
        """
        sql = _sql(expression)
        if given:
            how = "MATERIALIZED" if hold else "NOT MATERIALIZED"
            parts = ", ".join(f"{_quoted(name)} AS {how} ({_sql(table)})" for name, table in given.items())
            sql = f"WITH {parts} SELECT * FROM ({sql})"
        return self._guarded(lambda cursor: cursor.sql(sql).to_arrow_table())

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


class DuckDBFile:
    """A DuckDB file of somebody's: read only, with no way to other files. Its clock times are told in UTC.

    It is a database of its own beside the engine, so that its names meet none of ours, a query needs no prefix, and an
    engine that is locked can read it too.
    """

    def __init__(self, path: Path, shown: str) -> None:
        # Nothing is written beside the file: a query that needs more memory than this is refused.
        config: dict[str, Any] = {"enable_external_access": False, "temp_directory": "", "memory_limit": "2GB"}
        self._shown = shown
        try:
            self._connection = duckdb.connect(str(path.absolute()), read_only=True, config=config)
            self._connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            raise SourceError(f"{shown} {_file_trouble(str(error))}") from None

    def relations(self) -> list[tuple[str, str, int | None]]:
        """Schema, name and number of rows of each table; None rows for a view."""
        return self._run(
            "SELECT schema_name, table_name, estimated_size FROM duckdb_tables() WHERE NOT internal "
            "UNION ALL SELECT schema_name, view_name, NULL FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
            duckdb.DuckDBPyRelation.fetchall,
        )

    def table_query(self, schema: str, name: str) -> str:
        """The query that reads a whole table or view."""
        return f"SELECT * FROM {_quoted(schema)}.{_quoted(name)}"

    def stream(self, query: str, batch_rows: int = BATCH_ROWS) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Run a query and stream its rows, in bounded memory."""
        kinds = self._run(query, lambda found: [str(kind) for kind in found.types])
        if set(kinds) & set(FOREIGN_TO_ARROW):
            names = self._run(query, lambda found: found.columns)
            places = [f"c{i}" for i in range(len(kinds))]
            cells = [
                f"{place}{'::VARCHAR' if kind in FOREIGN_TO_ARROW else ''} AS {_quoted(name)}"
                for place, kind, name in zip(places, kinds, names, strict=True)
            ]
            query = f"SELECT {', '.join(cells)} FROM (\n{query}\n) AS q ({', '.join(places)})"
        reader: pa.RecordBatchReader = self._run(query, lambda found: found.to_arrow_reader(batch_rows))

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                yield from reader
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise SourceError(f"{self._shown} {_file_trouble(str(error))}") from None

        return reader.schema, batches()

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _run(self, query: str, take: Callable[[duckdb.DuckDBPyRelation], Result]) -> Result:
        try:
            return take(self._connection.sql(query))
        except duckdb.Error as error:
            raise SourceError(f"{self._shown} {_file_trouble(str(error))}") from None


def _file_trouble(said: str) -> str:
    """What is wrong with a DuckDB file, from what DuckDB says."""
    if "Could not set lock" in said or "different configuration" in said or "being used by another" in said:
        return "is in use by another program. Close it there, and try again."
    if "encrypted" in said:
        return "is encrypted. Export its table as Parquet, and choose that."
    if "version number" in said:
        return f"was not written by a version of DuckDB that version {duckdb.__version__} reads. Export it as Parquet."
    if "Corrupt" in said or "Could not read enough bytes" in said:
        return "is a damaged or truncated DuckDB database. Fetch it again."
    line = said.strip().splitlines()[0][:300]
    return f"cannot be read: {(line.partition('Error: ')[2] or line).rstrip('.!')}."


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


def rows(engine: Engine, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None) -> list[dict[str, Any]]:
    """Run an expression and return its rows as dictionaries (for aggregates and pages: small results)."""
    result: list[dict[str, Any]] = engine.fetch(expression, given).to_pylist()
    return result


def one(engine: Engine, expression: ibis.Table, given: Mapping[str, ibis.Table] | None = None) -> dict[str, Any]:
    """Run an aggregate expression of a single row and return it as a dictionary."""
    return rows(engine, expression, given)[0]


def fixed_point_scale(largest: float, count: int) -> float:
    """A power of two that turns numbers up to ``largest`` into integers whose sum over ``count`` rows fits 62 bits.

    Integer sums do not depend on the order of rows, on threads or on the engine; float sums do.

    >>> fixed_point_scale(1.0, 4) == 2.0**59
    True
    >>> fixed_point_scale(0.0, 0) == 2.0**62
    True
    """
    if largest <= 0:
        return 2.0**FIXED_POINT_BITS
    _, exponent = math.frexp(largest * max(count, 1))
    return math.ldexp(1.0, min(FIXED_POINT_BITS - exponent, 900))


def exact_sum(value: ir.NumericValue, scale: float, where: ir.BooleanValue | None = None) -> ir.IntegerScalar:
    """Sum in fixed point: divide the result by ``scale`` outside the engine."""
    return (value * scale).round().cast("int64").sum(where=where)


@lru_cache(maxsize=4096)
def _compiled(operation: Any) -> str:
    return str(ibis.to_sql(operation.to_expr(), dialect="duckdb"))


def _sql(expression: ir.Expr) -> str:
    return _compiled(expression.as_table().op() if not isinstance(expression, ibis.Table) else expression.op())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
