"""Pages of a table in any order, at any depth, without sorting it: who stands at places 5,000,000 to 5,000,100?

Customers are counted in cells of what they are ordered by; the counts tell in which cell a place lies, and only that
cell is sorted. A cell that holds too many is counted in finer cells. Counts are kept, so that a page costs one small
query once its neighbourhood is known. Equal values stand in the order of the source; blanks stand last.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Lock
from typing import Any, Protocol, TypeVar, cast

import ibis
import ibis.expr.types as ir

from segscope.engine import LARGEST_NUMBER, Engine, one
from segscope.exploring.variables import as_days
from segscope.features import as_number
from segscope.intake import ROW

KEY = "__key"
EPOCH_TIME = "1970-01-01 00:00:00"
CELLS = 2048
TEXT_CELLS = 4096
ROWS_A_CELL = 65_536
SORTED_AT_ONCE = 70_000  # above ROWS_A_CELL: cells of rows are always sorted at once
TOP_UP_TO = 1_000  # so far down, the engine's own search for the first ones is quicker than counting
LETTERS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32)
KEPT = 48
Result = TypeVar("Result")


@dataclass(frozen=True)
class Order:
    """By what customers are ordered; by default as they stand in the source."""

    column: str = ROW
    descending: bool = False


def sort_key(column: ir.Value) -> ir.Value:
    """What a column is ordered by: itself, or as text where it is neither a number, a flag, a day or a time."""
    kind = column.type()
    known = kind.is_numeric() or kind.is_boolean() or kind.is_date() or kind.is_timestamp() or kind.is_string()
    return column if known else column.cast("string")


def _position(key: ir.Value) -> ir.FloatingValue:
    """A number that grows with a key that is no text."""
    if key.type().is_timestamp():
        return key.delta(ibis.timestamp(EPOCH_TIME), unit="microsecond").cast("float64")
    return as_days(key) if key.type().is_date() else as_number(key)


# ------------------------------------------------------------------------------------------------ cells


class _Cut(Protocol):
    """How customers are cut into cells that follow each other as their keys do."""

    def cell(self, table: ibis.Table) -> ir.Value:
        """The cell of a customer; blank for a blank key."""

    def finer(self, low: Any, high: Any) -> "_Cut | None":
        """How a cell is cut whose smallest and largest key these are; None where it cannot be."""


@dataclass(frozen=True)
class _ByRow:
    """By place in the source: for customers whose keys are equal."""

    def cell(self, table: ibis.Table) -> ir.Value:
        return table[ROW] // ROWS_A_CELL

    def finer(self, low: Any, high: Any) -> _Cut | None:
        return None


@dataclass(frozen=True)
class _ByNumber:
    """By equal steps from one number to another.

    ``bounded``: there are infinities or values beyond; these are in the first or the last cell.
    """

    low: float
    high: float
    bounded: bool = False

    def cell(self, table: ibis.Table) -> ir.Value:
        x, width = _position(table[KEY]), self.high - self.low
        step = (x - self.low) * (CELLS / width if width else 1.0)
        if not self.bounded:
            return step.floor().cast("int32")
        # Bounded before it is floored: infinities and NaN do not fit an integer.
        within = ibis.greatest(ibis.least(step, float(CELLS)), -1.0).floor().cast("int32")
        return table[KEY].isnull().ifelse(ibis.null("int32"), within)

    def finer(self, low: Any, high: Any) -> _Cut | None:
        if low == high:
            return _ByRow()
        inside = _ByNumber(float(low), float(high))
        return inside if -LARGEST_NUMBER <= inside.low < inside.high <= LARGEST_NUMBER else None


@dataclass(frozen=True)
class _ByText:
    """By so many first letters; by the whole text where there are 0."""

    letters: int

    def cell(self, table: ibis.Table) -> ir.Value:
        return table[KEY].left(self.letters) if self.letters else table[KEY]

    def finer(self, low: Any, high: Any) -> _Cut | None:
        return _ByText(self.letters + 2 if self.letters < LETTERS[-1] else 0) if self.letters else _ByRow()


@dataclass(eq=False)
class _Level:
    """Customers counted in cells, from the lowest key to the highest; the blanks' cell (None) is the last.

    Attributes
    ----------
    lows, highs : smallest and largest key of each cell, of numbers
    finer : levels of cells that hold too many, by their place
    """

    table: ibis.Table
    cut: _Cut
    cells: list[Any]
    counts: list[int]
    lows: list[Any]
    highs: list[Any]
    finer: dict[int, "_Level | None"] = field(default_factory=dict)

    def places(self, descending: bool) -> list[int]:
        """The cells in order; blanks last either way."""
        found = [i for i, cell in enumerate(self.cells) if cell is not None]
        return [*(reversed(found) if descending else found), *range(len(found), len(self.cells))]

    def within(self, first: int, last: int) -> ibis.Table:
        """The customers of a cell, or of some that follow each other."""
        cell, low, high = self.cut.cell(self.table), self.cells[first], self.cells[last]
        if isinstance(self.cut, _ByRow):
            return self.table.filter(self.table[ROW].between(low * ROWS_A_CELL, (high + 1) * ROWS_A_CELL - 1))
        if high is not None and self.lows and self.table[KEY].type().is_numeric():
            # The same customers by their keys themselves: quicker to compare, and the engine passes over blocks.
            return self.table.filter(self.table[KEY].between(self.lows[first], self.highs[last]))
        if high is None:
            return self.table.filter(cell.isnull() if first == last else cell.isnull() | (cell >= low))
        return self.table.filter(cell == low if first == last else cell.between(low, high))


class Pager:
    """Finds pages of customers, and remembers what it counted.

    Parameters
    ----------
    sample : some of the customers, with the same columns; tells how texts are best cut into cells
    """

    def __init__(self, engine: Engine, sample: ibis.Table) -> None:
        self._engine = engine
        self._sample = sample
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def total(self, table: ibis.Table, which: Hashable) -> int:
        """How many customers there are. ``which`` tells this table from others."""
        return sum(self._level(table, which, ROW).counts)

    def rows(self, table: ibis.Table, which: Hashable, order: Order, start: int, count: int) -> tuple[int, ...]:
        """ROW of the customers from a place on, in order; fewer than asked for at the end."""
        if order.column != ROW and start + count <= TOP_UP_TO:
            return self._sorted(_keyed(table, order.column), order.descending, start, count)
        level = self._level(table, which, order.column)
        return self._find(level, order.descending, start, min(count, sum(level.counts) - start))

    def _find(self, level: _Level, descending: bool, start: int, count: int) -> tuple[int, ...]:
        """The customers at some places of a level: sorted together where they are few, cell by cell where not."""
        if count <= 0:
            return ()
        ordered = level.places(descending)
        ends = list(accumulate(level.counts[i] for i in ordered))
        first = next(i for i, end in enumerate(ends) if end > start)
        last = next(i for i, end in enumerate(ends) if end >= start + count)
        before = ends[first - 1] if first else 0
        touched = ordered[first : last + 1]
        parted = descending and first < last and level.cells[touched[-1]] is None
        if ends[last] - before <= SORTED_AT_ONCE and not parted:
            return self._sorted(level.within(min(touched), max(touched)), descending, start - before, count)
        found: list[int] = []
        for place, end in zip(touched, ends[first : last + 1], strict=True):
            skip = max(start - (end - level.counts[place]), 0)
            part = min(count - len(found), level.counts[place] - skip)
            finer = self._finer(level, place)
            if finer is None:
                found += self._sorted(level.within(place, place), descending, skip, part)
            else:
                found += self._find(finer, descending and not isinstance(finer.cut, _ByRow), skip, part)
        return tuple(found)

    def _finer(self, level: _Level, place: int) -> _Level | None:
        if level.counts[place] <= SORTED_AT_ONCE:
            return None
        if place not in level.finer:
            ends = (level.lows[place], level.highs[place]) if level.lows else (None, None)
            cut = level.cut.finer(*ends) if level.cells[place] is not None else _ByRow()
            level.finer[place] = self._counted(level.within(place, place), cut) if cut else None
        return level.finer[place]

    def _level(self, table: ibis.Table, which: Hashable, column: str) -> _Level:
        def compute() -> _Level:
            return self._counted(table.select(ROW), _ByRow()) if column == ROW else self._cut(table, column)

        return self.remember((which, column), compute)

    def remember(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Compute something once; what was not asked for lately is forgotten."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(Result, self._kept[key])
        made = compute()  # two who ask at once may both compute it; nobody waits for another's
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def _cut(self, table: ibis.Table, column: str) -> _Level:
        keyed = _keyed(table, column)
        if keyed[KEY].type().is_string():
            return self._counted(keyed, _ByText(self._letters(_keyed(self._sample, column))))
        return self._counted(keyed, self._steps(_position(keyed[KEY]), keyed))

    def _steps(self, x: ir.FloatingValue, keyed: ibis.Table) -> _ByNumber:
        ends = one(self._engine, keyed.agg(low=x.min(), high=x.max()))
        low, high = float(ends["low"] or 0), float(ends["high"] or 0)
        if -LARGEST_NUMBER <= low <= high <= LARGEST_NUMBER:
            return _ByNumber(low, high)
        usual = x.between(-LARGEST_NUMBER, LARGEST_NUMBER)
        ends = one(self._engine, keyed.agg(low=x.min(where=usual), high=x.max(where=usual)))
        return _ByNumber(float(ends["low"] or 0), float(ends["high"] or 0), bounded=True)

    def _counted(self, table: ibis.Table, cut: _Cut) -> _Level:
        asked = {"n": ibis._.count()}
        if isinstance(cut, _ByNumber):
            # Whole numbers as they are: not all of them are floats, and equal ones are told by their ends.
            x = table[KEY] if table[KEY].type().is_integer() else _position(table[KEY])
            asked |= {"low": x.min(), "high": x.max()}
        cells = table.group_by(cell=cut.cell(table)).agg(**asked)
        found = self._engine.fetch(cells.order_by(ibis.asc("cell", nulls_first=False))).to_pydict()
        return _Level(table, cut, found["cell"], found["n"], found.get("low", []), found.get("high", []))

    def _letters(self, sample: ibis.Table) -> int:
        """How many first letters cut texts into enough cells and not too many; 0 for whole texts."""
        text = sample[KEY]
        asked = {f"n{n}": text.left(n).nunique() for n in LETTERS}
        found = one(self._engine, sample.agg(n0=text.nunique(), **asked))
        return next((n for n in (0, *reversed(LETTERS)) if found[f"n{n}"] <= TEXT_CELLS), 1)

    def _sorted(self, table: ibis.Table, descending: bool, start: int, count: int) -> tuple[int, ...]:
        by = ibis.desc if descending else ibis.asc
        key = [by(KEY, nulls_first=False)] if KEY in table.columns else []
        found = table.order_by([*key, ROW]).select(ROW).limit(count, offset=start)
        return tuple(self._engine.fetch(found)[ROW].to_pylist())


def _keyed(table: ibis.Table, column: str) -> ibis.Table:
    return table.select(ROW, **{KEY: sort_key(table[column])})
