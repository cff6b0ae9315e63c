"""A log is told from a customer table, and its columns are mapped, with names and without."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segscope import samples
from segscope.engine import Engine
from segscope.intake import read
from segscope.intake.facts import measure_facts
from segscope.recipe import TransactionLog
from segscope.transactions import own_values, recognise

ROWS = 120
DAYS = [date(2024, 1, 1) + timedelta(days=(i * 37) % 300) for i in range(ROWS)]
MONEY = [5.25 + (i * 17) % 90 for i in range(ROWS)]
REPEATED = [f"c{i % 40}" for i in range(ROWS)]
UNIQUE = [f"n{i}" for i in range(ROWS)]


def seen(engine: Engine, columns: dict[str, Any]) -> TransactionLog | None:
    table = engine.store("source", pa.table(columns))
    return recognise(engine, table, measure_facts(engine, table))


def log_of(engine: Engine, columns: dict[str, Any]) -> TransactionLog:
    found = seen(engine, columns)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------------------ yes


@pytest.mark.parametrize(
    ("customer", "day", "amount"),
    [
        ("customer_id", "order_date", "amount"),
        ("CustomerID", "InvoiceDate", "Revenue"),
        ("email", "created_at", "total_paid"),
        ("Kundennummer", "Bestelldatum", "Umsatz"),
        ("client", "when", "order value (EUR)"),
        ("user_id", "timestamp", "price"),
        ("id", "date", "dollars"),
        ("household_key", "DAY", "SALES_VALUE"),
        ("card no", "Datum", "Gesamtbetrag"),
    ],
)
def test_a_customer_who_comes_back_a_date_and_an_amount(engine: Engine, customer: str, day: str, amount: str) -> None:
    found = log_of(engine, {customer: REPEATED, day: DAYS, amount: MONEY})
    assert (found.customer, found.date, found.amount) == (customer, day, amount)
    assert found.reason == (
        f"a log of transactions: {customer} repeats (120 rows of 40 customers), each with a date ({day}) and an "
        f"amount ({amount})"
    )


def test_the_public_online_retail_file(engine: Engine) -> None:
    found = log_of(
        engine,
        {
            "InvoiceNo": [f"{536365 + i // 2}" for i in range(ROWS)],
            "StockCode": [f"{85123 + i % 60}A" for i in range(ROWS)],
            "Description": [f"ARTICLE {i % 60}" for i in range(ROWS)],
            "Quantity": [1 + i % 9 for i in range(ROWS)],
            "InvoiceDate": DAYS,
            "UnitPrice": [0.85 + i % 7 for i in range(ROWS)],
            "CustomerID": [17850 + i % 40 for i in range(ROWS)],
            "Country": ["United Kingdom"] * ROWS,
        },
    )
    assert (found.customer, found.date, found.order) == ("CustomerID", "InvoiceDate", "InvoiceNo")
    assert (found.amount, found.unit_price, found.quantity) == (None, "UnitPrice", "Quantity")
    assert (found.product, found.products) == (None, ())  # sixty articles, none of weight


def test_a_unique_order_beside_a_repeated_customer(engine: Engine) -> None:
    found = log_of(engine, {"order_id": UNIQUE, "customer_id": REPEATED, "date": DAYS, "amount": MONEY})
    assert (found.order, found.customer) == ("order_id", "customer_id")


def test_a_column_of_a_few_values_is_no_order(engine: Engine) -> None:
    columns = {"transaction": ["sale", "refund"] * 60, "customer_id": REPEATED, "date": DAYS, "amount": MONEY}
    assert log_of(engine, columns).order is None


def test_a_log_whose_rows_have_numbers_of_their_own(engine: Engine) -> None:
    assert (
        log_of(engine, {"id": UNIQUE, "customer_id": REPEATED, "date": DAYS, "total": MONEY}).customer == "customer_id"
    )


def test_the_date_of_the_order_and_not_of_birth_or_delivery(engine: Engine) -> None:
    born = [date(1980, 1, 1) + timedelta(days=i % 40) for i in range(ROWS)]
    later = [d + timedelta(days=3) for d in DAYS]
    columns = {"birth_date": born, "ship_date": later, "customer_id": REPEATED, "order_date": DAYS, "sales": MONEY}
    assert log_of(engine, columns).date == "order_date"


def test_an_amount_is_better_than_a_unit_price(engine: Engine) -> None:
    columns = {"customer": REPEATED, "date": DAYS, "unit_price": MONEY, "qty": [2] * ROWS, "line_total": MONEY}
    found = log_of(engine, columns)
    assert (found.amount, found.unit_price, found.quantity) == ("line_total", None, "qty")


def test_currency_and_quantity_are_mapped(engine: Engine) -> None:
    columns = {"customer": REPEATED, "date": DAYS, "amount": MONEY, "units": [1, 2] * 60, "currency": ["EUR"] * ROWS}
    found = log_of(engine, columns)
    assert (found.quantity, found.currency, found.only_currency) == ("units", "currency", None)


def test_the_sample_log(engine: Engine, tmp_path: Path) -> None:
    samples.write(tmp_path / "log.csv", 300, kind="transactions")
    table, _ = read(tmp_path / "log.csv", engine)
    found = recognise(engine, table, measure_facts(engine, table))
    assert found is not None
    parts = (found.customer, found.order, found.date, found.amount, found.quantity, found.product, found.channel)
    assert parts == ("customer_id", "order_id", "date", "amount", "quantity", "product", "channel")
    assert set(found.products) == {"Wines", "Fruits", "Meat", "Fish", "Sweets", "Gold"}


# ------------------------------------------------------------------------------------------------ products and channels


def bought(**columns: Any) -> dict[str, Any]:
    return {"customer": REPEATED, "date": DAYS, "amount": [float(i % 7 + 1) for i in range(ROWS)], **columns}


def test_products_come_by_spend_then_by_name(engine: Engine) -> None:
    columns = bought(product=["c", "b", "a", "d"] * 30)
    assert log_of(engine, columns | {"amount": [2.0, 1.0, 1.0, 5.0] * 30}).products == ("d", "c", "a", "b")


def test_at_most_twelve_products_have_columns(engine: Engine) -> None:
    assert len(log_of(engine, bought(category=[f"p{i % 15:02d}" for i in range(ROWS)])).products) == 12


def test_one_value_is_no_product(engine: Engine) -> None:
    assert log_of(engine, bought(product=["only"] * ROWS)).product is None


def test_a_coarser_column_is_better_than_articles(engine: Engine) -> None:
    columns = bought(description=[f"article {i}" for i in range(ROWS)], department=["food", "garden", "books"] * 40)
    assert log_of(engine, columns).product == "department"


def test_articles_count_only_where_the_first_twelve_hold_half_of_the_spend(engine: Engine) -> None:
    even = bought(sku=[f"s{i % 60}" for i in range(ROWS)])
    assert log_of(engine, even).product is None
    steep = even | {"amount": [1000.0 if i % 60 < 5 else 1.0 for i in range(ROWS)]}
    found = log_of(engine, steep)
    assert (found.product, found.products[:5]) == ("sku", ("s0", "s1", "s2", "s3", "s4"))


def test_another_product_that_is_chosen_gets_its_values(engine: Engine) -> None:
    table = engine.store("source", pa.table(bought(what=["b", "a", "b"] * 40, where=["x", "y"] * 60)))
    log = TransactionLog("customer", "date", "amount", product="what", channel="where", products=("old",))
    assert set(own_values(engine, table, log, "what")) == {"a", "b"}
    assert set(own_values(engine, table, log, "where")) == {"x", "y"}


def test_columns_may_have_any_name(engine: Engine) -> None:
    columns = {"customer": REPEATED, "rows": MONEY, "date": DAYS, "amount": MONEY, "value": ["a", "b"] * 60, "n": DAYS}
    assert log_of(engine, columns).amount == "amount"


def test_returns_do_not_lower_the_rank_of_a_product(engine: Engine) -> None:
    columns = bought(product=["a", "a", "b", "b"] * 30) | {"amount": [9.0, -9.0, 1.0, 2.0] * 30}
    assert log_of(engine, columns).products == ("a", "b")


def test_blank_texts_are_no_product(engine: Engine) -> None:
    assert set(log_of(engine, bought(product=["", " ", None, "wine", "fish"] * 24)).products) == {"fish", "wine"}


def test_channels(engine: Engine) -> None:
    found = log_of(engine, bought(sales_channel=["web", "store", "web"] * 40))
    assert (found.channel, set(found.channels)) == ("sales_channel", {"web", "store"})


# ------------------------------------------------------------------------------------------------------------------- no


@pytest.mark.parametrize(
    "columns",
    [
        {"customer_id": UNIQUE, "joined": DAYS, "spend": MONEY},
        {"customer_id": UNIQUE, "account": REPEATED, "last_order": DAYS, "amount": MONEY},
        {"ID": UNIQUE, "joined": DAYS, "spend": MONEY, "city": REPEATED},
        {"region_code": REPEATED, "date": DAYS, "spend": MONEY},
        {"store_id": REPEATED, "date": DAYS, "sales": MONEY},
        {"customer_type": REPEATED, "date": DAYS, "sales": MONEY},
        {"customer_id": REPEATED, "date": DAYS, "pages": list(range(ROWS))},
        {"customer_id": REPEATED, "amount": MONEY, "plan": REPEATED},
        {"customer_id": REPEATED, "date": DAYS, "tax": MONEY},
    ],
    ids=lambda columns: " ".join(columns),
)
def test_a_table_that_is_no_log(engine: Engine, columns: dict[str, Any]) -> None:
    assert seen(engine, columns) is None


def test_a_customer_table_with_some_repeated_customers_is_no_log(engine: Engine) -> None:
    repeated = [f"c{i if i < 110 else 0}" for i in range(ROWS)]
    assert seen(engine, {"customer_id": repeated, "joined": DAYS, "spend": MONEY}) is None


def test_rows_that_repeat_a_customer_with_the_same_date_are_no_log(engine: Engine) -> None:
    joined = [date(2024, 1, 1) + timedelta(days=i % 40) for i in range(ROWS)]
    assert seen(engine, {"customer_id": REPEATED, "joined": joined, "spend": MONEY}) is None


def test_the_sample_customers_are_no_log(engine: Engine, tmp_path: Path) -> None:
    samples.write(tmp_path / "customers.csv", 300)
    table, _ = read(tmp_path / "customers.csv", engine)
    assert recognise(engine, table, measure_facts(engine, table)) is None


@pytest.mark.real
def test_the_published_customers_are_no_log(engine: Engine, real_data: Path) -> None:
    table, _ = read(real_data / "marketing_campaign.csv", engine)
    assert recognise(engine, table, measure_facts(engine, table)) is None


# -------------------------------------------------------------------------------------------------------- without names

WHOLE = [10 * (1 + i % 9) for i in range(ROWS)]


def test_without_names_the_values_tell(engine: Engine) -> None:
    columns = {"column_1": REPEATED, "column_2": DAYS, "column_3": [1, 2, 1] * 40, "column_4": MONEY}
    found = log_of(engine, columns)
    parts = (found.customer, found.date, found.quantity, found.amount)
    assert parts == ("column_1", "column_2", "column_3", "column_4")


def test_a_large_whole_number_beside_the_amount_is_no_quantity(engine: Engine) -> None:
    columns = {
        "column_1": REPEATED,
        "column_2": DAYS,
        "column_3": [1000 + i % 7 for i in range(ROWS)],
        "column_4": MONEY,
    }
    found = log_of(engine, columns)
    assert (found.amount, found.quantity) == ("column_4", None)


def test_without_decimals_the_larger_number_is_the_amount(engine: Engine) -> None:
    columns = {"column_1": DAYS, "column_2": REPEATED, "column_3": WHOLE, "column_4": [1, 2, 1] * 40}
    found = log_of(engine, columns)
    assert (found.customer, found.amount, found.quantity) == ("column_2", "column_3", "column_4")


@pytest.mark.parametrize(
    "columns",
    [
        {"column_1": UNIQUE, "column_2": DAYS, "column_3": MONEY},
        {"column_1": UNIQUE, "column_2": REPEATED, "column_3": DAYS, "column_4": MONEY},
        {"column_1": ["north", "south"] * 60, "column_2": DAYS, "column_3": MONEY},
        {"column_1": REPEATED, "column_2": [DAYS[i % 40] for i in range(ROWS)], "column_3": MONEY},
        {"column_1": REPEATED, "column_2": MONEY},
        {"column_1": REPEATED, "column_2": DAYS},
    ],
    ids=["unique", "unique beside repeated", "two regions", "one date a customer", "no date", "no amount"],
)
def test_without_names_doubt_is_no(engine: Engine, columns: dict[str, Any]) -> None:
    assert seen(engine, columns) is None


def test_a_table_of_nothing_is_no_log(engine: Engine) -> None:
    assert seen(engine, {"customer_id": pa.array([], pa.string()), "date": pa.array([], pa.date32())}) is None
