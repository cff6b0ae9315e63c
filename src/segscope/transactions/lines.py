"""The rows of a log: which of them count, and their money in whole numbers, so that sums are exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, fixed_point_scale, one, rows
from segscope.errors import DataError, RecipeError, did_you_mean
from segscope.intake.facts import ROW, column_kind
from segscope.intake.roles import LAST_YEAR
from segscope.recipe import TransactionLog
from segscope.transactions.candidates import check_log
from segscope.wording import counted

CUSTOMER, DAY, MONEY, PRICE, QUANTITY, ORDER = "__customer", "__day", "__money", "__price", "__quantity", "__order"
PRODUCT, CHANNEL, STANDING, WHOLE, UNITS, BOUGHT = (
    "__product", "__channel", "__standing", "__whole", "__units", "__bought",
)  # fmt: skip

LARGEST_AMOUNT = 1e12  # one row beyond it would cost every sum its cents
LAST_DAY = date(LAST_YEAR, 12, 31)
DECIMALS = range(5)
SUM_BITS_FREE = 16.0  # purchases carry their channel in the lowest four bits, see `purchases`

COUNTS = 0
SET_ASIDE = ("no_customer", "no_date", "no_amount", "huge_amount", "other_currency", "after_as_of")
"""Why a row does not count. A row's standing is its place here from 1, or 0 where it counts."""


@dataclass(frozen=True)
class Grid:
    """Numbers as whole multiples of a step: ``scale`` steps make 1."""

    scale: float

    def of(self, value: ir.NumericValue) -> ir.IntegerValue:
        """A column of numbers in steps."""
        return cast(ir.IntegerValue, (value * self.scale).round().cast("int64"))


@dataclass(frozen=True)
class Measured:
    """What a first pass over the log found.

    Attributes
    ----------
    rows : of the log
    set_aside : number of rows by reason, in the order of ``SET_ASIDE``
    money, units : grids of the sums of money and of pieces
    price : grid of the unit price, where money is price times quantity and both are decimal
    """

    rows: int
    set_aside: tuple[int, ...]
    money: Grid
    units: Grid
    price: Grid | None


def read_lines(table: ibis.Table, log: TransactionLog, as_of: date) -> ibis.Table:
    """The log under names of our own: the parts, what money a row stands for, and its standing.

    Columns that are no part of the log follow as ``__a0``, ``__a1`` ... in the order of `unmapped`.
    """
    columns: dict[str, ir.Value] = {CUSTOMER: table[log.customer], DAY: _day(table[log.date])}
    if log.quantity is not None:
        columns[QUANTITY] = table[log.quantity].cast("float64")
    if log.amount is not None:
        columns[MONEY] = table[log.amount].cast("float64")
    elif log.unit_price is not None:
        columns[PRICE] = table[log.unit_price].cast("float64")
        columns[MONEY] = columns[PRICE] * columns[QUANTITY]
    if log.order is not None:
        columns[ORDER] = table[log.order]
    if log.product is not None:
        columns[PRODUCT] = _place(table[log.product], log.products)
    if log.channel is not None:
        columns[CHANNEL] = _place(table[log.channel], log.channels)
    columns |= {f"__a{i}": table[name] for i, name in enumerate(unmapped(table, log))}
    columns[STANDING] = _standing(table, log, columns, as_of)
    return table.select(**columns)


def unmapped(table: ibis.Table, log: TransactionLog) -> tuple[str, ...]:
    """Columns that are no part of the log."""
    parts = (
        log.customer, log.date, log.amount, log.unit_price, log.quantity, log.order, log.product, log.channel,
        log.currency,
    )  # fmt: skip
    return tuple(c for c in table.columns if c != ROW and c not in parts)


def as_text(column: ir.Value) -> ir.StringValue:
    """A value of a product, channel or currency as text."""
    return cast(ir.StringValue, column if column.type().is_string() else column.cast("string"))


