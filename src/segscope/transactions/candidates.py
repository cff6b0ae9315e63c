"""Which columns of a log could be which of its parts: for a form in the page, and for the checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.errors import ColumnError, RecipeError, did_you_mean
from segscope.intake.facts import ROW, ColumnFacts, column_kind
from segscope.recipe import TransactionLog
from segscope.transactions import vocabulary

Rank = Callable[[str], int]

MOST_CURRENCIES = 200
MOST_PARTS = 12


@dataclass(frozen=True)
class Candidates:
    """For each part of a log the columns that can be it, the likeliest first."""

    customer: tuple[str, ...]
    date: tuple[str, ...]
    amount: tuple[str, ...]
    unit_price: tuple[str, ...]
    quantity: tuple[str, ...]
    order: tuple[str, ...]
    product: tuple[str, ...]
    channel: tuple[str, ...]
    currency: tuple[str, ...]


def candidates(table: ibis.Table, facts: Sequence[ColumnFacts]) -> Candidates:
    """Columns that each part of a log can be, by kind, the likeliest name first, then in the table's order.

    >>> t = ibis.table({"day": "date", "amount": "float64", "customer_id": "int64", "shop": "string"}, name="t")
    >>> facts = [
    ...     ColumnFacts("day", "date", 9, 0, 5),
    ...     ColumnFacts("amount", "number", 9, 0, 9),
    ...     ColumnFacts("customer_id", "number", 9, 0, 3, whole=True),
    ...     ColumnFacts("shop", "text", 9, 0, 2),
    ... ]
    >>> found = candidates(t, facts)
    >>> found.customer, found.date, found.amount, found.channel
    (('customer_id', 'shop'), ('day',), ('amount', 'customer_id'), ('shop', 'customer_id'))
    """
    present = [f for f in facts if f.name in table.columns and f.name != ROW and f.present > 0]
    naming = [f for f in present if f.kind == "text" or (f.kind == "number" and f.whole)]
    splitting = naming + [f for f in present if f.kind == "boolean"]
    numbers = [f for f in present if f.kind == "number"]
    return Candidates(
        customer=_ranked(naming, vocabulary.customer_rank),
        date=_ranked([f for f in present if f.kind == "date"], vocabulary.date_rank),
        amount=_ranked(numbers, vocabulary.amount_rank),
        unit_price=_ranked(numbers, vocabulary.unit_price_rank),
        quantity=_ranked(numbers, vocabulary.quantity_rank),
        order=_ranked(naming, vocabulary.order_rank),
        product=_ranked(splitting, vocabulary.product_rank),
        channel=_ranked(splitting, vocabulary.channel_rank),
        currency=_ranked(
            [f for f in present if f.kind == "text" and f.distinct <= MOST_CURRENCIES], vocabulary.currency_rank
        ),
    )


def _ranked(facts: Sequence[ColumnFacts], rank: Rank) -> tuple[str, ...]:
    return tuple(f.name for f in sorted(facts, key=lambda f: -rank(f.name)))


def check_log(table: ibis.Table, log: TransactionLog) -> None:
    """Raise unless a table has every column that the log names, each of a fitting kind and in one part only.

    Raises
    ------
    ColumnError : a column is missing (near matches are offered) or of another kind
    RecipeError : there is no money, or a column or a value is chosen twice

    >>> t = ibis.table({"who": "string", "day": "date", "paid": "float64"}, name="t")
    >>> check_log(t, TransactionLog("who", "day", "paid"))
    >>> check_log(t, TransactionLog("who", "day", "payd"))
    Traceback (most recent call last):
    segscope.errors.ColumnError: The log has no column 'payd' for the amount. Did you mean paid?
    """
    parts = {
        "customer": log.customer, "date": log.date, "amount": log.amount, "unit price": log.unit_price,
        "quantity": log.quantity, "order": log.order, "product": log.product, "channel": log.channel,
        "currency": log.currency,
    }  # fmt: skip
    chosen = {part: column for part, column in parts.items() if column is not None}
    columns = [c for c in table.columns if c != ROW]
    for part, column in chosen.items():
        if column not in columns:
            raise ColumnError(f"The log has no column {column!r} for the {part}.{did_you_mean(column, columns)}")
        wanted = _wanted(part, table[column])
        if wanted:
            raise ColumnError(f"The column {column!r} cannot be the log's {part}: it must hold {wanted}.")
        other = next((p for p, c in chosen.items() if c == column and p != part), None)
        if other:
            raise RecipeError(f"The column {column!r} is chosen as the log's {part} and as its {other}. Choose one.")
    if log.amount is None and (log.unit_price is None or log.quantity is None):
        raise RecipeError("The log has no money: choose an amount, or a unit price together with a quantity.")
    _check_values("products", "product", log.products, log.product)
    _check_values("channels", "channel", log.channels, log.channel)
    if log.only_currency is not None and log.currency is None:
        raise RecipeError(f"The log counts {log.only_currency!r} only, but no column is chosen as its currency.")


def _wanted(part: str, column: ir.Value) -> str:
    kind = column_kind(column)
    if part == "date":
        return "" if kind == "date" else "dates"
    if part in ("amount", "unit price", "quantity"):
        return "" if kind == "number" else "numbers"
    if part == "currency":
        return "" if kind == "text" else "texts"
    if part in ("customer", "order"):
        return "" if kind in ("text", "number") else "numbers or texts"
    return "texts, codes or flags" if kind == "date" else ""


def _check_values(many: str, one: str, values: tuple[str, ...], column: str | None) -> None:
    if values and column is None:
        raise RecipeError(f"The log names {many}, but no column is chosen as its {one}.")
    if len(values) > MOST_PARTS:
        raise RecipeError(f"At most {MOST_PARTS} {many} can have columns of their own. Got {len(values)}.")
    twice = next((v for v in values if values.count(v) > 1), None)
    if twice is not None:
        raise RecipeError(f"{twice!r} is chosen twice among the log's {many}.")
