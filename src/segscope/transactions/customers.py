"""From a log of transactions to one row per customer, with a report of every rule and how often it applied.

Definitions follow the customer-value literature (Fader & Hardie 2005, "RFM and CLV"), with one that differs on purpose:
recency here is the days since the last purchase, as marketing uses the word, and frequency counts all purchases, not
the repeated ones only.
"""

from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one
from segscope.errors import DataError
from segscope.intake.facts import ROW
from segscope.recipe import TransactionLog
from segscope.transactions import rfm
from segscope.transactions.attributes import Attribute, choose_attributes, settled
from segscope.transactions.candidates import check_log
from segscope.transactions.lines import (
    BOUGHT,
    CHANNEL,
    COUNTS,
    CUSTOMER,
    DAY,
    ORDER,
    PRODUCT,
    STANDING,
    UNITS,
    WHOLE,
    Measured,
    check_currency,
    counting_lines,
    measure_lines,
    read_lines,
    unmapped,
)
from segscope.transactions.names import CustomerNames, names_of, numbered
from segscope.transactions.scores import score, score_bounds
from segscope.transactions.telling import LogReport, report_of, told_set_aside

LINES, COUNTED, TOTALS, PURCHASES, JOINED = (
    "__log_lines", "__log_counted", "__log_totals", "__log_purchases", "__log_joined",
)  # fmt: skip
CHANNEL_CODES = 16
LEAST_RECENT = -(10**7)  # days: before any date, for customers without a purchase


def customers_of(
    engine: Engine, table: ibis.Table, log: TransactionLog, as_of: date, name: str = "customers"
) -> tuple[ibis.Table, LogReport]:
    """Make one row per customer of a log, stored under ``name`` in the order of the customer.

    Columns (see `names_of`): the customer; first_purchase, last_purchase (dates); recency_days, tenure_days (from the
    last and the first purchase to ``as_of``); purchases (count); total_spend (money, returns taken off);
    average_order (total_spend / purchases); typical_gap_days (median days between consecutive days with a purchase,
    blank for one such day); units (pieces, where the log has a quantity); r_score, f_score, m_score (1 to 5, see
    `score_bounds`), rfm_group; spend by product and purchases by channel, with a column for the values left over where
    there are any; columns of the log that never differ within a customer; the row's number from 0.

    Rules: rows without customer, date or amount, of another currency or after ``as_of`` are set aside. A return lowers
    the spend and is no purchase. What a customer buys on one day is one purchase unless ``log.merge_same_day`` is
    False; then the rows of an order are, or each row where it names no order. A purchase worth 0 counts unless
    ``log.count_zero_orders`` is False. A purchase over several channels counts for the one with the most money. A
    customer without any purchase is kept, with blanks where a purchase is needed, and counts as the least recent.

    The result does not depend on the order of rows: money is added in whole cents (see `measure_lines`).

    Raises
    ------
    ColumnError, RecipeError : the mapping does not fit the table, or several currencies and none chosen
    DataError : no row counts
    """
    check_log(table, log)
    check_currency(engine, table, log)
    try:
        return _customers(engine, table, log, as_of, name)
    finally:
        for step in (LINES, COUNTED, TOTALS, PURCHASES, JOINED):
            engine.drop(step)


def _customers(
    engine: Engine, table: ibis.Table, log: TransactionLog, as_of: date, name: str
) -> tuple[ibis.Table, LogReport]:
    names = names_of(log)
    lines = engine.view(LINES, read_lines(table, log, as_of))
    per_customer = engine.store(COUNTED, _rows_of_customers(lines))
    most = one(engine, per_customer.agg(n=per_customer.n.max()))["n"]
    measured = measure_lines(engine, lines, log, int(most or 0))
    if not most:
        raise DataError(f"No row of the log counts. {' '.join(e.detail for e in told_set_aside(log, measured, as_of))}")
    attributes = choose_attributes(engine, lines, per_customer, unmapped(table, log))
    counting = counting_lines(lines, log, measured)
    totals = engine.store(TOTALS, _totals(counting, log, attributes))
    attributes = settled(engine, totals, attributes)
    purchases = engine.store(PURCHASES, _purchases(counting, log))
    joined = engine.store(JOINED, _joined(totals, _worth(purchases, log), log))
    report = report_of(engine, joined, purchases, log, measured, attributes, as_of)
    result = _finished(engine, joined, log, names, attributes, measured, as_of)
    return engine.store(name, result.order_by(ROW)), report


