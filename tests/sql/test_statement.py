"""The statement places every customer as the product does: on DuckDB, on a real PostgreSQL; other dialects parse."""

import datetime
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from typer.testing import CliRunner

from segscope import load, samples
from segscope.cli import app
from segscope.clustering import Shape
from segscope.clustering.handmade import Merge, Split
from segscope.engine import connect, connect_engine
from segscope.engine.spark_session import java_version
from segscope.errors import RecipeError
from segscope.hand import Pin
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.recipe import CleaningRule, ColumnRole, DerivedColumn, Recipe, Role
from segscope.scoring import scored
from segscope.segmentation import Segment, Segmentation
from segscope.sql import DIALECTS, score_sql
from segscope.study import Choices, fit_source, read_card
from segscope.study.folder import read_data
from tests.intake import postgres_server

NAME, MONEY, PLAN, FLAG = "I d\n--", "mon'ey; DROP TABLE x; --", "pl\nan /* */ `", "z0"
DAY, EVIL = "raw", "it's\n; -- \\'x"
LONG_AGO = datetime.date(1900, 1, 1)


def hostile() -> Segmentation:
    """Three Gaussian segments on a money, a derived ratio, a flag and a category, with names that would be code."""
    columns = (
        ColumnRole(NAME, Role.IDENTIFIER, "", NAME),
        ColumnRole(MONEY, Role.MEASURE, "because\n; DROP", "Money\n; DROP"),
        ColumnRole(FLAG, Role.FLAG, "", "Flag"),
        ColumnRole(DAY, Role.DATE, "", "Day"),
        ColumnRole(PLAN, Role.CATEGORY, "", "Plan"),
    )
    money = "`" + MONEY + "`"
    recipe = Recipe(
        columns,
        cleaning=(
            CleaningRule("implausible", MONEY, "placeholder\n;", values=(666.0,)),
            CleaningRule("implausible", MONEY, "debt", low=-1000.5, high=1e12),
        ),
        derived=(
            DerivedColumn("days", "Days", f"days({DAY}, 2014-06-29) + year({DAY})", ""),
            DerivedColumn("d0", "Each", f"min(1000, ratio({money}, days)) + mean({money}, {FLAG})", ""),
            DerivedColumn("much", "Much", f"if({money} > 10.1, {money} > d0, log(abs({money})))", ""),
        ),
        features=(MONEY, "d0", "much", FLAG, PLAN),
    )
    steps = (
        FeaturePreparation(MONEY, 10.1, True, 0.3, 7.7, 3.3, 1.7, 1, 0),
        FeaturePreparation("d0", 5.3, False, None, None, 4.4, 3.1, 1, 0, weight=2.0),
        FeaturePreparation("much", 0.5, False, None, None, 0.5, 0.5, 1, 0),
        FeaturePreparation(FLAG, 0.0, False, None, None, 0.3, 0.45, 1, 0),
        CategoryPreparation(PLAN, (EVIL, "basic"), (0.3, 0.5, 0.2), True, 1),
    )
    names = ("Evil\nones; --", "O'Hara's \"best\"", "Öther %s")
    segments = tuple(Segment(f"s{i + 1}", n, i, 1, 0.3, "", "natural", 1.0) for i, n in enumerate(names))
    centres = ((0.7, 0.1, 0.3, -0.6, 1.1, -0.5, -0.4), (-0.9, -0.3, -0.1, 0.2, -0.6, 0.7, 0.1), (0.0,) * 7)
    return Segmentation(recipe, steps, centres, segments, 0.9, 4)


def gaussian(k: int = 3) -> Segmentation:
    """The same as a mixture, each segment with its own shape."""
    plain = hostile()
    shapes = tuple(
        Shape(-3.0 * j, tuple(tuple(0.02 * (r + c + j) if c < r else 1.1 + 0.1 * j if c == r else 0.0 for c in range(7))
              for r in range(7)))
        for j in range(3)
    )  # fmt: skip
    return replace(plain, shapes=shapes[:k], centres=plain.centres[:k], segments=plain.segments[:k])


