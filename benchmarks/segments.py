"""What the Segments tab costs the server at any number of customers, beside plain DuckDB in the same run.

    segscope sample --customers 10000000 -o customers.parquet
    segscope fit customers.parquet --study STUDY --segments 4 --quick
    python benchmarks/segments.py --study STUDY

Prints wall and processor time (of all threads) of grid pages, search, one customer, cards, profiles and comparisons, of
everybody and of a selection; and of a full Parquet export, with the peak memory of the process. The yardstick is a
plain DuckDB table in memory with the raw columns, in the order of the source.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from segscope.comparing import choose, compared_columns, count_by_segment
from segscope.exploring import parse_filters
from segscope.exploring.paging import Order
from segscope.intake import ROW
from segscope.segmentation import SEGMENT, STRENGTH
from segscope.study import LiveStudy, open_study
from segscope.study.browsing import Wanted, browse, explain
from segscope.study.lists import customer_list, wanted_filters, write_list
from segscope.study.narrowing import narrowed, with_quartiles
from segscope.web import comparison, segment_cards

TIMES = 5
SELECTION = {"Income": [60_000, None]}
Row = tuple[str, float, float, float]


def timed(work: Callable[[int], Any], times: int = TIMES) -> tuple[float, float, float]:
    """Median and longest wall milliseconds, and median processor milliseconds; the work is told the round."""
    walls, processors = [], []
    for turn in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        work(turn)
        walls.append(1e3 * (time.perf_counter() - wall))
        processors.append(1e3 * (time.process_time() - processor))
    return statistics.median(walls), max(walls), statistics.median(processors)


def show(what: str, mine: tuple[float, float, float], plain: tuple[float, float, float] | None = None) -> None:
    """One row of the table."""
    yardstick = f"{plain[0]:,.0f} ({plain[2]:,.0f})" if plain else ""
    print(f"| {what} | {mine[0]:,.0f} | {mine[1]:,.0f} | {mine[2]:,.0f} | {yardstick} |", flush=True)


def plain_table(live: LiveStudy) -> duckdb.DuckDBPyConnection:
    """The raw columns and the segment in a table of their own, in memory."""
    names = [c.column for c in live.recipe.columns if c.role.value == "measure"]
    wanted = [ROW, SEGMENT, STRENGTH, *dict.fromkeys([str(live.recipe.identifier), *names, *live.recipe.features])]
    batches = live.engine.batches(live.customers.select(*wanted))
    first = next(batches)

    def all_of() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    given = pa.RecordBatchReader.from_batches(first.schema, all_of())  # noqa: F841  DuckDB finds it by its name
    database = duckdb.connect()
    database.execute("CREATE TABLE t AS SELECT * FROM given")
    return database


def peak_gigabytes() -> float:
    """The most memory that this process has held."""
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(found.split()[1]) / 1e6


def measure_grid(live: LiveStudy, database: duckdb.DuckDBPyConnection) -> None:
    """Pages of the grid, first and deep, in several orders, and search."""
    identifier = str(live.recipe.identifier)
    shown = [identifier, *live.recipe.features]
    cells = ", ".join(f'"{c}"' for c in (*shown, SEGMENT, STRENGTH))
    whom = wanted_filters(live, live.fit.segments[1].id)
    size, everybody = live.fit.segments[1].size, live.fit.customers
    where = f'WHERE "{SEGMENT}" = 1'

    def page(order: Order, start: int, filters: Any = whom, search: str = "") -> Callable[[int], Any]:
        return lambda turn: browse(live, Wanted(filters, search, "all", order), shown, start + 100 * turn)

    def plain(condition: str, by: str, start: int) -> Callable[[int], Any]:
        query = f'SELECT {cells} FROM t {condition} ORDER BY {by}"{ROW}" LIMIT 100 OFFSET '
        return lambda turn: database.execute(query + str(start + 100 * turn)).fetchall()

    down = '"total_spend" DESC NULLS LAST, '
    up = '"average_spend" ASC NULLS LAST, '
    cases = [
        ("grid, a segment as in the source, first page", page(Order(), 0), plain(where, "", 0)),
        ("the same, half way down", page(Order(), size // 2), plain(where, "", size // 2)),
        ("by total spend, first page", page(Order("total_spend", True), 0), plain(where, down, 0)),
        ("the same, half way down", page(Order("total_spend", True), size // 2), plain(where, down, size // 2)),
        ("everybody by average spend, first page", page(Order("average_spend"), 0, ()), plain("", up, 0)),
        ("the same, half way down", page(Order("average_spend"), everybody // 2, ()), plain("", up, everybody // 2)),
        (
            "search by the beginning of an id",
            page(Order(), 0, (), "7102"),
            plain(f"WHERE CAST(\"{identifier}\" AS VARCHAR) LIKE '7102%'", "", 0),
        ),
    ]
    for what, mine, yardstick in cases:
        first = timed(mine, 1)
        print(f"| {what}, asked for the first time | {first[0]:,.0f} | | {first[2]:,.0f} | |")
        show(what, timed(lambda turn, again=mine: again(turn + 1)), timed(yardstick))  # type: ignore[misc]
    for view in ("typical", "borderline"):
        shown_view = timed(lambda _, v=view: browse(live, Wanted(whom, "", v), shown), 1)  # type: ignore[misc]
        show(f"the 200 most {view}, asked for the first time", shown_view)
    show("one customer with its reasons", timed(lambda turn: explain(live, everybody // 2 + turn)))


def measure_profiles(live: LiveStudy, database: duckdb.DuckDBPyConnection) -> None:
    """Cards, comparison, radar and densities; everybody's and a selection's."""
    columns = compared_columns(live.recipe, live.fit.profiles)
    groups = choose([s.id for s in live.fit.segments[:2]] + ["everyone"], live.fit.segments)
    numbers = [i for i, v in enumerate(live.variables) if v.kind == "number"]
    compared = [c.column for c in columns if c.column in live.recipe.features]
    show("all cards", timed(lambda _: segment_cards.cards(live.fit, columns)))
    show(
        "comparison of two segments on every variable",
        timed(lambda _: comparison.apart(live.fit.profiles, groups, columns, len(columns))),
        timed(lambda _: database.execute(_moments(live, "")).fetchall(), 2),
    )
    few = {i: live.variables[i] for i in numbers[:9]}
    show(
        "counts behind a radar or nine densities",
        timed(lambda _: count_by_segment(live.engine, live.customers, few, len(live.fit.segments))),
    )
    filters = parse_filters(SELECTION, live.variables)
    chosen: list[LiveStudy] = []
    show(
        "a selection: all means and deviations, first time",
        timed(lambda _: chosen.append(narrowed(live, filters)), 1),
        timed(lambda _: database.execute(_moments(live, 'WHERE "Income" >= 60000')).fetchall(), 2),
    )
    quartiles = ", ".join(f'quantile_cont("{c}", [0.25, 0.5, 0.75])' for c in compared)
    query = f'SELECT "{SEGMENT}", {quartiles} FROM t WHERE "Income" >= 60000 GROUP BY ALL'
    show(
        "the selection: exact quartiles of the features, first time",
        timed(lambda _: with_quartiles(chosen[0], compared), 1),
        timed(lambda _: database.execute(query).fetchall(), 2),
    )
    show(
        "the selection: counts behind nine densities",
        timed(lambda _: count_by_segment(chosen[0].engine, chosen[0].customers, few, len(live.fit.segments))),
    )
    everyone = chosen[0].fit.profiles.everybody.customers
    print(f"\nThe selection (income from 60,000) has {everyone:,} customers.\n")


def _moments(live: LiveStudy, where: str) -> str:
    measures = [c.column for c in live.recipe.columns if c.role.value == "measure"]
    cells = ", ".join(f'avg("{c}"), stddev_pop("{c}"), count("{c}")' for c in measures)
    return f'SELECT "{SEGMENT}", {cells} FROM t {where} GROUP BY ALL'


def measured(work: Callable[[], Any]) -> str:
    """Seconds of wall and processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - wall:.1f} s (processor {time.process_time() - processor:.1f} s)"


