"""What a stage may ask of an engine, and how it asks for small results."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segscope.engine.stopping import Stop

BATCH_ROWS = 65_536
NUMBER = "__row"


@dataclass(frozen=True)
class DelimitedForm:
    """How a delimited text in UTF-8 is written: quotes in quoted cells are doubled. ``skip``: records to leave out."""

    delimiter: str
    quote: str
    skip: int = 0
    compression: str = "none"


@dataclass(frozen=True)
class Place:
    """A source that many machines read: a folder of files that all of them see, or a table of their catalogue.

    Attributes
    ----------
    address : path or address of the folder (or of one file), or name of the table
    form : how the rows are kept
    delimiter, encoding, quote, header : of texts; ``header``: each file begins with the names of the columns
    """

    address: str
    form: Literal["parquet", "csv", "table"]
    delimiter: str = ","
    encoding: str = "utf-8"
    quote: str = '"'
    header: bool = True


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

    def tally(self, rows: ibis.Table, columns: Sequence[str], by: str | None = None, hold: bool = False) -> pa.Table:
        """How many rows have each value of each of some columns of small whole numbers, in one query.

        Parameters
        ----------
        by : count within each value of this column, also one of small whole numbers
        hold : compute the rows once, where they are more than what is stored

        Returns
        -------
        ``part`` (the column's place in ``columns``), ``value``, ``n`` and, where it is asked for, ``by``
        """

    def until(self, stop: Stop) -> AbstractContextManager[None]:
        """Meanwhile this thread's queries end when a stop is told, and raise CancelledError."""

    def batches(self, expression: ibis.Table, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Run an expression and stream its rows in batches, in bounded memory."""

    def write_parquet(self, expression: ibis.Table, path: Path) -> None:
        """Write the rows of an expression to one Parquet file, in bounded memory, keeping their order."""

    def uniform(self, key: ir.StringValue, seed: int) -> ir.FloatingValue:
        """A number in [0, 1) made from a key and a seed; the same on every engine, whatever the order of rows."""

    def distinct(self, value: ir.Value) -> ir.IntegerScalar:
        """How many different values there are, exact, among up to a million rows; many such counts in one query."""

    def elements(self, value: ir.FloatingValue, places: Sequence[int], count: int) -> ir.ArrayValue:
        """The numbers at some places, from 0, when all of them are sorted, blanks left out; an aggregate.

        ``count``: how many there are.
        """

    def lock(self, allowed: Sequence[Path] = ()) -> None:
        """Forbid files and addresses other than the allowed folders, where the engine reads them itself."""

    def close(self) -> None:
        """Release the engine's resources."""


class DistributedEngine(Engine, Protocol):
    """An engine that reads sources and writes results itself, on many machines, so that no rows pass through here."""

    place: str

    def scan(self, name: str, place: Place) -> ibis.Table:
        """A source as a named table. It has one more column than it shows: ``NUMBER``, each row's place from 0."""

    def head(self, place: Place, lines: int) -> list[str]:
        """The first lines of a source of texts."""

    def fingerprint(self, place: Place) -> str:
        """A text that is another when the source is: from its files' names, sizes and times, or from its rows."""

    def remember(self, folder: Path, about: str, tables: Sequence[str]) -> None:
        """Keep what is found out about some stored tables, which do not change from now on, in a folder.

        Parameters
        ----------
        about : what the tables hold, as a text that is another when they are
        """

    def write_folder(self, expression: ibis.Table, path: Path) -> int:
        """Write the rows of an expression as a folder of Parquet files, in their order; return how many."""


def rows(engine: Engine, expression: ir.Expr, given: Mapping[str, ibis.Table] | None = None) -> list[dict[str, Any]]:
    """Run an expression and return its rows as dictionaries (for aggregates and pages: small results)."""
    result: list[dict[str, Any]] = engine.fetch(expression, given).to_pylist()
    return result


def one(engine: Engine, expression: ibis.Table, given: Mapping[str, ibis.Table] | None = None) -> dict[str, Any]:
    """Run an aggregate expression of a single row and return it as a dictionary."""
    return rows(engine, expression, given)[0]
