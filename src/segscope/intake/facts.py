"""Facts about each column of a typed table: what roles, cleaning and profiles are decided from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, columns_at_once, one
from segscope.intake.cells import Counts, measure
from segscope.intake.contents import content_of
from segscope.intake.report import ROW

__all__ = ["ROW", "ColumnFacts", "column_kind", "measure_facts", "sample_rows"]

Kind = Literal["number", "date", "boolean", "text"]
QUARTILES_OF_MANY_ROWS = 8  # a query: they hold a column's different values in memory
MANY_ROWS = 500_000
"""Above, different values are estimated first, which says how to count them; and quartiles are not of identifiers."""
FEW_VALUES = 10_000
"""So many different values of each column are counted in one query; more of them in a query a column."""
SAMPLE_ROWS = 2_000
FEWEST_DIGITS_OF_A_CARD = 13


@dataclass(frozen=True)
class ColumnFacts:
    """One column's facts.

    Attributes
    ----------
    rows, blanks, distinct : counts of customers, blank cells, and different values
    whole : every number is a whole one
    low, high, quarter, median, three_quarters : of a number's values; ``low`` and ``high`` are dates for dates. Among
        over 500,000 customers no quartiles of whole numbers that are all different
    mean_length, at_signs : of a text: mean number of letters, share of values with an @
    content : what the values are, where a sample of them tells it: "e-mail addresses", "card numbers", "sex" ...
    """

    name: str
    kind: Kind
    rows: int
    blanks: int
    distinct: int
    whole: bool = False
    low: float | date | None = None
    high: float | date | None = None
    quarter: float | None = None
    median: float | None = None
    three_quarters: float | None = None
    mean_length: float = 0.0
    at_signs: float = 0.0
    content: str = ""

    @property
    def present(self) -> int:
        """Number of cells that are not blank."""
        return self.rows - self.blanks

    @property
    def tells_apart(self) -> bool:
        """Whether each customer has another whole number, as identifiers are."""
        return self.whole and self.distinct == self.rows


def column_kind(column: ir.Value) -> Kind:
    """The kind of a typed column."""
    kind = column.type()
    if kind.is_boolean():
        return "boolean"
    if kind.is_numeric():
        return "number"
    return "date" if kind.is_date() or kind.is_timestamp() else "text"


def measure_facts(engine: Engine, table: ibis.Table) -> tuple[ColumnFacts, ...]:
    """Compute the facts of every column (but the row number) in a few aggregate queries."""
    names = [c for c in table.columns if c != ROW]
    rows = int(one(engine, table.agg(n=table.count()))["n"])
    if not names:
        return ()
    many = rows > MANY_ROWS
    wanted = {name: _aggregates(engine, table[name], many) for name in names}
    found = measure(engine, table, wanted)
    if many:
        found = _with_counts(engine, table, found)
        found = _with_quartiles(engine, table, found, rows)
    return _with_contents(engine, table, [_facts(table[name], name, rows, found[name]) for name in names])


def _with_counts(engine: Engine, table: ibis.Table, found: Mapping[str, Counts]) -> dict[str, Counts]:
    """Exact counts of different values in place of estimates, which only say how to count."""
    few = {c: {"distinct": engine.distinct(table[c])} for c in found if found[c]["distinct"] <= FEW_VALUES}
    many = {c: {"distinct": table[c].nunique()} for c in found if c not in few}
    counted = measure(engine, table, few) | measure(engine, table, many, at_once=1)
    return {c: {**found[c], **counted[c]} for c in found}


def _with_quartiles(engine: Engine, table: ibis.Table, found: Mapping[str, Counts], rows: int) -> dict[str, Counts]:
    """Quartiles of the numbers, but for whole ones that are all different: those tell customers apart, no more."""
    numbers = [c for c in found if column_kind(table[c]) == "number"]
    unlike = {c for c in numbers if _facts(table[c], c, rows, found[c]).tells_apart}
    wanted = {c: {"quartiles": _quartiles(table[c])} for c in numbers if c not in unlike}
    measured = measure(engine, table, wanted, min(QUARTILES_OF_MANY_ROWS, columns_at_once(rows)))
    return {c: {**found[c], **measured.get(c, {})} for c in found}


def sample_rows(engine: Engine, table: ibis.Table, names: Sequence[str], rows: int, wanted: int) -> dict[str, Any]:
    """The cells of some columns in up to ``wanted`` rows from all over the table, the same rows every time."""
    spread = table.filter(table[ROW] % max(1, -(-rows // wanted)) == 0) if ROW in table.columns else table
    found: dict[str, Any] = engine.fetch(spread.select(*names).limit(wanted)).to_pydict()
    return found


def _with_contents(engine: Engine, table: ibis.Table, facts: Sequence[ColumnFacts]) -> tuple[ColumnFacts, ...]:
    asked = [f.name for f in facts if f.present and (f.kind == "text" or _could_be_cards(f))]
    if not asked:
        return tuple(facts)
    cells = sample_rows(engine, table, asked, facts[0].rows, SAMPLE_ROWS)
    told = {name: content_of([str(c) for c in cells[name] if c is not None]) for name in asked}
    return tuple(replace(f, content=told.get(f.name, "")) for f in facts)


def _could_be_cards(facts: ColumnFacts) -> bool:
    low = facts.low if isinstance(facts.low, float) else 0.0
    return facts.kind == "number" and facts.whole and low >= 10.0 ** (FEWEST_DIGITS_OF_A_CARD - 1)


def _quartiles(column: ir.Value) -> ir.Scalar:
    return column.cast("float64").quantile([0.25, 0.5, 0.75])


def _aggregates(engine: Engine, column: ir.Value, many: bool) -> dict[str, ir.Scalar]:
    kind = column_kind(column)
    result: dict[str, ir.Scalar] = {
        "blanks": column.isnull().sum(),
        "distinct": column.approx_nunique() if many else engine.distinct(column),
    }
    if kind in ("number", "date"):
        result |= {"low": column.min(), "high": column.max()}
    if kind == "number":
        if not many:
            result["quartiles"] = _quartiles(column)
        if not column.type().is_integer():
            # Rounding casts to 64 bits, and 1e300 does not fit.
            result["whole"] = (column.cast("float64") % 1.0 == 0).all()
    if kind == "text":
        result |= {
            "mean_length": column.length().cast("int64").sum(),
            "at_signs": column.contains("@").cast("int64").sum(),
        }
    return result


def _facts(column: ir.Value, name: str, rows: int, found: Counts) -> ColumnFacts:
    blanks = int(found["blanks"] or 0)
    present = max(rows - blanks, 1)
    quarter, median, three_quarters = found.get("quartiles") or (None, None, None)
    return ColumnFacts(
        name=name,
        kind=column_kind(column),
        rows=rows,
        blanks=blanks,
        distinct=int(found["distinct"] or 0),
        whole=bool(found.get("whole", column.type().is_integer() and blanks < rows)),
        low=_plain(found.get("low")),
        high=_plain(found.get("high")),
        quarter=quarter,
        median=median,
        three_quarters=three_quarters,
        mean_length=float(found.get("mean_length") or 0) / present,
        at_signs=float(found.get("at_signs") or 0) / present,
    )


def _plain(value: Any) -> float | date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if value is None or isinstance(value, date) else float(value)
