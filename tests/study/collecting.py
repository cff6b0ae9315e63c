"""What comes to this process from an engine, query by query."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import DuckDBEngine, SparkEngine

Collected = tuple[tuple[str, ...], int]
"""The columns and the number of rows of one answer."""

ANSWERS = ((DuckDBEngine, "fetch"), (SparkEngine, "fetch"), (SparkEngine, "tally"))


@contextmanager
def collected(most_rows: int) -> Iterator[list[Collected]]:
    """The answers that engines give meanwhile; one with more rows fails the test, in the stage that asked for it."""
    found: list[Collected] = []
    with pytest.MonkeyPatch.context() as patch:
        for kind, asking in ANSWERS:
            original = getattr(kind, asking)

            def answer(self: Any, *given: Any, _original: Any = original, **named: Any) -> pa.Table:
                table = _original(self, *given, **named)
                found.append((tuple(table.column_names), table.num_rows))
                assert table.num_rows <= most_rows, f"{table.num_rows} rows of {table.column_names} were collected"
                return table

            patch.setattr(kind, asking, answer)
        yield found
