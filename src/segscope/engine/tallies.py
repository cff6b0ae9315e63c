"""Counting many columns of small whole numbers in one query, in the form that each engine answers quickest."""

from collections.abc import Sequence
from functools import lru_cache

import ibis

BY = "by"
COUNTED = "counted"


def to_count(rows: ibis.Table, columns: Sequence[str], by: str | None) -> ibis.Table:
    """The columns under the names that both forms know: value0, value1, ... and by."""
    if not columns:
        raise ValueError("Name at least one column to count.")
    named = {f"value{i}": rows[column] for i, column in enumerate(columns)}
    return rows.select(**named, **({BY: rows[by]} if by is not None else {}))


@lru_cache(maxsize=256)
def one_after_the_other(number: int, grouped: bool) -> ibis.Table:
    """Each column counted by itself, over a table that is called ``COUNTED``.

    Named after places, so that it is built and compiled once for all. The embedded engine counts small numbers in an
    array, and reads of its own tables only the column at hand.

    >>> one_after_the_other(2, False).columns
    ('part', 'value', 'n')
    """
    names = [*([BY] if grouped else []), *(f"value{i}" for i in range(number))]
    counted = ibis.table(dict.fromkeys(names, "int32"), name=COUNTED)
    parts = []
    for i in range(number):
        keys = {"value": counted[f"value{i}"]} | ({BY: counted[BY]} if grouped else {})
        found = counted.group_by(**keys).agg(n=ibis._.count())
        parts.append(found.select("value", "n", *([BY] if grouped else []), part=ibis.literal(i, "int32")))
    whole = ibis.union(*parts) if number > 1 else parts[0]
    return whole.select("part", "value", "n", *([BY] if grouped else []))


def all_at_once(query: str, number: int, grouped: bool) -> str:
    """The rows read once, each giving one value a column: a cluster answers one such query sooner than many.

    >>> print(all_at_once("SELECT a AS value0 FROM t", 1, False))
    SELECT part, value, count(*) AS n FROM (SELECT posexplode(array(int(value0))) AS (part, value) FROM (SELECT a AS value0 FROM t)) GROUP BY part, value
    """  # noqa: E501 - one query, one line
    values = ", ".join(f"int(value{i})" for i in range(number))
    also = f", {BY}" if grouped else ""
    exploded = f"SELECT posexplode(array({values})) AS (part, value){also} FROM ({query})"
    return f"SELECT part, value, count(*) AS n{also} FROM ({exploded}) GROUP BY part, value{also}"
