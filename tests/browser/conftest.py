"""A real server in a process of its own, and a real Chromium. Every page must stay free of console errors.

A new server takes five seconds of a processor and a page that is compiled anew two, so both are shared where they can
be: tests that change a study get a copy of their own, lent to a server that many use; pages are opened in one window,
which keeps compiled scripts and forgets all else.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from segscope import samples
from segscope.study import Choices, fit_source
from tests.browser.opening import PATIENCE as PATIENCE
from tests.browser.opening import fresh_page
from tests.browser.opening import patient as patient
from tests.browser.opening import stands_still as stands_still
from tests.browser.serving import Site as Site
from tests.browser.serving import fitted_once, lent, started
from tests.browser.serving import runs_held as runs_held
from tests.browser.serving import start_server as start_server

expect.set_options(timeout=15_000)  # two workers share the machine with their servers and browsers

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


def chromium_path() -> str | None:
    """A Chromium that is on the machine; None lets Playwright use its own."""
    found = os.environ.get("CHROMIUM")
    return found or next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium; its first context is the one that pages are opened in."""
    with sync_playwright() as play:
        window = play.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=chromium_path(),
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
        )
        assert window.browser
        yield window.browser
        window.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, 1440 wide. The test fails on any console error, failed request, or request to another machine."""
    with fresh_page(browser.contexts[0]) as page:
        yield page


# ------------------------------------------------------------------------------------------------ studies


@pytest.fixture(scope="session")
def sample_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(place: Path) -> None:
        samples.write(place / "sample_customers.parquet", 2240)
        fit_source(place / "sample_customers.parquet", place / "sample", Choices(segments=4))

    return fitted_once(tmp_path_factory, "sample", make) / "sample"


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 customers in three segments, for tests that fit them anew: that is quicker than with many."""

    def make(place: Path) -> None:
        samples.write(place / "sample_customers.parquet", 300)
        fit_source(place / "sample_customers.parquet", place / "sample", Choices(segments=3))

    return fitted_once(tmp_path_factory, "small", make) / "sample"


@pytest.fixture(params=["sample", "real"])
def study(request: pytest.FixtureRequest) -> str:
    """Both studies in turn; the real one is skipped, visibly, where its file is absent."""
    if request.param == "real":
        request.getfixturevalue("real_data")
    return str(request.param)


# ------------------------------------------------------------------------------------------------ servers


@pytest.fixture(scope="session")
def site(sample_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the sample study, and the real file's where it is at hand. Tests must not change its studies."""
    folders = [sample_study]
    data = Path(os.environ.get("SEGSCOPE_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    file = data / "marketing_campaign.csv"
    if file.exists():
        made = fitted_once(tmp_path_factory, "real", lambda at: fit_source(file, at / "real", Choices(segments=4)))
        folders.append(made / "real")
    with started(folders) as site:
        yield site


@pytest.fixture(scope="session")
def bench_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="session")
def bench(bench_home: Path) -> Iterator[Site]:
    """A server for studies that change, each for one test."""
    with started([bench_home]) as site:
        yield site


@pytest.fixture
def own_site(bench: Site, bench_home: Path, sample_study: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the sample study, for a test that changes it."""
    with lent(bench, bench_home, sample_study, tmp_path / "sample") as site:
        yield site


@pytest.fixture
def small_site(bench: Site, bench_home: Path, small_study: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the study of 300 customers, for a test that fits them anew."""
    with lent(bench, bench_home, small_study, tmp_path / "sample") as site:
        yield site


@pytest.fixture
def completing_site(small_study: Path, tmp_path: Path) -> Iterator[Site]:
    """The same, on a server that completes the evidence by itself."""
    with started([Path(shutil.copytree(small_study, tmp_path / "sample"))], completes=True) as site:
        yield site