def measure_export(live: LiveStudy) -> None:
    """All customers with all columns that leave the house, as Parquet; before the yardstick takes memory."""
    with tempfile.TemporaryDirectory(prefix="segscope-bench-") as place:
        target = Path(place) / "customers.parquet"
        for reason in (False, True):
            found = customer_list(live, (), None, reason)
            took = measured(lambda listed=found: write_list(listed, target))  # type: ignore[misc]
            size = target.stat().st_size / 1e6
            what = f"full Parquet export{' with reasons' if reason else ''}, {len(found.names)} columns, {size:,.0f} MB"
            print(f"| {what} | {took} | peak of the process {peak_gigabytes():.2f} GB |", flush=True)


def copy_export(database: duckdb.DuckDBPyConnection) -> None:
    """The yardstick of the export."""
    columns = len(database.execute("SELECT * FROM t LIMIT 0").description or ())
    with tempfile.TemporaryDirectory(prefix="segscope-bench-") as place:
        query = f"COPY (SELECT * FROM t ORDER BY \"{ROW}\") TO '{place}/t.parquet' (FORMAT parquet, COMPRESSION zstd)"
        took = measured(lambda: database.execute(query))
        print(f"| yardstick of the export: DuckDB's COPY of {columns} columns | {took} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, required=True)
    live = open_study(parser.parse_args().study)
    print(f"{live.fit.customers:,} customers; peak {peak_gigabytes():.2f} GB while the study was opened.\n", flush=True)
    measure_export(live)
    database = plain_table(live)
    heads = ["what", "median ms", "longest ms", "processor ms", "yardstick ms (processor)"]
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    measure_grid(live, database)
    measure_profiles(live, database)
    copy_export(database)
    live.engine.close()


if __name__ == "__main__":
    main()
