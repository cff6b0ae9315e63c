"""Helpers of the intake tests: a file from bytes, read with one engine for all tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from segscope.engine import DuckDBEngine, connect
from segscope.intake import ROW, IntakeReport, ReadOptions, read, read_text


@dataclass(frozen=True)
class Found:
    """What intake made of a file."""

    header: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    report: IntakeReport

    def column(self, name: str) -> list[Any]:
        return [row[self.names.index(name)] for row in self.rows]

    def repaired(self) -> dict[str, int]:
        return {repair.action: repair.count for repair in self.report.repairs}


Reader = Callable[..., Found]


@pytest.fixture(scope="session")
def engine() -> Iterator[DuckDBEngine]:
    engine = connect(threads=1)
    yield engine
    engine.close()


def _reader(function: Any, engine: DuckDBEngine, folder: Path) -> Reader:
    def reader(data: bytes | str, name: str = "customers.csv", **options: Any) -> Found:
        file = folder / name
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        table, report = function(file, engine, options=ReadOptions(**options))
        names = tuple(c for c in table.columns if c != ROW)
        rows = tuple(tuple(row[n] for n in names) for row in engine.fetch(table).to_pylist())
        return Found(tuple(c.found_name for c in report.columns), names, rows, report)

    return reader


@pytest.fixture
def read_texts(engine: DuckDBEngine, tmp_path: Path) -> Reader:
    """Read bytes as a table of texts."""
    return _reader(read_text, engine, tmp_path)


@pytest.fixture
def read_typed(engine: DuckDBEngine, tmp_path: Path) -> Reader:
    """Read bytes as a typed table."""
    return _reader(read, engine, tmp_path)
