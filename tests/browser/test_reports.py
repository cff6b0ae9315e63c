"""The report, taken from the page and opened without a network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
MARK = b"/Type /Page\n"


def test_a_report_is_taken_from_the_page_and_opens_offline(
    page: Page, browser: Browser, small_site: Site, tmp_path: Path
) -> None:
    page.goto(small_site.page("sample", "segments"))
    page.get_by_text("Report", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Page").click()
    expect(page.get_by_role("link", name="Page")).to_be_hidden()
    file = tmp_path / "report.html"
    download.value.save_as(file)

    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    report, wrong = context.new_page(), list[str]()
    report.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    report.on("pageerror", lambda e: wrong.append(str(e)))
    report.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else wrong.append(r.url))
    report.goto(file.as_uri())
    expect(report.locator("html")).to_have_attribute("data-charts", "drawn")
    places = report.locator(".plot")
    assert places.count() > 10
    assert report.locator(".plot.drawn svg.main-svg").count() >= places.count()
    expect(report.locator("#trouble")).to_be_hidden()

    chart = report.locator("figure", has=report.locator("#standing-s1"))
    chart.get_by_text("Numbers").click()
    expect(chart.get_by_role("table")).to_be_visible()
    narrow = report.locator("#standing-s1").bounding_box()
    assert narrow is not None
    assert narrow["x"] + narrow["width"] <= 390

    # A narrow window's charts are drawn as wide as the paper for the print, and narrow again afterwards.
    report.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = report.evaluate("document.querySelector('#evidence-wcss .main-svg').clientWidth")
    assert on_paper > 600
    report.evaluate("dispatchEvent(new Event('afterprint'))")
    assert report.evaluate("document.querySelector('#evidence-wcss .main-svg').clientWidth") < 390
    pages = report.pdf(prefer_css_page_size=True).count(MARK)
    assert pages >= 8  # cover, glance, three segments, and the parts that follow
    context.close()
    assert not wrong, wrong