def known_text(column: ir.Value) -> ir.StringValue:
    """The same, where a text of blanks only is blank. Slow on many rows: group first."""
    text = as_text(column)
    return cast(ir.StringValue, (text.strip() == "").ifelse(ibis.null("string"), text))


def _day(column: ir.Value) -> ir.DateValue:
    return cast(ir.DateValue, column.date() if column.type().is_timestamp() else column)


def _place(column: ir.Value, values: Sequence[str]) -> ir.IntegerValue:
    """The place of a value among those with columns of their own; one past the last for all others and for blanks."""
    text = as_text(column)
    other = ibis.literal(len(values), type="int64")
    places = [(text == value, ibis.literal(i, type="int64")) for i, value in enumerate(values)]
    return cast(ir.IntegerValue, ibis.cases(*places, else_=other) if places else other)


def _standing(table: ibis.Table, log: TransactionLog, columns: dict[str, ir.Value], as_of: date) -> ir.IntegerValue:
    customer, day, money = columns[CUSTOMER], columns[DAY], columns[MONEY]
    other_currency: ir.BooleanValue = ibis.literal(False)
    if log.currency is not None and log.only_currency is not None:
        other_currency = ibis.coalesce(as_text(table[log.currency]) != log.only_currency, True)
    huge = money.abs() > LARGEST_AMOUNT
    if log.amount is None:
        huge = huge | (columns[PRICE].abs() > LARGEST_AMOUNT) | (columns[QUANTITY].abs() > LARGEST_AMOUNT)
    tests = (
        customer.isnull() | (customer == "") if column_kind(customer) == "text" else customer.isnull(),
        day.isnull(),
        money.isnull() | money.isnan(),
        huge,
        other_currency,
        day > as_of,
    )
    places = [(test, ibis.literal(i, type="int64")) for i, test in enumerate(tests, start=1)]
    return cast(ir.IntegerValue, ibis.cases(*places, else_=ibis.literal(COUNTS, type="int64")))


def newest_day(engine: Engine, table: ibis.Table, log: TransactionLog) -> date:
    """The newest day of a row that counts: the as-of date where none is chosen. Days past the year 2100 do not count.

    Raises
    ------
    DataError : no row has a customer, a date up to 2100 and an amount
    """
    check_log(table, log)
    lines = read_lines(table, log, LAST_DAY)
    newest = one(engine, lines.agg(day=lines[DAY].max(where=lines[STANDING] == COUNTS)))["day"]
    if newest is None:
        raise DataError("No row of the log has a customer, a date up to the year 2100 and an amount.")
    return cast(date, newest)


def check_currency(engine: Engine, table: ibis.Table, log: TransactionLog) -> None:
    """Raise unless the log has one currency, or says which one counts."""
    if log.currency is None:
        return
    counts = table.group_by(currency=table[log.currency]).agg(n=table.count())
    known = counts.select("n", currency=known_text(counts.currency)).filter(ibis._.currency.notnull())
    found = rows(engine, known.order_by([ibis.desc("n"), "currency"]))
    names = [r["currency"] for r in found]
    if log.only_currency is not None and log.only_currency not in names:
        offers = did_you_mean(log.only_currency, names)
        raise RecipeError(f"No row of the log is in {log.only_currency!r} (column {log.currency!r}).{offers}")
    if log.only_currency is None and len(found) > 1:
        listed = ", ".join(f"{r['currency']} ({counted(r['n'], 'row')})" for r in found[:12])
        more = f" and {len(found) - 12} more" if len(found) > 12 else ""
        raise RecipeError(
            f"The column {log.currency!r} holds {len(found)} currencies: {listed}{more}. Amounts of different "
            "currencies cannot be added: choose the one that counts."
        )