def _rows_of_customers(lines: ibis.Table) -> ibis.Table:
    kept = lines.filter(lines[STANDING] == COUNTS)
    return kept.group_by(CUSTOMER).agg(n=kept.count())


def _totals(counting: ibis.Table, log: TransactionLog, attributes: tuple[Attribute, ...]) -> ibis.Table:
    """What is added over all rows of a customer, returns included."""
    found: dict[str, ir.Scalar] = {
        "rows": counting.count(),
        "returns": counting.count(where=~counting[BOUGHT]),
        "first_day": counting[DAY].min(),
        "last_day": counting[DAY].max(),
        "whole": _sum(counting[WHOLE]),
    }
    if log.quantity is not None:
        found["units"] = _sum(counting[UNITS])
    if log.product is not None:
        for place in range(len(log.products) + 1):
            here = counting[PRODUCT] == place
            found[f"product_{place}"] = _sum(counting[WHOLE], here)
            found[f"product_rows_{place}"] = counting.count(where=here)
    for attribute in (a for a in attributes if a.carried):
        found[f"low_{attribute.key}"] = counting[attribute.key].min()
        found[f"high_{attribute.key}"] = counting[attribute.key].max()
    return counting.group_by(CUSTOMER).agg(**found)


def _sum(value: ir.NumericValue, where: ir.BooleanValue | None = None) -> ir.IntegerScalar:
    # DuckDB adds 64-bit numbers in 128 bits, and Ibis leaves out a cast to the type that it expects: hence two.
    added = ibis.coalesce(value.sum(where=where), 0)
    return cast(ir.IntegerScalar, added.cast("decimal(38, 0)").cast("int64"))


def _purchases(counting: ibis.Table, log: TransactionLog) -> ibis.Table:
    """One row a purchase, worth 0 or not: customer, day, money, and the place of its channel where there is one."""
    bought = counting.filter(counting[BOUGHT])
    if log.merge_same_day:
        return _merged(bought, [CUSTOMER, DAY], log)
    if log.order is None:
        return _single(bought, log)
    named = bought.filter(bought[ORDER].notnull())
    return _merged(named, [CUSTOMER, ORDER], log).union(_single(bought.filter(bought[ORDER].isnull()), log))


def _single(bought: ibis.Table, log: TransactionLog) -> ibis.Table:
    channel = {CHANNEL: bought[CHANNEL].cast("int64")} if log.channel is not None else {}
    return bought.select(**{CUSTOMER: bought[CUSTOMER], DAY: bought[DAY], WHOLE: bought[WHOLE]}, **channel)


def _merged(bought: ibis.Table, keys: list[str], log: TransactionLog) -> ibis.Table:
    if log.channel is None:
        merged = bought.group_by(keys).agg(day=bought[DAY].min(), whole=_sum(bought[WHOLE]))
        return merged.select(**{CUSTOMER: merged[CUSTOMER], DAY: merged.day, WHOLE: merged.whole})
    by_channel = bought.group_by([*keys, CHANNEL]).agg(day=bought[DAY].min(), whole=_sum(bought[WHOLE]))
    # The channel with the most money, and the first of equals: one number holds both, so that a plain maximum decides.
    both = by_channel.whole * CHANNEL_CODES + (CHANNEL_CODES - 1 - by_channel[CHANNEL])
    merged = by_channel.group_by(keys).agg(day=by_channel.day.min(), whole=_sum(by_channel.whole), best=both.max())
    channel = ibis.literal(CHANNEL_CODES - 1, type="int64") - merged.best % CHANNEL_CODES
    return merged.select(**{CUSTOMER: merged[CUSTOMER], DAY: merged.day, WHOLE: merged.whole, CHANNEL: channel})


