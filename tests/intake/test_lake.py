"""Sources that the cluster reads itself are read as files are read here: the same names, types and values."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.engine import Engine, connect, connect_engine
from segscope.engine.spark_session import java_version
from segscope.errors import DataError, SourceError
from segscope.intake import IntakeReport, ReadOptions, read

LINES = [
    "customer_id;first_order;orders;spend;city;newsletter;note",
    *(
        f"{i:04d};{1 + i % 28:02d}.{1 + i % 12:02d}.2023;{i % 7};{20 + i % 11},50;{('Köln', 'Bonn', '')[i % 3]};"
        f'{("yes", "no")[i % 2]};"a ""quoted"" word; and more"'
        for i in range(60)
    ),
]
TYPES = ("text", "date", "integer", "number", "text", "boolean", "text")

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    engine = connect_engine("spark")
    yield engine
    engine.close()


def parts(folder: Path, encoding: str = "utf-8") -> Path:
    """A folder of three CSV files, each with the names of the columns."""
    folder.mkdir()
    for i in range(3):
        text = "\n".join([LINES[0], *LINES[1 + 20 * i : 21 + 20 * i]]) + "\n"
        (folder / f"part-{i}.csv").write_text(text, encoding=encoding)
    return folder


def told(report: IntakeReport) -> list[tuple[object, ...]]:
    return [(c.name, c.found_name, c.kind, c.blanks, c.unreadable) for c in report.columns]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_folder_of_csv_files_is_read_as_one_file(spark: Engine, tmp_path: Path, encoding: str) -> None:
    whole = tmp_path / "whole.csv"
    whole.write_text("\n".join(LINES) + "\n", encoding=encoding)
    reading = ReadOptions(encoding=None if encoding == "utf-8" else encoding)
    here = connect()
    expected, report = read(whole, here, options=reading)
    found, there = read(parts(tmp_path / "customers.csv", encoding), spark, options=reading)
    assert told(there) == told(report)
    assert tuple(c.kind for c in there.columns) == TYPES
    assert (there.rows, there.delimiter, there.header_rows) == (60, ";", 1)
    assert spark.fetch(found.order_by("__row")).to_pylist() == here.fetch(expected).to_pylist()


@pytest.fixture
def shop(spark: Engine, tmp_path: Path) -> Iterator[str]:
    """A table in the catalogue of the cluster, outside of any folder of ours."""
    rows = pa.table({"id": [1, 2, 3], "spend": [1.5, float("nan"), 2.0], "city": ["Ulm", "", None]})
    pq.write_table(rows, tmp_path / "rows.parquet")
    sql = spark._session.sql  # type: ignore[attr-defined]  # the engine itself writes no tables
    sql(f"CREATE DATABASE IF NOT EXISTS shop LOCATION '{tmp_path / 'shop'}'")
    sql(f"CREATE TABLE shop.customers USING parquet LOCATION '{tmp_path / 'rows.parquet'}'")
    yield "shop.customers"
    sql("DROP DATABASE shop CASCADE")


def test_a_table_of_the_catalogue_is_read_with_its_types(spark: Engine, shop: str) -> None:
    found, report = read(shop, spark, "typed")
    assert [(c.name, c.kind, c.blanks) for c in report.columns] == [
        ("id", "integer", 0), ("spend", "number", 1), ("city", "text", 2)
    ]  # fmt: skip
    assert spark.fetch(found.order_by("__row").drop("__row")).to_pylist() == [
        {"id": 1, "spend": 1.5, "city": "Ulm"},
        {"id": 2, "spend": None, "city": None},
        {"id": 3, "spend": 2.0, "city": None},
    ]


def test_what_is_not_there_empty_or_of_another_kind_is_refused_in_words(spark: Engine, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").mkdir()
    (tmp_path / "empty.csv" / "part-0.csv").write_text("")
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"empty.csv is empty"):
        read(tmp_path / "empty.csv", spark)
    with pytest.raises(DataError, match=r"none.parquet has columns but no customers"):
        read(tmp_path / "none.parquet", spark)
    with pytest.raises(SourceError, match=r"book.xlsx is none of what a cluster reads"):
        read(tmp_path / "book.xlsx", spark)
    with pytest.raises(DataError, match="cannot be found"):
        read("no_such_table", spark)
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "gone.parquet", spark)
