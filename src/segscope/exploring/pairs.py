"""Pairs: the numbers behind a plot of two variables, never more points than a chart can show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt

from segscope.engine import Engine, rows
from segscope.exploring.counts import bin_column
from segscope.exploring.variables import BLANK, Bins, Variable, numeric

MAX_ROWS = 20_000


@dataclass(frozen=True)
class Cloud:
    """Customers as points: name of an axis -> one value a customer, ``shown`` of them."""

    columns: dict[str, list[Any]]
    shown: int


@dataclass(frozen=True, eq=False)
class Density:
    """How many customers lie in each cell of a grid over two variables, counted on all rows.

    Attributes
    ----------
    x, y : centres of the cells (dates as days since 1970-01-01)
    counts : shape (len(y), len(x))
    beyond : customers with both values outside the grid, which ends where the tail begins
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    counts: npt.NDArray[np.int64]
    beyond: int

    @property
    def customers(self) -> int:
        """Customers with both values."""
        return int(self.counts.sum()) + self.beyond

    def without(self, some: "Density") -> "Density":
        """All but some."""
        return Density(self.x, self.y, self.counts - some.counts, self.beyond - some.beyond)

    def within(self, cells: int) -> "Density":
        """The same customers in at most so many cells: neighbours are put together along the longer side.

        >>> Density((0.5, 1.5, 2.5), (0.5,), np.array([[1, 2, 3]]), 0).within(2)
        Density(x=(1.0, 3.0), y=(0.5,), counts=array([[3, 3]]), beyond=0)
        """
        if self.counts.size <= cells:
            return self
        if len(self.x) >= len(self.y):
            return replace(self, x=_halved(self.x), counts=_paired(self.counts, 1)).within(cells)
        return replace(self, y=_halved(self.y), counts=_paired(self.counts, 0)).within(cells)


@dataclass(frozen=True)
class Shapes:
    """How a number is spread in each group: ``groups`` are dictionaries with x, colour, facet and counts, one a bin."""

    groups: tuple[dict[str, Any], ...]


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


def _halved(centres: Sequence[float]) -> tuple[float, ...]:
    step = centres[1] - centres[0]
    return tuple(centre + step / 2 for centre in centres[::2])


