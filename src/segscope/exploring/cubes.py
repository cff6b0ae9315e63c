"""Cubes of counts: one variable's bins by every other's, so that a brush moves without asking the engine again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
from numpy.typing import NDArray

from segscope.engine import Engine
from segscope.exploring.counts import bin_column
from segscope.exploring.filters import Filters, select
from segscope.exploring.variables import Variable

MAX_SHOWN = 60
Counts = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Cube:
    """Counts of one variable's bins by the bins of others, among the customers that pass every other filter.

    While only this variable's filter changes, and runs along edges of its bins, the counts of the others are sums of
    slices. Cubes of counts for brushing: Moritz, Howe & Heer (2019), Falcon.

    Attributes
    ----------
    own : customers in each bin of the variable, blanks last; shape (bins + 1,)
    slices : by place of another variable; shape (bins + 1, the other's bins + 1), blanks last in both
    """

    own: Counts
    slices: Mapping[int, Counts]

    def to_bytes(self) -> bytes:
        """All counts as unsigned numbers of 32 bits, lowest byte first: own, then the slices in order, row by row.

        >>> Cube(np.array([2, 1], np.uint32), {}).to_bytes()
        b'\\x02\\x00\\x00\\x00\\x01\\x00\\x00\\x00'
        """
        return b"".join(counts.astype("<u4").tobytes() for counts in (self.own, *self.slices.values()))


def count_cube(
    engine: Engine,
    table: ibis.Table,
    variables: Sequence[Variable],
    place: int,
    shown: Sequence[int],
    filters: Filters = (),
) -> Cube:
    """Count one variable against others, in one query.

    Parameters
    ----------
    table : the stored table, with bin columns
    place : of the variable that is brushed, in ``variables``; its own filter is left out
    shown : places of the others
    """
    others = tuple(f for f in filters if f.column != variables[place].column)
    # Against itself, where no other is shown: its own counts come from whatever it is counted with.
    counted = list(shown) or [place]
    chosen = select(table, others, variables)
    # Filters are weighed once for all variables; everybody is counted faster from where the bins are stored.
    found = engine.tally(chosen, [bin_column(p) for p in counted], bin_column(place), hold=bool(others))
    columns = [found[c].to_numpy() for c in ("part", "by", "value", "n")]
    tables = [_filled(columns, i, variables[place].slots, variables[p].slots) for i, p in enumerate(counted)]
    own = tables[0].sum(axis=1, dtype=np.uint32)
    return Cube(own, dict(zip(shown, tables, strict=False)))


def _filled(columns: Sequence[NDArray[np.int64]], part: int, slots: int, other_slots: int) -> Counts:
    counts = np.zeros((slots + 1, other_slots + 1), np.uint32)
    parts, bins, others, n = columns
    mine = parts == part
    counts[bins[mine], others[mine]] = n[mine]
    return counts
