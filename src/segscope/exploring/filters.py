"""Filters: which customers are looked at. A frozen value that can be written in an address and said in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from segscope.engine import LARGEST_NUMBER, Engine, one
from segscope.errors import RecipeError, did_you_mean
from segscope.exploring.counts import bin_column
from segscope.exploring.variables import BLANK, OTHER, Variable, day_text, numeric, text_value
from segscope.formula import EPOCH
from segscope.wording import listed, short

FORMER_COLUMNS = {"__segment_name": "__segment"}  # filters of before segments were known by their ids
WHOLE_BELOW = 2.0**53  # beyond, not every whole number is a float


@dataclass(frozen=True)
class Range:
    """Customers whose value lies from ``low`` to ``high``, both included; None leaves an end open. Blanks are out."""

    column: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Choice:
    """Customers whose value is one of these; ``(blank)`` stands for no value."""

    column: str
    values: tuple[str, ...]


Filters = tuple[Range | Choice, ...]


def parse_filters(state: Mapping[str, Any] | None, variables: Sequence[Variable]) -> Filters:
    """Read the browser's filter state.

    {column: [low, high]} for numbers and dates, {column: {"in": [...]}} for choices.

    Raises
    ------
    RecipeError : for a column that does not exist, or limits that are no numbers or dates
    """
    by_name = {v.column: v for v in variables}
    filters: list[Range | Choice] = []
    for column, wanted in renewed(state or {}, variables).items():
        if column not in by_name:
            raise RecipeError(f"There is no column {column!r} to filter by.{did_you_mean(column, by_name)}")
        found = _parse_one(by_name[column], wanted)
        if found is not None:
            filters.append(found)
    return tuple(filters)


def renewed(state: Mapping[str, Any], variables: Sequence[Variable]) -> dict[str, Any]:
    """A filter state in which what has an id is known by it, not by the name that it had when the state was written.

    >>> segment = Variable("__segment", "Segment", "category", choices=("s1", "s2"), names=("Stars", "Others"))
    >>> renewed({"__segment_name": {"in": ["Stars", "s2"]}, "age": [30, 40]}, [segment])
    {'__segment': {'in': ['s1', 's2']}, 'age': [30, 40]}
    """
    by_name = {v.column: v for v in variables}
    made: dict[str, Any] = {}
    for column, wanted in state.items():
        now = column if column in by_name else FORMER_COLUMNS.get(column, column)
        variable = by_name.get(now)
        if variable and variable.names and isinstance(wanted, Mapping) and isinstance(wanted.get("in"), list):
            ids = dict(zip(variable.names, variable.choices, strict=True))
            wanted = {"in": [v if v in variable.choices else _id_of(v, ids) for v in wanted["in"]]}
        made[now] = wanted
    return made


def _id_of(value: Any, ids: Mapping[str, str]) -> Any:
    return ids.get(value, value) if isinstance(value, str) else value


def _parse_one(variable: Variable, wanted: Any) -> Range | Choice | None:
    if variable.kind == "category":
        values = wanted.get("in") if isinstance(wanted, Mapping) else wanted
        if not isinstance(values, Sequence) or isinstance(values, str) or not all(isinstance(v, str) for v in values):
            raise RecipeError(f"The filter on {variable.label} must be a list of values. Got {wanted!r:.60}.")
        return Choice(variable.column, tuple(values)) if values else None
    if not isinstance(wanted, Sequence) or isinstance(wanted, str) or len(wanted) != 2:
        raise RecipeError(f"The filter on {variable.label} must be a pair of limits. Got {wanted!r:.60}.")
    low, high = (_limit(variable, end) for end in wanted)
    if low is not None and high is not None and low > high:
        raise RecipeError(
            f"The filter on {variable.label} runs from {short(low)} down to {short(high)}: swap the limits."
        )
    return None if low is None and high is None else Range(variable.column, low, high)


def _limit(variable: Variable, end: Any) -> float | None:
    if end is None or end == "":
        return None
    if isinstance(end, str) and variable.kind == "date":
        try:
            return float((date.fromisoformat(end) - EPOCH).days)
        except ValueError:
            raise RecipeError(f"The limit {end!r} on {variable.label} must be a date like 2014-06-29.") from None
    # Python refuses to write out, or to take for a float, an integer of many digits.
    if isinstance(end, int) and abs(end) > LARGEST_NUMBER:
        raise RecipeError(f"The limit on {variable.label} must be a number up to {LARGEST_NUMBER:g}.")
    if isinstance(end, bool) or not isinstance(end, (int, float)) or end != end:
        raise RecipeError(f"The limit {end!r:.40} on {variable.label} must be a number.")
    return float(end)


def select(table: ibis.Table, filters: Filters, variables: Sequence[Variable]) -> ibis.Table:
    """The customers that pass every filter."""
    return table.filter(passes(table, filters, variables)) if filters else table


def passes(table: ibis.Table, filters: Filters, variables: Sequence[Variable]) -> ir.BooleanValue:
    """Whether a customer passes every filter, as an expression."""
    by_name = {v.column: (i, v) for i, v in enumerate(variables)}
    found: ir.BooleanValue = ibis.literal(True)
    for wanted in filters:
        place, variable = by_name[wanted.column]
        if isinstance(wanted, Choice) and bin_column(place) in table.columns and set(wanted.values) <= _named(variable):
            condition = _by_bin(table[bin_column(place)], wanted, variable)
        else:
            condition = _condition(table, wanted, variable)
        found = found & condition
    return found


def _named(variable: Variable) -> set[str]:
    """Values that have a bin of their own."""
    return {*variable.choices, BLANK}


def _by_bin(bin_: ir.IntegerValue, wanted: Choice, variable: Variable) -> ir.BooleanValue:
    """The same for values with a bin: small numbers are compared much faster than texts."""
    slots = {name: i for i, name in enumerate(variable.choices)} | {BLANK: variable.slots}
    return bin_.isin(sorted(slots[value] for value in wanted.values))


def count_each(
    engine: Engine, table: ibis.Table, wanted: Sequence[Filters], variables: Sequence[Variable]
) -> tuple[int, ...]:
    """How many customers pass each of several sets of filters, in one query."""
    if not wanted:
        return ()
    counts = {f"n{i}": passes(table, filters, variables).sum() for i, filters in enumerate(wanted)}
    found = one(engine, table.agg(**counts))
    return tuple(int(found[f"n{i}"] or 0) for i in range(len(wanted)))


def _condition(table: ibis.Table, wanted: Range | Choice, variable: Variable) -> ir.BooleanValue:
    if isinstance(wanted, Range):
        column = table[variable.column]
        # Integers are compared as such: the engine then skips blocks, and casts nothing.
        whole = column.type().is_integer() and all(abs(end or 0.0) < WHOLE_BELOW for end in (wanted.low, wanted.high))
        x = column if whole else numeric(table, variable)
        condition: ir.BooleanValue = x.notnull()
        if wanted.low is not None:
            condition = condition & (x >= (math.ceil(wanted.low) if whole else wanted.low))
        if wanted.high is not None:
            condition = condition & (x <= (math.floor(wanted.high) if whole else wanted.high))
        return condition
    value = text_value(table, variable)
    named = [v for v in wanted.values if v not in (BLANK, OTHER)]
    condition = value.isin(named).fill_null(False) if named else ibis.literal(False)
    if BLANK in wanted.values:
        condition = condition | value.isnull()
    if OTHER in wanted.values:
        condition = condition | (value.notnull() & ~value.isin([c for c in variable.choices if c != OTHER]))
    return condition


def in_words(wanted: Range | Choice, variable: Variable) -> str:
    """A filter as a short phrase.

    >>> in_words(Range("a", 3.0, None), Variable("a", "Age", "number"))
    'Age from 3'
    >>> in_words(Choice("e", ("PhD", "Master")), Variable("e", "Education", "category"))
    'Education PhD or Master'
    """
    if isinstance(wanted, Choice):
        shown = [variable.called(v) for v in wanted.values[:3]]
        shown += [f"{len(wanted.values) - 3} more"] if len(wanted.values) > 3 else []
        return f"{variable.label} {listed(shown, 'or')}"
    low, high = (
        None if v is None else day_text(v) if variable.kind == "date" else short(v) for v in (wanted.low, wanted.high)
    )
    if low is None:
        return f"{variable.label} up to {high}"
    return f"{variable.label} from {low}" if high is None else f"{variable.label} {low} to {high}"
