"""The figures of the main job, each beside a yardstick in the same run. ``make bench``; nothing here is asserted.

Prints: first paint of the demo, server time of every callback (p95), bytes of a refresh and of the first load, time and
memory of a fit of a million customers, WCSS against scikit-learn's best of 20 starts.
"""

import argparse
import json
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Request, sync_playwright
from scoring import free_port

sys.path.insert(0, str(Path(__file__).parents[1]))

from segscope import samples
from segscope.engine import connect
from segscope.preparation import coordinate, to_model
from segscope.segmentation import to_customers
from segscope.study import Choices, fit_source, read_card, read_fit
from tests.browser.conftest import FLAGS, chromium_path, start_server

ROUNDS = 20


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000, help="size of the large fit; 0 leaves it out")
    wanted = parser.parse_args()
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        first_paint()
        small = small_study(place)
        pages(small, "2,240 sample customers")
        wcss(small, place)
        if wanted.customers:
            pages(large_study(place, wanted.customers), f"{wanted.customers:,} sample customers")


def first_paint() -> None:
    """From the command to the first paint and to the first panel drawn; the bare imports as yardstick."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page()
        port = free_port()
        started = time.perf_counter()
        command = [sys.executable, "-m", "segscope", "demo", "--port", str(port), "--no-browser"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:  # not listening yet
                time.sleep(0.02)
            page.goto(f"http://127.0.0.1:{port}")
            page.wait_for_selector("#stage, .panel", state="visible")
            painted = time.perf_counter() - started
            said = next(line for line in server.stdout if "segscope is at" in line)
            page.goto(said.split()[3])
            page.wait_for_selector(".panel path.chosen", state="attached")
            drawn = time.perf_counter() - started
        finally:
            server.terminate()
            server.wait(10)
        browser.close()
    bare = timed(lambda: subprocess.run([sys.executable, "-c", "import sklearn.cluster, dash, ibis"], check=True))
    print(
        f"demo: first paint (its progress) {painted:.2f} s, dashboard drawn {drawn:.2f} s; "
        f"the bare imports take {bare:.2f} s"
    )


def small_study(place: Path) -> Path:
    """Fit 2,240 sample customers in a process of its own."""
    samples.write(place / "small.parquet", 2240)
    return fitted(place / "small.parquet", place / "small")


def large_study(place: Path, customers: int) -> Path:
    """Fit a large sample in a process of its own, with time and peak memory."""
    samples.write(place / "large.parquet", customers)
    return fitted(place / "large.parquet", place / "large")


def fitted(file: Path, folder: Path) -> Path:
    """Run ``segscope fit`` and print its time and peak memory."""
    command = [sys.executable, "-m", "segscope", "fit", str(file), "--study", str(folder), "--segments", "4"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the fit failed"
    unit = 1024 if sys.platform != "darwin" else 1
    customers = read_card(folder).customers
    print(f"fit of {customers:,} customers: {took:.1f} s, peak memory {usage.ru_maxrss * unit / 1e9:.2f} GB")
    return folder


def pages(folder: Path, title: str) -> None:
    """Use every page in a browser, then ask each callback again, one at a time: server time without the browser's."""
    server, url = start_server([folder])
    try:
        asked: dict[str, str] = {}
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            first_load(page, f"{url}/s/{folder.name}/explore")
            sizes: list[int] = []
            page.on("request", lambda r: keep(r, asked))
            page.on("requestfinished", lambda r: note(r, sizes))
            refreshes = [explore_refresh(page, sizes, i) for i in range(4)]
            for tab in ("data", "clustering", "segments", "insights", "explore"):
                page.goto(f"{url}/s/{folder.name}/{tab}")
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(1500)
            browser.close()
        times = {name: replayed(url, body) for name, body in asked.items()}
        everything = sorted(t for found in times.values() for t in found)
        slowest = sorted(times, key=lambda name: -p95(times[name]))[:3]
        print(
            f"{title}: {len(asked)} callbacks asked {ROUNDS} times each, server time median "
            f"{statistics.median(everything):.0f} ms, p95 {p95(everything):.0f} ms; "
            f"an Explore refresh {max(refreshes) / 1e3:.1f} kB at most before compression"
        )
        print("   slowest: " + "; ".join(f"{name[:60]} p95 {p95(times[name]):.0f} ms" for name in slowest))
    finally:
        server.terminate()
        server.wait(10)


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    ordered = sorted(values)
    return ordered[round(0.95 * (len(ordered) - 1))]


def keep(request: Request, asked: dict[str, str]) -> None:
    """Keep the body of a callback's request, the last of each."""
    if "_dash-update-component" in request.url and request.post_data:
        asked[json.loads(request.post_data)["output"]] = request.post_data


def replayed(url: str, body: str) -> list[float]:
    """Milliseconds of a callback asked several times, one after the other."""
    times = []
    with httpx.Client() as client:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            client.post(f"{url}/_dash-update-component", content=body, headers={"Content-Type": "application/json"})
            times.append(1e3 * (time.perf_counter() - started))
    return times


def first_load(page: Page, url: str) -> None:
    """Bytes over the wire of a first visit."""
    sizes: list[int] = []
    page.on("requestfinished", lambda r: sizes.append(r.sizes()["responseBodySize"]))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    print(f"first load: {sum(sizes) / 1e6:.2f} MB in {len(sizes)} responses")


def note(request: Request, sizes: list[int]) -> None:
    """Keep the size of a callback's answer before compression."""
    if "_dash-update-component" in request.url:
        with suppress(PlaywrightError):  # the page has gone on
            response = request.response()
            sizes.append(len(response.body()) if response else 0)


def explore_refresh(page: Page, sizes: list[int], turn: int) -> int:
    """Click a value and wait for all answers; the bytes of the refresh."""
    before = len(sizes)
    page.locator('.panel[aria-label="Education"] .choice').nth(turn % 4).click()
    for _ in range(200):
        page.wait_for_timeout(50)
        if len(sizes) >= before + 5:
            break
    return sum(sizes[before:])


def wcss(small: Path, place: Path) -> None:
    """Our WCSS against scikit-learn's best of 20 starts, features only standardised."""
    from sklearn.cluster import KMeans

    folder = place / "plain"
    fit = fit_source(place / "small.parquet", folder, Choices(segments=4, transform="none"))
    engine = connect()
    source = engine.scan_parquet("source", folder / read_card(folder).data)
    model = to_model(to_customers(source, fit.recipe), fit.segmentation.preparation)
    columns = [coordinate(i) for i in range(len(fit.recipe.features))]
    table = engine.fetch(model.select(*columns))
    values = np.column_stack([table[c].to_numpy() for c in columns])
    theirs = KMeans(4, n_init=20, random_state=0).fit(values).inertia_
    print(f"WCSS, k = 4: ours {fit.wcss:.6f}, scikit-learn's best of 20 {theirs:.6f}, ratio {fit.wcss / theirs:.9f}")
    _ = read_fit(small, read_card(small))


def timed(work: object) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
    print(json.dumps({"children_peak_memory_kb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
