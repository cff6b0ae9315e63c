"""Counts: how many customers fall in each bin of each variable, all of them or a selection. Exact, in the engine."""

from collections.abc import Sequence
from functools import lru_cache

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one, rows
from segscope.exploring.variables import OTHER, Variable, numeric, text_value

SELECTION = "selection"
BinCounts = dict[str, list[int]]


def bin_column(place: int) -> str:
    """Name of the column that holds the bin of the variable at a place.

    >>> bin_column(3)
    '__bin3'
    """
    return f"__bin{place}"


def add_bins(table: ibis.Table, variables: Sequence[Variable]) -> ibis.Table:
    """Add one small integer column a variable: the bin of each customer; the slot after the last is for blanks."""
    return table.mutate(**{bin_column(i): bin_index(table, v).cast("int16") for i, v in enumerate(variables)})


def bin_index(table: ibis.Table, variable: Variable) -> ir.IntegerValue:
    """The bin of each customer as an expression."""
    blank = variable.slots
    if variable.bins:
        x = numeric(table, variable)
        place = (x - variable.bins.low) / variable.bins.width
        # Bounded before it is floored: infinities and far values do not fit an integer.
        bounded = ibis.greatest(ibis.least(place, float(variable.bins.count - 1)), 0.0).floor()
        return ibis.ifelse(x.isnull() | x.isnan(), blank, bounded).cast("int16")
    value = text_value(table, variable)
    named = [c for c in variable.choices if c != OTHER]
    cases = [(value == name, i) for i, name in enumerate(named)]
    other = len(named) if OTHER in variable.choices else blank
    return ibis.cases((value.isnull(), blank), *cases, else_=other).cast("int16")


def count_bins(engine: Engine, table: ibis.Table, variables: Sequence[Variable], selected: ibis.Table) -> BinCounts:
    """Customers in each bin of each variable: a list a variable, the last entry counting blanks.

    Parameters
    ----------
    table : the stored table, with bin columns
    selected : the customers to count, a filter over that table
    """
    if not variables:
        return {}
    counts: BinCounts = {v.column: [0] * (v.slots + 1) for v in variables}
    bins = selected.select(**{f"bin{i}": bin_column(i) for i in range(len(variables))})
    # Filters are weighed once for all variables; everybody is counted faster from where the bins are stored.
    found = engine.fetch(_by_one(len(variables)), {SELECTION: bins}, hold=selected is not table)
    for place, bin_, n in zip(*(found[c].to_pylist() for c in ("variable", "bin", "n")), strict=True):
        counts[variables[place].column][bin_] = n
    return counts


@lru_cache(maxsize=64)
def _by_one(number: int) -> ibis.Table:
    """Customers by each of a number of bins: named after places, so that it is built and compiled once for all."""
    bins = stand_in(number)
    parts = [
        bins.group_by(bin=bins[f"bin{i}"]).agg(n=ibis._.count()).mutate(variable=ibis.literal(i, "int16"))
        for i in range(number)
    ]
    return ibis.union(*parts) if number > 1 else parts[0]


def stand_in(number: int, *more: str) -> ibis.Table:
    """A table that stands for any selection, with columns bin0, bin1, ... and more."""
    return ibis.table(dict.fromkeys([*more, *(f"bin{i}" for i in range(number))], "int16"), name=SELECTION)


def count_customers(engine: Engine, table: ibis.Table) -> int:
    """Number of rows."""
    return int(one(engine, table.agg(n=table.count()))["n"])


def top_values(
    engine: Engine, table: ibis.Table, variable: Variable, search: str, limit: int = 50
) -> list[tuple[str, int]]:
    """Values of a category that contain a text, most frequent first, with counts."""
    value = text_value(table, variable)
    counts = table.select(value=value).filter(value.lower().contains(search.lower()))
    counted = counts.group_by("value").agg(n=ibis._.count()).order_by([ibis.desc("n"), "value"]).limit(limit)
    return [(str(r["value"]), int(r["n"])) for r in rows(engine, counted)]
