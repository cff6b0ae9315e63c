"""The Clustering tab, used as a person would: read the verdict, turn the views, fit again, go wrong, stop, go back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.opening import PATIENCE
from tests.browser.serving import runs_held

pytestmark = pytest.mark.browser

# Tests that change a study name own_site before page, so that the page closes before its server does.


def open_tab(page: Page, site: Any, study: str) -> None:
    page.goto(site.page(study, "clustering"))
    for chart in ("wcss", "cloud", "map"):
        expect(page.locator(f"#clustering-{chart} .js-plotly-plot")).to_be_visible(timeout=PATIENCE)


def graph(page: Page, name: str, path: str) -> Any:
    """A part of a chart as Plotly holds it, such as "layout.scene.xaxis.title.text"."""
    return page.evaluate(f"document.querySelector('#clustering-{name} .js-plotly-plot').{path}")


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("textbox", name=field, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_the_page_tells_how_the_segments_were_made(page: Page, site: Any, study: str) -> None:
    open_tab(page, site, study)
    expect(page.locator(".verdict-k")).to_have_text("4")
    expect(page.locator(".verdict-chip .chip")).to_have_text(re.compile("natural|reproducible|constructed"))
    expect(page.locator(".recipe-features li")).to_have_count(4)
    expect(page.locator(".recipe-features")).to_contain_text("days(Dt_Customer")
    expect(page.locator(".methodology")).to_contain_text("k-means into 4 segments")
    expect(page.locator(".sizes li")).to_have_count(4)
    expect(page.locator(".centres .centre")).to_have_count(16)
    sizes = [int(text.replace(",", "")) for text in page.locator(".size-count strong").all_inner_texts()]
    assert sum(sizes) == 2240
    expect(page.locator(".use-k.current")).to_have_text("4")
    assert list(graph(page, "wcss", "data[0].x")) == list(range(1, 13))
    assert len(graph(page, "map", "layout.annotations")) == 4
    expect(page.locator("#clustering-map-title")).to_contain_text("to the right")


def test_axes_and_segments_of_the_cloud_can_be_chosen(page: Page, site: Any) -> None:
    open_tab(page, site, "sample")
    expect(page.locator("#clustering-cloud-note")).to_contain_text("1,000 of 2,240 customers drawn")
    choose(page, "X", "Income")
    page.wait_for_function(
        "document.querySelector('#clustering-cloud .js-plotly-plot').layout.scene.xaxis.title.text === 'Income'"
    )
    assert len(graph(page, "cloud", "data")) == 4
    page.locator(".legend input").first.uncheck()
    page.wait_for_function("document.querySelector('#clustering-cloud .js-plotly-plot').data.length === 3")


def test_another_number_of_segments_and_back(own_site: Any, page: Page) -> None:
    open_tab(page, own_site, "sample")
    expect(page.locator("#rerun-stale")).to_be_hidden()
    choose(page, "Number of segments", "3 segments")
    expect(page.locator("#rerun-stale")).to_be_visible()
    with runs_held(own_site):
        page.keyboard.press("Control+Enter")
        expect(page.locator("#rerun-progress")).to_be_visible()

        # The run goes on while the page is left and loaded again; the header tells so on every page.
        page.get_by_role("link", name="Data", exact=True).click()
        page.reload()
        expect(page.locator(".job-chip")).to_be_visible()
    expect(page.locator(".header-sizes")).to_have_text("2,240 customers · 3 segments", timeout=PATIENCE)
    page.get_by_role("link", name="Clustering", exact=True).click()
    expect(page.locator(".verdict-k")).to_have_text("3", timeout=PATIENCE)
    expect(page.locator(".sizes li")).to_have_count(3)
    expect(page.locator("#rerun-outcome")).to_contain_text("Last run: 3 segments from 4 features", timeout=PATIENCE)

    page.locator("#rerun-undo").click()
    expect(page.locator(".verdict-k")).to_have_text("4", timeout=PATIENCE)
    expect(page.locator(".header-sizes")).to_contain_text("4 segments")
    expect(page.locator("#rerun-undo")).to_be_hidden()


def tick(page: Page, column: str) -> None:
    page.get_by_role("checkbox", name=column, exact=True).click()


def test_features_are_chosen_with_reasons_weights_and_a_proposal(small_site: Any, page: Page) -> None:
    open_tab(page, small_site, "sample")
    expect(page.locator("#choosing-count")).to_contain_text("4 chosen of")
    expect(page.locator("tr", has=page.get_by_role("checkbox", name="Total spend"))).to_contain_text("proposed")
    page.locator("#choosing-search").fill("education")
    expect(page.locator(".choosing-table tbody tr:visible")).to_have_count(1)
    tick(page, "Education")
    expect(page.locator("#choosing-count")).to_contain_text("5 chosen of")
    expect(page.locator("#rerun-stale")).to_be_visible()
    page.locator("#choosing-search").fill("")
    weight = page.get_by_role("spinbutton", name="Weight of Education")
    weight.fill("2")
    weight.press("Control+Enter")
    expect(page.locator("#rerun-outcome")).to_contain_text("Last run: 3 segments from 5 features", timeout=PATIENCE)
    expect(weight).to_have_value("2")
    expect(page.locator(".recipe-features")).to_contain_text("weighs 2 times")

    # The proposal leads back to what was fitted first, which is kept: nothing is computed.
    page.get_by_role("button", name="Use the proposal").click()
    expect(page.locator("#choosing-count")).to_contain_text("4 chosen of")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#rerun-outcome")).to_contain_text("It was kept from before", timeout=PATIENCE)

    # With and without the unusual customers.
    page.get_by_role("button", name="See the segments without them").click()
    expect(page.locator("#unusual-changed")).to_contain_text("adjusted Rand", timeout=PATIENCE)
    expect(page.locator(".unusual-table")).to_contain_text("beyond")


def test_what_goes_wrong_is_said_in_place_and_changes_nothing(own_site: Any, page: Page) -> None:
    open_tab(page, own_site, "sample")
    for feature in ("Days enrolled", "Total spend", "Purchases", "Average spend"):
        tick(page, feature)
    expect(page.locator("#rerun")).to_contain_text("Choose at least one feature to cluster on.")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#rerun-progress")).to_be_hidden()

    # Two different customers cannot make four segments.
    tick(page, "Complain")
    expect(page.locator("#rerun")).not_to_contain_text("Choose at least one feature")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#rerun-outcome")).to_contain_text("The run failed.", timeout=PATIENCE)
    expect(page.locator("#rerun-outcome")).to_contain_text("fewer than the 4 segments asked for")
    expect(page.locator(".verdict-k")).to_have_text("4")

    page.get_by_role("button", name="put them back").click()
    expect(page.locator("#rerun-stale")).to_be_hidden()
    choose(page, "Number of segments", "12 segments")
    with runs_held(own_site):
        page.get_by_role("button", name="Run again").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#rerun-stage")).to_contain_text("Stopping")
    expect(page.locator("#rerun-outcome")).to_contain_text("Cancelled: 12 segments", timeout=PATIENCE)
    expect(page.locator(".verdict-k")).to_have_text("4")
    expect(page.get_by_role("button", name="Run again")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_has_no_sideways_scroll(page: Page, site: Any, scheme: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal, by parametrize
    open_tab(page, site, "sample")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme
