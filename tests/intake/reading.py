"""What the tests of databases share: rows, reports and refusals of a source, and a table of a strange name."""

from pathlib import Path
from typing import Any

import pytest

from segscope.engine import DuckDBEngine
from segscope.errors import DataError, SegscopeError
from segscope.intake import ROW, IntakeReport, ReadOptions, read, read_text

STRANGE = 'we"ird; DROP TABLE customers; -- 😀'
CUSTOMERS = [(1, "2020-01-31", 1.5), (2, "2020-02-29", None), (3, None, 2.0)]


def rows_of(engine: DuckDBEngine, source: Path | str, **told: Any) -> list[tuple[Any, ...]]:
    table, _ = read(source, engine, options=ReadOptions(**told))
    return [tuple(row[c] for c in table.columns if c != ROW) for row in engine.fetch(table).to_pylist()]


def report_of(engine: DuckDBEngine, source: Path | str, **told: Any) -> IntakeReport:
    return read(source, engine, options=ReadOptions(**told))[1]


def refusal(engine: DuckDBEngine, source: Path | str, **told: Any) -> str:
    """The one line that refuses a source, whichever way it is read."""
    said = set()
    for reader in (read, read_text):
        with pytest.raises(SegscopeError) as caught:
            reader(source, engine, options=ReadOptions(**told))
            raise DataError("a table without customers is no customer table.")  # as texts it may be empty
        said.add(str(caught.value))
    text = said.pop()
    assert text.endswith((".", "?"))
    assert "\n" not in text
    return text


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