def _paired(counts: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
    return np.add.reduceat(counts, np.arange(0, counts.shape[axis], 2), axis=axis)


def slot_name(variable: Variable, slot: int) -> str:
    """The name of a category's slot, as people read it."""
    return variable.shown[slot] if slot < variable.slots else BLANK


def cloud(engine: Engine, sample: ibis.Table, axes: dict[str, tuple[int, Variable]], limit: int = MAX_ROWS) -> Cloud:
    """Draw customers as points.

    Parameters
    ----------
    sample : customers with bin columns, in an order that says nothing of them
    axes : name of an axis -> (place of the variable, variable); numbers and dates come as numbers, categories as names.
        Customers without a value on "x" or "y" are left out
    """
    wanted = {}
    known = ibis.literal(True)
    for name, (place, variable) in axes.items():
        wanted[name] = sample[bin_column(place)] if variable.kind == "category" else numeric(sample, variable)
        if name in ("x", "y"):
            known = known & wanted[name].notnull()
    found = engine.fetch(sample.filter(known).select(**wanted).limit(limit))
    columns = {name: found[name].to_pylist() for name in axes}
    for name, (_, variable) in axes.items():
        if variable.kind == "category":
            columns[name] = [slot_name(variable, slot) for slot in columns[name]]
    return Cloud(columns, found.num_rows)


def thinned(drawn: Cloud, x: Bins, y: Bins, limit: int) -> Cloud:
    """At most so many of the points. Crowded cells of the two variables' bins give up points, lone customers stay.

    Every cell keeps its first points, up to the largest number a cell with which all fit; where even one a cell is too
    many, the first cells that appear. Where points are coloured by category, each colour counts its own, so that few
    among many of another colour stay.

    >>> crowd = Cloud({"x": [0.1, 0.2, 0.3, 5.0], "y": [0.0, 0.0, 0.0, 5.0]}, 4)
    >>> thinned(crowd, Bins(0, 1, 10, 0, 9), Bins(0, 1, 10, 0, 9), 3).columns["x"]
    [0.1, 0.2, 5.0]
    """
    if drawn.shown <= limit:
        return drawn
    cells = _cells(drawn.columns["x"], x) * (y.count + 2) + _cells(drawn.columns["y"], y)
    if any(isinstance(value, str) for value in drawn.columns.get("colour", ())[:1]):
        names, colours = np.unique(drawn.columns["colour"], return_inverse=True)
        cells = cells * len(names) + colours
    _, inverse, sizes = np.unique(cells, return_inverse=True, return_counts=True)
    caps = np.unique(sizes)
    kept_at = np.minimum(sizes[None, :], np.arange(1, caps[-1] + 1)[:, None]).sum(axis=1)
    cap = max(1, int((kept_at <= limit).sum()))
    order = np.argsort(inverse, kind="stable")
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(drawn.shown, dtype=np.int64)
    rank[order] = np.arange(drawn.shown) - np.repeat(starts, sizes)
    kept = np.flatnonzero(rank < cap)[:limit].tolist()
    return Cloud({name: [values[i] for i in kept] for name, values in drawn.columns.items()}, len(kept))


def _cells(values: Sequence[float], bins: Bins) -> npt.NDArray[np.int64]:
    places = np.floor((np.array(values, dtype=float) - bins.low) / bins.width)
    return np.asarray(np.clip(places, -1, bins.count) + 1, dtype=np.int64)


def density(engine: Engine, selected: ibis.Table, x: tuple[int, Variable], y: tuple[int, Variable]) -> Density:
    """Count customers over a grid of the bins of two numbers or dates, on all selected rows."""
    counted = selected.select(
        x=selected[bin_column(x[0])], y=selected[bin_column(y[0])], inside=_inside(selected, x, y)
    )
    counted = counted.filter((counted.x < x[1].slots) & (counted.y < y[1].slots))
    counted = counted.group_by(["x", "y"]).agg(n=ibis._.count(), inside=ibis._.inside.sum())
    found = engine.fetch(counted)
    counts = np.zeros((y[1].slots, x[1].slots), dtype=np.int64)
    inside, n = (found[name].to_numpy().astype(np.int64) for name in ("inside", "n"))
    counts[found["y"].to_numpy(), found["x"].to_numpy()] = inside
    return Density(_centres(x[1]), _centres(y[1]), counts, int((n - inside).sum()))


def _inside(selected: ibis.Table, *axes: tuple[int, Variable]) -> ibis.expr.types.BooleanValue:
    """Whether a customer lies within the bins: the first and the last also hold what is beyond them."""
    inside: ibis.expr.types.BooleanValue = ibis.literal(True)
    for _, variable in axes:
        bins = variable.bins
        if bins is not None and (bins.smallest < bins.low or bins.largest > bins.high):
            value = numeric(selected, variable)
            inside = inside & (value >= bins.low) & (value <= bins.high)
    return inside


def _centres(variable: Variable) -> tuple[float, ...]:
    bins = variable.bins or Bins(0.0, 1.0, 0, 0.0, 0.0)
    return tuple(bins.low + (i + 0.5) * bins.width for i in range(bins.count))


def shapes(
    engine: Engine, selected: ibis.Table, number: tuple[int, Variable], by: Sequence[tuple[str, int, Variable]]
) -> Shapes:
    """Count a number's bins within up to three categories, named "x", "colour" and "facet", on all selected rows."""
    place, variable = number
    keys = {f"by_{name}": selected[bin_column(at)] for name, at, _ in by}
    counted = selected.select(bin=selected[bin_column(place)], **keys)
    counted = counted.filter(counted.bin < variable.slots).group_by([*keys, "bin"]).agg(n=ibis._.count())
    groups: dict[tuple[int, ...], list[int]] = {}
    for r in rows(engine, counted.order_by([*keys, "bin"])):
        counts = groups.setdefault(tuple(r[k] for k in keys), [0] * variable.slots)
        counts[r["bin"]] = int(r["n"])
    nothing = {"x": None, "colour": None, "facet": None}
    named = (
        nothing | {n: slot_name(v, slot) for (n, _, v), slot in zip(by, slots, strict=True)} | {"counts": counts}
        for slots, counts in groups.items()
    )
    return Shapes(tuple(named))


def boxes(engine: Engine, selected: ibis.Table, number: Variable, by: Sequence[tuple[str, int, Variable]]) -> Boxes:
    """Quartiles of a number by up to three categories, named "x", "colour" and "facet", on all selected rows."""
    x = numeric(selected, number)
    chosen = {f"by_{name}": selected[bin_column(place)] for name, place, _ in by} or {"by_nothing": ibis.literal(0)}
    keys = list(chosen)
    table = selected.select(number=x, **chosen).filter(ibis._.number.notnull())
    quartiles = table.group_by(keys).agg(n=ibis._.count(), q=ibis._.number.quantile([0.25, 0.5, 0.75]))
    quartiles = quartiles.select(*keys, "n", q1=quartiles.q[0], q2=quartiles.q[1], q3=quartiles.q[2])
    joined = table.join(quartiles, keys)
    reach = 1.5 * (joined.q3 - joined.q1)
    inside = (joined.number >= joined.q1 - reach) & (joined.number <= joined.q3 + reach)
    found = joined.group_by(keys).agg(
        n=joined.n.max(),
        low=joined.number.min(where=inside),
        quarter=joined.q1.max(),
        median=joined.q2.max(),
        three_quarters=joined.q3.max(),
        high=joined.number.max(where=inside),
    )
    nothing = {"x": None, "colour": None, "facet": None}
    groups = []
    for r in rows(engine, found.order_by(keys)):
        slots = [r.pop(k) for k in keys]
        # One key stands in where there is none to split by.
        groups.append(nothing | {n: slot_name(v, slot) for (n, _, v), slot in zip(by, slots, strict=False)} | r)
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
