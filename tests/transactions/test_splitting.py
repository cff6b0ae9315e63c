"""Spend by product and purchases by channel: the columns that a log's values get."""

from dataclasses import replace

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.recipe import TransactionLog
from segscope.transactions import customers_of
from tests.transactions.logs import AS_OF, LOG, day, log_table, made

BOUGHT = log_table(
    "customer day amount product channel",
    ("a", day("1-01"), 5.0, "Wine", "web"),
    ("a", day("1-01"), 3.0, "Fish", "shop"),
    ("a", day("1-02"), 2.0, "Wine", "shop"),
    ("a", day("1-03"), -1.0, "Wine", "shop"),
    ("b", day("1-01"), 7.0, None, "fax"),
)
SPLIT = replace(LOG, product="product", channel="channel", products=("Wine", "Fish"), channels=("shop", "web"))


def test_spend_is_split_by_product_and_what_is_left_over_is_other(engine: Engine) -> None:
    found, _ = made(engine, SPLIT, BOUGHT)
    assert [found["a"][f"spend_{p}"] for p in ("wine", "fish", "other")] == [6.0, 3.0, 0.0]
    assert [found["b"][f"spend_{p}"] for p in ("wine", "fish", "other")] == [0.0, 0.0, 7.0]


def test_a_purchase_over_two_channels_counts_for_the_one_with_more_money(engine: Engine) -> None:
    found, _ = made(engine, SPLIT, BOUGHT)
    assert [found["a"][f"purchases_{c}"] for c in ("shop", "web", "other")] == [1, 1, 0]
    assert [found["b"][f"purchases_{c}"] for c in ("shop", "web", "other")] == [0, 0, 1]


@pytest.mark.parametrize("channels", [("shop", "web"), ("web", "shop")])
def test_of_channels_with_equal_money_the_first_in_the_recipe_counts(engine: Engine, channels: tuple[str, ...]) -> None:
    table = log_table("customer day amount channel", *(("a", day("1-01"), 2.5, c) for c in ("web", "shop")))
    found, _ = made(engine, replace(LOG, channel="channel", channels=channels), table)
    assert found["a"][f"purchases_{channels[0]}"] == 1


def test_without_anything_left_over_there_is_no_other_column(engine: Engine) -> None:
    table = log_table("customer day amount product", ("a", day("1-01"), 5.0, "Wine"))
    found, _ = made(engine, replace(LOG, product="product", products=("Wine",)), table)
    assert [c for c in found["a"] if c.startswith("spend_")] == ["spend_wine"]


HOSTILE = ("'; DROP TABLE source; --", 'a "quoted" name', "🍷", "🐟", "Wine", "wine!", "x" * 5000, "__row")


def test_hostile_names_of_products_are_only_names(engine: Engine) -> None:
    lines = [("a", day("1-01"), float(2**i), value) for i, value in enumerate(HOSTILE)]
    log = replace(LOG, product="product", products=HOSTILE)
    found, _ = made(engine, log, log_table("customer day amount product", *lines, ("a", day("1-01"), 0.5, "")))
    assert {k: v for k, v in found["a"].items() if k.startswith("spend_")} == {
        "spend_drop_table_source": 1.0,
        "spend_a_quoted_name": 2.0,
        "spend_value": 4.0,
        "spend_value_2": 8.0,
        "spend_wine": 16.0,
        "spend_wine_2": 32.0,
        "spend_" + "x" * 40: 64.0,
        "spend_row": 128.0,
        "spend_other": 0.5,
    }


def test_a_column_whose_name_is_taken_gets_a_number(engine: Engine) -> None:
    table = pa.table({"Purchases": ["a", "a"], "day": [day("1-01")] * 2, "amount": [1.0, 2.0], "m_score": ["x", "x"]})
    customers, _ = customers_of(
        engine, engine.store("source", table), TransactionLog("Purchases", "day", "amount"), AS_OF
    )
    (row,) = engine.fetch(customers).to_pylist()
    assert (row["Purchases"], row["purchases_2"], row["m_score"], row["m_score_2"]) == ("a", 1, 3, "x")
