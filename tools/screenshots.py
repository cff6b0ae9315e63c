"""Take the pictures of the README: the sample study's pages in both schemes, into docs/images."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from segscope import samples
from segscope.study import Choices, fit_source
from tests.browser.conftest import FLAGS, chromium_path, start_server

OUT = Path(__file__).parents[1] / "docs" / "images"
SHOTS = [("explore", "light"), ("clustering", "light"), ("segments", "dark"), ("insights", "light"), ("data", "light")]
QUERY = {"explore": "?f=%7B%22Income%22%3A%5B40000%2C80000%5D%7D"}


def main() -> None:
    """Fit the sample, serve it, and shoot each page once it has settled."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        file = Path(place) / "sample_customers.parquet"
        samples.write(file, 2240)
        fit_source(file, Path(place) / "sample", Choices(segments=4))
        server, url = start_server([Path(place) / "sample"])
        try:
            browser = play.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            for tab, scheme in SHOTS:
                page = browser.new_page(viewport={"width": 1440, "height": 1000}, color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(f"{url}/s/sample/{tab}{QUERY.get(tab, '')}")
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(2500)
                page.screenshot(path=str(OUT / f"{tab}.png"))
                page.close()
            browser.close()
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
