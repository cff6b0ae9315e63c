"""Small logs for the tests, and a plain reading of them in Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa

from segscope.engine import Engine
from segscope.recipe import TransactionLog
from segscope.transactions import LogReport, customers_of

AS_OF = date(2024, 12, 31)
LOG = TransactionLog("customer", "day", "amount")
TYPES = {
    "customer": pa.string(),
    "day": pa.date32(),
    "amount": pa.float64(),
    "price": pa.float64(),
    "quantity": pa.int64(),
    "order": pa.string(),
    "product": pa.string(),
    "channel": pa.string(),
    "currency": pa.string(),
}


def day(text: str) -> date:
    """Month and day of 2024, as "3-15"."""
    month, number = text.split("-")
    return date(2024, int(month), int(number))


def log_table(columns: str, *lines: tuple[Any, ...]) -> pa.Table:
    """A log from its column names and its rows."""
    names = columns.split()
    cells = {name: [line[i] for line in lines] for i, name in enumerate(names)}
    return pa.table({name: pa.array(values, TYPES.get(name)) for name, values in cells.items()})


def made(
    engine: Engine, log: TransactionLog, table: pa.Table, as_of: date = AS_OF
) -> tuple[dict[Any, dict[str, Any]], LogReport]:
    """The customers of a log by their identifier, and the report."""
    customers, report = customers_of(engine, engine.store("source", table), log, as_of)
    return {row[log.customer]: row for row in engine.fetch(customers).to_pylist()}, report


def told(report: LogReport, action: str) -> list[tuple[int, str]]:
    """Counts and sentences of one action."""
    return [(e.count, e.detail) for e in report.entries if e.action == action]


@dataclass(frozen=True)
class Plain:
    """A customer as plain Python counts it; money in cents."""

    purchases: int
    cents: int
    first: date | None
    last: date | None
    gap: float | None
    units: int


def plainly(lines: Iterable[Mapping[str, Any]], log: TransactionLog, as_of: date = AS_OF) -> dict[str, Plain]:
    """The customers of a log, from its definitions and nothing else. Amounts are whole cents in ``cents``."""
    by_customer: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        if line["customer"] and line["day"] and line["cents"] is not None and line["day"] <= as_of:
            by_customer[line["customer"]].append(line)
    return {customer: _plain(theirs, log) for customer, theirs in by_customer.items()}


def _plain(lines: list[Mapping[str, Any]], log: TransactionLog) -> Plain:
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for place, line in enumerate(lines):
        if line["cents"] >= 0:
            own = ("row", place) if line["order"] is None or log.order is None else ("order", line["order"])
            groups[line["day"] if log.merge_same_day else own].append(line)
    if not log.count_zero_orders:
        groups = {key: group for key, group in groups.items() if sum(line["cents"] for line in group) > 0}
    days = sorted({min(line["day"] for line in group) for group in groups.values()})
    gaps = [(b - a).days for a, b in pairwise(days)]
    return Plain(
        purchases=len(groups),
        cents=sum(line["cents"] for line in lines),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        gap=float(median(gaps)) if gaps else None,
        units=sum(-abs(line["quantity"]) if line["cents"] < 0 else line["quantity"] for line in lines),
    )
