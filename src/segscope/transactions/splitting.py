"""Which values of a product or channel have columns of their own."""

from collections.abc import Sequence
from dataclasses import replace

import ibis

from segscope.engine import Engine, exact_sum, fixed_point_scale, one, rows
from segscope.intake.facts import ColumnFacts
from segscope.intake.roles import MAX_CATEGORIES
from segscope.recipe import TransactionLog
from segscope.transactions.candidates import MOST_PARTS
from segscope.transactions.lines import COUNTS, LAST_DAY, MONEY, STANDING, known_text, read_lines, unmapped

USEFUL_SHARE = 0.5


def splitting_column(
    engine: Engine, table: ibis.Table, log: TransactionLog, facts: Sequence[ColumnFacts]
) -> str | None:
    """The column that splits spend best, or None.

    A column with one value splits nothing. Best is the one with the most values among those with 12 or fewer, as each
    has a column of its own; then the one with the fewest values up to 50. With more values (articles, descriptions)
    most of the money would be "other" for everyone, so such a column only counts where its first 12 values hold at
    least half of the spend.
    """
    several = [f for f in facts if f.distinct > 1]
    small = [f for f in several if f.distinct <= MOST_PARTS]
    if small:
        return max(small, key=lambda f: f.distinct).name
    for column in sorted(several, key=lambda f: f.distinct):
        if column.distinct <= MAX_CATEGORIES or _share_of_first(engine, table, log, column.name) >= USEFUL_SHARE:
            return column.name
    return None


def own_values(engine: Engine, table: ibis.Table, log: TransactionLog, column: str) -> tuple[str, ...]:
    """Up to 12 values of a column, those with the most spend first, equals by name. Blanks and returns do not count."""
    return tuple(value for value, _ in _by_spend(engine, table, log, column)[0])


def _share_of_first(engine: Engine, table: ibis.Table, log: TransactionLog, column: str) -> float:
    values, total = _by_spend(engine, table, log, column)
    return sum(spend for _, spend in values) / total if total else 0.0


def _by_spend(engine: Engine, table: ibis.Table, log: TransactionLog, column: str) -> tuple[list[tuple[str, int]], int]:
    """The first values with their spend in steps of a fixed point, and the spend of all values and blanks."""
    log = replace(log, product=None, channel=None, products=(), channels=())
    lines = read_lines(table, log, LAST_DAY)
    counting = lines.filter((lines[STANDING] == COUNTS) & (lines[MONEY] >= 0))
    found = one(engine, counting.agg(n=counting.count(), largest=counting[MONEY].max()))
    scale = fixed_point_scale(float(found["largest"] or 0.0), int(found["n"]))
    key = f"__a{unmapped(table, log).index(column)}"
    spend = counting.group_by(key).agg(spend=exact_sum(counting[MONEY], scale))
    named = spend.select("spend", value=known_text(spend[key]), total=spend.spend.sum().over(ibis.window()))
    first = named.filter(named.value.notnull()).order_by([ibis.desc("spend"), "value"]).limit(MOST_PARTS)
    listed = rows(engine, first)
    return [(r["value"], int(r["spend"])) for r in listed], int(listed[0]["total"]) if listed else 0
