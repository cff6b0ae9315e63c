"""A real server in a process of its own, and a real Chromium. Every page must stay free of console errors."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from segscope import samples
from segscope.study import Choices, fit_source

expect.set_options(timeout=15_000)  # two workers share the machine with their servers and browsers
PATIENCE = 60_000  # for what computes: a page that is opened, a run

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
LOCAL = {"127.0.0.1", "localhost", ""}

# Whether a page stands still: laid out, its callbacks answered, its charts drawn, for three frames running.
STANDS_STILL = """() => {
  if (!document.getElementById("react-entry-point")) return true;
  const busy = () => {
    if (!window.store) return true;
    const { isLoading, appLifecycle, callbacks } = window.store.getState();
    const waiting = ["requested", "prioritized", "blocked", "executing", "watched", "executed"];
    return isLoading || appLifecycle !== "HYDRATED" || waiting.some((kind) => callbacks[kind].length)
      || !document.querySelector("#page > *")
      || [...document.querySelectorAll(".dash-graph--pending")].some((graph) => graph.checkVisibility());
  };
  window.framesStill = busy() ? 0 : (window.framesStill || 0) + 1;
  return window.framesStill >= 3;
}"""


@dataclass(frozen=True)
class Site:
    """A running server and where its studies are."""

    url: str
    pid: int = 0

    def page(self, study: str, tab: str) -> str:
        """Address of a tab of a study ("sample" or "real")."""
        return f"{self.url}/s/{study}/{tab}"


def is_local(url: str) -> bool:
    """Whether a request stays on this machine."""
    return (urlparse(url).hostname or "") in LOCAL


def chromium_path() -> str | None:
    """A Chromium that is on the machine; None lets Playwright use its own."""
    found = os.environ.get("CHROMIUM")
    return found or next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield opened
        opened.close()


def stands_still(page: Page) -> None:
    """Wait until a page can be used as it stands: nothing that is still to come moves it or closes a menu on it.

    Opening and reloading a page wait by themselves; a test says it where a tab is changed, or a callback redraws much.
    """
    page.evaluate("window.framesStill = 0")
    page.wait_for_function(STANDS_STILL, timeout=PATIENCE)


def patient(page: Page) -> Page:
    """A page whose ``goto`` and ``reload`` return when the page stands still, so that no test can be too early."""
    goto, reload = page.goto, page.reload

    def opened(*wanted: Any, **options: Any) -> Any:
        answer = goto(*wanted, **options)
        stands_still(page)
        return answer

    def opened_again(**options: Any) -> Any:
        answer = reload(**options)
        stands_still(page)
        return answer

    page.goto, page.reload = opened, opened_again  # type: ignore[method-assign]  # for this page only
    page.set_default_timeout(15_000)
    return page


@contextmanager
def runs_held(site: Site) -> Iterator[None]:
    """No run of a server gets on meanwhile, so that it can be looked at: what runs are forked from is stopped."""
    processes: list[int] = []
    until = time.monotonic() + PATIENCE / 1000
    while sys.platform == "linux" and not processes and time.monotonic() < until:
        children = Path(f"/proc/{site.pid}/task").glob("*/children")
        every = [int(pid) for file in children for pid in file.read_text(encoding="ascii").split()]
        processes = [pid for pid in every if b"multiprocessing.forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        time.sleep(0.05)
    assert processes or sys.platform != "linux", "the server has not got ready for runs"
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def start_server(folders: list[Path], completes: bool = False) -> tuple[subprocess.Popen[str], str]:
    """A server on studies. ``completes``: it completes their evidence by itself, which takes the machine's time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "segscope.cli", "serve", *map(str, folders), "--port", str(port)]
    own = {**os.environ, "SEGSCOPE_COMPLETE_EVIDENCE": "yes" if completes else "no"}
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, env=own)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1) as answer:
                if answer.status == 200:
                    return server, url
        except OSError:
            time.sleep(0.1)
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with code {server.returncode}")
    server.terminate()
    raise RuntimeError("the server did not answer in 30 seconds")


@pytest.fixture(scope="session")
def sample_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("studies")
    file = place / "sample_customers.parquet"
    samples.write(file, 2240)
    fit_source(file, place / "sample", Choices(segments=4))
    return place / "sample"


@pytest.fixture(scope="session")
def site(sample_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the sample study, and the real file's where it is at hand. Tests must not change its studies."""
    folders = [sample_study]
    data = Path(os.environ.get("SEGSCOPE_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    file = data / "marketing_campaign.csv"
    if file.exists():
        folders.append(tmp_path_factory.mktemp("studies") / "real")
        fit_source(file, folders[-1], Choices(segments=4))
    server, url = start_server(folders)
    yield Site(url, server.pid)
    server.terminate()
    server.wait(10)


def served_copy(study: Path, place: Path, completes: bool = False) -> Iterator[Site]:
    """A server with a copy of a study, for as long as it is iterated over."""
    shutil.copytree(study, place)
    server, url = start_server([place], completes)
    yield Site(url, server.pid)
    server.terminate()
    server.wait(10)


@pytest.fixture
def own_site(sample_study: Path, tmp_path: Path) -> Iterator[Site]:
    """A server with a copy of the sample study of its own, for tests that change it."""
    yield from served_copy(sample_study, tmp_path / "sample")


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    samples.write(place / "sample_customers.parquet", 300)
    fit_source(place / "sample_customers.parquet", place / "sample", Choices(segments=3))
    return place / "sample"


@pytest.fixture
def small_site(small_study: Path, tmp_path: Path) -> Iterator[Site]:
    """A server with 300 customers of its own, for tests that fit them anew: that is quicker than with many."""
    yield from served_copy(small_study, tmp_path / "sample")


@pytest.fixture
def completing_site(small_study: Path, tmp_path: Path) -> Iterator[Site]:
    """The same, and the server completes the evidence by itself."""
    yield from served_copy(small_study, tmp_path / "sample", completes=True)


@pytest.fixture(params=["sample", "real"])
def study(request: pytest.FixtureRequest) -> str:
    """Both studies in turn; the real one is skipped, visibly, where its file is absent."""
    if request.param == "real":
        request.getfixturevalue("real_data")
    return str(request.param)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, 1440 wide. The test fails on any console error, failed request, or request to another machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = patient(context.new_page())
    wrong: list[str] = []
    opened.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: wrong.append(str(e)))
    opened.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    opened.on(
        "request", lambda r: None if (urlparse(r.url).hostname or "") in LOCAL else wrong.append(f"outside: {r.url}")
    )
    yield opened
    context.close()
    assert not wrong, wrong
