"""What all databases share: addresses, the choice of a table, one SELECT, and values that a table cannot hold."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from segscope.engine import Engine
from segscope.errors import DataError, SourceError, did_you_mean
from segscope.intake.arrow import store_arrow
from segscope.intake.progress import Progress
from segscope.intake.report import ColumnReading, ReadOptions

SERVERS = ("postgresql://", "postgres://")
BINARY_NOTE = "binary values left blank"
SHOWN, LISTED = 5, 12
ROWS_OF_A_QUERY = 1e6
QUOTED_OR_COMMENT = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$""", re.DOTALL
)
SECRET = re.compile(r"([?&])(?:ssl)?password=[^&]*", re.IGNORECASE)


@dataclass(frozen=True)
class Relation:
    """A table or view of a database.

    Attributes
    ----------
    schema : where it is; "" in databases without schemas
    size : how large it is, in words
    usual : its name is enough to find it
    """

    schema: str
    name: str
    size: str
    usual: bool = True

    @property
    def title(self) -> str:
        """The name to show and to ask for."""
        return printable(self.name if self.usual else self.full_name)

    @property
    def full_name(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"


def is_server(source: Path | str) -> bool:
    """Whether a source is the address of a database server.

    >>> is_server("postgresql://localhost/shop"), is_server("customers.csv")
    (True, False)
    """
    return isinstance(source, str) and source.lower().startswith(SERVERS)


def without_password(source: str) -> str:
    """An address that may be shown and kept; what is no server's address stays as it is.

    >>> without_password("postgresql://ann:secret@localhost:5432/shop?sslmode=require")
    'postgresql://ann@localhost:5432/shop?sslmode=require'
    >>> without_password("customers.csv")
    'customers.csv'
    """
    if not is_server(source):
        return source
    scheme, rest = source.split("://", 1)
    # A password may hold signs that should have been escaped: all up to the last @ is taken for user and password.
    login, at, place = rest.rpartition("@")
    address = f"{scheme}://{login.partition(':')[0]}{at}{place}"
    return SECRET.sub(r"\1", address).replace("?&", "?").rstrip("?&")


def choose(relations: Sequence[Relation], told: str | None, where: str) -> Relation:
    """The table that was told, or else the only one there is.

    >>> choose([Relation("", "customers", "5 rows"), Relation("", "v", "view")], None, "shop.db")
    Traceback (most recent call last):
    segscope.errors.SourceError: shop.db holds 2 tables: customers (5 rows), v (view). Name one of them (--table NAME).
    """
    if told is None:
        if len(relations) == 1:
            return relations[0]
        if not relations:
            raise DataError(f"{where} holds no tables that can be read. Choose a database that holds customers.")
        listed = ", ".join(f"{r.title} ({r.size})" for r in relations[:LISTED])
        more = " …" if len(relations) > LISTED else ""
        raise SourceError(f"{where} holds {len(relations)} tables: {listed}{more}. Name one of them (--table NAME).")
    ways: tuple[Callable[[Relation], str], ...] = (lambda r: r.name, lambda r: r.full_name, lambda r: r.title)
    for exact in (True, False):
        for way in ways:
            near = [r for r in relations if way(r) == told or (not exact and way(r).lower() == told.lower())]
            usual = [r for r in near if r.usual] or near
            if len(usual) == 1:
                return usual[0]
    raise SourceError(f"{where} has no table {printable(told)}.{did_you_mean(told, [r.title for r in relations])}")


def in_rows(count: int) -> str:
    """How large a table is, in words.

    >>> in_rows(1), in_rows(12000)
    ('1 row', '12,000 rows')
    """
    return "1 row" if count == 1 else f"{count:,} rows"


def one_select(query: str) -> str:
    """A query without the mark at its end; what is not one SELECT (or WITH ... SELECT) is refused.

    >>> one_select("SELECT ';' AS a;")
    "SELECT ';' AS a"
    >>> one_select("SELECT 1; DROP TABLE customers")
    Traceback (most recent call last):
    segscope.errors.SourceError: A query must be one SELECT statement, and this holds several. Take the others out.
    """
    text = query.strip().rstrip("; \t\r\n")
    bare = QUOTED_OR_COMMENT.sub(" ", text)
    if ";" in bare:
        raise SourceError("A query must be one SELECT statement, and this holds several. Take the others out.")
    first = re.match(r"[\s(]*(\w*)", bare)
    if first is None or first[1].lower() not in ("select", "with"):
        raise SourceError("A query must be one SELECT statement. Begin it with SELECT or WITH.")
    return text


def checked(told: ReadOptions) -> ReadOptions:
    """Refuse to be told both a table and a query."""
    if told.table is not None and told.query is not None:
        raise SourceError("A table and a query are told, and only one of them can be read. Leave one out.")
    return told


def printable(text: str, longest: int = 80) -> str:
    """A text of somebody's, short and on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def reason(error: object) -> str:
    """The first line of what a database says, for the end of a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0], 300).strip().rstrip(".!") + "."


def told_rows(batches: Iterable[pa.RecordBatch], expected: int | None, progress: Progress) -> Iterator[pa.RecordBatch]:
    """The batches, telling how many of the expected rows have passed; None where nobody knows."""
    count = 0
    for batch in batches:
        yield batch
        count += batch.num_rows
        share = min(1.0, count / max(expected, 1)) if expected is not None else -math.expm1(-count / ROWS_OF_A_QUERY)
        progress("Reading rows", share)


@dataclass
class Adapted:
    """How a database's column is brought into the form of a table; ``lost`` values have none there and turn blank."""

    field: pa.Field
    convert: Callable[[pa.Array], pa.Array]
    note: str = ""
    lost: int = 0
    examples: list[str] = field(default_factory=list)

    def __call__(self, array: pa.Array) -> pa.Array:
        """Convert one batch of the column, and count what is lost."""
        cells = self.convert(array)
        lost = cells.null_count - array.null_count
        if lost:
            self.lost += lost
            if len(self.examples) < SHOWN and not pa.types.is_binary(array.type):
                gone = pc.filter(array, pc.and_(pc.is_valid(array), pc.is_null(cells)))[:SHOWN]
                texts = [printable(str(text)) for text in pc.cast(gone, pa.string()).to_pylist()]
                fresh = ["beyond the calendar" if text.startswith("<") else text for text in texts]
                self.examples = list(dict.fromkeys(self.examples + fresh))[:SHOWN]
        return cells.cast(self.field.type)


def same(array: pa.Array) -> pa.Array:
    """A column as it is."""
    return array


def nothing(array: pa.Array) -> pa.Array:
    """A column whose values have no place in a table."""
    return pa.nulls(len(array), pa.string())


def store_adapted(
    columns: Sequence[Adapted], batches: Iterable[pa.RecordBatch], engine: Engine, name: str, source: str
) -> tuple[ibis.Table, int, tuple[ColumnReading, ...]]:
    """Store a database's batches as a typed table; values that a table cannot hold turn blank and are counted."""
    schema = pa.schema([column.field for column in columns])

    def adapted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            cells = [column(array) for column, array in zip(columns, batch.columns, strict=True)]
            yield pa.RecordBatch.from_arrays(cells, schema=schema)

    table, count, found = store_arrow(schema, adapted(), engine, name, source)
    readings = tuple(
        replace(
            reading,
            blanks=reading.blanks - column.lost,
            unreadable=reading.unreadable + column.lost,
            examples_unreadable=(*column.examples, *reading.examples_unreadable)[:SHOWN],
            note=column.note or reading.note,
        )
        for column, reading in zip(columns, found, strict=True)
    )
    return table, count, readings
