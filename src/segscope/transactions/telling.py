"""What became of a log, in sentences with counts. Nothing is set aside in silence."""

from dataclasses import dataclass
from datetime import date

import ibis

from segscope.cleaning import CleaningEntry, CleaningLog
from segscope.engine import Engine, one
from segscope.recipe import TransactionLog
from segscope.transactions.attributes import Attribute
from segscope.transactions.lines import SET_ASIDE, WHOLE, Measured
from segscope.wording import counted


@dataclass(frozen=True)
class LogReport:
    """What became of a log.

    Attributes
    ----------
    rows : of the log
    counted : rows that count; the others were set aside, each for one reason
    customers, purchases : how many came out
    total_spend : of all customers, returns taken off
    first_day, last_day : of the rows that count
    as_of : the day to which days are counted
    entries : every rule that applied, as sentences with counts
    """

    rows: int
    counted: int
    customers: int
    purchases: int
    total_spend: float
    first_day: date
    last_day: date
    as_of: date
    entries: CleaningLog


def report_of(
    engine: Engine,
    joined: ibis.Table,
    purchases: ibis.Table,
    log: TransactionLog,
    measured: Measured,
    attributes: tuple[Attribute, ...],
    as_of: date,
) -> LogReport:
    """Count what happened: ``joined`` has one row per customer, ``purchases`` one per purchase."""
    found = one(
        engine,
        joined.agg(
            customers=joined.count(),
            rows=joined["rows"].sum(),
            returns=joined.returns.sum(),
            returning=(joined.returns > 0).sum(),
            without=(joined.purchases == 0).sum(),
            purchases=joined.purchases.sum(),
            whole=joined.whole.cast("decimal(38, 0)").sum(),  # of all customers it may not fit 64 bits
            first=joined.first_day.min(),
            last=joined.last_day.max(),
        ),
    )
    zero = int(one(engine, purchases.agg(n=(purchases[WHOLE] == 0).sum()))["n"] or 0)
    number = {
        key: int(found[key] or 0) for key in ("customers", "rows", "returns", "returning", "without", "purchases")
    }
    entries = (
        *told_set_aside(log, measured, as_of),
        _merging(log, number["rows"] - number["returns"], number["purchases"] + (0 if log.count_zero_orders else zero)),
        _returning(number["returns"], number["returning"]),
        _zero(log, zero),
        _without(number["without"]),
        *(a.entry() for a in attributes),
    )
    return LogReport(
        rows=measured.rows,
        counted=number["rows"],
        customers=number["customers"],
        purchases=number["purchases"],
        total_spend=int(found["whole"]) / measured.money.scale,
        first_day=found["first"],
        last_day=found["last"],
        as_of=as_of,
        entries=tuple(e for e in entries if e.count > 0),
    )


def told_set_aside(log: TransactionLog, measured: Measured, as_of: date) -> CleaningLog:
    """The rows that do not count, by reason."""
    money = log.amount or log.unit_price or ""
    told = {
        "no_customer": (log.customer, f"without a customer in {log.customer}"),
        "no_date": (log.date, f"without a date in {log.date}"),
        "no_amount": (money, f"without an amount in {_money_words(log)}"),
        "huge_amount": (money, f"with an amount beyond a million million in {_money_words(log)}"),
        "other_currency": (log.currency or "", f"in another currency than {log.only_currency}, or in none,"),
        "after_as_of": (log.date, f"dated after {as_of.isoformat()}, the day to which days are counted,"),
    }
    counts = zip(SET_ASIDE, measured.set_aside, strict=True)
    return tuple(
        CleaningEntry("set_aside_rows", told[why][0], n, f"{counted(n, 'row')} {told[why][1]} set aside.")
        for why, n in counts
        if n > 0
    )


def _money_words(log: TransactionLog) -> str:
    return log.amount if log.amount is not None else f"{log.unit_price} x {log.quantity}"


def _merging(log: TransactionLog, rows_bought: int, purchases: int) -> CleaningEntry:
    if log.merge_same_day:
        how = "what a customer buys on one day is one purchase"
    elif log.order is not None:
        how = f"the rows of one order ({log.order}) are one purchase, and so is each row without an order"
    else:
        how = "each row is a purchase"
    became = f"{counted(rows_bought, 'row')} that {'buys' if rows_bought == 1 else 'buy'} became"
    column = log.date if log.merge_same_day else log.order or ""
    return CleaningEntry("purchases", column, rows_bought, f"{became} {counted(purchases, 'purchase')}: {how}.")


def _returning(returns: int, customers: int) -> CleaningEntry:
    detail = f"{counted(returns, 'return')} of {counted(customers, 'customer')} taken off the total spend"
    return CleaningEntry("returns", "", returns, f"{detail}; a return is no purchase.")


def _zero(log: TransactionLog, zero: int) -> CleaningEntry:
    one_or_more = "counts as a purchase" if zero == 1 else "count as purchases"
    none = "is not counted as a purchase" if zero == 1 else "are not counted as purchases"
    done = one_or_more if log.count_zero_orders else none
    return CleaningEntry("zero_orders", "", zero, f"{counted(zero, 'order')} worth 0 {done}.")


def _without(customers: int) -> CleaningEntry:
    detail = (
        f"{counted(customers, 'customer')} without a purchase (returns or orders that do not count) kept: days and "
        "averages are blank, and nobody counts as less recent."
    )
    return CleaningEntry("no_purchase", "", customers, detail)
