"""PostgreSQL: one table or query of a server, streamed with the types that it brings."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from segscope.engine import Engine
from segscope.errors import SourceError
from segscope.intake.database import (
    LISTED,
    Adapted,
    Relation,
    choose,
    in_rows,
    nothing,
    one_select,
    printable,
    reason,
    same,
    store_adapted,
    told_rows,
)
from segscope.intake.progress import Progress
from segscope.intake.report import ColumnReading, ReadOptions

if TYPE_CHECKING:
    import psycopg

BLOCK_BYTES = 16 * 2**20  # a record must fit
SECONDS_TO_CONNECT = 10
NO_VALUE = r"\N"
# A date or clock time from year 1 to 9999, as the ISO style writes it: not infinite, and not before Christ.
CALENDAR = r"^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d+)?)?$"
WHOLE_OF_64_BITS = r"^-?\d{1,18}$"
KEPT_AS_THEY_ARE = ("text", "varchar", "bpchar", "name", "uuid")
# Rows in one order on every reading, texts of dates in one form, and no endless wait for somebody's lock.
SETTINGS = (
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET lock_timeout = '10s'; "
    "SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0"
)
OTHER_RELATIONS = {"v": "view", "f": "foreign table"}
RELATIONS = """
SELECT n.nspname, c.relname, c.relkind, c.reltuples, pg_table_is_visible(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 5 DESC, 1, 2
"""


@dataclass(frozen=True)
class _Form:
    """How a type is fetched: the expression over a column ``{}``, the type of its texts, and what it becomes."""

    sql: str
    sent: pa.DataType
    field: pa.DataType
    convert: Callable[[pa.Array], pa.Array] = same
    note: str = ""


def read_postgres(
    address: str, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[str, ibis.Table, int, tuple[ColumnReading, ...]]:
    """Store the table or query that is told, or else the only table; return what was read, in words, and its readings.

    All is read in one transaction that cannot write. Numerics without places become whole numbers of 64 bits, other
    numerics and money floats of 64 bits; clock times with a zone are told in UTC; arrays, JSON and all other types are
    kept as text. Values that have no place in a table (bytes, infinite dates, dates before Christ, larger whole
    numbers) turn blank and are counted.
    """
    with _connected(address) as (connection, where):
        from psycopg import sql

        expected: int | None = None
        if told.query is not None:
            source: sql.Composable = sql.SQL("(\n{}\n)").format(sql.SQL(one_select(told.query)))
            shown, failing = f"a query of {where}", f"The query cannot be run on {where}"
        else:
            chosen, expected = _choose(connection, told.table, where)
            source = sql.Identifier(chosen.schema, chosen.name)
            shown = f"{chosen.title} in {where}"
            failing = f"{shown} cannot be read"
        with _sentences(failing):
            found = connection.execute(sql.SQL("SELECT * FROM {} AS q LIMIT 0").format(source)).description or []
            forms = [_form(column) for column in found]
            places = [f"c{i}" for i in range(len(forms))]
            cells = [sql.SQL(form.sql.replace("{}", place)) for form, place in zip(forms, places, strict=True)]
            copy = sql.SQL("COPY (SELECT {} FROM {} AS q ({})) TO STDOUT (FORMAT csv, NULL {})").format(
                sql.SQL(", ").join(cells),
                source,
                sql.SQL(", ").join(map(sql.Identifier, places)),
                sql.Literal(NO_VALUE),
            )
            columns = [
                Adapted(pa.field(column.name, form.field), form.convert, form.note)
                for column, form in zip(found, forms, strict=True)
            ]
            sent = {place: form.sent for place, form in zip(places, forms, strict=True)}
            with connection.cursor() as cursor, cursor.copy(copy) as rows, _Bytes(connection, rows) as copied:
                batches = told_rows(_batches(copied, sent), expected, progress)
                return shown, *store_adapted(columns, batches, engine, name, shown)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[tuple["psycopg.Connection[Any]", str]]:
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise SourceError(
            "Reading from PostgreSQL needs one more package. Install it: pip install 'segscope[postgres]'."
        ) from None
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(address))
    except psycopg.Error:  # its words may hold a part of the password
        parts = {"host": "@"}
    # Signs in a password that are not escaped make its parts look like a host, a port or a database.
    port = str(parts.get("port") or 5432)
    if any("@" in str(parts.get(key, "")) for key in ("host", "dbname")) or not port.replace(",", "").isdecimal():
        raise SourceError(
            "The address of the PostgreSQL database cannot be read. Write it as "
            "postgresql://user:password@host:port/database, with signs such as @ : / in the password as %40 %3A %2F."
        )
    server = printable(f"{parts.get('host') or 'this machine'}:{port}")
    parts = {"connect_timeout": SECONDS_TO_CONNECT, "application_name": "segscope", **parts, "client_encoding": "utf8"}
    try:
        connection = psycopg.connect(**parts, autocommit=True)
    except (psycopg.Error, UnicodeError) as error:
        raise SourceError(_no_connection(str(error), server, parts)) from None
    with contextlib.closing(connection):
        where = printable(f"PostgreSQL database {connection.info.dbname}")
        with _sentences(f"{where} cannot be read"):
            connection.execute(SETTINGS)
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection, where


def _no_connection(said: str, server: str, parts: dict[str, Any]) -> str:
    """Why there is no connection, in words that are not the server's: those may hold what nobody should read."""
    user, database = (printable(str(parts.get(key) or "")) for key in ("user", "dbname"))
    if "password" in said or "authentication" in said:
        return f"The PostgreSQL server {server} does not accept the user {user!r} with this password. Check both."
    if "does not exist" in said and "role" not in said:
        return f"The PostgreSQL server {server} has no database {database or user!r}. Check the address."
    if "refused" in said or "No such file" in said:
        return f"No PostgreSQL server answers at {server}. Check the address, and that the server runs."
    if "resolve" in said or "translate host" in said:
        return f"There is no machine {server}. Check the address of the PostgreSQL database."
    if "timeout" in said:
        return f"The PostgreSQL server {server} does not answer within {SECONDS_TO_CONNECT} seconds. Check the address."
    secret = str(parts.get("password") or "")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    detail = lines[0].rpartition("failed: ")[2] if lines else ""
    kept = f": {reason(detail)}" if detail and not (secret and secret in said) else "."
    return f"The PostgreSQL server {server} does not let us in{kept}"


@contextlib.contextmanager
def _sentences(what: str) -> Iterator[None]:
    """Turn what the server complains about into a SourceError that begins with ``what``."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate == "55P03":
            raise SourceError(f"{what}: somebody has locked it. Try again later.") from None
        raise SourceError(f"{what}: {reason(error.diag.message_primary or error)}") from None
    except pa.ArrowInvalid as error:
        raise SourceError(f"{what}: {reason(error)}") from None


def _choose(connection: "psycopg.Connection[Any]", told: str | None, where: str) -> tuple[Relation, int | None]:
    """The table to read, and about how many rows it has."""
    listed = connection.execute(RELATIONS).fetchall()
    found: dict[Relation, int | None] = {}
    for place, (schema, name, kind, estimate, usual) in enumerate(listed):
        rows, size = None, OTHER_RELATIONS.get(kind, "not counted")
        if kind not in OTHER_RELATIONS and estimate >= 0:
            rows, size = int(estimate), f"about {in_rows(int(estimate))}"
        elif kind not in OTHER_RELATIONS and told is None and len(listed) > 1 and place < LISTED:
            size = in_rows(_count(connection, schema, name))
        found[Relation(schema, name, size, usual)] = rows
    chosen = choose(list(found), told, where)
    return chosen, found[chosen]


def _count(connection: "psycopg.Connection[Any]", schema: str, name: str) -> int:
    from psycopg import sql

    counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))).fetchone()
    return int(counted[0]) if counted else 0


def _form(column: "psycopg.Column") -> _Form:
    from psycopg import postgres

    info = postgres.types.get(column.type_code)
    kind = info.name if info else ""
    if info is not None and column.type_code == info.array_oid:
        return _Form("array_to_json({})::text", pa.string(), pa.string(), note="nested values kept as JSON")
    if kind in ("int2", "int4", "int8", "oid"):
        return _Form("{}", pa.int64(), pa.int64())
    if kind in ("float4", "float8"):
        return _Form("{}", pa.float64(), pa.float64())
    if kind == "numeric":
        if column.precision is not None and column.scale == 0:
            return _Form("{}", pa.string(), pa.int64(), _matching(WHOLE_OF_64_BITS, pa.int64()))
        return _Form("{}", pa.float64(), pa.float64())
    if kind == "money":
        note = "money read as a number, without its currency"
        return _Form("{}::numeric", pa.float64(), pa.float64(), note=note)
    if kind == "bool":
        return _Form("{}", pa.bool_(), pa.bool_())
    if kind == "date":
        return _Form("{}", pa.string(), pa.date32(), _matching(CALENDAR, pa.date32()))
    if kind in ("timestamp", "timestamptz"):
        plain = pa.timestamp("us")
        if kind == "timestamp":
            return _Form("{}", pa.string(), plain, _matching(CALENDAR, plain))
        return _Form("{} AT TIME ZONE 'UTC'", pa.string(), pa.timestamp("us", "UTC"), _matching(CALENDAR, plain))
    if kind == "bytea":
        return _Form(
            "CASE WHEN {} IS NOT NULL THEN 'x' END", pa.binary(), pa.string(), nothing, "binary values left blank"
        )
    note = "" if kind in KEPT_AS_THEY_ARE or not kind else f"{kind} kept as text"
    return _Form("{}::text", pa.string(), pa.string(), note=note)


def _matching(pattern: str, kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Texts of one form to values; others have none."""

    def converted(array: pa.Array) -> pa.Array:
        return pc.if_else(pc.match_substring_regex(array, pattern), array, None).cast(kind)

    return converted


def _batches(source: "_Bytes", sent: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    if source.is_over():
        return  # the reader does not take nothing for a table without rows
    reader = pyarrow.csv.open_csv(
        source,
        pyarrow.csv.ReadOptions(column_names=list(sent), block_size=BLOCK_BYTES, use_threads=False),
        pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        pyarrow.csv.ConvertOptions(
            column_types=sent,
            null_values=[NO_VALUE],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from reader


class _Bytes:
    """What a server copies, row by row, as the file that a reader of bytes wants.

    The reader reads ahead in a thread of its own. When the context ends that thread has let go of the connection, which
    could not be closed under it.
    """

    closed = False

    def __init__(self, connection: "psycopg.Connection[Any]", rows: "psycopg.Copy") -> None:
        self._connection = connection
        self._rows = iter(rows)
        self._held = bytearray()
        self._stopped = False
        self._busy = threading.Lock()

    def __enter__(self) -> "_Bytes":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._stopped = True
        if kind is not None:
            self._connection.cancel_safe(timeout=SECONDS_TO_CONNECT)
        with self._busy:
            pass

    def is_over(self) -> bool:
        """Whether nothing is left to read."""
        self._fill(1)
        return not self._held

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer at the end."""
        self._fill(size)
        part = bytes(self._held[:size])
        del self._held[:size]
        return part

    def _fill(self, size: int) -> None:
        with self._busy:
            while not self._stopped and len(self._held) < size and (row := next(self._rows, None)) is not None:
                self._held += row
