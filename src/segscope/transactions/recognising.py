"""Is a table a log of transactions, and which column is which? From names, and without names from the values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis

from segscope.engine import Engine, one
from segscope.intake.facts import ColumnFacts
from segscope.recipe import TransactionLog
from segscope.transactions import vocabulary
from segscope.transactions.candidates import Candidates, candidates
from segscope.transactions.splitting import own_values, splitting_column
from segscope.wording import counted

NEARLY_UNIQUE = 0.98  # of the values: such a column names the rows
ROWS_PER_CUSTOMER = 1.2  # on average, at least: below it, a few repeated customers are an oddity of a customer table
ROWS_PER_CUSTOMER_UNNAMED = (1.5, 50.0)
VARYING_SHARE = 0.1  # of the customers with several rows, at least so many buy on different days
VARYING_SHARE_UNNAMED = 0.5
FEW_PIECES = 20  # the median quantity of a row, where no name tells quantity from money
UNNAMED = re.compile(r"column_\d+(?:_\d+)?")


@dataclass(frozen=True)
class _Sight:
    """What recognition looks at."""

    engine: Engine
    table: ibis.Table
    facts: dict[str, ColumnFacts]
    offered: Candidates

    def varying(self, customer: str, columns: Sequence[str]) -> dict[str, float]:
        """For each column the share of the customers with several rows within whom it differs."""
        cells = {f"c{i}": self.table[c] for i, c in enumerate(columns)}
        known = self.table.select(customer=self.table[customer], **cells).filter(ibis._.customer.notnull())
        differs = {key: known[key].min() != known[key].max() for key in cells}
        within = known.group_by("customer").agg(rows=known.count(), **differs)
        several = within.filter(within["rows"] > 1)
        found = one(self.engine, several.agg(customers=several.count(), **{key: several[key].sum() for key in cells}))
        customers = max(int(found["customers"]), 1)
        return {c: int(found[f"c{i}"] or 0) / customers for i, c in enumerate(columns)}


def recognise(engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts]) -> TransactionLog | None:
    """Take a table for a log of transactions, or not (None).

    A log has a customer who comes back, a date that differs within customers, and money: an amount, or a unit price
    and a quantity. A table with a unique customer is none, whatever else repeats in it. Names decide which column is
    which; where a file has no header, values do, under stricter conditions.

    >>> import pyarrow as pa
    >>> from datetime import date
    >>> from segscope.engine import connect
    >>> from segscope.intake.facts import measure_facts
    >>> engine, days = connect(), [date(2024, 1, d) for d in (1, 2, 3, 4)]
    >>> t = engine.store("t", pa.table({"client": ["a", "a", "b", "b"], "day": days, "paid": [1.5, 2.5, 3.5, 4.5]}))
    >>> found = recognise(engine, t, measure_facts(engine, t))
    >>> found.customer, found.date, found.amount
    ('client', 'day', 'paid')
    >>> found.reason
    'a log of transactions: client repeats (4 rows of 2 customers), each with a date (day) and an amount (paid)'
    """
    offered = candidates(table, facts)
    sight = _Sight(engine, table, {f.name: f for f in facts}, offered)
    if facts and all(UNNAMED.fullmatch(f.name) for f in facts):
        return _by_values(sight)
    return _by_names(sight)


def _by_names(sight: _Sight) -> TransactionLog | None:
    named = [c for c in sight.offered.customer if vocabulary.customer_rank(c) > 0]
    # A unique "id" may number the rows of a log; a unique owner's number is a customer table.
    if any(vocabulary.customer_rank(c) > 2 and _unique(sight.facts[c]) for c in named):
        return None
    customer = next((c for c in named if _rows_per_value(sight.facts[c]) >= ROWS_PER_CUSTOMER), None)
    money = _money(sight)
    if customer is None or money is None:
        return None
    amount, unit_price, quantity = money
    order = _order(sight, customer)
    day = _date(sight, customer, 0.0 if order else VARYING_SHARE)
    if day is None:
        return None
    currency = next((c for c in sight.offered.currency if vocabulary.currency_rank(c)), None)
    log = TransactionLog(customer, day, amount, unit_price, quantity, order, currency=currency)
    return _described(sight, _split(sight, log))


def _unique(facts: ColumnFacts) -> bool:
    return facts.distinct >= NEARLY_UNIQUE * facts.present


def _rows_per_value(facts: ColumnFacts) -> float:
    return facts.present / max(facts.distinct, 1)


def _money(sight: _Sight) -> tuple[str | None, str | None, str | None] | None:
    """Amount, unit price and quantity. A price beside a quantity is of one piece, unless there is a better amount."""
    offered = sight.offered
    quantity = next((c for c in offered.quantity if vocabulary.quantity_rank(c)), None)
    amount = next((c for c in offered.amount if vocabulary.amount_rank(c)), None)
    price = next((c for c in offered.unit_price if vocabulary.unit_price_rank(c)), None)
    if amount is not None and vocabulary.amount_rank(amount) >= vocabulary.SURE_MONEY:
        return amount, None, quantity
    if price is not None and quantity is not None:
        return None, price, quantity
    amount = amount or price
    return None if amount is None else (amount, None, quantity)


def _order(sight: _Sight, customer: str) -> str | None:
    # Every customer has an order at least; counts are estimated in large tables, hence not quite.
    fewest = 0.9 * sight.facts[customer].distinct
    named = (c for c in sight.offered.order if vocabulary.order_rank(c))
    return next((c for c in named if sight.facts[c].distinct >= fewest), None)


def _date(sight: _Sight, customer: str, least_share: float) -> str | None:
    """The date whose name fits best, among those that differ within enough of the customers."""
    if not sight.offered.date:
        return None
    share = sight.varying(customer, sight.offered.date)
    fitting = [c for c in sight.offered.date if share[c] > 0 and share[c] >= least_share]
    return max(fitting, key=lambda c: (vocabulary.date_rank(c), share[c]), default=None)


def _split(sight: _Sight, log: TransactionLog) -> TransactionLog:
    """Choose the columns of products and channels, and their values with columns of their own."""
    used = {log.customer, log.date, log.amount, log.unit_price, log.quantity, log.order, log.currency}
    offered = sight.offered
    products = [c for c in offered.product if vocabulary.product_rank(c) and c not in used]
    product = splitting_column(sight.engine, sight.table, log, [sight.facts[c] for c in products])
    channels = [c for c in offered.channel if vocabulary.channel_rank(c) and c not in used | {product}]
    channel = splitting_column(sight.engine, sight.table, log, [sight.facts[c] for c in channels])
    return replace(
        log,
        product=product,
        channel=channel,
        products=own_values(sight.engine, sight.table, log, product) if product else (),
        channels=own_values(sight.engine, sight.table, log, channel) if channel else (),
    )


def _described(sight: _Sight, log: TransactionLog) -> TransactionLog:
    facts = sight.facts[log.customer]
    pieces = f"a unit price and a quantity ({log.unit_price}, {log.quantity})"
    money = f"an amount ({log.amount})" if log.amount else pieces
    repeats = f"{log.customer} repeats ({counted(facts.rows, 'row')} of {counted(facts.distinct, 'customer')})"
    reason = f"a log of transactions: {repeats}, each with a date ({log.date}) and {money}"
    return replace(log, reason=reason)


def _by_values(sight: _Sight) -> TransactionLog | None:
    """Without a header: an identifier that repeats a few times, a date and a number that differ within it.

    A column with a value of its own in each row may be the customer as well as the order: then nothing is certain, and
    the table is not taken for a log. Of several numbers the amount is the one with decimals, else the largest.
    """
    facts = sight.facts
    if any(_unique(facts[c]) for c in sight.offered.customer):
        return None
    least, most = ROWS_PER_CUSTOMER_UNNAMED
    repeated = [c for c in sight.offered.customer if least <= _rows_per_value(facts[c]) <= most]
    if not repeated or not sight.offered.date:
        return None
    # The first of those that tell nearly the most apart: numbers of customers come before what they bought.
    widest = max(facts[c].distinct for c in repeated)
    customer = next(c for c in repeated if facts[c].distinct >= 0.5 * widest)
    numbers = [c for c in sight.offered.amount if c != customer]
    share = sight.varying(customer, [*sight.offered.date, *numbers])
    day = next((c for c in sight.offered.date if share[c] >= VARYING_SHARE_UNNAMED), None)
    moving = [c for c in numbers if share[c] >= VARYING_SHARE_UNNAMED]
    if day is None or not moving:
        return None
    amount = max(moving, key=lambda c: (not facts[c].whole, facts[c].median or 0.0))
    pieces = [c for c in moving if c != amount and facts[c].whole and 0 <= (facts[c].median or 0.0) <= FEW_PIECES]
    return _described(sight, TransactionLog(customer, day, amount, quantity=pieces[0] if pieces else None))
