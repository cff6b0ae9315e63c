"""Customers one by one: a page of those of a segment, an audience or a selection, in any order; and one of them whole.

Nothing is sorted whole and nothing but the page leaves the engine (see segscope.exploring.paging).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from segscope.engine import rows
from segscope.errors import ColumnError, did_you_mean
from segscope.exploring import Filters, select
from segscope.exploring.paging import Order, Pager
from segscope.intake import ROW
from segscope.pushing import push_column, with_pushes
from segscope.recipe import Recipe
from segscope.segmentation import DISTANCE2, SECOND, SECOND_STRENGTH, SEGMENT, STRENGTH
from segscope.study.live import LiveStudy

View = Literal["all", "typical", "borderline"]
AS_IN_SOURCE = Order()
LISTED = 200
"""So many customers are the most typical ones, or the most borderline."""

MOST_ROWS, MOST_COLUMNS, LONGEST_SEARCH, LONGEST_CELL = 200, 60, 200, 200
MOST_DIGITS = 18  # of an identifier that is a whole number


@dataclass(frozen=True)
class Wanted:
    """Which customers, and in which order.

    Attributes
    ----------
    filters : those that pass every one of them
    search : those whose identifier begins so
    view : all of them, or those nearest to their segment's centre, or those nearest to another segment
    order : of all of them; the other views have one of their own
    """

    filters: Filters = ()
    search: str = ""
    view: View = "all"
    order: Order = AS_IN_SOURCE


@dataclass(frozen=True)
class Browsed:
    """A page: customers as dictionaries of their columns with ROW, and how many there are in all."""

    customers: tuple[dict[str, Any], ...]
    total: int


@dataclass(frozen=True)
class Explained:
    """One customer.

    Attributes
    ----------
    row : of the source
    values : by column, derived ones too
    segment, second : places; ``second`` is None with one segment
    strength, second_strength : probabilities
    pushes : how far each feature pushes towards the segment and against the second best, in log odds
    """

    row: int
    values: dict[str, Any]
    segment: int
    second: int | None
    strength: float
    second_strength: float
    pushes: dict[str, float]


def browse(live: LiveStudy, wanted: Wanted, columns: Sequence[str], start: int = 0, count: int = 100) -> Browsed:
    """A page of customers.

    Parameters
    ----------
    columns : of the source or derived; segment, second segment and their strengths come along
    start, count : the page: at most 200 customers

    Raises
    ------
    ColumnError : for a column that the study does not have
    """
    _check_columns(live.recipe, [*columns, *([wanted.order.column] if not _own(wanted.order.column) else [])])
    count = min(count, MOST_ROWS)
    chosen = searched(live, select(live.customers, wanted.filters, live.variables), wanted.search)
    which = (wanted.filters, wanted.search)
    pager = live.once("pager", lambda: Pager(live.engine, live.sample))
    total = pager.total(chosen, which)
    if wanted.view == "all":
        found = pager.rows(chosen, which, wanted.order, start, count)
    else:
        total = min(total, LISTED)
        key = ("listed", wanted.view, *which)
        found = pager.remember(key, lambda: listed(live, chosen, wanted.view))[start : start + count]
    return Browsed(_customers(live, found, columns[:MOST_COLUMNS]), total)


def _own(column: str) -> bool:
    return column in (ROW, SEGMENT, SECOND, STRENGTH, SECOND_STRENGTH)


def _check_columns(recipe: Recipe, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in recipe.names:
            raise ColumnError(f"There is no column {name!r:.80} to show.{did_you_mean(name, recipe.names)}")


def listed(live: LiveStudy, chosen: ibis.Table, view: View) -> tuple[int, ...]:
    """ROW of the most typical customers, the nearest first; or of the most borderline, the smallest margin first."""
    table = chosen.select(
        ROW, DISTANCE2, STRENGTH, margin=chosen[STRENGTH] - ibis.coalesce(chosen[SECOND_STRENGTH], 0.0)
    )
    by = [ibis.asc(DISTANCE2), ibis.desc(STRENGTH)] if view == "typical" else ["margin"]
    return tuple(live.engine.fetch(table.order_by([*by, ROW]).select(ROW).limit(LISTED))[ROW].to_pylist())


def _customers(live: LiveStudy, found: Sequence[int], columns: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """The customers of some rows, in that order."""
    if not found:
        return ()
    table = live.customers
    kept = dict.fromkeys([ROW, SEGMENT, SECOND, STRENGTH, SECOND_STRENGTH, *columns])
    # A join with a few rows: the engine passes over most blocks, which it does not for a long list of values.
    few = ibis.literal(list(found), type="array<int64>").unnest().name(ROW).as_table()
    by_row = {r[ROW]: r for r in rows(live.engine, table.select(*kept).semi_join(few, ROW))}
    return tuple(by_row[row] for row in found)


# ------------------------------------------------------------------------------------------------ search


def searched(live: LiveStudy, table: ibis.Table, text: str) -> ibis.Table:
    """The customers whose identifier begins with a text; all of them where it is empty."""
    text, identifier = text.strip()[:LONGEST_SEARCH], live.recipe.identifier
    if not text or identifier is None:
        return table
    return table.filter(begins_with(table[identifier], text))


def begins_with(column: ir.Value, text: str) -> ir.BooleanValue:
    """Whether an identifier begins with a text.

    Texts and whole numbers are compared as ranges, which the engine answers without reading every block.
    """
    if column.type().is_integer():
        found: ir.BooleanValue = ibis.literal(False)
        for low, high in number_ranges(text):
            found = found | column.between(low, high)
        return found
    words = column.cast("string")
    return words.startswith(text) & (words >= text)


def number_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """The whole numbers that are written with these first digits, as ranges.

    >>> number_ranges("12")[:3]
    ((12, 12), (120, 129), (1200, 1299))
    >>> number_ranges("-5")[:2], number_ranges("0"), number_ranges("x1")
    (((-5, -5), (-59, -50)), ((0, 0),), ())
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and digits != "0"):
        return ()
    if digits == "0":
        return () if text.startswith("-") else ((0, 0),)
    tens = [10**n for n in range(MOST_DIGITS - len(digits) + 1)]
    found = [(int(digits) * ten, int(digits) * ten + ten - 1) for ten in tens]
    return tuple((-high, -low) if text.startswith("-") else (low, high) for low, high in found)


