"""What a committed filter costs the server: every number and chart of the Explore page, beside plain histograms.

:mod:`brushing` prints it. The yardstick is twelve histograms under the same filter over a plain DuckDB table in memory
of the raw columns, one GROUP BY each; the page counts every variable and draws five cards.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from segscope.exploring import Choice, Filters, Range, Variable, parse_filters
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.web.differing import REST, find_differences
from segscope.web.exploration import associated, selection_counts
from segscope.web.plots import draw_boxes, draw_pair

PLAIN = (
    "Income", "Recency", "MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts",
    "MntGoldProds", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases", "NumWebVisitsMonth",
)  # fmt: skip
CATEGORIES = ("Education", "Marital_Status")
State = Mapping[str, Any]


def random_filters(live: LiveStudy, number: int, seed: int = 0) -> list[State]:
    """Filters on one to three variables, as the page states them: ranges between bins, and one to three values."""
    chance = random.Random(seed)
    found: list[State] = []
    for _ in range(number):
        state: dict[str, Any] = {}
        for column in chance.sample((*PLAIN, *CATEGORIES), chance.randint(1, 3)):
            variable = live.variable(column)[1]
            if variable.bins is None:
                state[column] = {
                    "in": chance.sample(variable.choices, chance.randint(1, min(3, len(variable.choices))))
                }
            else:
                low, high = sorted(chance.sample(range(variable.bins.count + 1), 2))
                ends = [variable.bins.low + place * variable.bins.width for place in (low, high)]
                state[column] = [ends[0] if low else None, ends[1] if high < variable.bins.count else None]
        found.append(state)
    return found


def refreshed(live: LiveStudy, state: State) -> dict[str, float]:
    """Milliseconds of each part of the page after a filter was committed, one after the other."""
    times: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        found = work()
        times[name] = 1e3 * (time.perf_counter() - started)
        return found

    counts = timed("counts of every variable", lambda: selection_counts(live, state))
    timed("how the selection differs", lambda: find_differences(live, counts, REST))
    timed("associations", lambda: associated(live, counts))
    axes = {"x": "Income", "y": "total_spend", "colour": SEGMENT_VARIABLE}
    timed("two measures", lambda: draw_pair(live, counts, axes, "light"))
    timed("measure by category", lambda: draw_boxes(live, counts, "total_spend", {"x": "Education"}, False, "light"))
    return times


class Plain:
    """The raw columns in a DuckDB table of their own, in memory."""

    def __init__(self, live: LiveStudy) -> None:
        self._variables = live.variables
        batches = live.engine.batches(live.customers.select(*PLAIN, *CATEGORIES))
        first = next(batches)

        def all_of() -> Iterator[pa.RecordBatch]:
            yield first
            yield from batches

        given = pa.RecordBatchReader.from_batches(first.schema, all_of())  # noqa: F841  DuckDB finds it by its name
        self._database = duckdb.connect()
        self._database.execute("CREATE TABLE t AS SELECT * FROM given")

    def histogram(self, variable: Variable, state: State) -> list[int]:
        """Customers in each bin, blanks last."""
        bins = variable.bins
        assert bins is not None
        column = f'"{variable.column}"'
        bounded = f"greatest(0, least({bins.count - 1}, floor(({column} - {bins.low}) / {bins.width})))"
        place = f"CASE WHEN {column} IS NULL THEN {bins.count} ELSE {bounded} END"
        query = f"SELECT {place} AS bin, count(*) FROM t WHERE {self._where(state)} GROUP BY 1"
        counts = [0] * (bins.count + 1)
        for bin_, n in self._database.execute(query).fetchall():
            counts[int(bin_)] = n
        return counts

    def twelve(self, live: LiveStudy, state: State) -> float:
        """Milliseconds of twelve histograms."""
        started = time.perf_counter()
        for column in PLAIN:
            self.histogram(live.variable(column)[1], state)
        return 1e3 * (time.perf_counter() - started)

    def _where(self, state: State) -> str:
        filters: Filters = parse_filters(state, self._variables)
        return " AND ".join(_condition(f) for f in filters) or "TRUE"


def _condition(wanted: Range | Choice) -> str:
    if isinstance(wanted, Choice):
        return f'"{wanted.column}" IN ({", ".join(repr(v) for v in wanted.values)})'
    low = -sys.float_info.max if wanted.low is None else wanted.low
    high = sys.float_info.max if wanted.high is None else wanted.high
    return f'"{wanted.column}" BETWEEN {low!r}::DOUBLE AND {high!r}::DOUBLE'


def equal_counts(live: LiveStudy, plain: Plain, states: Sequence[State]) -> int:
    """How many of the filters give the page the counts that a direct count gives, of one variable in turn."""
    equal = 0
    for i, state in enumerate(states):
        variable = live.variable(PLAIN[i % len(PLAIN)])[1]
        direct = plain.histogram(variable, state)
        found = selection_counts(live, state)
        equal += found["counts"][variable.column] == direct and found["selected"] == sum(direct)
    return equal
