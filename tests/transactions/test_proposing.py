"""Customers made from a log come with roles, families, shares and the three features of the literature."""

from dataclasses import replace

import pyarrow as pa
import pytest

from segscope import formula
from segscope.engine import Engine
from segscope.intake.facts import ROW, measure_facts
from segscope.recipe import Concept, Recipe, Role, TransactionLog
from segscope.transactions import ColumnProposal, customers_of, propose_columns
from tests.transactions.logs import AS_OF, LOG, day, log_table

LINES = log_table(
    "customer day amount quantity product channel",
    ("a", day("1-01"), 5.0, 1, "Wine", "web"),
    ("a", day("2-01"), 3.0, 2, "Fish & chips", "shop"),
    ("b", day("1-01"), 2.0, 1, "Wine", "shop"),
    ("c", day("3-01"), 4.0, 3, "Wine", "shop"),
).append_column("country", pa.array(["DE", "DE", "FR", "DE"]))
SPLIT = replace(
    LOG,
    quantity="quantity",
    product="product",
    channel="channel",
    products=("Wine", "Fish & chips"),
    channels=("shop", "web"),
)


def proposed(engine: Engine, log: TransactionLog = SPLIT, table: pa.Table = LINES) -> ColumnProposal:
    customers, _ = customers_of(engine, engine.store("source", table), log, AS_OF)
    return propose_columns(log, measure_facts(engine, customers))


def test_every_column_has_a_role_in_the_order_of_the_table(engine: Engine) -> None:
    customers, _ = customers_of(engine, engine.store("source", LINES), SPLIT, AS_OF)
    found = proposed(engine)
    assert [c.column for c in found.columns] == [c for c in customers.columns if c != ROW]
    assert all(c.reason and c.label for c in found.columns)


@pytest.mark.parametrize(
    ("column", "role", "concept", "unit"),
    [
        ("customer", Role.IDENTIFIER, None, ""),
        ("first_purchase", Role.DATE, Concept.ENROLMENT, ""),
        ("last_purchase", Role.DATE, None, ""),
        ("recency_days", Role.MEASURE, Concept.RECENCY, "days"),
        ("purchases", Role.MEASURE, Concept.PURCHASES, ""),
        ("total_spend", Role.MEASURE, Concept.SPEND, ""),
        ("average_order", Role.MEASURE, Concept.BASKET, "a purchase"),
        ("tenure_days", Role.MEASURE, Concept.TENURE, "days"),
        ("units", Role.MEASURE, None, "units"),
        ("rfm_group", Role.CATEGORY, None, ""),
        ("country", Role.CATEGORY, None, ""),
    ],
)
def test_what_a_column_is(engine: Engine, column: str, role: Role, concept: Concept | None, unit: str) -> None:
    found = Recipe(proposed(engine).columns).column(column)
    assert (found.column, found.role, found.concept, found.unit) == (column, role, concept, unit)  # type: ignore[union-attr]


def test_the_chosen_currency_is_the_unit_of_money(engine: Engine) -> None:
    table = LINES.append_column("currency", pa.array(["EUR"] * 4))
    found = proposed(engine, replace(SPLIT, currency="currency", only_currency="EUR"), table)
    assert next(c.unit for c in found.columns if c.column == "total_spend") == "EUR"


def test_families_of_products_and_channels(engine: Engine) -> None:
    spend, purchases = proposed(engine).families
    assert (spend.kind, [(m.column, m.label) for m in spend.members]) == (
        "spend",
        [("spend_wine", "Wine"), ("spend_fish_chips", "Fish & chips")],
    )
    assert (purchases.kind, [m.label for m in purchases.members]) == ("purchases", ["shop", "web"])
    assert {c.column for c in proposed(engine).columns if c.family == "spend"} == {"spend_wine", "spend_fish_chips"}


def test_values_left_over_are_a_member_of_the_family(engine: Engine) -> None:
    spend = proposed(engine, replace(SPLIT, products=("Wine",))).families[0]
    assert [(m.column, m.label) for m in spend.members] == [("spend_wine", "Wine"), ("spend_other", "Other products")]


def test_shares_are_formulas_over_the_customers(engine: Engine) -> None:
    derived = proposed(engine).derived
    assert {d.name: d.formula for d in derived} == {
        "share_spend_wine": "ratio(spend_wine, total_spend)",
        "share_spend_fish_chips": "ratio(spend_fish_chips, total_spend)",
        "share_purchases_shop": "ratio(purchases_shop, purchases)",
        "share_purchases_web": "ratio(purchases_web, purchases)",
    }
    assert {(d.concept, d.unit) for d in derived} == {(None, "share")}
    customers, _ = customers_of(engine, engine.store("source", LINES), SPLIT, AS_OF)
    share = formula.to_ibis(formula.parse(derived[0].formula), customers)
    assert engine.fetch(customers.select(s=share))["s"].to_pylist() == [0.625, 1.0, 1.0]


def test_recency_frequency_and_money_are_the_features_where_they_differ(engine: Engine) -> None:
    assert proposed(engine).features == ("recency_days", "purchases", "total_spend")
    once = log_table("customer day amount", *((c, day("1-01"), float(i)) for i, c in enumerate("abc")))
    assert proposed(engine, LOG, once).features == ("total_spend",)


def test_what_is_the_same_for_everybody_is_a_constant(engine: Engine) -> None:
    once = log_table("customer day amount", *((c, day("1-01"), float(i)) for i, c in enumerate("abc")))
    roles = {c.column: c.role for c in proposed(engine, LOG, once).columns}
    assert (roles["purchases"], roles["recency_days"], roles["typical_gap_days"]) == (Role.CONSTANT,) * 3
    assert roles["total_spend"] is Role.MEASURE


def test_a_column_of_the_log_is_never_a_second_identifier_or_spend(engine: Engine) -> None:
    table = LINES.append_column("member_id", pa.array([1, 1, 2, 3])).append_column("revenue", pa.array([9, 9, 8, 7]))
    columns = {c.column: c for c in proposed(engine, table=table).columns}
    assert [c.column for c in columns.values() if c.role is Role.IDENTIFIER] == ["customer"]
    assert columns["revenue"].concept is None


def test_a_very_long_name_of_a_product_has_a_label_that_fits(engine: Engine) -> None:
    log = replace(LOG, product="product", products=("x" * 500, "y"))
    lines = log_table("customer day amount product", *(("a", day("1-01"), 1.0, p) for p in log.products))
    spend = proposed(engine, log, lines).families[0]
    assert [len(m.label) for m in spend.members] == [60, 1]
