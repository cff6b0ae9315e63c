"""The engine: tables in, rows out; numbers that depend on nothing but the data."""

import hashlib
import sys
import threading
import time
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import Engine, Stop, connect, exact_sum, fixed_point_scale, one, quantiles, rows
from segscope.errors import CancelledError


def test_what_is_stored_comes_back_in_its_order(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [3, 1, 2], "b": ["x", None, ""]}))
    assert rows(engine, table) == [{"a": 3, "b": "x"}, {"a": 1, "b": None}, {"a": 2, "b": ""}]


def test_storing_under_a_name_again_replaces_what_was_there(engine: Engine) -> None:
    engine.store("t", pa.table({"a": [1]}))
    table = engine.store("t", pa.table({"b": [2]}))
    assert rows(engine, table) == [{"b": 2}]
    assert rows(engine, engine.table("t")) == [{"b": 2}]


def test_an_expression_can_be_stored_and_named(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1, 2]}))
    assert rows(engine, engine.store("u", table.mutate(b=table.a * 2))) == [{"a": 1, "b": 2}, {"a": 2, "b": 4}]
    view = engine.view("v", table.filter(table.a > 1))
    assert rows(engine, view) == [{"a": 2}]


def test_what_is_stored_outlives_what_it_was_made_of(engine: Engine) -> None:
    made = engine.view("v", engine.store("t", pa.table({"a": [1, 2]})))
    stored = engine.store("s", made.mutate(b=made.a * 2))
    for name in ("v", "t"):
        engine.drop(name)
    assert rows(engine, stored) == [{"a": 1, "b": 2}, {"a": 2, "b": 4}]


def test_what_is_dropped_is_gone_and_dropping_nothing_is_no_error(engine: Engine) -> None:
    engine.view("v", engine.store("t", pa.table({"a": [1]})))
    for name in ("v", "t", "never"):
        engine.drop(name)
    with pytest.raises(Exception, match="t"):
        engine.table("t")


@pytest.mark.parametrize("name", ['a"b', "a'b", "select", "a;b", "Ä 😀", "x" * 300])
def test_any_name_of_a_table_and_a_column_is_safe(engine: Engine, name: str) -> None:
    table = engine.store(name, pa.table({name: [1]}))
    assert rows(engine, table.filter(table[name] == 1)) == [{name: 1}]
    engine.drop(name)


def test_parquet_goes_out_and_comes_in_in_its_order(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    engine.write_parquet(engine.store("t", pa.table({"a": [3, 1, 2]})), path)
    assert pq.read_table(path)["a"].to_pylist() == [3, 1, 2]
    assert rows(engine, engine.scan_parquet("p", path)) == [{"a": 3}, {"a": 1}, {"a": 2}]


def test_a_query_that_nobody_waits_for_ends_and_the_thread_can_ask_again(engine: Engine) -> None:
    long = engine.store("t", pa.table({"a": list(range(200_000))}))
    pairs = long.cross_join(long.view()).agg(n=(ibis._.a * ibis._.a_right).sum())  # minutes of work
    stop = Stop()
    threading.Timer(0.2, stop.tell).start()
    started = time.monotonic()
    with pytest.raises(CancelledError, match="nobody waits"), engine.until(stop):
        engine.fetch(pairs)
    assert time.monotonic() - started < 10
    stop.tell()
    assert rows(engine, long.agg(n=ibis._.count())) == [{"n": 200_000}]


def test_rows_stream_in_batches(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": list(range(5000))}))
    batches = list(engine.batches(table, 1024))
    assert len(batches) > 1
    assert [v for b in batches for v in b["a"].to_pylist()] == list(range(5000))


def test_an_expression_can_name_a_table_that_is_given_later(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1, 2, 3]}))
    stand_in = ibis.table(table.schema(), name="chosen")
    total = stand_in.agg(n=stand_in.a.sum())
    assert one(engine, total, {"chosen": table.filter(table.a > 1)})["n"] == 5
    assert one(engine, total, {"chosen": table})["n"] == 6


