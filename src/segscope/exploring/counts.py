"""Counts: how many customers fall in each bin of each variable, all of them or a selection. Exact, in the engine."""

from collections.abc import Sequence
from math import prod

import ibis
import ibis.expr.types as ir
import numpy as np

from segscope.engine import Engine, one, rows
from segscope.exploring.variables import OTHER, Variable, numeric, text_value

SELECTION = "selection"
PACKED = 4096  # combinations of bins that one packed column tells apart: still counted in an array, not a hash table
BinCounts = dict[str, list[int]]


def bin_column(place: int) -> str:
    """Name of the column that holds the bin of the variable at a place.

    >>> bin_column(3)
    '__bin3'
    """
    return f"__bin{place}"


def add_bins(table: ibis.Table, variables: Sequence[Variable], views: Sequence[Variable] = ()) -> ibis.Table:
    """Add the bin of each customer in each variable, a small integer; the slot after the last is for blanks.

    Several variables' bins are told by one packed column too, which counts them in one pass.

    Parameters
    ----------
    views : the same variables in other bins; their places follow those of the variables
    """
    with_bins = table.mutate(**{bin_column(i): bin_index(table, v) for i, v in enumerate((*variables, *views))})
    packed = {pack_column(p): _packed(with_bins, variables, p) for p in packs(variables) if len(p) > 1}
    return with_bins.mutate(**packed) if packed else with_bins


def packs(variables: Sequence[Variable]) -> tuple[tuple[int, ...], ...]:
    """Places of variables, in groups that have at most so many combinations of bins; the largest variables first.

    >>> packs([Variable(c, c, "category", choices=tuple(map(str, range(n)))) for c, n in (("a", 99), ("b", 39))])
    ((0, 1),)
    """
    found: list[list[int]] = []
    for place in sorted(range(len(variables)), key=lambda i: -variables[i].slots):
        room = PACKED // (variables[place].slots + 1)
        home = next((p for p in found if prod(variables[i].slots + 1 for i in p) <= room), None)
        if home is None:
            found.append([place])
        else:
            home.append(place)
    return tuple(map(tuple, found))


def pack_column(pack: Sequence[int]) -> str:
    """Name of the column that holds the bins of one variable or several.

    >>> pack_column((3,)), pack_column((3, 5))
    ('__bin3', '__bin3x5')
    """
    return bin_column(pack[0]) + "".join(f"x{place}" for place in pack[1:])


def _packed(table: ibis.Table, variables: Sequence[Variable], pack: Sequence[int]) -> ir.IntegerValue:
    number: ir.IntegerValue = table[bin_column(pack[0])].cast("int32")
    for place in pack[1:]:
        number = number * (variables[place].slots + 1) + table[bin_column(place)].cast("int32")
    return number.cast("uint16")


def bin_index(table: ibis.Table, variable: Variable) -> ir.IntegerValue:
    """The bin of each customer as an expression."""
    blank = variable.slots
    if variable.bins:
        x = numeric(table, variable)
        known = x.notnull() & ~x.isnan()
        if variable.bins.edges:
            inner = list(variable.bins.edges[1:-1])
            return ibis.ifelse(known, _between(x, inner), blank).cast(_smallest(blank))
        place = (x - variable.bins.low) / variable.bins.width
        # Bounded before it is floored: infinities and far values do not fit an integer.
        bounded = ibis.greatest(ibis.least(place, float(variable.bins.count - 1)), 0.0).floor()
        return ibis.ifelse(known, bounded, blank).cast(_smallest(blank))
    if variable.names:
        return table[variable.column].fill_null(blank).cast(_smallest(blank))
    value = text_value(table, variable)
    named = [c for c in variable.choices if c != OTHER]
    cases = [(value == name, i) for i, name in enumerate(named)]
    other = len(named) if OTHER in variable.choices else blank
    return ibis.cases((value.isnull(), blank), *cases, else_=other).cast(_smallest(blank))


def _between(x: ir.NumericValue, edges: Sequence[float]) -> ir.IntegerValue:
    """How many of the edges a value has reached."""
    if len(edges) < 2:
        return ibis.ifelse(x >= edges[0], 1, 0) if edges else ibis.literal(0)
    return x.bucket(list(edges), include_under=True, include_over=True).cast("int16")


def _smallest(largest: int) -> str:
    return "uint8" if largest < 2**8 else "uint16"


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
    groups = [p for pack in packs(variables) for p in ([pack] if pack_column(pack) in table.columns else singles(pack))]
    # Filters are weighed once for all variables; everybody is counted faster from where the bins are stored.
    found = engine.tally(selected, [pack_column(pack) for pack in groups], hold=selected is not table)
    part, packed, n = (found[c].to_numpy() for c in ("part", "value", "n"))
    for i, pack in enumerate(groups):
        sizes = [variables[place].slots + 1 for place in pack]
        cells = np.zeros(prod(sizes), np.int64)
        cells[packed[part == i]] = n[part == i]
        for axis, place in enumerate(pack):
            others = tuple(other for other in range(len(pack)) if other != axis)
            counts[variables[place].column] = cells.reshape(sizes).sum(axis=others).tolist()
    return counts


def count_one(engine: Engine, selected: ibis.Table, variables: Sequence[Variable], place: int) -> list[int]:
    """Customers in each bin of the variable at a place, blanks last."""
    counts = [0] * (variables[place].slots + 1)
    for row in rows(engine, selected.group_by(bin=selected[bin_column(place)]).agg(n=ibis._.count())):
        counts[row["bin"]] = int(row["n"])
    return counts


def singles(pack: Sequence[int]) -> list[tuple[int, ...]]:
    """Each variable on its own."""
    return [(place,) for place in pack]


def without(everybody: BinCounts, some: BinCounts) -> BinCounts:
    """Counts of all but some.

    >>> without({"a": [3, 2]}, {"a": [1, 2]})
    {'a': [2, 0]}
    """
    return {column: [a - s for a, s in zip(all_, some[column], strict=True)] for column, all_ in everybody.items()}


def count_customers(engine: Engine, table: ibis.Table) -> int:
    """Number of rows."""
    return int(one(engine, table.agg(n=table.count()))["n"])


def top_values(
    engine: Engine, table: ibis.Table, variable: Variable, search: str, limit: int = 50
) -> list[tuple[str, int]]:
    """Values of a category that contain a text, most frequent first, with counts."""
    value = text_value(table, variable)
    # Values are counted first: there are fewer of them than customers, and texts are slow to search.
    counts = table.select(value=value).group_by("value").agg(n=ibis._.count())
    found = counts.filter(counts.value.lower().contains(search.lower())).order_by([ibis.desc("n"), "value"])
    return [(str(r["value"]), int(r["n"])) for r in rows(engine, found.limit(limit))]
