"""Tables and queries of a real PostgreSQL server that the tests start."""

import re
import sys
from collections.abc import Iterator
from datetime import date, datetime

import psycopg
import pytest

from segscope.engine import DuckDBEngine
from segscope.errors import SourceError
from segscope.intake import ROW, ReadOptions, read, read_text
from segscope.intake.database import without_password

from .postgres_server import PASSWORD, server
from .reading import STRANGE, refusal, report_of, rows_of


@pytest.fixture(scope="session")
def shop() -> Iterator[str]:
    """The address of a database ``shop`` on a real server."""
    with server() as address:
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in SHOP:
                connection.execute(statement)
        yield address


SHOP = (
    "CREATE TABLE customers (id bigint, since date, spent numeric(10, 2))",
    "INSERT INTO customers VALUES (1, '2020-01-31', 1.10), (2, '2020-02-29', NULL), (3, NULL, 2)",
    """CREATE TABLE kinds (whole numeric(20, 0), part numeric, small real, flag bool, day date, at timestamp,
    zoned timestamptz, price money, doc jsonb, list int[], raw bytea, words text, code char(5), key uuid,
    gap interval)""",
    """INSERT INTO kinds VALUES
    (12345678901234567, 'NaN', 0.1, true, '2020-01-31', '2020-01-31 12:00:00.5', '2020-01-31 12:00+02', '$1,234.50',
     '{"a": 1}', '{1,2}', '\\x00ff', E'two\\nlines, "quoted"', 'ab', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 day'),
    (99999999999999999999, 'Infinity', NULL, false, '0044-03-15 BC', 'infinity', '-infinity', NULL,
     NULL, NULL, NULL, '\\N', NULL, NULL, NULL)""",
    "CREATE TABLE texts AS SELECT unnest(ARRAY['', NULL, 'a', NULL]) AS x",
    "CREATE SCHEMA sales",
    'CREATE TABLE sales."' + STRANGE.replace('"', '""') + '" AS SELECT 7 AS a',
    "CREATE VIEW fails AS SELECT 1 / (id - 2) AS x FROM customers",
    "CREATE SEQUENCE counter",
)


def test_a_table_of_postgresql(engine: DuckDBEngine, shop: str) -> None:
    expected = [(1, date(2020, 1, 31), 1.1), (2, date(2020, 2, 29), None), (3, None, 2.0)]
    for source in (shop, shop.replace("postgresql://", "postgres://")):
        for table in ("customers", "public.customers", "CUSTOMERS"):
            assert rows_of(engine, source, table=table) == expected
    report = report_of(engine, shop, table="customers")
    assert (report.source, report.format, report.rows) == ("customers in PostgreSQL database shop", "postgresql", 3)
    assert [(c.kind, c.blanks) for c in report.columns] == [("integer", 0), ("date", 1), ("number", 1)]
    assert report == report_of(engine, shop, table="customers")


def test_types_of_postgresql(engine: DuckDBEngine, shop: str) -> None:
    first, second = rows_of(engine, shop, table="kinds")
    assert first == (
        12345678901234567, None, 0.1, True, date(2020, 1, 31), datetime(2020, 1, 31, 12, 0, 0, 500_000),
        datetime(2020, 1, 31, 10), 1234.5, '{"a": 1}', "[1,2]", None, 'two\nlines, "quoted"', "ab",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "1 day",
    )  # fmt: skip
    assert second == (None, None, None, False, *[None] * 7, "\\N", None, None, None)
    columns = {c.name: c for c in report_of(engine, shop, table="kinds").columns}
    lost = {c.name: c.examples_unreadable for c in columns.values() if c.unreadable}
    assert lost == {
        "whole": ("99999999999999999999",), "part": ("inf",), "day": ("0044-03-15 BC",), "at": ("infinity",),
        "zoned": ("-infinity",), "raw": (),
    }  # fmt: skip
    assert {name: columns[name].note for name in ("zoned", "price", "doc", "list", "raw", "gap", "key")} == {
        "zoned": "clock times of UTC", "price": "money read as a number, without its currency",
        "doc": "jsonb kept as text", "list": "nested values kept as JSON", "raw": "binary values left blank",
        "gap": "interval kept as text", "key": "",
    }  # fmt: skip


def test_tables_of_postgresql_by_name(engine: DuckDBEngine, shop: str) -> None:
    assert refusal(engine, shop) == (
        f"PostgreSQL database shop holds 5 tables: customers (3 rows), fails (view), kinds (2 rows), texts (4 rows), "
        f"sales.{STRANGE} (1 row). Name one of them (--table NAME)."
    )
    assert refusal(engine, shop, table="custmers").endswith("has no table custmers. Did you mean customers?")
    assert rows_of(engine, shop, table=f"sales.{STRANGE}") == rows_of(engine, shop, table=STRANGE) == [(7,)]
    assert "has no table pg_class" in refusal(engine, shop, table="pg_class")


