"""Customers of logs that nobody thought of: as plain Python counts them, whatever the order of the rows."""

from datetime import date
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from segscope.engine import Engine, connect
from segscope.errors import DataError
from segscope.recipe import TransactionLog
from segscope.transactions import customers_of
from tests.transactions.logs import AS_OF, LOG, log_table, made, plainly, told

LINES = st.lists(
    st.fixed_dictionaries(
        {
            "customer": st.sampled_from(["a", "b", "c", "", None]),
            "day": st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 2, 1)), st.just(date(2030, 1, 1))),
            "cents": st.one_of(st.none(), st.integers(-500, 500), st.just(0)),
            "quantity": st.integers(-2, 5),
            "order": st.sampled_from(["1", "2", "3", None]),
            "channel": st.sampled_from(["web", "shop", "fax", None]),
        }
    ),
    min_size=1,
    max_size=25,
)
RULES = st.builds(
    TransactionLog,
    st.just("customer"),
    st.just("day"),
    st.just("amount"),
    quantity=st.just("quantity"),
    order=st.sampled_from(["order", None]),
    channel=st.just("channel"),
    channels=st.just(("web", "shop")),
    merge_same_day=st.booleans(),
    count_zero_orders=st.booleans(),
)


def table_of(lines: list[dict[str, Any]]) -> pa.Table:
    cells = ("customer", "day", "quantity", "order", "channel")
    rows = [(*(line[c] for c in cells), None if line["cents"] is None else line["cents"] / 100) for line in lines]
    return log_table(" ".join([*cells, "amount"]), *rows)


@given(lines=LINES, log=RULES)
@settings(max_examples=25, deadline=None)
def test_customers_are_what_plain_python_counts(lines: list[dict[str, Any]], log: TransactionLog) -> None:
    engine = connect(threads=1)
    expected = plainly(lines, log)
    if not expected:
        with pytest.raises(DataError):
            made(engine, log, table_of(lines))
        return
    found, report = made(engine, log, table_of(lines))
    assert sorted(found) == sorted(expected)
    for customer, plain in expected.items():
        row = found[customer]
        assert (row["purchases"], row["total_spend"]) == (plain.purchases, plain.cents / 100)
        assert (row["first_purchase"], row["last_purchase"]) == (plain.first, plain.last)
        assert (row["typical_gap_days"], row["units"]) == (plain.gap, plain.units)
        assert row["recency_days"] == (None if plain.last is None else (AS_OF - plain.last).days)
        assert sum(row.get(f"purchases_{c}", 0) for c in ("web", "shop", "other")) == plain.purchases
    assert report.purchases == sum(p.purchases for p in expected.values())
    assert report.counted + sum(count for count, _ in told(report, "set_aside_rows")) == report.rows == len(lines)


@given(lines=LINES, log=RULES, seed=st.randoms())
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(lines: list[dict[str, Any]], log: TransactionLog, seed: Any) -> None:
    if not plainly(lines, log):
        return
    shuffled = list(lines)
    seed.shuffle(shuffled)
    tables = []
    for order, threads in ((lines, 1), (shuffled, 2)):
        engine = connect(threads=threads)
        customers, report = customers_of(engine, engine.store("source", table_of(order)), log, AS_OF)
        tables.append((engine.fetch(customers), report))
    assert tables[0][0].equals(tables[1][0])
    assert tables[0][1] == tables[1][1]


def test_shuffled_rows_give_the_same_bytes(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    lines = [(f"c{i * 7919 % 400}", date(2024, 1 + i % 12, 1 + i % 28), i * 37 % 1000 / 7) for i in range(5000)]
    for name, rows in (("plain", lines), ("turned", sorted(lines, key=lambda line: (line[2], line[0])))):
        source = engine.store("source", log_table("customer day amount", *rows))
        engine.write_parquet(customers_of(engine, source, LOG, AS_OF)[0], folder / name)
    assert (folder / "plain").read_bytes() == (folder / "turned").read_bytes()
