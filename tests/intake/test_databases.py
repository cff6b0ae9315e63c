"""SQLite and DuckDB files that the tests make."""

import contextlib
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import DuckDBEngine, connect
from segscope.intake import read_text

from .reading import CUSTOMERS, STRANGE, names_in, refusal, report_of, rows_of


def sqlite_file(path: Path, *statements: str) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER, since TEXT, spent REAL)")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", CUSTOMERS)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def duckdb_file(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        for statement in statements or ("CREATE TABLE customers AS SELECT 1 AS id",):
            connection.execute(statement)
    return path


def strange_table() -> str:
    return 'CREATE TABLE "' + STRANGE.replace('"', '""') + '" AS SELECT 7 AS a'


# ------------------------------------------------------------------------------------------------------------ SQLite


def test_the_only_table_of_a_sqlite_file_is_read(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = sqlite_file(tmp_path / "shop?mode=rwc#.csv")
    expected = [(1, date(2020, 1, 31), 1.5), (2, date(2020, 2, 29), None), (3, None, 2.0)]
    for source in (file, str(file), f"sqlite:///{file}"):
        report = report_of(engine, source)
        assert (report.source, report.format, report.rows) == ("customers in shop?mode=rwc#.csv", "sqlite", 3)
        assert [(c.kind, c.blanks) for c in report.columns] == [("integer", 0), ("date", 1), ("number", 1)]
        assert rows_of(engine, source) == expected
    table, _ = read_text(file, engine)
    assert [tuple(row.values()) for row in engine.fetch(table).to_pylist()][1] == ("2", "2020-02-29", "")
    assert names_in(tmp_path) == [file.name]


def test_one_of_several_tables_must_be_named(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = sqlite_file(tmp_path / "shop.db", strange_table(), "CREATE VIEW rich AS SELECT * FROM customers LIMIT 1")
    assert refusal(engine, file) == (
        f"shop.db holds 3 tables: customers (3 rows), rich (view), {STRANGE} (1 row). Name one of them (--table NAME)."
    )
    assert refusal(engine, file, table="custmers") == "shop.db has no table custmers. Did you mean customers?"
    assert len(rows_of(engine, file, table="CUSTOMERS")) == 3
    assert rows_of(engine, file, table="rich") == [(1, date(2020, 1, 31), 1.5)]
    assert rows_of(engine, file, table=STRANGE) == [(7,)]


def test_a_query_stands_for_a_table(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = sqlite_file(tmp_path / "shop.db")
    query = "WITH t AS (SELECT id, ';' AS mark FROM customers) SELECT max(id) AS id, mark FROM t GROUP BY mark; "
    assert rows_of(engine, file, query=query) == [(3, ";")]
    assert report_of(engine, file, query=query).source == "a query of shop.db"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 1; DROP TABLE customers", "holds several"),
        ("DROP TABLE customers", "Begin it with SELECT"),
        ("", "Begin it with SELECT"),
        ("-- SELECT\nDELETE FROM customers", "Begin it with SELECT"),
        ("WITH t AS (SELECT 1) DELETE FROM customers", "cannot be"),
        ("SELECT * FROM custmers", "custmers"),
        ("SELECT (", "cannot be"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_query_only_reads(kind: str, query: str, words: str, engine: DuckDBEngine, tmp_path: Path) -> None:
    make = sqlite_file if kind == "sqlite" else duckdb_file
    file = make(tmp_path / "shop.db")
    before = file.read_bytes()
    assert words in refusal(engine, file, query=query)
    assert file.read_bytes() == before


def test_cells_of_any_type_are_read_or_counted(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = sqlite_file(
        tmp_path / "shop.db",
        'CREATE TABLE t (mixed, "", __row, " mixed", picture BLOB, name TEXT)',
        "INSERT INTO t VALUES (1, 'a', 9007199254740993, 1.234, x'00ff', CAST(x'4be96c6e' AS TEXT))",
        "INSERT INTO t VALUES ('x', NULL, -4, 2.345, NULL, 'A' || char(0) || 'nn')",
    )
    report = report_of(engine, file, table="t")
    assert [c.name for c in report.columns] == ["mixed", "column_2", "_row", "mixed_2", "picture", "name"]
    assert rows_of(engine, file, table="t") == [
        ("1", "a", 9007199254740993, 1.234, None, "Kéln"),
        ("x", None, -4, 2.345, None, "Ann"),
    ]
    assert [(r.action, r.count, r.detail) for r in report.repairs] == [
        ("binary values left blank", 1, "column picture"),
        ("zero bytes dropped", 1, ""),
        ("damaged texts read as Windows-1252", 1, "not valid utf-8"),
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(st.integers(-(10**18) + 1, 10**18 - 1), st.floats(-1e18, 1e18)), max_size=5))
def test_numbers_of_sqlite_stay_exact(
    cells: list[tuple[int, float]], engine: DuckDBEngine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    numbers = [*cells, (5, 0.5), (7, 1.125)]
    file = tmp_path_factory.mktemp("numbers") / "shop.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (whole INTEGER, part REAL)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", numbers)
        connection.commit()
    # Long whole numbers may be read as codes: then the figures are the same.
    assert [(int(whole), part) for whole, part in rows_of(engine, file)] == numbers


def test_what_is_no_sqlite_file_is_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    whole = sqlite_file(tmp_path / "shop.db", "CREATE TABLE long AS SELECT hex(zeroblob(20000)) AS x").read_bytes()
    for size in (40, 2000, 5000):
        (tmp_path / "cut.db").write_bytes(whole[:size])
        assert "cut.db is a damaged or truncated SQLite database" in refusal(engine, tmp_path / "cut.db", table="long")
    text = tmp_path / "text.db"
    text.write_text("a,b\n1,2\n")
    assert report_of(engine, text).format == "delimited text"
    assert refusal(engine, f"sqlite:///{text}").startswith("text.db is not a SQLite database")
    assert refusal(engine, text, table="customers").startswith("text.db is not a database, so it has no table")
    assert "only one of them" in refusal(engine, text, table="a", query="SELECT 1")
    empty = tmp_path / "empty.db"
    with contextlib.closing(sqlite3.connect(empty)) as connection:
        connection.execute("PRAGMA user_version = 1")
    assert refusal(engine, empty).startswith("empty.db holds no tables")


def test_a_view_that_fails_is_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = sqlite_file(tmp_path / "shop.db", "CREATE VIEW v AS SELECT * FROM gone")
    assert "no such table: main.gone" in refusal(engine, file, table="v")


def test_a_file_that_is_being_written_is_told(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sqlite_file(tmp_path / "shop.db")
    monkeypatch.setattr("segscope.intake.sqlite.SECONDS_TO_WAIT", 0.1)
    with contextlib.closing(sqlite3.connect(file)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert refusal(engine, file).startswith("shop.db is being written by another program")


def write_ahead(path: Path) -> sqlite3.Connection:
    """An open database in write-ahead mode, with a change that is not in its file yet."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE customers (id INTEGER)")
    connection.execute("INSERT INTO customers VALUES (1), (2)")
    connection.commit()
    return connection


def test_a_write_ahead_file_is_read_without_a_trace(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    connection = write_ahead(file)
    assert rows_of(engine, file) == [(1,), (2,)]
    connection.close()
    assert rows_of(engine, file) == [(1,), (2,)]
    assert names_in(tmp_path) == ["shop.db"]


def test_a_write_ahead_file_in_a_folder_that_cannot_be_written(engine: DuckDBEngine) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with contextlib.closing(write_ahead(folder / "shop.db")):
            (folder / "late.db").write_bytes((folder / "shop.db").read_bytes())
            (folder / "late.db-wal").write_bytes((folder / "shop.db-wal").read_bytes())
        folder.chmod(0o555)
        user = os.geteuid()
        if not user:
            os.seteuid(65534)  # root may write everywhere
        try:
            assert rows_of(engine, folder / "shop.db") == [(1,), (2,)]
            assert "late.db has changes that are still in late.db-wal" in refusal(engine, folder / "late.db")
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


# ------------------------------------------------------------------------------------------------------------ DuckDB


def test_the_types_of_a_duckdb_file_are_kept(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = duckdb_file(
        tmp_path / "shop.csv",
        """CREATE TABLE t AS SELECT 123456789012345678::DECIMAL(18, 0) AS id, 1.5::DECIMAL(18, 1) AS spent,
        12::HUGEINT AS n, 2::HUGEINT ** 100 AS large, TRUE AS vip, DATE '2020-01-31' AS day, 'infinity'::DATE AS ever,
        TIMESTAMPTZ '2020-01-31 12:00:00+02' AS at, 'a'::BLOB AS blob, [1, 2] AS list, INTERVAL 1 DAY AS gap,
        '101'::BIT AS bits, 'a'::ENUM ('a', 'b') AS kind, 'x' AS __row""",
    )
    assert rows_of(engine, file) == [
        (123456789012345678, 1.5, 12, pytest.approx(2.0**100), True, date(2020, 1, 31), None,
         datetime(2020, 1, 31, 10), None, "[1, 2]", "1 day", "101", "a", "x"),
    ]  # fmt: skip
    report = report_of(engine, f"duckdb:///{file}")
    assert (report.source, report.format, report.column("at").note) == ("t in shop.csv", "duckdb", "clock times of UTC")
    assert {c.name: c.unreadable for c in report.columns if c.unreadable} == {"ever": 1, "blob": 1}
    assert not any(c.blanks for c in report.columns)
    table, _ = read_text(file, engine)
    assert engine.fetch(table.select("id", "ever")).to_pylist() == [{"id": "123456789012345678", "ever": ""}]


def test_whole_numbers_that_no_column_holds_turn_blank(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = duckdb_file(
        tmp_path / "shop.db",
        "CREATE TABLE t AS SELECT unnest([1, 170141183460469231731687303715884105727]::HUGEINT[]) AS n",
    )
    column = report_of(engine, file).column("n")
    assert rows_of(engine, file) == [(1,), (None,)]
    assert (column.unreadable, column.examples_unreadable) == (1, ("170141183460469231731687303715884105727",))


def test_tables_of_a_duckdb_file_by_name(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = duckdb_file(
        tmp_path / "shop.db", "CREATE TABLE customers AS SELECT 1 AS id",
        "CREATE SCHEMA s", "CREATE TABLE s.customers AS SELECT 2 AS id",
        strange_table(), "CREATE VIEW v AS SELECT 3 AS id",
    )  # fmt: skip
    assert refusal(engine, file) == (
        f"shop.db holds 4 tables: customers (1 row), v (view), {STRANGE} (1 row), s.customers (1 row). "
        "Name one of them (--table NAME)."
    )
    found = {name: rows_of(engine, file, table=name) for name in ("customers", "main.customers", "s.customers", "v")}
    assert found == {"customers": [(1,)], "main.customers": [(1,)], "s.customers": [(2,)], "v": [(3,)]}
    assert rows_of(engine, file, table=STRANGE) == [(7,)]
    assert rows_of(engine, file, query="SELECT count(*) AS n FROM s.customers -- all") == [(1,)]
    assert names_in(tmp_path) == ["shop.db"]


def test_a_duckdb_file_reaches_no_other_file(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    secret = f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')"
    file = duckdb_file(tmp_path / "shop.db", f"CREATE VIEW v AS {secret}")
    assert "disabled by configuration" in refusal(engine, file)
    assert "disabled by configuration" in refusal(engine, file, query=secret)


def test_a_locked_engine_reads_a_duckdb_file(tmp_path: Path) -> None:
    engine = connect(threads=1)
    engine.lock()
    assert rows_of(engine, duckdb_file(tmp_path / "shop.db")) == [(1,)]
    engine.close()


def test_a_duckdb_file_that_another_program_holds_is_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    file = duckdb_file(tmp_path / "shop.db")
    hold = f"import duckdb; c = duckdb.connect({str(file)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        said = refusal(engine, file)
        holder.terminate()
    assert said == "shop.db is in use by another program. Close it there, and try again."


def of_version(data: bytes, version: int) -> bytes:
    """A DuckDB file that says it is of a storage version: the first block, with its checksum."""
    block = struct.pack("<4sQ", b"DUCK", version) + data[20:4096]
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return struct.pack("<Q", checksum) + block + data[4096:]


def test_duckdb_files_that_cannot_be_read_are_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    whole = duckdb_file(tmp_path / "shop.db").read_bytes()
    for data in (whole[:3000], whole[:5000], whole[: len(whole) // 2], whole[:13] + b"\xff" + whole[14:]):
        (tmp_path / "bad.db").write_bytes(data)
        assert refusal(engine, tmp_path / "bad.db").startswith("bad.db is a damaged or truncated DuckDB database")
    for version in (1, 9999):
        (tmp_path / "other.db").write_bytes(of_version(whole, version))
        assert refusal(engine, tmp_path / "other.db").startswith("other.db was not written by a version of DuckDB that")
    with duckdb.connect() as connection:
        connection.execute("SET force_mbedtls_unsafe = 'true'")
        connection.execute(f"ATTACH '{tmp_path / 'closed.db'}' AS closed (ENCRYPTION_KEY 'key')")
        connection.execute("CREATE TABLE closed.t AS SELECT 1 AS a")
    assert refusal(engine, tmp_path / "closed.db").startswith("closed.db is encrypted")


def test_too_many_columns_are_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    wide = ", ".join(f"{i} AS c{i}" for i in range(10_001))
    assert "10,001 columns" in refusal(engine, duckdb_file(tmp_path / "wide.db", f"CREATE TABLE t AS SELECT {wide}"))
