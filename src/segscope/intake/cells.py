"""Counts over the cells of text columns, many columns in one query; and a cell's text without what means nothing."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, one, rows
from segscope.intake.lexicon import MISSING

EXPRESSIONS_A_QUERY = 300
# One pass over a text, however many words there are.
MISSING_WORD = re.compile(rf"(?i)^(?:{'|'.join(re.escape(word) for word in sorted(MISSING))})$")
EDGES = r"^[\s\x{00a0}\x{202f}\x{feff}]+|[\s\x{00a0}\x{202f}]+$"

Counts = dict[str, Any]


def measure(
    engine: Engine,
    table: ibis.Table,
    wanted: Mapping[str, Mapping[str, ir.Scalar]],
    at_once: int = EXPRESSIONS_A_QUERY,
) -> dict[str, Counts]:
    """Compute aggregates for columns: ``{column: {key: expression}}`` becomes ``{column: {key: value}}``.

    ``at_once``: how many a query; each quartile holds its column in memory.
    """
    flat = [(column, key, value) for column, values in wanted.items() for key, value in values.items()]
    found: dict[str, Counts] = {column: {} for column in wanted}
    todo = iter(flat)
    while part := list(islice(todo, at_once)):
        result = one(engine, table.aggregate(**{f"v{i}": value for i, (_, _, value) in enumerate(part)}))
        for i, (column, key, _) in enumerate(part):
            found[column][key] = result[f"v{i}"]
    return found


def count_if(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Number of records for which a condition holds."""
    return condition.ifelse(ibis.literal(1), ibis.null("int8")).count()


def is_missing(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a cell is empty or holds one of the usual words for missing."""
    return text.isnull() | text.re_search(MISSING_WORD.pattern)


def is_empty(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a cell holds nothing at all."""
    return text.isnull() | (text == "")


def is_padded(text: ir.StringValue) -> ir.BooleanValue:
    """Whether blanks stand around a cell's text."""
    ends = text.endswith(" ") | text.endswith("\t") | text.endswith("\u00a0") | text.endswith("\n")
    return ((text < "!") & (text != "")) | text.startswith("\u00a0") | ends


def without_edges(text: ir.StringValue) -> ir.StringValue:
    """A cell's text without blanks around it, whichever kind of blank."""
    return text.re_replace(EDGES, "")


def commonest(engine: Engine, table: ibis.Table, value: ir.StringValue, limit: int) -> list[tuple[str, int]]:
    """The most frequent values and their counts; equal counts in the order of the values."""
    counted = (
        table.select(value=value).filter(lambda t: t.value.notnull()).group_by("value").aggregate(n=lambda t: t.count())
    )
    ordered = counted.order_by([ibis.desc("n"), "value"]).limit(limit)
    return [(row["value"], row["n"]) for row in rows(engine, ordered)]
