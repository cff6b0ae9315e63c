"""Solutions kept side by side, used as a person would: take another k, compare, rename, go back, remove."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.opening import PATIENCE, answers_late

pytestmark = pytest.mark.browser


def test_another_number_is_taken_compared_and_left_again(small_site: Any, page: Page) -> None:
    page.goto(small_site.page("sample", "clustering"))
    expect(page.locator("#clustering-wcss .js-plotly-plot")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#solutions-title")).to_contain_text("one so far")
    page.get_by_role("group", name="Number of segments to use").get_by_text("2", exact=True).click()
    expect(page.locator(".verdict-k")).to_have_text("2", timeout=PATIENCE)
    expect(page.locator("#solutions-title")).to_have_text("2 solutions are kept, of 2 to 3 segments")

    with answers_late(page, "solutions-list.children", "solutions-second.value"):
        # The list is drawn anew between a press and its answer, which counts all the same.
        page.evaluate("['drawn', 'changed'].forEach((n) => dash_clientside.set_props(`solutions-${n}`, { data: n }))")
        page.get_by_role("button", name=re.compile("^Compare with 3 segments")).click()
    expect(page.locator(".solutions-finding")).to_contain_text("adjusted Rand", timeout=PATIENCE)
    expect(page.locator(".solutions-words")).to_contain_text("3 segments are asked for, not 2.")
    expect(page.locator(".flow-table tbody tr")).to_have_count(2)
    counts = [int(text) for text in page.locator(".flow-table tbody td").all_inner_texts() if text.isdecimal()]
    assert sum(counts) == 300

    field = page.get_by_role("textbox", name=re.compile("^Name of 3 segments"))
    field.fill("The <b>first</b> one")
    field.press("Enter")
    expect(page.get_by_role("textbox", name="Name of The <b>first</b> one")).to_be_visible()
    page.get_by_role("button", name="Show The <b>first</b> one").click()
    expect(page.locator(".verdict-k")).to_have_text("3", timeout=PATIENCE)
    page.get_by_role("row", name=re.compile("2 segments")).get_by_text("Remove", exact=True).click()
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.locator("#solutions-title")).to_contain_text("one so far")


def test_the_first_look_is_completed_on_the_page_as_it_stands(small_site: Any, page: Page) -> None:
    page.goto(small_site.page("sample", "clustering"))
    expect(page.locator("#evidence-state")).to_contain_text("First look:", timeout=PATIENCE)
    page.get_by_role("button", name="Complete it").click()
    expect(page.locator("#methods-body table tbody tr")).to_have_count(3, timeout=PATIENCE)
    expect(page.locator("#evidence-state")).to_be_empty()
    expect(
        page.get_by_role("group", name="Gap statistic by number of segments").locator(".point").first
    ).to_be_visible()
    page.get_by_text("All numbers", exact=True).click()
    expect(page.locator("#evidence-table tbody tr").nth(1)).to_contain_text("100")
