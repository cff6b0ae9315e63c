"""Levels: how often each value of a number occurs in each group, in steps finer than a screen, and quartiles of that.

Quartiles of ten million values would have to hold and sort them all. Counts of levels add up, so that a large
selection's are everybody's less those of the few who are not selected. Whole numbers keep their values where a bin
spans no more than 256 of them; other values are taken at the middle of a 256th of a bin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from segscope.engine import Engine
from segscope.exploring.counts import bin_column
from segscope.exploring.pairs import Boxes, slot_name
from segscope.exploring.variables import Bins, Variable, numeric

STEPS = 256  # of a bin
FAR = 3  # lengths of the axis; what lies farther beyond it is taken there
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Levels:
    """Counts of values.

    Attributes
    ----------
    number : the variable
    by : name of a split ("x", "colour" or "facet"), the place of its variable, the variable
    groups : slots of the splits -> levels in rising order and how many customers have each; both of shape (levels,)
    """

    number: Variable
    by: tuple[tuple[str, int, Variable], ...]
    groups: Mapping[tuple[int, ...], tuple[Ints, Ints]]

    def without(self, some: "Levels") -> "Levels":
        """All but some; every level that some have is one of these."""
        return Levels(self.number, self.by, {
            slots: _less(levels, counts, *some.groups[slots]) if slots in some.groups else (levels, counts)
            for slots, (levels, counts) in self.groups.items()
        })  # fmt: skip


def count_levels(
    engine: Engine, selected: ibis.Table, number: Variable, by: Sequence[tuple[str, int, Variable]]
) -> Levels:
    """Count a number's levels by up to three categories, on all selected rows; blanks are left out."""
    bins = _bins(number)
    origin, step = _grid(number)
    most = bins.count * STEPS
    x = numeric(selected, number)
    # Bounded before it is floored: infinities and far values do not fit an integer.
    bounded = ibis.greatest(ibis.least((x - origin) / step, float((1 + FAR) * most)), float(-FAR * most))
    keys = {f"by{i}": selected[bin_column(place)] for i, (_, place, _) in enumerate(by)}
    known = selected.filter(x.notnull() & ~x.isnan())
    counted = known.select(level=bounded.floor().cast("int32"), **keys).group_by([*keys, "level"]).agg(n=ibis._.count())
    found = engine.fetch(counted.order_by([*keys, "level"]))
    levels, n = (found[name].to_numpy().astype(np.int64) for name in ("level", "n"))
    slots = np.array([found[key].to_numpy() for key in keys], dtype=np.int64).reshape(len(keys), len(levels))
    starts = [0, *(np.flatnonzero((np.diff(slots) != 0).any(axis=0)) + 1).tolist(), len(levels)]
    groups = {tuple(slots[:, a].tolist()): (levels[a:b], n[a:b]) for a, b in pairwise(starts) if a < b}
    return Levels(number, tuple(by), groups)


def boxes_of(found: Levels) -> Boxes:
    """Quartiles, and whiskers to the last values within 1.5 interquartile ranges of them (Tukey), of each group."""
    groups = []
    for slots, (levels, counts) in sorted(found.groups.items()):
        kept = counts > 0
        if kept.any():
            nothing: dict[str, Any] = {"x": None, "colour": None, "facet": None}
            named = {name: slot_name(v, slot) for (name, _, v), slot in zip(found.by, slots, strict=True)}
            groups.append(nothing | named | _box(_values(found.number, levels[kept]), counts[kept]))
    return Boxes(tuple(groups))


def _box(values: NDArray[np.float64], counts: Ints) -> dict[str, Any]:
    upto = np.cumsum(counts)
    size = int(upto[-1])
    q1, q2, q3 = (_quantile(values, upto, (size - 1) * share) for share in (0.25, 0.5, 0.75))
    reach = 1.5 * (q3 - q1)
    inside = values[(values >= q1 - reach) & (values <= q3 + reach)]
    low, high = float(inside[0]), float(inside[-1])
    return {"n": size, "low": low, "quarter": q1, "median": q2, "three_quarters": q3, "high": high}


def _quantile(values: NDArray[np.float64], upto: Ints, rank: float) -> float:
    """The value at a rank from 0, between two ranks in proportion."""
    lower = int(rank)
    first, second = (
        float(values[np.searchsorted(upto, r, side="right")]) for r in (lower, min(lower + 1, upto[-1] - 1))
    )
    return first + (rank - lower) * (second - first)


def _less(levels: Ints, counts: Ints, some: Ints, fewer: Ints) -> tuple[Ints, Ints]:
    left = counts.copy()
    left[np.searchsorted(levels, some)] -= fewer
    return levels, left


def _bins(number: Variable) -> Bins:
    return number.bins or Bins(0.0, 1.0, 1, 0.0, 1.0)


def _grid(number: Variable) -> tuple[float, float]:
    """Where level 0 begins, and the step from level to level."""
    bins = _bins(number)
    step = bins.width / STEPS
    return (float(np.floor(bins.low)), max(1.0, step)) if number.whole else (bins.low, step)


def _values(number: Variable, levels: Ints) -> NDArray[np.float64]:
    origin, step = _grid(number)
    exact = number.whole and step == 1.0
    return np.asarray(origin + (levels + (0.0 if exact else 0.5)) * step, dtype=np.float64)
