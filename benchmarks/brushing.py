"""Exploring: linked brushing, and what a committed filter costs. Nothing is asserted.

Prints a table: brush to paint over the panels in view, beside twelve Plotly bar charts redrawn; a cube ready after the
pointer enters a panel, with and without other filters; the same counts as plain DuckDB group-bys in the same run; what
a committed filter costs the server, beside twelve plain histograms; bytes, memory, and how many of 200 random filters
give the counts of a direct count. ``--customers 10000000`` for the large.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow.parquet as pq
from main_job import fitted, p95
from playwright.sync_api import Page, Request, Response, sync_playwright
from refreshing import Plain, equal_counts, random_filters, refreshed

from segscope import samples
from segscope.exploring.counts import bin_column
from segscope.study import LiveStudy, open_study
from segscope.web.addresses import slug
from tests.browser.conftest import FLAGS, chromium_path

BRUSHED = ("Income", "Age", "Total spend", "Average spend", "Purchases")
FILTERS: Mapping[str, object] = {"Recency": [0, 60], "Education": {"in": ["Graduation", "PhD"]}}
ROUNDS = 7
REFRESHES, COMPARED = 40, 200  # random filters
PATIENCE = 600_000  # milliseconds: a large study is opened when its page is asked for
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
COLOUR_AND_SIZE = """() => {
  window.dash_clientside.set_props("explore-size", { value: "MntWines" });
  window.dash_clientside.set_props("explore-colour", { value: "Income" });
}"""
# Twelve bar charts of the library that dashboards use, each everybody and a selection in forty bins, drawn anew.
PLOTLY = """async () => {
  const box = document.createElement("div");
  box.style = "position:fixed;inset:0;display:grid;grid-template-columns:repeat(4,1fr);z-index:999;background:white";
  const charts = Array.from({ length: 12 }, () => box.appendChild(document.createElement("div")));
  document.body.append(box);
  const bell = (i) => Math.exp(-(((i - 20) / 8) ** 2));
  const counts = (scale) => Array.from({ length: 40 }, (_, i) => Math.round(scale * 1000 * bell(i)));
  const bars = (scale) => [{ type: "bar", y: counts(1) }, { type: "bar", y: counts(scale) }];
  const layout = { barmode: "overlay", width: 340, height: 280, showlegend: false };
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  for (const chart of charts) await window.Plotly.newPlot(chart, bars(0.5), layout, { staticPlot: true });
  const times = [];
  for (let turn = 0; turn < 40; turn += 1) {
    const started = performance.now();
    const now = bars(0.2 + 0.02 * turn);
    await Promise.all(charts.map((chart) => window.Plotly.react(chart, now, layout, { staticPlot: true })));
    await painted();
    times.push(performance.now() - started);
  }
  box.remove();
  return times;
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
        rows, facts = in_the_page(folder)
        live = open_study(folder)
        rows += [*in_the_engine(live), *committed(live)]
        facts += exactness(live)
        sizes = [len(bytes_of(f)) for f in (folder, made(place, SECOND_SIZE))]
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} at the end\n")
    print("| measure | p50 | p95 | n |\n| --- | --- | --- | --- |")
    for label, times in rows:
        print(f"| {label} | {statistics.median(times):.0f} ms | {p95(times):.0f} ms | {len(times)} |")
    for label, words in facts:
        print(f"| {label} | {words} | | |")
    print(f"| bytes of a cube of 12 others, before compression: here, and at {SECOND_SIZE:,} customers | {sizes} | | |")


def made(place: Path, customers: int) -> Path:
    """A study of sample customers."""
    file = place / f"{customers}.parquet"
    samples.write(file, customers)
    return fitted(file, place / f"sample-{customers}")


def in_the_page(folder: Path) -> tuple[list[tuple[str, list[float]]], list[tuple[str, str]]]:
    """Measure in headless Chromium: times, and what is said in words."""
    server, url = serving(folder)
    address = f"{url}/s/{slug(folder.resolve().name)}/explore"
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE)
            ready = [entered(page, address, name) for name in BRUSHED]
            shown = len(page.evaluate(IN_VIEW))
            filtered = f"{address}?f={quote(json.dumps(FILTERS))}"
            ready_filtered = [entered(page, filtered, name) for name in BRUSHED]
            open_page(page, address)
            paints = [t for name in BRUSHED for t in brushed(page, name)]
            plotly = page.evaluate(PLOTLY)
            sent = [payload(browser.new_page(), address, name) for name in BRUSHED]
            memory = peak_memory(server.pid)
            browser.close()
    finally:
        server.terminate()
        server.wait(10)
    times = [
        (f"brush to paint, {shown} linked panels", paints),
        ("yardstick: twelve Plotly bar charts redrawn", plotly),
        ("cube ready after the pointer enters, everybody", ready),
        ("cube ready after the pointer enters, two other filters", ready_filtered),
    ]
    return times, [
        ("largest refresh, points sized and coloured by a measure, before compression", f"{max(sent) / 1e3:.0f} kB"),
        ("memory of the server, at most", f"{memory / 2**30:.2f} GB"),
        ("the same table as a pandas frame", f"{pandas_bytes(folder) / 2**30:.2f} GB"),
    ]


