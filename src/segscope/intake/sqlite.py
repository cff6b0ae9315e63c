"""SQLite files: one table or query, every cell as text, since a column's cells may be of any type there."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from segscope.engine import Engine
from segscope.errors import SourceError
from segscope.intake.database import BINARY_NOTE, Relation, choose, in_rows, one_select, reason, told_rows
from segscope.intake.delimited import MAX_COLUMNS, TextTable
from segscope.intake.files import Content
from segscope.intake.fitting import BATCH_ROWS
from segscope.intake.layout import unique_names
from segscope.intake.progress import Progress
from segscope.intake.report import ReadOptions, Repair
from segscope.intake.streams import store_batches

BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")
SECONDS_TO_WAIT = 5.0
NOT_WRITABLE = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


@dataclass
class _Tally:
    """What was mended or left out while cells passed."""

    damaged: int = 0
    zeros: int = 0
    binary: dict[int, int] = field(default_factory=dict)

    def text(self, raw: bytes) -> str:
        """Text of a cell; SQLite does not see to it that it is UTF-8."""
        if b"\0" in raw:
            self.zeros += raw.count(b"\0")
            raw = raw.replace(b"\0", b"")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.damaged += 1
            return raw.decode("cp1252", "replace")

    def repairs(self, names: tuple[str, ...]) -> tuple[Repair, ...]:
        binary = tuple(Repair(BINARY_NOTE, count, f"column {names[place]}") for place, count in self.binary.items())
        found = (
            ("zero bytes dropped", self.zeros, ""),
            ("damaged texts read as Windows-1252", self.damaged, "not valid utf-8"),
        )
        return (*binary, *(Repair(action, count, detail) for action, count, detail in found if count))


def read_sqlite(
    content: Content, engine: Engine, name: str, told: ReadOptions, progress: Progress
) -> tuple[str, TextTable]:
    """Read the table or query that is told, or else the only table; return what was read, in words, and its texts."""
    tally = _Tally()
    with _opened(content) as connection:
        connection.text_factory = tally.text
        if told.query is not None:
            select, expected, shown = one_select(told.query), None, f"a query of {content.name}"
        else:
            chosen = choose(_relations(connection, told.table is None), told.table, content.name)
            place = _quoted(chosen.name)
            select, shown = f"SELECT * FROM {place}", f"{chosen.title} in {content.name}"  # noqa: S608 - quoted
            expected = _count(connection, place) if chosen.size != "view" else None
        try:
            cursor = connection.execute(select)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith((*BUSY, *DAMAGED)):
                raise
            failing = (
                f"The query cannot be run on {content.name}" if told.query is not None else f"{shown} cannot be read"
            )
            raise SourceError(f"{failing}: {reason(error)}") from None
        found_names = tuple(column[0] for column in cursor.description)
        if len(found_names) > MAX_COLUMNS:
            raise SourceError(f"{shown} has {len(found_names):,} columns; at most {MAX_COLUMNS:,} can be read.")
        names = unique_names(found_names)
        schema = pa.schema([(column, pa.string()) for column in names])
        batches = told_rows(_batches(cursor, schema, tally), expected, progress)
        table = store_batches(engine, name, schema, batches)
    return shown, TextTable(table, found_names, format="sqlite", repairs=tally.repairs(names))


def tables(content: Content) -> tuple[str, ...]:
    """Names of the tables and views."""
    with _opened(content) as connection:
        return tuple(r.title for r in _relations(connection, counted=False))


def _batches(cursor: sqlite3.Cursor, schema: pa.Schema, tally: _Tally) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        columns = [_texts(cells, place, tally) for place, cells in enumerate(zip(*rows, strict=True))]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _texts(cells: tuple[Any, ...], place: int, tally: _Tally) -> pa.Array:
    kinds = set(map(type, cells))
    if bytes in kinds:
        tally.binary[place] = tally.binary.get(place, 0) + sum(isinstance(cell, bytes) for cell in cells)
        cells = tuple("" if isinstance(cell, bytes) else cell for cell in cells)
    if kinds != {str}:
        # The shortest text that is the same number again.
        cells = tuple("" if cell is None else cell if isinstance(cell, str) else repr(cell) for cell in cells)
    return pa.array(cells, pa.string())


@contextlib.contextmanager
def _opened(content: Content) -> Iterator[sqlite3.Connection]:
    """Open a file for reading only. Damage and locks come out as a SourceError, whenever they show."""
    path = content.path.absolute()
    address = f"{path.as_uri()}?mode=ro"  # as_uri escapes what would be a parameter
    # A write-ahead database wants a file beside it even to be read. None is made where nobody is writing.
    alone = _is_write_ahead(path) and not _pending(path)
    before = path.stat().st_mtime_ns
    try:
        with contextlib.closing(_connected(f"{address}&immutable=1" if alone else address)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise SourceError(f"{content.name} {_trouble(error, content)}") from None
    if alone and (_pending(path) or path.stat().st_mtime_ns != before):
        raise SourceError(f"{content.name} was written by another program while it was read. Try again.")


def _connected(address: str) -> sqlite3.Connection:
    # The engine may ask for the next rows from another thread, never from two at once.
    connection = sqlite3.connect(address, timeout=SECONDS_TO_WAIT, uri=True, check_same_thread=False)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")  # the count and the rows are of one moment
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_write_ahead(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\2\2"


def _pending(path: Path) -> bool:
    beside = path.with_name(path.name + "-wal")
    return beside.is_file() and beside.stat().st_size > 0


def _trouble(error: sqlite3.Error, content: Content) -> str:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(BUSY):
        return "is being written by another program. Close it there, and try again."
    if code.startswith(NOT_WRITABLE) and _pending(content.path):
        return f"has changes that are still in {content.name}-wal, in a folder that cannot be written. Copy both files."
    if code.startswith(DAMAGED):
        return f"is a damaged or truncated SQLite database: {reason(error)} Fetch it again."
    return f"cannot be read as a SQLite database: {reason(error)}"


def _relations(connection: sqlite3.Connection, counted: bool) -> list[Relation]:
    found = connection.execute(
        r"SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"
        " ORDER BY name"
    ).fetchall()
    counted = counted and len(found) > 1
    return [
        Relation("", name, in_rows(_count(connection, _quoted(name))) if counted and kind == "table" else kind)
        for name, kind in found
    ]


def _count(connection: sqlite3.Connection, place: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {place}").fetchone()[0])  # noqa: S608 - quoted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