def test_values_of_many_columns_are_counted_in_one_query(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1, 1, 2], "b": [0, None, 0], "c": [7, 7, 8]}))
    found = engine.tally(table, ["a", "b"]).to_pylist()
    assert {(r["part"], r["value"], r["n"]) for r in found} == {(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, None, 1)}
    found = engine.tally(table.filter(table.a == 1), ["a"], "c", hold=True).to_pylist()
    assert [(r["part"], r["by"], r["value"], r["n"]) for r in found] == [(0, 7, 1, 2)]
    with pytest.raises(ValueError, match="at least one column"):
        engine.tally(table, [])


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        (r"^([0-9]{1,2})\.([0-9]{2})$", r"\2-\1", ["12-3", "n/a", "ÄPFEL $5", "a\n", "[a]"]),
        (r"(?i)ä([[:alpha:]$]+)", "$x", ["3.12", "n/a", "$x $5", "a\n", "[a]"]),
        (r"a$", "b", ["3.12", "n/b", "ÄPFEL $5", "a\n", "[a]"]),
        (r"[[a]+|\$", "_", ["3.12", "n/_", "ÄPFEL _5", "_\n", "_]"]),
        (r"[^\x{0020}-\x{007e}]", "", ["3.12", "n/a", "PFEL $5", "a", "[a]"]),
    ],
)
def test_patterns_mean_the_same(engine: Engine, pattern: str, replacement: str, expected: list[str]) -> None:
    table = engine.store("t", pa.table({"n": list(range(5)), "a": ["3.12", "n/a", "ÄPFEL $5", "a\n", "[a]"]}))
    made = table.select(
        "n",
        new=table.a.re_replace(pattern, replacement),
        found=table.a.re_search(pattern),
        whole=table.a.re_extract(pattern, 0),
    )
    found = rows(engine, made.order_by("n"))
    assert [r["new"] for r in found] == expected
    assert [r["found"] for r in found] == [r["whole"] != "" for r in found]


def test_tables_of_the_same_columns_go_together_whichever_of_them_has_blanks(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1, None]}))
    known = engine.view("v", table.select(a=ibis.coalesce(table.a, 5)))
    assert sorted(r["a"] or 0 for r in rows(engine, ibis.union(table, known))) == [0, 1, 1, 5]


def test_a_draw_depends_on_key_and_seed_only(engine: Engine) -> None:
    def draws(keys: list[str], seed: int) -> dict[str, float]:
        table = engine.store("t", pa.table({"k": keys}))
        return {r["k"]: r["u"] for r in rows(engine, table.mutate(u=engine.uniform(table.k, seed)))}

    keys = [f"customer {i}" for i in range(500)]
    first = draws(keys, 7)
    assert draws(keys[::-1], 7) == first
    assert draws(keys, 8) != first
    assert all(0 <= u < 1 for u in first.values())
    assert sum(first.values()) / 500 == pytest.approx(0.5, abs=0.05)


def test_a_draw_has_a_known_value(engine: Engine) -> None:
    # The first eight bytes of the MD5 digest of "0:1", lowest first, as a fraction: what every engine must give.
    number = int.from_bytes(hashlib.md5(b"0:1").digest()[:8], "little") >> 11
    table = engine.store("t", pa.table({"k": ["1"]}))
    assert one(engine, table.select(u=engine.uniform(table.k, 0)))["u"] == number * 2.0**-53


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), seed=st.randoms())
def test_an_exact_sum_does_not_depend_on_the_order_of_rows(engine: Engine, values: list[float], seed: object) -> None:
    scale = fixed_point_scale(max(abs(v) for v in values), len(values))

    def total(numbers: list[float]) -> int:
        table = engine.store("t", pa.table({"a": pa.array(numbers, pa.float64())}))
        return int(one(engine, table.agg(s=exact_sum(table.a, scale)))["s"])

    first = total(values)
    assert total(sorted(values)) == first == total(values[::-1])
    assert first / scale == pytest.approx(sum(values), rel=1e-9, abs=1e-6)


@given(st.floats(0, 1e100), st.integers(0, 10**9))
def test_sums_in_fixed_point_fit_64_bits(largest: float, count: int) -> None:
    assert fixed_point_scale(largest, count) * largest * count < 2**63


def test_a_locked_engine_reads_no_files_any_more(tmp_path: Path) -> None:
    path = tmp_path / "secret.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    engine = connect()
    table = engine.store("t", pa.table({"a": [1]}))
    engine.lock()
    assert rows(engine, table) == [{"a": 1}]
    with pytest.raises(Exception, match=r"[Pp]ermission|disabled"):
        engine.scan_parquet("p", path)
    engine.close()


def test_quantiles_are_the_same_however_many_columns_a_query_holds(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = engine.store("t", pa.table({"a": [1.0, 2.0, 4.0], "b": [5.0, None, 9.0], "c": pa.nulls(3, pa.float64())}))
    monkeypatch.setattr(sys.modules["segscope.engine.quantiles"], "VALUES_AT_ONCE", 3)  # the package's is the function
    assert quantiles(engine, table, (0.0, 0.5)) == {"a": (1.0, 2.0), "b": (5.0, 7.0), "c": None}
