"""The CDNOW sample, the reference log of the customer-value literature, with no configuration."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segscope.engine import Engine, connect
from segscope.intake import read
from segscope.intake.facts import measure_facts
from segscope.recipe import TransactionLog
from segscope.transactions import LogReport, customers_of, newest_day, propose_columns, recognise

pytestmark = pytest.mark.real
Cdnow = tuple[TransactionLog, dict[str, dict[str, Any]], LogReport]


@pytest.fixture(scope="module")
def file(real_data: Path) -> Path:
    path = real_data / "cdnow_sample.txt"
    if not path.is_file():
        pytest.skip(f"the CDNOW sample is not in {real_data}")
    return path


@pytest.fixture(scope="module")
def cdnow(file: Path) -> Cdnow:
    engine = connect()
    table, _ = read(file, engine)
    log = recognise(engine, table, measure_facts(engine, table))
    assert log is not None
    customers, report = customers_of(engine, table, log, newest_day(engine, table, log))
    return log, {row["column_1"]: row for row in engine.fetch(customers).to_pylist()}, report


@pytest.fixture(scope="module")
def lines(file: Path) -> list[tuple[str, date, int, Decimal]]:
    """The file in plain Python: customer, day, CDs, dollars."""
    cells = [line.split() for line in file.read_text().splitlines()]
    return [(c[0], date.fromisoformat(c[2]), int(c[3]), Decimal(c[4])) for c in cells]


def test_it_is_recognised_without_a_header(cdnow: Cdnow) -> None:
    log, _, _ = cdnow
    assert (log.customer, log.date, log.quantity, log.amount) == ("column_1", "column_3", "column_4", "column_5")
    assert (log.unit_price, log.order, log.product, log.channel, log.currency) == (None,) * 5
    assert "6,919 rows of 2,357 customers" in log.reason


def test_the_published_counts(cdnow: Cdnow) -> None:
    _, customers, report = cdnow
    assert (report.rows, report.counted, len(customers), report.as_of) == (6919, 6919, 2357, date(1998, 6, 30))


def test_every_customer_is_what_plain_python_counts(cdnow: Cdnow, lines: list[tuple[str, date, int, Decimal]]) -> None:
    _, customers, report = cdnow
    days: dict[str, set[date]] = defaultdict(set)
    dollars: dict[str, Decimal] = defaultdict(Decimal)
    units: dict[str, int] = defaultdict(int)
    for customer, day, pieces, spent in lines:
        days[customer].add(day)
        dollars[customer] += spent
        units[customer] += pieces
    assert report.purchases == sum(map(len, days.values())) == 6696
    assert report.total_spend == float(sum(dollars.values())) == 244091.94
    assert {c: (len(days[c]), float(dollars[c]), units[c], max(days[c])) for c in days} == {
        c: (row["purchases"], row["total_spend"], row["units"], row["last_purchase"]) for c, row in customers.items()
    }


def test_the_first_customer_by_hand(cdnow: Cdnow) -> None:
    found = cdnow[1]["00004"]
    assert (found["first_purchase"], found["last_purchase"]) == (date(1997, 1, 1), date(1997, 12, 12))
    assert (found["purchases"], found["total_spend"], found["average_order"]) == (4, 100.50, 25.125)
    assert (found["recency_days"], found["tenure_days"], found["units"]) == (200, 545, 7)
    assert found["typical_gap_days"] == 132.0  # of 17, 196 and 132


def test_orders_worth_nothing_are_told(cdnow: Cdnow, lines: list[tuple[str, date, int, Decimal]]) -> None:
    by_day: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for customer, day, _, spent in lines:
        by_day[customer, day] += spent
    zero = sum(1 for spent in by_day.values() if spent == 0)
    assert [e.count for e in cdnow[2].entries if e.action == "zero_orders"] == [zero]


def test_the_second_number_of_the_customer_is_left_behind(cdnow: Cdnow) -> None:
    assert "column_2" not in cdnow[1]["00004"]
    assert [e.column for e in cdnow[2].entries if e.action == "left_behind"] == ["column_2"]


def test_the_three_numbers_of_the_literature_are_proposed(engine: Engine, file: Path) -> None:
    table, _ = read(file, engine)
    log = TransactionLog("column_1", "column_3", "column_5", quantity="column_4")
    customers, _ = customers_of(engine, table, log, date(1998, 6, 30))
    found = propose_columns(log, measure_facts(engine, customers))
    assert found.features == ("recency_days", "purchases", "total_spend")
