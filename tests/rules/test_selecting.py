"""Selecting by rule: the expression, the SQL and the arithmetic of the rules pick the same customers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
import sqlglot

from segscope import samples
from segscope.engine import Engine, connect, rows
from segscope.errors import RecipeError, StudyError
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.recipe import CleaningRule, ColumnRole, DerivedColumn, Recipe, Role
from segscope.rules import (
    DIALECTS,
    RULE_SEGMENT,
    Clause,
    Condition,
    RuleSet,
    SegmentRule,
    count_selected,
    learn_rules,
    rule_sql,
    selects,
    simple_enough,
)
from segscope.rules.selecting import sql_types
from segscope.segmentation import Segment, Segmentation, to_customers
from segscope.study import Choices, LiveStudy, fit_source, open_study, read_card
from segscope.study.folder import read_data

SPEND = 'to"tal'
MONEY, NAME, PLAN = "mon'ey; DROP TABLE x; --", "I d", "pl\nan /* */ `"
EVIL = "it's\n; -- \\'x"


def run(source: pa.Table, sql: str, table: str = "customers") -> list[tuple[Any, ...]]:
    """Run a statement on a database that holds nothing but the source."""
    with duckdb.connect() as connection:
        connection.register("__given", source)
        connection.execute(f'CREATE TABLE "{table.replace(chr(34), 2 * chr(34))}" AS SELECT * FROM __given')
        return connection.execute(sql).fetchall()


def hostile() -> Segmentation:
    """Two segments on a derived column and a category, with names that would like to be code."""
    columns = (
        ColumnRole(NAME, Role.IDENTIFIER, "", NAME),
        ColumnRole(MONEY, Role.MEASURE, "", "Money\n; DROP"),
        ColumnRole(PLAN, Role.CATEGORY, "", "Plan"),
    )
    quoted = "`" + MONEY + "`"
    recipe = Recipe(
        columns,
        cleaning=(CleaningRule("implausible", MONEY, "", values=(666.0,)),),
        derived=(DerivedColumn(SPEND, "Total", f"{quoted} * 2", ""),),
        features=(SPEND, PLAN),
    )
    steps = (
        FeaturePreparation(SPEND, 10.0, False, None, None, 0.0, 1.0, 1, 0),
        CategoryPreparation(PLAN, (EVIL, "basic"), (0.5, 0.5), False, 1),
    )
    names = ("Evil\nones; --", "O'Hara's \"best\"")
    segments = tuple(Segment(f"s{i + 1}", n, i, 1, 0.5, "", "natural", 1.0) for i, n in enumerate(names))
    return Segmentation(recipe, steps, ((0.0, 0.0, 0.0),) * 2, segments, 1.0, 4)


def hostile_rules() -> RuleSet:
    evil = Condition(PLAN, values=(EVIL,), text=True, blank=False)
    good = Condition(PLAN, values=(EVIL,), other_than=True, text=True)
    little, much = Condition(SPEND, high=20.5), Condition(SPEND, low=20.5, blank=False)
    first = SegmentRule("s1", (Clause((evil, little), None, None),), None, None)
    second = SegmentRule("s2", (Clause((good,), None, None), Clause((evil, much), None, None)), None, None)
    return RuleSet((first, second), None, 1.0, 4)


HOSTILE_ROWS = pa.table(
    {
        NAME: ["a", "b", "c", "d", "e", "f"],
        MONEY: pa.array([5.0, 50.0, None, 666.0, 10.25, 5.0]),
        PLAN: [EVIL, EVIL, EVIL, EVIL, "", None],
    }
)


@dataclass(frozen=True)
class Case:
    """A study with its source as it was before cleaning."""

    live: LiveStudy
    source: pa.Table
    sets: tuple[RuleSet, ...]


def case(folder: Path) -> Case:
    live = open_study(folder)
    engine = connect()
    source = engine.fetch(read_data(folder, read_card(folder), engine, "source"))
    engine.close()
    return Case(live, source, learn_rules(live.engine, live.sample, live.fit.segmentation))


@pytest.fixture(scope="module", params=["sample", pytest.param("real", marks=pytest.mark.real)])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    place = tmp_path_factory.mktemp("rules")
    if request.param == "sample":
        # Income and age have blanks, some of them made by cleaning.
        samples.write(place / "customers.parquet", 300)
        features = ("total_spend", "average_spend", "Income", "age")
        fit_source(place / "customers.parquet", place / "study", Choices(segments=3, features=features))
    else:
        file = request.getfixturevalue("real_data") / "marketing_campaign.csv"
        fit_source(file, place / "study", Choices(segments=4))
    found = case(place / "study")
    yield found
    found.live.engine.close()


def test_rules_agree_on_nine_in_ten_customers_held_out(study: Case) -> None:
    rules = simple_enough(study.sets)
    assert rules.agreement
    assert rules.agreement.of == study.live.fit.customers // 2
    assert rules.agreement.share >= 0.9


def test_every_customer_is_selected_by_exactly_one_rule(study: Case) -> None:
    live, segmentation = study.live, study.live.fit.segmentation
    for rules in study.sets:
        chosen = [selects(rule, live.customers, segmentation).cast("int8") for rule in rules.rules]
        times = live.customers.select(times=sum(chosen[1:], chosen[0]))
        assert rows(live.engine, times.distinct()) == [{"times": 1}]


def test_the_sql_selects_whom_the_rule_selects(study: Case) -> None:
    live, segmentation = study.live, study.live.fit.segmentation
    for rules in (simple_enough(study.sets), study.sets[-1]):
        counts = count_selected(live.engine, live.customers, rules, segmentation)
        names = {s.name: s.id for s in segmentation.segments}
        assert sum(counts.values()) == live.fit.customers
        for id_, count in counts.items():
            sql = rule_sql(rules, segmentation, sql_types(live.customers, segmentation), segment=id_)
            assert len(run(study.source, sql)) == count
        everybody = run(study.source, rule_sql(rules, segmentation, sql_types(live.customers, segmentation)))
        found = [names[row[-1]] for row in everybody]
        assert {id_: found.count(id_) for id_ in counts} == counts


def test_the_rules_select_in_the_engine_whom_they_select_in_numpy(engine: Engine) -> None:
    segmentation, rules = hostile(), hostile_rules()
    customers = to_customers(engine.store("customers", HOSTILE_ROWS), segmentation.recipe)
    by = customers.select(name=customers[NAME], first=selects(rules.rules[0], customers, segmentation))
    # a: 10 in all; b: 100; c and d: blank, which counts as 10; e and f: another plan, none
    assert {r["name"]: r["first"] for r in rows(engine, by)} == dict(
        zip("abcdef", (True, False, True, True, False, False), strict=True)
    )


def test_hostile_names_and_values_stay_names_and_values() -> None:
    segmentation, rules = hostile(), hostile_rules()
    schema = ibis.Schema.from_pyarrow(HOSTILE_ROWS.schema)
    table = 'my "customers"; --'
    sql = rule_sql(rules, segmentation, schema, table=table, segment="s1")
    assert sorted(run(HOSTILE_ROWS, sql, table)) == [("a",), ("c",), ("d",)]
    both = run(HOSTILE_ROWS, rule_sql(rules, segmentation, schema, table=table), table)
    assert {name: segment for name, segment in both if segment == segmentation.segments[0].name}.keys() == {
        "a",
        "c",
        "d",
    }
    assert [line for line in sql.splitlines() if "Evil" in line] == [
        "-- Evil ones; -- (s1): plan is it's ; -- \\'x and total at most 20.5 (or blank)"
    ]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_gets_one_statement_that_reads(dialect: str) -> None:
    schema = ibis.Schema.from_pyarrow(HOSTILE_ROWS.schema)
    sql = rule_sql(hostile_rules(), hostile(), schema, dialect)
    (statement,) = sqlglot.parse(sql, read=DIALECTS[dialect][1])
    assert isinstance(statement, sqlglot.exp.Select)
    assert [t.name for t in statement.find_all(sqlglot.exp.Table)].count("customers") == 1
    if dialect != "bigquery":  # it knows no such names of columns; Ibis writes underscores for their signs
        assert {c.name for c in statement.find_all(sqlglot.exp.Column)} >= {NAME, MONEY, PLAN, SPEND}
    assert EVIL in {text.this for text in statement.find_all(sqlglot.exp.Literal)}
    assert statement.named_selects == [NAME, RULE_SEGMENT]


def test_a_table_called_like_our_own_is_read(engine: Engine) -> None:
    schema = ibis.Schema.from_pyarrow(HOSTILE_ROWS.schema)
    sql = rule_sql(hostile_rules(), hostile(), schema, table="customer_features", segment="s1")
    assert len(run(HOSTILE_ROWS, sql, "customer_features")) == 3


def test_a_rule_without_clauses_selects_nobody_and_one_without_conditions_everybody(engine: Engine) -> None:
    segmentation = hostile()
    nobody = SegmentRule("s1", (), None, None)
    everybody = SegmentRule("s2", (Clause((), None, None),), None, None)
    rules = RuleSet((nobody, everybody), None, 1.0, 6)
    customers = to_customers(engine.store("customers", HOSTILE_ROWS), segmentation.recipe)
    assert count_selected(engine, customers, rules, segmentation) == {"s1": 0, "s2": 6}
    schema = ibis.Schema.from_pyarrow(HOSTILE_ROWS.schema)
    assert [len(run(HOSTILE_ROWS, rule_sql(rules, segmentation, schema, segment=s))) for s in ("s1", "s2")] == [0, 6]


def test_unknown_dialects_and_segments_are_refused_with_an_offer() -> None:
    schema = ibis.Schema.from_pyarrow(HOSTILE_ROWS.schema)
    with pytest.raises(RecipeError, match=r"There is no SQL dialect 'postgre'. Did you mean postgres\?"):
        rule_sql(hostile_rules(), hostile(), schema, "postgre")
    with pytest.raises(StudyError, match=r"There is no segment 's9'"):
        rule_sql(hostile_rules(), hostile(), schema, segment="s9")