def _worth(purchases: ibis.Table, log: TransactionLog) -> ibis.Table:
    """What is counted over a customer's purchases."""
    counting = purchases if log.count_zero_orders else purchases.filter(purchases[WHOLE] > 0)
    before = counting[DAY].lag().over(ibis.window(group_by=CUSTOMER, order_by=DAY))
    spaced = counting.mutate(gap=counting[DAY].delta(before, unit="day").cast("float64"))
    found: dict[str, ir.Scalar] = {
        "purchases": spaced.count(),
        "first": spaced[DAY].min(),
        "last": spaced[DAY].max(),
        # Further purchases on the same day have a gap of 0: left out, the rest are the gaps between days.
        "gap": spaced.gap.quantile(0.5, where=spaced.gap > 0),
    }
    if log.channel is not None:
        for place in range(len(log.channels) + 1):
            found[f"channel_{place}"] = spaced.count(where=spaced[CHANNEL] == place)
    return spaced.group_by(CUSTOMER).agg(**found)


def _joined(totals: ibis.Table, worth: ibis.Table, log: TransactionLog) -> ibis.Table:
    renamed = worth.rename(__buyer=CUSTOMER)
    joined = totals.left_join(renamed, totals[CUSTOMER] == renamed["__buyer"]).drop("__buyer")
    counts = ["purchases"]
    if log.channel is not None:
        counts += [f"channel_{place}" for place in range(len(log.channels) + 1)]
    return joined.mutate(**{c: ibis.coalesce(joined[c], 0).cast("int64") for c in counts})


def _finished(
    engine: Engine,
    joined: ibis.Table,
    log: TransactionLog,
    names: CustomerNames,
    attributes: tuple[Attribute, ...],
    measured: Measured,
    as_of: date,
) -> ibis.Table:
    today = ibis.literal(as_of, type="date")
    recency = today.delta(joined["last"], unit="day").cast("int64")
    spend = _off_grid(joined.whole, measured.money.scale)
    columns: dict[str, ir.Value] = {
        ROW: ibis.row_number().over(ibis.window(order_by=CUSTOMER)).cast("int64"),
        names.customer: joined[CUSTOMER],
        names.first_purchase: joined["first"],
        names.last_purchase: joined["last"],
        names.recency_days: recency,
        names.purchases: joined.purchases,
        names.total_spend: spend,
        names.average_order: (joined.purchases > 0).ifelse(spend / joined.purchases, ibis.null("float64")),
        names.tenure_days: today.delta(joined["first"], unit="day").cast("int64"),
        names.typical_gap_days: joined.gap,
    }
    if log.quantity is not None:
        pieces = measured.units.scale
        columns[names.units] = joined.units if pieces == 1 else _off_grid(joined.units, pieces)
    ranked = joined.select(r=ibis.coalesce(-recency, LEAST_RECENT).cast("int64"), f=joined.purchases, m=joined.whole)
    bounds = {part: score_bounds(engine, ranked, part) for part in ("r", "f", "m")}
    r = score(ibis.coalesce(-recency, LEAST_RECENT), bounds["r"])
    f = score(joined.purchases, bounds["f"])
    columns |= {names.r_score: r, names.f_score: f, names.m_score: score(joined.whole, bounds["m"])}
    columns[names.rfm_group] = _group(r, f)
    for place, column in enumerate(_shown(engine, joined, "product_rows_", names.products)):
        if column:
            columns[column] = _off_grid(joined[f"product_{place}"], measured.money.scale)
    for place, column in enumerate(_shown(engine, joined, "channel_", names.channels)):
        if column:
            columns[column] = joined[f"channel_{place}"]
    carried = [a for a in attributes if a.carried]
    for attribute, column in zip(carried, numbered([a.column for a in carried], (ROW, *names.all)), strict=True):
        columns[column] = attribute.value(joined)
    return joined.select(**columns)


def _off_grid(value: ir.IntegerValue, scale: float) -> ir.FloatingValue:
    return cast(ir.FloatingValue, value.cast("float64") / ibis.literal(scale, type="float64"))


def _group(r: ir.IntegerValue, f: ir.IntegerValue) -> ir.StringValue:
    places = [(r.between(*g.r) & f.between(*g.f), ibis.literal(g.name)) for g in rfm.GROUPS[:-1]]
    return cast(ir.StringValue, ibis.cases(*places, else_=ibis.literal(rfm.GROUPS[-1].name)))


def _shown(engine: Engine, joined: ibis.Table, prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of columns for parts; the last, for the values left over, is empty where nothing is left over."""
    if not names:
        return ()
    left_over = one(engine, joined.agg(n=joined[f"{prefix}{len(names) - 1}"].sum()))["n"]
    return names if left_over else (*names[:-1], "")
