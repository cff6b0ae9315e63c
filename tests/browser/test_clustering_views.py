"""The views of the Clustering tab, used as a person would: centres in both units, the map, the path and the tree."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.opening import PATIENCE

pytestmark = pytest.mark.browser


def test_views_follow_what_is_chosen_and_the_path_appears_when_the_evidence_is_complete(
    completing_site: Any, page: Page
) -> None:
    page.goto(completing_site.page("sample", "clustering"))
    expect(page.locator("#clustering-map .js-plotly-plot")).to_be_visible(timeout=PATIENCE)

    cells = page.locator(".centres .centre")
    expect(cells.first).not_to_contain_text("σ")
    page.get_by_text("Standard units").click()
    expect(cells.first).to_contain_text("σ", timeout=PATIENCE)
    expect(page.locator(".everybody-row")).to_contain_text("One σ is")

    title = page.locator("#clustering-map-title")
    expect(title).to_contain_text("to the right", timeout=PATIENCE)
    traces = "document.querySelector('#clustering-map .js-plotly-plot').data.length"
    before = page.evaluate(traces)
    page.get_by_role("switch", name="Customers").check(force=True)
    page.wait_for_function(f"{traces} === {before + 3}", timeout=PATIENCE)
    page.get_by_text("Separating best").click()
    expect(title).to_contain_text("where segments separate best", timeout=PATIENCE)

    # The server completes the evidence by itself: path and tree appear without a reload.
    expect(page.locator("#clustering-path .js-plotly-plot")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".path-steps li").first).to_contain_text("From 1 to 2: Everybody (300) splits in two")
    page.locator(".tree-folded summary").click()
    expect(page.locator("#clustering-tree .js-plotly-plot")).to_be_visible()
    expect(page.locator("#clustering-tree-title")).to_contain_text("Ward's tree keeps", timeout=PATIENCE)