def some_identifiers(live: LiveStudy, count: int = 2) -> tuple[str, ...]:
    """What identifiers of this study look like."""
    identifier = live.recipe.identifier
    if identifier is None:
        return ()
    known = live.sample.filter(live.sample[identifier].notnull()).order_by(ROW)
    found = rows(live.engine, known.select(x=known[identifier].cast("string")).limit(count))
    return tuple(str(r["x"])[:LONGEST_CELL] for r in found)


# ------------------------------------------------------------------------------------------------ one customer


def explain(live: LiveStudy, row: int) -> Explained | None:
    """One customer with its values, and why it is in its segment; None where there is no such row."""
    chosen = live.customers.filter(live.customers[ROW] == row)
    kept = dict.fromkeys([ROW, SEGMENT, SECOND, STRENGTH, SECOND_STRENGTH, *live.recipe.names])
    pushed = with_pushes(chosen.select(*kept), live.fit.segmentation)
    found = rows(live.engine, pushed)
    if not found:
        return None
    one = found[0]
    features = live.recipe.features
    pushes = {f: one[push_column(i)] for i, f in enumerate(features) if one[push_column(i)] is not None}
    return Explained(
        row,
        {name: one[name] for name in live.recipe.names},
        int(one[SEGMENT]),
        None if one[SECOND] is None else int(one[SECOND]),
        float(one[STRENGTH]),
        float(one[SECOND_STRENGTH] or 0.0),
        pushes,
    )
