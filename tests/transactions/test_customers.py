"""A log becomes one row per customer: days, purchases and money against hand-computed customers."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.errors import ColumnError, DataError, RecipeError
from segscope.intake.facts import ROW
from segscope.recipe import TransactionLog
from segscope.transactions import customers_of, newest_day
from tests.transactions.logs import AS_OF, LOG, day, log_table, made, told

THREE_DAYS = log_table(
    "customer day amount",
    ("ann", day("1-01"), 10.10),
    ("ann", day("1-01"), 0.20),
    ("ann", day("1-11"), 5.00),
    ("ann", day("3-01"), 4.70),
    ("bob", day("12-31"), 3.00),
)
ORDERS = TransactionLog("customer", "day", "amount", order="order", merge_same_day=False)


# --------------------------------------------------------------------------------------------------------- definitions


def test_a_customer_by_hand(engine: Engine) -> None:
    customers, _ = made(engine, LOG, THREE_DAYS)
    ann = customers["ann"]
    assert (ann["first_purchase"], ann["last_purchase"]) == (day("1-01"), day("3-01"))
    assert (ann["recency_days"], ann["tenure_days"]) == (305, 365)
    assert (ann["purchases"], ann["total_spend"], ann["average_order"]) == (3, 20.0, 20.0 / 3)
    assert ann["typical_gap_days"] == 30.0  # between gaps of 10 and 50 days


def test_one_purchase_has_no_gap(engine: Engine) -> None:
    bob = made(engine, LOG, THREE_DAYS)[0]["bob"]
    assert (bob["recency_days"], bob["purchases"], bob["typical_gap_days"]) == (0, 1, None)


def test_customers_come_in_the_order_of_their_identifier_with_row_numbers(engine: Engine) -> None:
    table = log_table("customer day amount", *((c, day("1-01"), 1.0) for c in ("b", "c", "a")))
    customers, _ = customers_of(engine, engine.store("source", table), LOG, AS_OF)
    assert engine.fetch(customers.select(ROW, "customer")).to_pydict() == {ROW: [0, 1, 2], "customer": ["a", "b", "c"]}


def test_the_report_adds_up(engine: Engine) -> None:
    _, report = made(engine, LOG, THREE_DAYS)
    assert (report.rows, report.counted, report.customers, report.purchases) == (5, 5, 2, 4)
    assert (report.total_spend, report.first_day, report.last_day) == (23.0, day("1-01"), day("12-31"))
    assert told(report, "purchases") == [
        (5, "5 rows that buy became 4 purchases: what a customer buys on one day is one purchase.")
    ]


def test_nothing_stays_behind_in_the_engine_but_the_customers(engine: Engine) -> None:
    made(engine, LOG, THREE_DAYS)
    for name in ("__log_lines", "__log_counted", "__log_totals", "__log_purchases", "__log_joined"):
        with pytest.raises(Exception, match=name):
            engine.table(name)


def test_a_moment_counts_as_its_day(engine: Engine) -> None:
    moments = [datetime(2024, 1, 1, 0, 30), datetime(2024, 1, 1, 23, 59), datetime(2024, 12, 31, 23, 0)]
    table = pa.table({"customer": ["a"] * 3, "day": moments, "amount": [1.0, 1.0, 1.0]})
    found = made(engine, LOG, table)[0]["a"]
    assert (found["purchases"], found["recency_days"], found["typical_gap_days"]) == (2, 0, 365.0)


# --------------------------------------------------------------------------------------------------------------- money


def test_ten_dimes_are_one(engine: Engine) -> None:
    table = log_table("customer day amount", *(("a", day("1-01"), 0.1) for _ in range(10)))
    assert sum([0.1] * 10) != 1.0
    assert made(engine, LOG, table)[0]["a"]["total_spend"] == 1.0


def test_amounts_without_decimals_that_end_are_added_all_the_same(engine: Engine) -> None:
    table = log_table("customer day amount", *(("a", day("1-01"), 1 / 3) for _ in range(3)))
    assert made(engine, LOG, table)[0]["a"]["total_spend"] == pytest.approx(1.0, abs=1e-12)


def test_a_unit_price_times_a_quantity_is_money(engine: Engine) -> None:
    log = TransactionLog("customer", "day", unit_price="price", quantity="quantity")
    table = log_table("customer day price quantity", ("a", day("1-01"), 2.55, 6), ("a", day("1-02"), 2.55, -1))
    found, report = made(engine, log, table)
    assert (found["a"]["total_spend"], found["a"]["purchases"], found["a"]["units"]) == (12.75, 1, 5)
    assert told(report, "returns") == [
        (1, "1 return of 1 customer taken off the total spend; a return is no purchase.")
    ]


def test_whole_numbers_and_decimals_are_money_too(engine: Engine) -> None:
    cents = pa.array([Decimal("1.50"), Decimal("2.45")])
    for amounts, total in ((pa.array([1, 2]), 3.0), (cents, 3.95)):
        table = pa.table({"customer": ["a", "a"], "day": [day("1-01")] * 2, "amount": amounts})
        assert made(engine, LOG, table)[0]["a"]["total_spend"] == total


def test_an_absurd_amount_is_set_aside_and_costs_nobody_the_cents(engine: Engine) -> None:
    table = log_table("customer day amount", ("a", day("1-01"), 0.1), ("a", day("1-02"), 1e300), ("b", day("1-01"), 7))
    customers, report = made(engine, LOG, table)
    assert customers["a"]["total_spend"] == 0.1
    assert told(report, "set_aside_rows") == [(1, "1 row with an amount beyond a million million in amount set aside.")]


def test_an_absurd_price_of_nothing_is_set_aside_too(engine: Engine) -> None:
    log = TransactionLog("customer", "day", unit_price="price", quantity="quantity")
    table = log_table("customer day price quantity", ("a", day("1-01"), 0.1, 3), ("a", day("1-02"), 1e300, 0))
    found, report = made(engine, log, table)
    assert (found["a"]["total_spend"], found["a"]["purchases"], report.counted) == (0.3, 1, 1)


def test_pieces_that_come_back_without_a_price_are_a_return(engine: Engine) -> None:
    log = TransactionLog("customer", "day", unit_price="price", quantity="quantity")
    table = log_table("customer day price quantity", ("a", day("1-01"), 1.5, 4), ("a", day("1-02"), 0.0, -1))
    found, _ = made(engine, log, table)
    assert (found["a"]["purchases"], found["a"]["total_spend"], found["a"]["units"]) == (1, 6.0, 3)


def test_sums_too_large_for_their_decimals_are_still_sums(engine: Engine) -> None:
    amount = 9e11 + 1e-4
    table = log_table("customer day amount", *(("a", day("1-01"), amount) for _ in range(1100)))
    assert made(engine, LOG, table)[0]["a"]["total_spend"] == pytest.approx(1100 * amount, rel=1e-12)


# -------------------------------------------------------------------------------------------------------------- merging


def test_orders_of_one_day_are_apart_where_the_user_wants_it(engine: Engine) -> None:
    lines = [
        ("a", day("1-01"), 1.0, "1"),
        ("a", day("1-01"), 2.0, "1"),
        ("a", day("1-01"), 4.0, "2"),
        ("a", day("1-03"), 8.0, None),
        ("a", day("1-03"), 16.0, None),
    ]
    table = log_table("customer day amount order", *lines)
    counts = {
        "days": made(engine, replace(ORDERS, merge_same_day=True), table)[0]["a"]["purchases"],
        "orders": made(engine, ORDERS, table)[0]["a"]["purchases"],
        "rows": made(engine, replace(ORDERS, order=None), table)[0]["a"]["purchases"],
    }
    assert counts == {"days": 2, "orders": 4, "rows": 5}


def test_an_order_over_two_days_happens_on_its_first(engine: Engine) -> None:
    table = log_table("customer day amount order", ("a", day("1-05"), 1.0, "1"), ("a", day("1-02"), 2.0, "1"))
    found = made(engine, ORDERS, table)[0]["a"]
    assert (found["purchases"], found["last_purchase"]) == (1, day("1-02"))


def test_two_orders_of_one_day_do_not_make_a_gap(engine: Engine) -> None:
    lines = [("a", day(d), 1.0, o) for d, o in (("1-01", "1"), ("1-01", "2"), ("1-11", "3"))]
    assert made(engine, ORDERS, log_table("customer day amount order", *lines))[0]["a"]["typical_gap_days"] == 10.0


# --------------------------------------------------------------------------------------------------- returns and zeros


def test_a_return_lowers_the_spend_and_is_no_purchase(engine: Engine) -> None:
    table = log_table("customer day amount quantity", ("a", day("1-01"), 9.0, 3), ("a", day("2-01"), -3.0, 1))
    found, report = made(engine, replace(LOG, quantity="quantity"), table)
    a = found["a"]
    assert (a["purchases"], a["total_spend"], a["last_purchase"], a["units"]) == (1, 6.0, day("1-01"), 2)
    assert report.last_day == day("2-01")


def test_a_customer_who_only_returned_is_kept_without_days(engine: Engine) -> None:
    table = log_table("customer day amount", ("a", day("1-01"), 9.0), ("b", day("2-01"), -3.0))
    found, report = made(engine, LOG, table)
    b = found["b"]
    assert (b["purchases"], b["total_spend"], b["average_order"]) == (0, -3.0, None)
    assert (b["recency_days"], b["first_purchase"], b["tenure_days"], b["typical_gap_days"]) == (None,) * 4
    assert (b["r_score"], b["f_score"]) == (2, 2)  # the lower of two customers stands at a quarter
    ((count, sentence),) = told(report, "no_purchase")
    assert (count, report.total_spend) == (1, 6.0)
    assert sentence.startswith("1 customer without a purchase")


def test_an_order_worth_nothing_is_a_purchase_unless_the_user_says_no(engine: Engine) -> None:
    table = log_table("customer day amount", ("a", day("1-01"), 9.0), ("a", day("2-01"), 0.0), ("a", day("2-01"), 0.0))
    counting, report = made(engine, LOG, table)
    assert (counting["a"]["purchases"], counting["a"]["last_purchase"]) == (2, day("2-01"))
    assert told(report, "zero_orders") == [(1, "1 order worth 0 counts as a purchase.")]
    strict, report = made(engine, replace(LOG, count_zero_orders=False), table)
    assert (strict["a"]["purchases"], strict["a"]["last_purchase"]) == (1, day("1-01"))
    assert told(report, "zero_orders") == [(1, "1 order worth 0 is not counted as a purchase.")]
    assert told(report, "purchases")[0][1].startswith("3 rows that buy became 2 purchases")


# --------------------------------------------------------------------------------------------------- rows that are left


def test_rows_without_customer_date_or_amount_are_set_aside_and_counted(engine: Engine) -> None:
    table = log_table(
        "customer day amount",
        ("a", day("1-01"), 1.0),
        (None, day("1-01"), 1.0),
        ("", None, 1.0),
        ("a", None, 1.0),
        ("a", day("1-02"), None),
        ("a", day("1-03"), float("nan")),
    )
    found, report = made(engine, LOG, table)
    assert (report.rows, report.counted, found["a"]["total_spend"]) == (6, 1, 1.0)
    assert told(report, "set_aside_rows") == [
        (2, "2 rows without a customer in customer set aside."),
        (1, "1 row without a date in day set aside."),
        (2, "2 rows without an amount in amount set aside."),
    ]


def test_rows_after_the_as_of_date_are_set_aside(engine: Engine) -> None:
    found, report = made(engine, LOG, THREE_DAYS, as_of=day("1-31"))
    assert (found["ann"]["purchases"], found["ann"]["recency_days"], "bob" in found) == (2, 20, False)
    assert told(report, "set_aside_rows") == [
        (2, "2 rows dated after 2024-01-31, the day to which days are counted, set aside.")
    ]


def test_the_newest_day_is_of_rows_that_count_and_not_past_2100(engine: Engine) -> None:
    table = log_table(
        "customer day amount",
        ("a", day("1-01"), 1.0),
        ("a", date(9999, 12, 31), 1.0),
        (None, day("5-05"), 1.0),
        ("a", day("6-06"), None),
    )
    assert newest_day(engine, engine.store("source", table), LOG) == day("1-01")


def test_a_log_in_which_no_row_counts_is_refused(engine: Engine) -> None:
    source = engine.store("source", log_table("customer day amount", (None, day("1-01"), 1.0)))
    with pytest.raises(DataError, match="No row of the log has a customer, a date"):
        newest_day(engine, source, LOG)
    with pytest.raises(DataError, match=r"No row of the log counts\. 1 row without a customer"):
        customers_of(engine, source, LOG, AS_OF)


# ------------------------------------------------------------------------------------------------------------- currency

MIXED = log_table(
    "customer day amount currency",
    ("a", day("1-01"), 1.0, "EUR"),
    ("a", day("1-02"), 2.0, "EUR"),
    ("a", day("1-03"), 4.0, "USD"),
    ("a", day("1-04"), 8.0, None),
)
PRICED = replace(LOG, currency="currency")


def test_several_currencies_are_refused_until_one_is_chosen(engine: Engine) -> None:
    with pytest.raises(RecipeError, match=r"2 currencies: EUR \(2 rows\), USD \(1 row\)\. .* choose the one"):
        made(engine, PRICED, MIXED)


def test_only_rows_of_the_chosen_currency_count(engine: Engine) -> None:
    found, report = made(engine, replace(PRICED, only_currency="EUR"), MIXED)
    assert found["a"]["total_spend"] == 3.0
    assert told(report, "set_aside_rows") == [(2, "2 rows in another currency than EUR, or in none, set aside.")]


def test_a_currency_that_no_row_has_is_refused(engine: Engine) -> None:
    with pytest.raises(RecipeError, match=r"No row of the log is in 'EURO' .*Did you mean EUR"):
        made(engine, replace(PRICED, only_currency="EURO"), MIXED)


def test_columns_may_have_any_name(engine: Engine) -> None:
    columns = ["rows", "whole", "n", "currency", "first", "__customer", "low___a0"]
    values = [["a"] * 2, [day("1-01")] * 2, [1.0, 2.0], ["x", "y"], ["EUR"] * 2, ["p"] * 2, ["q"] * 2]
    log = TransactionLog("rows", "whole", "n", product="currency", products=("x", "y"), currency="first")
    found, _ = made(engine, log, pa.table(dict(zip(columns, values, strict=True))))
    a = found["a"]
    assert (a["total_spend"], a["spend_x"], a["spend_y"]) == (3.0, 1.0, 2.0)
    assert (a["__customer"], a["low___a0"]) == ("p", "q")


def test_one_currency_needs_no_choice(engine: Engine) -> None:
    table = log_table("customer day amount currency", ("a", day("1-01"), 1.0, "EUR"), ("a", day("1-02"), 2.0, None))
    assert made(engine, PRICED, table)[0]["a"]["total_spend"] == 3.0


# ----------------------------------------------------------------------------------------------------------- attributes


def with_column(values: list[Any]) -> pa.Table:
    """Six rows of three customers, two each, and a further column."""
    table = log_table("customer day amount", *((c, day(d), 1.0) for c in "abc" for d in ("1-01", "2-01")))
    return table.append_column("extra", pa.array(values))


@pytest.mark.parametrize(
    ("values", "carried"),
    [
        (["DE", "DE", "FR", "FR", "DE", "DE"], ["DE", "FR", "DE"]),
        (["DE", None, "FR", "FR", None, None], ["DE", "FR", None]),
        ([True, True, False, False, True, True], [True, False, True]),
        ([day("5-01")] * 6, [day("5-01")] * 3),
    ],
)
def test_what_never_differs_within_a_customer_is_carried_over(
    engine: Engine, values: list[Any], carried: list[Any]
) -> None:
    found, report = made(engine, LOG, with_column(values))
    assert [found[c]["extra"] for c in "abc"] == carried
    assert told(report, "carried_over") == [(1, "extra describes the customer: it never differs within one.")]


def test_what_differs_within_a_customer_is_left_behind_and_told(engine: Engine) -> None:
    found, report = made(engine, LOG, with_column(["DE", "FR", "FR", "FR", "DE", "DE"]))
    assert "extra" not in found["a"]
    assert told(report, "left_behind") == [(1, "extra is left behind: it describes rows, not customers.")]


def many(extra: Any) -> pa.Table:
    """Two rows of each of 300 customers; ``extra`` makes a value from a customer's number and the row's."""
    lines = [(f"c{i:03d}", day("1-01") if j else day("2-01"), 1.0, extra(i, j)) for i in range(300) for j in (0, 1)]
    return log_table("customer day amount extra", *lines)


def test_a_few_customers_who_moved_are_blank(engine: Engine) -> None:
    found, report = made(engine, LOG, many(lambda i, j: "FR" if i < 2 and j else "DE"))
    assert [found[f"c00{i}"]["extra"] for i in range(3)] == [None, None, "DE"]
    assert told(report, "carried_over") == [
        (2, "extra describes the customer. It differs within 2 customers, where it is blank.")
    ]


def test_a_second_number_of_the_customer_is_left_behind(engine: Engine) -> None:
    found, report = made(engine, LOG, many(lambda i, _: f"other {i}"))
    assert "extra" not in found["c000"]
    assert "nearly a value of its own" in told(report, "left_behind")[0][1]


def test_an_address_of_mail_is_wanted_on_the_list(engine: Engine) -> None:
    table = many(lambda i, _: f"{i}@example.org").rename_columns(["customer", "day", "amount", "email"])
    assert made(engine, LOG, table)[0]["c007"]["email"] == "7@example.org"


# ------------------------------------------------------------------------------------------------------------ refusals


def test_a_mapping_that_does_not_fit_is_refused(engine: Engine) -> None:
    with pytest.raises(ColumnError, match=r"no column 'custmer' for the customer\. Did you mean customer"):
        made(engine, replace(LOG, customer="custmer"), THREE_DAYS)
