"""Linked brushing: from a move of the pointer to the paint of all panels, until a cube is ready. Nothing is asserted.

Prints a table: brush to paint over the panels in view; a cube ready after the pointer enters a panel, with and without
other filters; the same counts as plain DuckDB group-bys in the same run; bytes. ``--customers 10000000`` for the large.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np
from main_job import fitted, p95
from playwright.sync_api import Page, sync_playwright

from segscope import samples
from segscope.exploring.counts import bin_column
from segscope.study import LiveStudy, open_study
from tests.browser.conftest import FLAGS, chromium_path, start_server

BRUSHED = ("Income", "Age", "Total spend", "Average spend", "Purchases")
FILTERS: Mapping[str, object] = {"Recency": [0, 60], "Education": {"in": ["Graduation", "PhD"]}}
ROUNDS = 7
SECOND_SIZE = 20_000  # customers, to see whether an answer grows with them

# Milliseconds from the event's own time to the paint: what is posted in a frame is delivered once the frame is painted.
MEASURE = """() => {
  window.paints = [];
  document.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.paints.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, true);
}"""
READY = """(name) => {
  const { cubes, state } = window.segscopePanels;
  return cubes.ready(state.meta.find((v) => v.label === name));
}"""
IN_VIEW = "() => window.segscopePanels.inView().map((v) => v.column)"


def main() -> None:
    """Make the studies and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--study", type=Path, help="a study of sample customers that is there already")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = wanted.study or made(place, wanted.customers)
        rows = [*in_the_page(folder), *in_the_engine(folder)]
        sizes = [len(bytes_of(f)) for f in (folder, made(place, SECOND_SIZE))]
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} at the end\n")
    print("| measure | p50 | p95 | n |\n| --- | --- | --- | --- |")
    for label, times in rows:
        print(f"| {label} | {statistics.median(times):.0f} ms | {p95(times):.0f} ms | {len(times)} |")
    print(f"| bytes of a cube of 12 others, before compression: here, and at {SECOND_SIZE:,} customers | {sizes} | | |")


def made(place: Path, customers: int) -> Path:
    """A study of sample customers."""
    file = place / f"{customers}.parquet"
    samples.write(file, customers)
    return fitted(file, place / f"sample-{customers}")


def in_the_page(folder: Path) -> list[tuple[str, list[float]]]:
    """Measure in headless Chromium."""
    server, url = start_server([folder])
    address = f"{url}/s/{folder.name}/explore"
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            ready = [entered(page, address, name) for name in BRUSHED]
            shown = len(page.evaluate(IN_VIEW))
            filtered = f"{address}?f={quote(json.dumps(FILTERS))}"
            ready_filtered = [entered(page, filtered, name) for name in BRUSHED]
            open_page(page, address)
            paints = [t for name in BRUSHED for t in brushed(page, name)]
            browser.close()
    finally:
        server.terminate()
        server.wait(10)
    return [
        (f"brush to paint, {shown} linked panels", paints),
        ("cube ready after the pointer enters, everybody", ready),
        ("cube ready after the pointer enters, two other filters", ready_filtered),
    ]


def open_page(page: Page, address: str) -> None:
    """Open Explore and wait until all is drawn."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector('#explore-count[aria-busy="false"] strong', timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)


def entered(page: Page, address: str, name: str) -> float:
    """Milliseconds from the pointer's entering a panel until its cube can be brushed, the pause of 60 ms included."""
    open_page(page, address)
    box = page.locator(f'.panel[aria-label="{name}"] svg.hist').bounding_box()
    assert box is not None
    page.mouse.move(2, 2)
    started = time.perf_counter()
    page.mouse.move(box["x"] + 5, box["y"] + 30)
    page.wait_for_function(READY, arg=name, polling=5)
    return 1e3 * (time.perf_counter() - started)


def brushed(page: Page, name: str) -> list[float]:
    """Drag over a panel and back; milliseconds from each move to its paint."""
    box = page.locator(f'.panel[aria-label="{name}"] svg.hist').bounding_box()
    assert box is not None
    x, y, width = box["x"], box["y"] + 30, box["width"]
    page.mouse.move(x + width * 0.1, y)
    page.wait_for_function(READY, arg=name)
    page.evaluate(MEASURE)
    page.mouse.down()
    for share in np.concatenate([np.linspace(0.12, 0.95, 40), np.linspace(0.95, 0.2, 40)]):
        page.mouse.move(x + width * float(share), y)
        page.wait_for_timeout(20)
    page.mouse.up()
    found: list[float] = page.evaluate("() => window.paints")
    page.reload()
    open_page(page, page.url.partition("?")[0])
    return found


def in_the_engine(folder: Path) -> list[tuple[str, list[float]]]:
    """The cube's own query through the server's code, and the same counts as plain group-bys: the yardstick."""
    from segscope.exploring import parse_filters, select
    from segscope.exploring.cubes import count_cube

    live = open_study(folder)
    place, shown = twelve(live)
    found: list[tuple[str, list[float]]] = []
    for label, state in (("everybody", {}), ("two other filters", FILTERS)):
        filters = parse_filters(state, live.variables)
        ours = [
            timed(lambda: count_cube(live.engine, live.customers, live.variables, place, shown, filters))  # noqa: B023
            for _ in range(ROUNDS)
        ]
        plain = plain_counts(live, place, shown, select(live.customers, filters, live.variables))
        found += [
            (f"cube of 12 others in the engine, {label}", ours),
            (f"yardstick: the same 12 plain DuckDB group-bys, {label}", plain),
        ]
    return found


def plain_counts(live: LiveStudy, place: int, shown: Sequence[int], chosen: object) -> list[float]:
    """Milliseconds of one plain GROUP BY a pair, one after the other, over the same bins in a database of its own."""
    columns = [bin_column(i) for i in (place, *shown)]
    given = live.engine.fetch(live.customers.select([*columns, *FILTERS]))
    database = duckdb.connect()
    database.execute("CREATE TABLE t AS SELECT * FROM given")
    where = "TRUE" if chosen is live.customers else "Recency BETWEEN 0 AND 60 AND Education IN ('Graduation', 'PhD')"

    def all_pairs() -> None:
        for other in columns[1:]:
            query = f"SELECT {columns[0]}, {other}, count(*) FROM t WHERE {where} GROUP BY ALL"
            database.execute(query).fetchall()

    times = [timed(all_pairs) for _ in range(ROUNDS)]
    del given
    return times


def twelve(live: LiveStudy) -> tuple[int, list[int]]:
    """Income, and the first twelve other variables."""
    place, _ = live.variable("Income")
    return place, [i for i in range(len(live.variables)) if i != place][:12]


def bytes_of(folder: Path) -> bytes:
    """A cube of twelve others, as it is sent."""
    from segscope.exploring.cubes import count_cube

    live = open_study(folder)
    return count_cube(live.engine, live.customers, live.variables, *twelve(live)).to_bytes()


def timed(work: object) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return 1e3 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
