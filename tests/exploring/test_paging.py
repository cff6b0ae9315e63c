"""Pages in any order are those of the sorted table, however the cells fall."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.exploring import paging
from segscope.exploring.paging import Order, Pager
from segscope.intake import ROW

N = 60
COLUMNS: dict[str, list[Any]] = {
    "whole": [(7 * i) % 13 for i in range(N)],
    "tied": [5] * 50 + [9] * 10,
    "skewed": [1e9 if i == 3 else float("inf") if i == 4 else None if i % 7 == 0 else i / 8 for i in range(N)],
    "moment": [datetime(2020, 1, 1, 0, 0, i % 3, (i * 7919) % 1000) for i in range(N)],
    "text": [f"C{(31 * i) % 97:05d}" for i in range(N)],
    "words": [["Köln", "Bonn", None, "=1+1", ""][i % 5] for i in range(N)],
    "day": [date(2020, 1, 1 + i % 20) if i % 3 else None for i in range(N)],
    "yes": [i % 2 == 0 for i in range(N)],
    "huge": [10**18 + i % 3 for i in range(N)],
}


@pytest.fixture
def pager(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Pager:
    """A pager for which sixty customers are many."""
    for name, value in (("TOP_UP_TO", 5), ("SORTED_AT_ONCE", 8), ("ROWS_A_CELL", 6), ("CELLS", 4), ("TEXT_CELLS", 6)):
        monkeypatch.setattr(paging, name, value)
    engine.store("t", pa.table({ROW: list(range(N)), **COLUMNS}))
    return Pager(engine, engine.table("t"))


def expected(column: str, descending: bool) -> list[int]:
    """Known values in order, equal ones by row, blanks last."""
    values = COLUMNS[column]
    known = [i for i in range(N) if values[i] is not None]
    known.sort(key=lambda i: values[i], reverse=descending)
    return known + [i for i in range(N) if i not in set(known)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", COLUMNS)
def test_pages_follow_each_other_as_the_sorted_table_does(
    engine: Engine, pager: Pager, column: str, descending: bool
) -> None:
    table = engine.table("t")
    found: list[int] = []
    for start in range(0, N, 7):
        found += pager.rows(table, "all", Order(column, descending), start, 7)
    assert found == expected(column, descending)


def test_order_of_the_source_and_the_count(engine: Engine, pager: Pager) -> None:
    some = engine.table("t").filter(engine.table("t")["yes"])
    assert pager.total(some, "yes") == 30
    assert pager.rows(some, "yes", Order(), 25, 10) == (50, 52, 54, 56, 58)
    assert pager.rows(some, "yes", Order(), 30, 10) == ()