def by_hand(model: Segmentation) -> Segmentation:
    """The same with two segments merged, what came of them split, a half of that split again and merged, and pins."""
    cuts = [tuple(x + 0.1 * j for x in model.centres[j]) for j in range(3)]
    steps = (
        Merge(0, 2),
        Split(0, 3, (cuts[0], cuts[2])),
        Split(3, 4, (cuts[1], cuts[2])),
        Merge(1, 4),
        Pin("0003", 3),
        Pin("0011", 1),
        Pin("it's; -- nobody", 0),
    )
    names = ("Evil\nones; --", "O'Hara's \"best\"", "Öther %s")
    segments = tuple(Segment(f"s{i + 1}", n, i, 1, 0.3, "", "natural", 1.0) for i, n in enumerate(names))
    return replace(model, hand=steps, labels=(3, 0, 1), segments=segments)


def people(rows: int = 400) -> pa.Table:
    """Blanks, extremes and ordinary customers, in every combination that fits."""
    money = [None, 0.0, -5.5, 666.0, 1e89, -1e89, 10.1, 10.25, 0.1, -1000.5, 1e12, math.nan, 123.456, 99999999.99]
    plans = [None, "", "basic", EVIL, "Basic", "BASIC ", "new"]
    days = [None, LONG_AGO, datetime.date(2014, 6, 29), datetime.date(2013, 2, 28), datetime.date(2024, 2, 29)]
    pick: list[dict[str, Any]] = [
        {
            NAME: f"{i:04d}",
            MONEY: money[i % len(money)] if i % 3 else (i * 7919 % 10007) / 8.1,
            FLAG: (None, True, False)[i % 3],
            DAY: days[(i // 3) % len(days)],
            PLAN: plans[(i // 2) % len(plans)],
        }
        for i in range(rows)
    ]
    kinds = [(NAME, pa.string()), (MONEY, pa.float64()), (FLAG, pa.bool_()), (DAY, pa.date32()), (PLAN, pa.string())]
    return pa.Table.from_pylist(pick, pa.schema(kinds))


def expected(segmentation: Segmentation, table: pa.Table) -> dict[str, tuple[Any, ...]]:
    """What the product says, by customer; a NaN is a blank, as it is when a frame is read."""
    column = table[MONEY].to_pylist()
    blank = pa.array([None if v is None or math.isnan(v) else v for v in column])
    clean = table.set_column(1, MONEY, blank).append_column("__row", pa.array(range(len(table))))
    engine = connect()
    try:
        found = engine.fetch(scored(engine.store("t", clean), segmentation).order_by("__row"))
    finally:
        engine.close()
    values = zip(*(found[c].to_pylist() for c in ("__0", "__1", "__2")), strict=True)
    return dict(zip(table[NAME].to_pylist(), values, strict=True))


def alike(found: list[tuple[Any, ...]], wanted: dict[str, tuple[Any, ...]]) -> None:
    assert len(found) == len(wanted)
    assert {row[0]: (row[1], row[3]) for row in found} == {k: (v[0], v[2]) for k, v in wanted.items()}
    for row in found:
        assert row[2] == pytest.approx(wanted[row[0]][1], abs=1e-5)


def on_duckdb(table: pa.Table, sql: str, name: str = "customers") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.register("__given", table)
        connection.execute(f'CREATE TABLE "{name.replace(chr(34), 2 * chr(34))}" AS SELECT * FROM __given')
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    limit = "-c statement_timeout=60000"
    with postgres_server.server() as address, psycopg.connect(address, autocommit=True, options=limit) as connection:
        yield connection


def stored(connection: psycopg.Connection[Any], table: pa.Table, name: str) -> None:
    """A table of a frame; whole numbers as integers, decimals as exact ones where they are called so."""
    kinds = {
        "string": "text",
        "bool": "boolean",
        "date32[day]": "date",
        "int64": "bigint",
        "double": "double precision",
    }
    columns = ", ".join(f'"{f.name}" {kinds[str(f.type)]}' for f in table.schema)
    connection.execute(f'DROP TABLE IF EXISTS "{name}"')
    connection.execute(f'CREATE TABLE "{name}" ({columns})')
    with connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
        for batch in table.to_batches():
            for row in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                copy.write_row(row)


MODELS = {
    "round": hostile(),
    "mixture": gaussian(),
    "alone": replace(gaussian(1), shapes=()),
    "by hand": by_hand(hostile()),
    "mixture by hand": by_hand(gaussian()),
}


@pytest.mark.parametrize("model", MODELS)
def test_duckdb_places_everybody_as_the_product_does(model: str) -> None:
    table, segmentation = people(), MODELS[model]
    sql = score_sql(segmentation, ibis.Schema.from_pyarrow(table.schema), table='my "customers"; --')
    alike(on_duckdb(table, sql, 'my "customers"; --'), expected(segmentation, table))


@pytest.mark.parametrize("model", MODELS)
def test_postgresql_places_everybody_as_the_product_does(model: str, postgres: psycopg.Connection[Any]) -> None:
    table, segmentation = people(), MODELS[model]
    stored(postgres, table, "raw")
    sql = score_sql(segmentation, ibis.Schema.from_pyarrow(table.schema), "postgres", "public.raw")
    alike(postgres.execute(sql).fetchall(), expected(segmentation, table))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if java_version() is None:
        pytest.skip("no Java for Spark: install openjdk-17-jre-headless")
    engine = connect_engine("spark")  # starts Spark as the tests want it
    from pyspark.sql import SparkSession

    yield SparkSession.active().newSession()
    engine.close()


@pytest.mark.parametrize("model", ["round", "mixture by hand"])
def test_spark_places_everybody_as_the_product_does(model: str, spark: Any) -> None:
    table, segmentation = people(), MODELS[model]
    kinds = {"string": "string", "bool": "boolean", "date32[day]": "date", "int64": "bigint", "double": "double"}
    columns = ", ".join(f"`{f.name.replace('`', '``')}` {kinds[str(f.type)]}" for f in table.schema)
    rows = list(zip(*(c.to_pylist() for c in table.columns), strict=True))
    spark.createDataFrame(rows, columns).createOrReplaceTempView("customers")
    sql = score_sql(segmentation, ibis.Schema.from_pyarrow(table.schema), "spark")
    alike([tuple(row) for row in spark.sql(sql).collect()], expected(segmentation, table))


def test_every_segment_comes_up_among_the_customers_that_test_it() -> None:
    for segmentation in (m for name, m in MODELS.items() if name != "alone"):
        found = {v[0] for v in expected(segmentation, people()).values()}
        assert found == {s.name for s in segmentation.segments}


@pytest.fixture
def deep() -> Iterator[None]:
    """Room for sqlglot's parser, which goes some twenty calls deeper with each pair of brackets; databases do not."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(5_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("model", MODELS)
def test_every_dialect_gets_one_statement_that_reads(dialect: str, model: str) -> None:
    schema = ibis.Schema.from_pyarrow(people(1).schema)
    sql = score_sql(MODELS[model], schema, dialect, "shop.customers")
    (statement,) = sqlglot.parse(sql, read=DIALECTS[dialect].sqlglot)
    assert isinstance(statement, sqlglot.exp.Select)
    assert statement.named_selects == [NAME, "segment", "segment_probability", "second_segment"]
    tables = {t.name for t in statement.find_all(sqlglot.exp.Table)} - {c.alias for c in statement.ctes}
    assert tables == {"customers"}
    texts = {t.this for t in statement.find_all(sqlglot.exp.Literal, sqlglot.exp.National)}
    assert texts >= {EVIL, *(s.name for s in MODELS[model].segments)}


@pytest.mark.usefixtures("deep")
def test_numbers_with_decimals_are_doubles_in_every_dialect() -> None:
    schema = ibis.Schema.from_pyarrow(people(1).schema)
    for name, dialect in DIALECTS.items():
        sql = score_sql(hostile(), schema, name)
        for literal in sqlglot.parse_one(sql, read=dialect.sqlglot).find_all(sqlglot.exp.Literal):
            if literal.is_string or "." not in literal.this:
                continue
            cast = isinstance(literal.parent, sqlglot.exp.Cast)
            column = literal.parent is not None and literal.parent.find(sqlglot.exp.Column) is not None
            assert dialect.doubles == "plain" or "e" in literal.this.lower() or cast or column


def test_comments_and_names_cannot_be_code() -> None:
    sql = score_sql(hostile(), ibis.Schema.from_pyarrow(people(1).schema))
    assert [line.strip() for line in sql.splitlines() if "placeholder" in line] == [
        "-- mon'ey; DROP TABLE x; --: placeholder ;"
    ]
    assert "z0" in sql and '"z0_2"' in sql  # our own and the source's


def test_without_an_identifier_the_columns_say_who_it_is() -> None:
    segmentation = hostile()
    columns = tuple(c for c in segmentation.recipe.columns if c.role is not Role.IDENTIFIER)
    nameless = replace(segmentation, recipe=segmentation.recipe.replace(columns=columns))
    table = people(50).drop_columns([NAME])
    found = on_duckdb(table, score_sql(nameless, ibis.Schema.from_pyarrow(table.schema)))
    assert len(found) == 50
    assert [row[3] for row in found] == table[PLAN].to_pylist()


def test_what_cannot_be_written_is_refused() -> None:
    schema = ibis.Schema.from_pyarrow(people(1).schema)
    with pytest.raises(RecipeError, match=r"no SQL dialect 'postgre'. Did you mean postgres\?"):
        score_sql(hostile(), schema, "postgre")
    with pytest.raises(RecipeError, match="name of the table"):
        score_sql(hostile(), schema, table="a\nb")
    decimals = ibis.schema({**dict(schema.items()), PLAN: "float64"})
    with pytest.raises(RecipeError, match="holds numbers with decimals"):
        score_sql(hostile(), decimals)


def test_the_command_writes_the_statement(shop: Path, tmp_path: Path) -> None:
    told = ["sql", str(shop), "--dialect", "snowflake", "--table", "a.b"]
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0 and shown.output.startswith("-- Segments of customers")
    assert CliRunner().invoke(app, [*told, "-o", str(tmp_path / "s.sql")]).exit_code == 0
    assert (tmp_path / "s.sql").read_text(encoding="utf-8") == shown.output == load(shop).sql("snowflake", "a.b") + "\n"


def by_python(folder: Path, table: pa.Table) -> dict[str, tuple[Any, ...]]:
    """What the product says of every customer of a table, by ID."""
    whole = load(folder).score(table)
    scores = zip(*(whole[c].to_pylist() for c in whole.column_names[-3:]), strict=True)
    return dict(zip(table["ID"].to_pylist(), scores, strict=True))


def check_study(folder: Path, table: pa.Table, postgres: psycopg.Connection[Any]) -> None:
    """Every customer of a table, as Python scores it and as both databases do."""
    study, wanted = load(folder), by_python(folder, table)
    alike(on_duckdb(table, study.sql("duckdb")), wanted)
    stored(postgres, table, "customers")
    alike(postgres.execute(study.sql("postgres")).fetchall(), wanted)


@pytest.fixture(scope="module")
def real_study(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pa.Table]:
    folder = tmp_path_factory.mktemp("real") / "study"
    fit_source(real_data / "marketing_campaign.csv", folder, Choices(segments=4), thorough=False)
    engine = connect()
    table = engine.fetch(read_data(folder, read_card(folder), engine, "source").drop("__row"))
    engine.close()
    return folder, table


@pytest.mark.real
def test_the_real_customers_are_placed_alike(
    real_study: tuple[Path, pa.Table], postgres: psycopg.Connection[Any]
) -> None:
    check_study(*real_study, postgres)


@pytest.mark.real
def test_the_real_customers_are_placed_alike_on_spark(
    real_study: tuple[Path, pa.Table], spark: Any, tmp_path: Path
) -> None:
    folder, table = real_study
    pq.write_table(table, tmp_path / "customers.parquet")
    spark.read.parquet(str(tmp_path / "customers.parquet")).createOrReplaceTempView("customers")
    alike([tuple(row) for row in spark.sql(load(folder).sql("spark")).collect()], by_python(folder, table))


@pytest.mark.slow
def test_a_hundred_thousand_sample_customers_with_blanks_and_extremes_are_placed_alike(
    postgres: psycopg.Connection[Any], tmp_path: Path
) -> None:
    samples.write(tmp_path / "few.parquet", 2000)
    chosen = ("total_spend", "average_spend", "Income", "age", "days_enrolled", "Education")
    fit_source(tmp_path / "few.parquet", tmp_path / "study", Choices(segments=5, features=chosen))
    samples.write(tmp_path / "many.parquet", 100_000, seed=1)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{tmp_path / 'many.parquet'}')")
        for i, column in enumerate(("Income", "MntWines", "Dt_Customer", "Year_Birth", "Education")):
            connection.execute(f'UPDATE t SET "{column}" = NULL WHERE hash(ID, {i}) % 10 = 0')
        for i, value in enumerate((0, -7, 666666, 10**15, 2**62)):
            connection.execute(f'UPDATE t SET "Income" = {value} WHERE hash(ID, {i + 10}) % 50 = 0')
        wanted = [*load(tmp_path / "study").result.segmentation.needed]
        names = ", ".join(f'"{n}"' for n in ["ID", *wanted])
        table = connection.execute(f"SELECT {names} FROM t ORDER BY ID").to_arrow_table()
    check_study(tmp_path / "study", table, postgres)