def serving(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A server of one study, once it answers: a large study takes a minute to load."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "segscope", "serve", str(folder), "--port", str(port)]
    quiet = {**os.environ, "SEGSCOPE_COMPLETE_EVIDENCE": "no"}  # nothing else takes the machine's time
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=quiet)
    url = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return server, url
        time.sleep(0.2)
    raise RuntimeError(f"the server ended with code {server.returncode}")


def open_page(page: Page, address: str) -> None:
    """Open Explore and wait until all is drawn."""
    page.goto("about:blank")
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise RuntimeError(f"no page at {address}")
    page.wait_for_selector('#explore-count[aria-busy="false"] strong')
    page.wait_for_load_state("networkidle")


def entered(page: Page, address: str, name: str) -> float:
    """Milliseconds from the pointer's entering a panel until its cube can be brushed, the pause included."""
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


def payload(page: Page, address: str, name: str) -> int:
    """Bytes of all that the server answers after a filter is committed with the keyboard."""
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    asked: list[Request] = []
    answered: list[int] = []

    def note(response: Response) -> None:
        if "_dash-update-component" in response.url:
            answered.append(len(response.body()))

    page.on("request", lambda request: asked.append(request) if "_dash-update-component" in request.url else None)
    page.on("response", note)
    page.evaluate(COLOUR_AND_SIZE)
    wait_for_quiet(page, asked, answered)
    before = len(answered)
    page.locator(f'.panel[aria-label="{name}"] svg.hist').focus()
    page.keyboard.press("ArrowRight")
    wait_for_quiet(page, asked, answered)
    page.close()
    return sum(answered[before:])


def wait_for_quiet(page: Page, asked: Sequence[Request], answered: Sequence[int]) -> None:
    """Wait until nothing has been asked for a second, and all is answered."""
    seen, still = -1, 0
    while still < 5:
        page.wait_for_timeout(200)
        still = still + 1 if len(asked) == seen == len(answered) else 0
        seen = len(asked)


def peak_memory(process: int) -> int:
    """The largest resident size that a process has had, in bytes. Linux only."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def pandas_bytes(folder: Path) -> int:
    """What the study's customers would take as a pandas frame with texts as objects, from the first of them."""
    file = pq.ParquetFile(next((folder / "data").glob("*.parquet")))
    first = next(file.iter_batches(100_000)).to_pandas()
    texts = first.select_dtypes(exclude=["number", "datetime", "bool"]).columns
    size = first.astype(dict.fromkeys(texts, object)).memory_usage(deep=True).sum()
    return int(size / len(first) * file.metadata.num_rows)


def committed(live: LiveStudy) -> list[tuple[str, list[float]]]:
    """What the server does for a filter, over random filters; and twelve plain histograms each."""
    plain = Plain(live)
    states = random_filters(live, REFRESHES)
    refreshed(live, {})
    parts: dict[str, list[float]] = {}
    totals, plains = [], []
    for state in states:
        found = refreshed(live, state)
        plains.append(plain.twelve(live, state))
        totals.append(sum(found.values()))
        for name, time_ in found.items():
            parts.setdefault(name, []).append(time_)
    return [
        ("a committed filter: every number and chart of the page", totals),
        *((f"of which {name}", times) for name, times in parts.items()),
        ("yardstick: 12 plain filtered histograms", plains),
    ]


def exactness(live: LiveStudy) -> list[tuple[str, str]]:
    """How many random filters give the page's counts that a direct count gives."""
    found = equal_counts(live, Plain(live), random_filters(live, COMPARED, seed=1))
    return [("random filters whose counts equal a direct count", f"{found} of {COMPARED}")]


def in_the_engine(live: LiveStudy) -> list[tuple[str, list[float]]]:
    """The cube's own query through the server's code, and the same counts as plain group-bys: the yardstick."""
    from segscope.exploring import parse_filters, select
    from segscope.exploring.cubes import count_cube

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
