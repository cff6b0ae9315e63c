"""Scores by quintile that never tell equal customers apart."""

import ibis
import ibis.expr.types as ir

from segscope.engine import Engine, rows
from segscope.transactions.rfm import SCORES

Bounds = tuple[tuple[int, int], ...]
"""Pairs of a score and the lowest value that has it, by score; a score that nobody has is missing."""


def score_bounds(engine: Engine, table: ibis.Table, column: str) -> Bounds:
    """The lowest value of each score 1 to 5 of a column of whole numbers without blanks.

    A value's place is the share of customers below it plus half of the share that has it (its ridit, Bross 1958); the
    score is 1 + floor(5 x place). Without ties that is the quintile; with ties equal values have one score, and a score
    may be missing. The place is always below 1, so no score passes 5.

    >>> import pyarrow as pa
    >>> from segscope.engine import connect
    >>> engine = connect()
    >>> score_bounds(engine, engine.store("t", pa.table({"n": [1, 1, 1, 1, 2, 2, 3, 3, 4, 9]})), "n")
    ((2, 1), (3, 2), (4, 3), (5, 4))
    """
    counts = table.group_by(value=table[column]).agg(equal=table.count().cast("int64"))
    below_or_equal = counts.equal.sum().over(ibis.window(order_by="value", preceding=None, following=0))
    upto = counts.mutate(upto=below_or_equal.cast("int64"), all=counts.equal.sum().over(ibis.window()).cast("int64"))
    # In whole numbers: 5 (below + equal / 2) / all, the division's rest taken off first.
    above, half = SCORES * (2 * upto.upto - upto.equal), 2 * upto["all"]
    scored = upto.select(value="value", score=((above - above % half) / half).cast("int64") + 1)
    lowest = scored.group_by("score").agg(lowest=scored.value.min())
    return tuple((int(r["score"]), int(r["lowest"])) for r in rows(engine, lowest.order_by("score")))


def score(value: ir.NumericValue, bounds: Bounds) -> ir.IntegerValue:
    """The score of a value; ``bounds`` as `score_bounds` returns them."""
    steps = [(value >= lowest, ibis.literal(found, type="int64")) for found, lowest in reversed(bounds[1:])]
    least = ibis.literal(bounds[0][0], type="int64")
    return ibis.cases(*steps, else_=least) if steps else least
