"""Fits from every form of source that Spark reads: the same as of the same rows on the embedded engine."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope import samples
from segscope.engine import SparkEngine, connect_engine, rows
from segscope.engine.spark_session import java_version
from segscope.intake import ROW, ReadOptions, read
from segscope.recipe import Role
from segscope.study import Fit, fit_source, read_card, read_fit
from segscope.study.customers import propose, source_of_table
from tests.study.differences import differences_of
from tests.study.lakes import CHOICES, in_parts

CUSTOMERS = 120

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sources")
    samples.write(place / "customers.parquet", CUSTOMERS)
    return place / "customers.parquet"


def as_text(table: pa.Table) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, table.column_names, delimiter="|")
    writer.writeheader()
    writer.writerows(table.to_pylist())
    return text.getvalue().replace("Graduation", "Prüfung")


def same_fit(place: Path, on_spark: str | Path, embedded: Path, reading: ReadOptions) -> Fit:
    """What both engines find, once it is the same."""
    fit_source(embedded, place / "duckdb", CHOICES, reading=reading)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGSCOPE_ENGINE", "spark")
        fit_source(on_spark, place / "spark", CHOICES, reading=reading)
    mine, other = (read_fit(place / kind, read_card(place / kind)) for kind in ("spark", "duckdb"))
    # Quartiles of what is not whole are shown, and may differ in the last bit.
    assert replace(mine, profiles=other.profiles) == other
    return mine


def test_a_folder_of_texts(customers: Path, tmp_path: Path) -> None:
    told = ReadOptions(delimiter="|", encoding="cp1252")
    table, folder = pq.read_table(customers), tmp_path / "customers"
    folder.mkdir()
    for part, first in enumerate(range(0, CUSTOMERS, CUSTOMERS // 3)):
        (folder / f"part-{part}.csv").write_text(as_text(table.slice(first, CUSTOMERS // 3)), encoding="cp1252")
    (tmp_path / "whole.csv").write_text(as_text(table), encoding="cp1252")
    found = same_fit(tmp_path, folder, tmp_path / "whole.csv", told)
    assert "Prüfung" in found.profiles.everybody.categories["Education"]


def test_a_table_of_the_catalogue(customers: Path, tmp_path: Path) -> None:
    engine = connect_engine("spark")
    assert isinstance(engine, SparkEngine)
    engine._session.sql(f"CREATE TABLE clientele USING parquet AS SELECT * FROM parquet.`{customers}`")
    try:
        same_fit(tmp_path, "clientele", customers, ReadOptions())
    finally:
        engine._session.sql("DROP TABLE clientele")
        engine.close()


def test_a_log_of_transactions_is_made_into_the_same_customers(tmp_path: Path) -> None:
    """What is fitted then is a table of customers, as in the other tests."""
    samples.write(tmp_path / "log.parquet", CUSTOMERS, "transactions")
    folder = in_parts(pq.read_table(tmp_path / "log.parquet"), tmp_path / "transactions.parquet", 3)
    found = []
    for place, source in (("duckdb", tmp_path / "log.parquet"), ("spark", folder)):
        engine = connect_engine(place)
        recipe, made = propose(engine, source_of_table(engine, read(source, engine, "log")[0]))
        key = next(c.column for c in recipe.columns if c.role is Role.IDENTIFIER)
        found.append((recipe, made.facts, made.made, rows(engine, made.table.drop(ROW).order_by(key))))
        engine.close()
    assert found[0][0].log
    assert differences_of(found[0], found[1]) == []
