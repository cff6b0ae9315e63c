"""Pairs: the numbers behind a plot of two variables, never more points than a chart can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from segscope.engine import Engine, rows
from segscope.exploring.counts import bin_column
from segscope.exploring.variables import BLANK, Variable, numeric

MAX_POINTS = 1_500
MAX_BOXES = 24


@dataclass(frozen=True)
class Cloud:
    """Customers as points: at most 1,500, drawn by a hash of the customer. ``of`` customers have both values."""

    columns: dict[str, list[Any]]
    shown: int
    of: int


@dataclass(frozen=True)
class Boxes:
    """A number's quartiles, computed on all rows, for each group (and facet).

    ``groups``: dictionaries with x, colour, facet (texts or None), n, low, quarter, median, three_quarters, high;
    low and high are the last values within 1.5 interquartile ranges (Tukey's whiskers).
    """

    groups: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Crosstab:
    """Counts of two categories against each other, shape (rows, columns)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def slot_name(variable: Variable, slot: int) -> str:
    """The name of a category's slot."""
    return variable.choices[slot] if slot < len(variable.choices) else BLANK


def cloud(engine: Engine, sample: ibis.Table, axes: dict[str, tuple[int, Variable]], limit: int = MAX_POINTS) -> Cloud:
    """Draw customers as points.

    Parameters
    ----------
    sample : customers with bin columns, in the order of their hash
    axes : name of an axis -> (place of the variable, variable); numbers and dates come as numbers, categories as names
    """
    wanted = {}
    known = ibis.literal(True)
    for name, (place, variable) in axes.items():
        wanted[name] = sample[bin_column(place)] if variable.kind == "category" else numeric(sample, variable)
        if variable.kind != "category":
            known = known & wanted[name].notnull()
    chosen = sample.filter(known)
    found = engine.fetch(chosen.select(**wanted).limit(limit))
    of = int(rows(engine, chosen.agg(n=chosen.count()))[0]["n"])
    columns = {name: found[name].to_pylist() for name in axes}
    for name, (_, variable) in axes.items():
        if variable.kind == "category":
            columns[name] = [slot_name(variable, slot) for slot in columns[name]]
    return Cloud(columns, found.num_rows, of)


def boxes(engine: Engine, selected: ibis.Table, number: Variable, by: Sequence[tuple[str, int, Variable]]) -> Boxes:
    """Quartiles of a number by up to three categories, named "x", "colour" and "facet", on all selected rows."""
    x = numeric(selected, number)
    chosen = {f"by_{name}": selected[bin_column(place)] for name, place, _ in by} or {"by_nothing": ibis.literal(0)}
    keys = list(chosen)
    table = selected.select(number=x, **chosen).filter(ibis._.number.notnull())
    quartiles = table.group_by(keys).agg(n=ibis._.count(), q=ibis._.number.quantile([0.25, 0.5, 0.75]))
    quartiles = quartiles.mutate(q1=quartiles.q[0], q3=quartiles.q[2])
    joined = table.join(quartiles.select(*keys, "q1", "q3"), keys)
    reach = 1.5 * (joined.q3 - joined.q1)
    inside = joined.filter((joined.number >= joined.q1 - reach) & (joined.number <= joined.q3 + reach))
    whiskers = inside.group_by(keys).agg(low=ibis._.number.min(), high=ibis._.number.max())
    ends = {tuple(r[k] for k in keys): (r["low"], r["high"]) for r in rows(engine, whiskers)}
    groups: list[dict[str, Any]] = []
    for r in rows(engine, quartiles.order_by(keys)):
        slots = tuple(r[k] for k in keys)
        names = {n: slot_name(v, slot) for (n, _, v), slot in zip(by, slots, strict=False)}  # one key without any
        low, high = ends[slots]
        quarter, median, three_quarters = r["q"]
        groups.append(
            {
                "x": None,
                "colour": None,
                "facet": None,
                **names,
                "n": r["n"],
                "low": low,
                "quarter": quarter,
                "median": median,
                "three_quarters": three_quarters,
                "high": high,
            }
        )
    return Boxes(tuple(groups))


def crosstab(
    engine: Engine, selected: ibis.Table, first: tuple[int, Variable], second: tuple[int, Variable]
) -> Crosstab:
    """Counts of two categories against each other, on all selected rows, blanks as a value of their own."""
    a, b = selected[bin_column(first[0])], selected[bin_column(second[0])]
    counted = selected.select(a=a, b=b).group_by(["a", "b"]).agg(n=ibis._.count())
    found = {(r["a"], r["b"]): int(r["n"]) for r in rows(engine, counted)}
    tall, wide = sorted({k[0] for k in found}), sorted({k[1] for k in found})
    counts = tuple(tuple(found.get((i, j), 0) for j in wide) for i in tall)
    return Crosstab(tuple(slot_name(first[1], i) for i in tall), tuple(slot_name(second[1], j) for j in wide), counts)
