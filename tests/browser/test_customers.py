"""The grid of customers as a person uses it: whose, who first, one by id, why here, and all of them as a file."""

import csv
import io
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

TITLE = "#customers-title"


def open_customers(page: Page, site: Site, query: str = "") -> None:
    page.goto(site.page("sample", "segments") + query)
    page.locator("#customers-card").scroll_into_view_if_needed()
    expect(page.locator(TITLE)).to_contain_text("customer", timeout=30_000)


def cells(page: Page, column: str) -> Locator:
    return page.locator(f'.customers-grid .ag-center-cols-container .ag-row [col-id="{column}"]')


def head(page: Page, name: str) -> Locator:
    return page.locator(".customers-grid .ag-header-cell", has_text=name)


def numbers(found: Locator) -> list[float]:
    return [float(t.replace(",", "")) for t in found.all_inner_texts() if t]


def exported(page: Page) -> list[dict[str, str]]:
    page.locator("#customers-card summary", has_text="Export").click()
    with page.expect_download() as caught:
        page.locator("#customers-csv").click()
    return list(csv.DictReader(io.StringIO(caught.value.path().read_text(encoding="utf-8"))))


def test_pages_come_while_one_scrolls_and_sorts(page: Page, site: Site) -> None:
    open_customers(page, site, "?of=everybody")
    expect(page.locator(TITLE)).to_have_text("2,240 customers")
    spend = head(page, "Total spend")
    field = spend.get_attribute("col-id") or ""
    spend.click()
    expect(spend).to_have_attribute("aria-sort", "descending")
    expect(cells(page, field).first).to_have_text(re.compile(r"^2,[0-9]{3}$"))
    shown = numbers(cells(page, field))
    assert shown == sorted(shown, reverse=True)
    page.locator(".customers-grid .ag-body-viewport").evaluate("e => e.scrollTop = e.scrollHeight")
    last = page.locator('.customers-grid .ag-row[row-index="2239"]').last
    expect(last.locator(f'[col-id="{field}"]')).to_have_text(re.compile(r"^\d{1,2}$"))


def test_one_is_found_by_id_and_told_why_it_is_here(page: Page, site: Site) -> None:
    open_customers(page, site, "?of=everybody")
    found = page.locator('.customers-grid .ag-pinned-left-cols-container .ag-row [col-id="c0"]')
    expect(found.first).to_have_text(re.compile(r"^\d+$"))
    expect(found.nth(2)).to_have_text(re.compile(r"^\d+$"))
    wanted = found.nth(2).inner_text()
    page.locator("#customers-find").fill(wanted)
    expect(page.locator(TITLE)).to_have_text("1 customer")
    expect(page).to_have_url(re.compile(f"id={wanted}"))
    cells(page, "strength").first.click()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(f"Customer {wanted}")
    expect(drawer).to_contain_text("Why this customer is here")
    expect(drawer.locator(".pushes li")).to_have_count(4)
    drawer.get_by_role("button", name="Pin to a segment").click()
    expect(drawer).to_be_hidden()
    expect(page.locator("#hand-customer")).to_have_value(wanted)
    page.locator("#customers-find").fill("nobody")
    expect(page.locator("#customers-note")).to_contain_text("Ids look like")
    expect(page.locator(".customers-grid")).to_be_hidden()


def test_a_card_leads_to_its_customers_and_the_link_shows_the_same(page: Page, site: Site) -> None:
    open_customers(page, site)
    card = page.locator(".segment-card").nth(2)
    name, size = card.locator(".segment-name").inner_text(), card.locator("strong").first.inner_text()
    card.get_by_role("button", name=f"{size} customers").click()
    expect(page.locator(TITLE)).to_have_text(f"{size} customers of {name}")
    page.locator("#customers-view label", has_text="Most borderline").click()
    expect(page.locator(TITLE)).to_have_text(f"The 200 most borderline customers of {name}")
    expect(page).to_have_url(re.compile(r"of=segment:s\d&view=borderline"))
    first = cells(page, "strength").first
    expect(first).to_contain_text("%")
    said = first.inner_text()
    page.goto(page.url)
    page.locator("#customers-card").scroll_into_view_if_needed()
    expect(page.locator(TITLE)).to_have_text(f"The 200 most borderline customers of {name}", timeout=30_000)
    expect(first).to_have_text(said)


def test_all_of_a_segment_as_a_file_with_reasons(page: Page, site: Site) -> None:
    open_customers(page, site, "?of=segment:s2")
    total = int(page.locator(TITLE).inner_text().split()[0].replace(",", ""))
    rows = exported(page)
    assert len(rows) == total
    assert list(rows[0])[:5] == ["ID", "segment", "segment_probability", "second_segment", "reason"]
    assert all(re.search(r"(above|below|as) everyone's|unknown", row["reason"]) for row in rows)
    page.locator("#customers-view label", has_text="Most typical").click()
    expect(page.locator(TITLE)).to_contain_text("The 200 most typical customers of")
    rows = exported(page)
    assert (len(rows), rows[0]["ID"]) == (200, page.locator('.ag-row [col-id="c0"]').first.inner_text())


def test_the_selection_of_explore_can_be_looked_at_alone(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "explore") + '?f={"Education":{"in":["PhD"]}}')
    expect(page.locator("#explore-count")).to_contain_text("of 2,240")
    page.get_by_role("link", name="Segments").click()
    switch = page.get_by_role("switch", name=re.compile("Only the selection from Explore"))
    expect(switch).to_be_enabled()
    size = page.locator(".segment-card strong").first.inner_text()
    page.locator("#customers-card").scroll_into_view_if_needed()
    expect(page.locator(TITLE)).to_contain_text(f"{size} customers of", timeout=30_000)
    page.locator(".segments-only label").first.click()
    expect(page.locator("#segments-only-said")).to_have_text(re.compile(r"^\d+ customers: Education PhD$"))
    expect(page).to_have_url(re.compile(r"\?f="))
    expect(page.locator(TITLE)).not_to_contain_text(f"{size} customers of")
    total = int(page.locator(TITLE).inner_text().split()[0].replace(",", ""))
    assert 0 < total < int(size.replace(",", ""))
