"""Columns as programs write them: every cell is empty, or a plain number or ISO date. One aggregate proves it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine
from segscope.intake import numbers
from segscope.intake.cells import Counts, count_if, is_empty, measure
from segscope.intake.report import Kind

GLANCE_ROWS = 2_000
LARGEST_EXACT = 10**15
FIRST_DATE, LAST_DATE = 19_000_101, 21_001_231
PLAIN_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("integer", re.compile(r"-?(?:0|[1-9]\d{0,17})")),
    ("number", re.compile(r"[-+]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d+)?")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
)

Glances = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Plan:
    """How one column will be read: its cleaned text (NULL for missing), the typed value, and what to say about it."""

    column: str
    kind: Kind
    text: ir.StringValue
    value: ir.Value
    present: int
    note: str = ""
    exact: bool = False  # every present value is known to be readable


def glance(engine: Engine, table: ibis.Table, count: int) -> dict[str, list[str]]:
    """Some filled cells of each column, from all over the table: what to try first. It decides nothing by itself."""
    spread = table.filter(table.rowid() % max(1, count // GLANCE_ROWS) == 0)
    cells = engine.fetch(spread).to_pydict()
    return {column: [cell for cell in cells[column] if cell] for column in table.columns}


def evident_plans(engine: Engine, table: ibis.Table, count: int, glances: Glances) -> dict[str, Plan]:
    """Plans for those columns whose every cell is empty or plain; the others need a closer look."""
    guesses = {column: kind for column, cells in glances.items() if (kind := _guess(cells))}
    values = {column: _plain(table[column], kind) for column, kind in guesses.items()}
    wanted: dict[str, dict[str, ir.Scalar]] = {}
    for column, kind in guesses.items():
        text, value = table[column], values[column]
        wanted[column] = {"empty": count_if(is_empty(text)), "read": value.count()}
        if kind != "date":
            wanted[column] |= {"low": value.min(), "high": value.max()}
        if kind == "number":
            wanted[column]["zeros"] = count_if((text >= "00") & (text < "0:"))
        if kind == "number" and all(cell[-4:-3] == "." for cell in glances[column]):
            wanted[column]["thousandths"] = count_if(text.substr(text.length() - 4, 1) == ".")
    plans = {}
    for column, counts in measure(engine, table, wanted).items():
        kind, present = guesses[column], count - counts["empty"]
        if present and counts["read"] == present and not _may_mean_else(kind, counts, present):
            plans[column] = Plan(column, kind, table[column], values[column], present, exact=True)
    return plans


def _guess(cells: Sequence[str]) -> Kind | None:
    return next((kind for kind, form in PLAIN_KINDS if cells and all(map(form.fullmatch, cells))), None)


def _plain(text: ir.StringValue, kind: Kind) -> ir.Value:
    if kind == "integer":
        return numbers.plain_integer(text)
    if kind == "number":
        return text.try_cast("float64")
    iso = (text.length() == 10) & (text.substr(4, 1) == "-")
    return iso.ifelse(text, ibis.null("string")).try_cast("date")


def _may_mean_else(kind: Kind, counts: Counts, present: int) -> bool:
    """Whether plain figures could be codes, dates, or thousands with a point: then the values need a closer look."""
    if kind == "date":
        return False
    low, high = counts["low"], counts["high"]
    if kind == "number":
        exact = low > -LARGEST_EXACT and high < LARGEST_EXACT
        return bool(counts["zeros"]) or counts.get("thousandths") == present or not exact
    days = low >= FIRST_DATE and high <= LAST_DATE
    moments = low >= FIRST_DATE * 10**6 and high <= (LAST_DATE + 1) * 10**6
    return bool(days or moments)