def test_rows_of_nothing_are_rows(engine: DuckDBEngine, shop: str) -> None:
    assert rows_of(engine, shop, table="texts") == [(None,), (None,), ("a",), (None,)]
    table, _ = read_text(shop, engine, options=ReadOptions(table="texts"))
    assert engine.fetch(table).column("x").to_pylist() == ["", "", "a", ""]


def test_a_query_of_postgresql(engine: DuckDBEngine, shop: str) -> None:
    query = "SELECT id, id AS id, '%s; --' AS __row FROM customers ORDER BY id DESC LIMIT 1; -- the last"
    assert "holds several" in refusal(engine, shop, query=query)
    query = query.replace(";  -- the last", "").replace("; -- the last", " -- the last")
    table, report = read(shop, engine, options=ReadOptions(query=query))
    assert (report.source, table.columns) == ("a query of PostgreSQL database shop", (ROW, "id", "id_2", "_row"))
    assert rows_of(engine, shop, query=query) == [(3, 3, "%s; --")]
    many = "SELECT i AS id, repeat('x', 1000) AS x FROM generate_series(1, 70000) AS i"  # several blocks
    assert [row[0] for row in rows_of(engine, shop, query=many)] == list(range(1, 70_001))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 1; DROP TABLE customers", "holds several"),
        ("DROP TABLE customers", "Begin it with SELECT"),
        ("SELECT nextval('counter')", "read-only transaction"),
        ("WITH t AS (DELETE FROM customers RETURNING *) SELECT * FROM t", "data-modifying"),
        ("SELECT set_config('transaction_read_only', 'off', false)", "read-write mode"),
        ("SELECT 1) AS q; DROP TABLE customers; --", "holds several"),
        ("SELECT * FROM custmers", 'relation "custmers" does not exist'),
        ("SELECT * FORM customers", "syntax error"),
        ("SELECT id / (id - 60000) AS x FROM generate_series(1, 90000) AS id", "division by zero"),
        ("SELECT * FROM customers WHERE false", "no customers"),
    ],
)  # fmt: skip
def test_a_query_of_postgresql_only_reads(query: str, words: str, engine: DuckDBEngine, shop: str) -> None:
    assert words in refusal(engine, shop, query=query)
    assert len(rows_of(engine, shop, table="customers")) == 3


def test_a_view_of_postgresql_that_fails_is_told(engine: DuckDBEngine, shop: str) -> None:
    assert refusal(engine, shop, table="fails") == "fails in PostgreSQL database shop cannot be read: division by zero."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (r"s3cr[^@]*@", ("wr%2Fong@", "does not accept the user 'ann' with this password")),
        (r"/shop$", ("/shup", "has no database 'shup'")),
        (r":\d+/shop", (":1/shop", "No PostgreSQL server answers at 127.0.0.1:1")),
        (r"s3cr.*@", ("s3cr:t/p@ss%@", "signs such as @ : / in the password as %40 %3A %2F")),
        (r"s3cr.*@", ("12/p@ss@", "signs such as @ : / in the password as %40 %3A %2F")),
        (r"s3cr.*@", ("s3cr%zz@", "signs such as @ : / in the password as %40 %3A %2F")),
        (r"$", ("?sslmode=require", "does not support SSL")),
    ],
)  # fmt: skip
def test_a_server_that_lets_nobody_in_is_told_without_the_password(
    change: str, words: tuple[str, str], engine: DuckDBEngine, shop: str
) -> None:
    address = re.sub(change, words[0], shop)
    said = refusal(engine, address, table="customers")
    assert words[1] in said
    assert not any(part in said for part in ("s3cr", "t/p", "p@ss", "wr/ong", "wr%2Fong", ":12", PASSWORD))


def test_the_password_is_nowhere_in_a_report(engine: DuckDBEngine, shop: str) -> None:
    report = report_of(engine, shop, table="customers")
    assert "s3cr" not in repr(report)
    assert "s3cr" not in without_password(shop)
    assert without_password(shop).endswith("/shop")
    assert "s3cr" not in without_password("postgresql://ann:s3cr/p@ss@host/shop?sslpassword=s3cr&password=s3cr")


def test_without_the_package_it_says_what_to_install(engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'segscope[postgres]'" in refusal(engine, "postgresql://localhost/shop", table="customers")


def test_a_reading_can_be_stopped(engine: DuckDBEngine, shop: str) -> None:
    def stop(stage: str, share: float) -> None:
        raise SourceError(f"stopped while {stage.lower()}")

    with pytest.raises(SourceError, match="stopped while reading rows"):
        read(
            shop,
            engine,
            options=ReadOptions(query="SELECT generate_series(1, 2000000) AS i, repeat('x', 1000) AS x"),
            progress=stop,
        )


def test_a_cell_may_be_larger_than_a_block(engine: DuckDBEngine, shop: str) -> None:
    query = "SELECT i, repeat('x', 6000000) AS x FROM generate_series(1, 3) AS i"
    assert [(i, len(x)) for i, x in rows_of(engine, shop, query=query)] == [(i, 6_000_000) for i in (1, 2, 3)]