def measure_lines(engine: Engine, lines: ibis.Table, log: TransactionLog, most_rows: int) -> Measured:
    """Count rows by standing, and find grids on which every sum is exact.

    Amounts with up to four decimals are added as whole multiples of the last decimal, so cents stay cents. Others are
    added on a grid of a power of two that is as fine as 62 bits allow.

    Parameters
    ----------
    most_rows : the largest number of rows of one customer
    """
    counting = lines[STANDING] == COUNTS
    aggregates = {f"aside_{i}": lines.count(where=lines[STANDING] == i) for i in range(1, len(SET_ASIDE) + 1)}
    parts = [p for p in (MONEY, PRICE, QUANTITY) if p in lines.columns]
    for part in parts:
        aggregates |= _decimal_aggregates(part, lines[part], counting)
    found = one(engine, lines.agg(rows=lines.count(), **aggregates))
    grids = {part: _decimal_grid(part, found) for part in parts}
    room = 2.0**62 / SUM_BITS_FREE

    def fits(part: str, scale: float) -> bool:
        return float(found[f"{part}_largest"] or 0.0) * scale * most_rows < room

    def binary(part: str) -> Grid:
        return Grid(fixed_point_scale(float(found[f"{part}_largest"] or 0.0), most_rows) / SUM_BITS_FREE)

    units = grids.get(QUANTITY)
    units = Grid(1.0) if QUANTITY not in parts else units if units and fits(QUANTITY, units.scale) else binary(QUANTITY)
    price, money = grids.get(PRICE), grids[MONEY]
    if log.amount is None:
        pieces = grids[QUANTITY]
        money = Grid(price.scale * pieces.scale) if price and pieces else None
    if money is None or not fits(MONEY, money.scale):
        price, money = None, binary(MONEY)
    aside = tuple(int(found[f"aside_{i}"] or 0) for i in range(1, len(SET_ASIDE) + 1))
    return Measured(int(found["rows"]), aside, money, units, price)


def _decimal_aggregates(part: str, value: ir.NumericValue, counting: ir.BooleanValue) -> dict[str, ir.Scalar]:
    # What is not counted may not fit 64 bits.
    sane = ibis.ifelse(counting & (value.abs() <= LARGEST_AMOUNT), value, ibis.null("float64"))
    found: dict[str, ir.Scalar] = {f"{part}_largest": sane.abs().max()}
    for decimals in DECIMALS:
        scaled = sane * 10.0**decimals
        # Numbers that were computed, such as 0.1 + 0.2, are a little beside their decimals.
        found[f"{part}_{decimals}"] = ((scaled - scaled.round()).abs() > 1e-6).sum()
    return found


def _decimal_grid(part: str, found: dict[str, Any]) -> Grid | None:
    """The coarsest decimal grid that every number is on, or None."""
    return next((Grid(10.0**d) for d in DECIMALS if not found[f"{part}_{d}"]), None)


def counting_lines(lines: ibis.Table, log: TransactionLog, measured: Measured) -> ibis.Table:
    """The rows that count, with money and pieces on their grids, and whether a row buys or returns.

    A row returns where its money is negative, or its quantity where money is price times quantity. The pieces of a
    return are taken off, whatever their sign in the log.
    """
    kept = lines.filter(lines[STANDING] == COUNTS)
    returns = kept[MONEY] < 0
    if log.amount is None:
        returns = returns | (kept[QUANTITY] < 0)
    if log.amount is None and measured.price is not None:
        pieces = Grid(measured.money.scale / measured.price.scale)
        whole = measured.price.of(kept[PRICE]) * pieces.of(kept[QUANTITY])
    else:
        whole = measured.money.of(kept[MONEY])
    columns: dict[str, ir.Value] = {WHOLE: whole, BOUGHT: ~returns}
    if log.quantity is not None:
        pieces_of_row = kept[QUANTITY]
        sane = (pieces_of_row.abs() <= LARGEST_AMOUNT).ifelse(pieces_of_row, ibis.null("float64"))
        columns[UNITS] = measured.units.of(returns.ifelse(-sane.abs(), sane))
    return kept.mutate(**columns)
