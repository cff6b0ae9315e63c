"""Somebody's DuckDB file, read only."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from segscope.engine.protocol import BATCH_ROWS
from segscope.engine.quoting import quoted
from segscope.errors import SourceError

FOREIGN_TO_ARROW = ("INTERVAL", "BIT", "BIGNUM")  # types that Arrow tells in another form than people write them

Result = TypeVar("Result")


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
        return f"SELECT * FROM {quoted(schema)}.{quoted(name)}"

    def stream(self, query: str, batch_rows: int = BATCH_ROWS) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Run a query and stream its rows, in bounded memory."""
        kinds = self._run(query, lambda found: [str(kind) for kind in found.types])
        if set(kinds) & set(FOREIGN_TO_ARROW):
            names = self._run(query, lambda found: found.columns)
            places = [f"c{i}" for i in range(len(kinds))]
            cells = [
                f"{place}{'::VARCHAR' if kind in FOREIGN_TO_ARROW else ''} AS {quoted(name)}"
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
