"""Which columns can be which part of a log, and what is said about a mapping that does not fit."""

from dataclasses import replace

import ibis
import pytest

from segscope.errors import ColumnError, RecipeError
from segscope.intake.facts import ColumnFacts
from segscope.recipe import TransactionLog
from segscope.transactions import candidates, check_log

SCHEMA = {
    "code": "string", "when": "timestamp", "order_date": "date", "cents": "int64", "amount": "float64",
    "customer_id": "int64", "vip": "boolean", "currency": "string", "gone": "string",
}  # fmt: skip
TABLE = ibis.table(SCHEMA, name="t")
LOG = TransactionLog("customer_id", "order_date", "amount")


def facts() -> list[ColumnFacts]:
    kinds = {"string": "text", "timestamp": "date", "date": "date", "boolean": "boolean"}
    return [
        ColumnFacts(n, kinds.get(k, "number"), 9, 9 if n == "gone" else 0, 3, whole=k == "int64")  # type: ignore[arg-type]
        for n, k in SCHEMA.items()
    ]


def test_the_likeliest_column_comes_first_and_blank_ones_not_at_all() -> None:
    found = candidates(TABLE, facts())
    assert found.customer == ("customer_id", "code", "cents", "currency")
    assert found.date == ("order_date", "when")
    assert found.amount == ("amount", "cents", "customer_id")
    assert found.product == ("code", "cents", "customer_id", "currency", "vip")
    assert found.currency == ("currency", "code")


def test_a_fitting_mapping_passes() -> None:
    check_log(TABLE, LOG)
    check_log(
        TABLE, replace(LOG, amount=None, unit_price="amount", quantity="cents", product="vip", products=("true",))
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"date": "order_dat"}, r"no column 'order_dat' for the date\. Did you mean order_date"),
        ({"date": "code"}, r"'code' cannot be the log's date: it must hold dates"),
        ({"amount": "code"}, r"'code' cannot be the log's amount: it must hold numbers"),
        ({"customer": "when"}, r"'when' cannot be the log's customer: it must hold numbers or texts"),
        ({"product": "when"}, r"'when' cannot be the log's product: it must hold texts, codes or flags"),
        ({"currency": "cents"}, r"'cents' cannot be the log's currency: it must hold texts"),
        ({"channel": "__row"}, r"no column '__row' for the channel"),
    ],
)
def test_a_column_that_is_missing_or_of_another_kind(changes: dict[str, str], complaint: str) -> None:
    with pytest.raises(ColumnError, match=complaint):
        check_log(TABLE, replace(LOG, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"amount": None}, "no money: choose an amount, or a unit price together with a quantity"),
        ({"amount": None, "unit_price": "amount"}, "no money"),
        ({"quantity": "amount"}, "'amount' is chosen as the log's amount and as its quantity"),
        ({"products": ("a",)}, "names products, but no column is chosen as its product"),
        ({"channel": "code", "channels": ("a", "b", "a")}, "'a' is chosen twice among the log's channels"),
        ({"product": "code", "products": tuple("abcdefghijklm")}, r"At most 12 products .* Got 13"),
        ({"only_currency": "EUR"}, "counts 'EUR' only, but no column is chosen as its currency"),
    ],
)
def test_a_decision_that_is_not_possible(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        check_log(TABLE, replace(LOG, **changes))  # type: ignore[arg-type]
