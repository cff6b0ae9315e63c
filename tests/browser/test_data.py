"""Data, used as a person would: read what was found and cleaned, open the ids, search and choose columns."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def row(page: Page, name: str) -> Locator:
    return page.locator(".column-table tr", has=page.locator("td.col-column code", has_text=re.compile(f"^{name}$")))


def opened(page: Page, site: Site, study: str) -> None:
    page.goto(site.page(study, "data"))
    expect(row(page, "Income").locator(".spread")).to_be_visible(timeout=15_000)


def test_the_page_says_what_the_data_are(page: Page, site: Site, study: str) -> None:
    opened(page, site, study)
    facts = page.locator(".data-facts")
    expect(facts).to_contain_text("2,240")
    expect(facts).to_contain_text("and 8 derived")
    expect(facts).to_contain_text("one a row, named by ID")
    expect(facts).to_contain_text(re.compile(r"2014-06-\d\d"))
    synthetic = page.get_by_text("These customers are synthetic")
    if study == "sample":
        expect(synthetic).to_be_visible()
        expect(facts).to_contain_text("Parquet")
    else:
        expect(synthetic).to_have_count(0)
        expect(facts).to_contain_text("tab between fields, UTF-8, names in the first line")
        expect(row(page, "Dt_Customer")).to_contain_text("dates read day first")


def test_cleaning_and_columns_are_said_with_counts(page: Page, site: Site, study: str) -> None:
    opened(page, site, study)
    read_cleaning(page, study)
    read_columns(page)


def read_cleaning(page: Page, study: str) -> None:
    cleaning = page.locator(".data-cleaning")
    expect(cleaning.locator("h2")).to_contain_text("treated")
    expect(cleaning).to_contain_text("implausible")
    expect(cleaning).to_contain_text("rows repeat another row")
    entry = cleaning.locator("li", has_text="in Year_Birth counted as blank").first
    expect(entry.locator(".cleaning-ids")).not_to_be_visible()
    entry.locator("summary").click()
    count = int(entry.locator(".cleaning-count").inner_text())
    expect(entry.locator(".cleaning-ids code")).to_have_count(count)
    if study == "real":
        expect(entry.locator(".cleaning-ids")).to_contain_text("11004")
    expect(cleaning).to_contain_text("Z revenue is left out")


def read_columns(page: Page) -> None:
    income = row(page, "Income")
    expect(income).to_contain_text("measure")
    expect(income).to_contain_text("24")
    expect(income.locator(".spread")).to_have_attribute("aria-label", re.compile("^from .* to .*, median "))
    expect(row(page, "Marital_Status")).to_contain_text("sensitive")
    expect(row(page, "Marital_Status").locator(".spread-parts")).to_have_attribute("aria-label", re.compile("Married"))
    expect(row(page, "AcceptedCmp1")).to_contain_text("% yes")
    expect(row(page, "total_spend").locator("td.col-formula")).to_contain_text("sum(MntWines")
    expect(row(page, "total_spend")).to_contain_text("makes the segments")
    expect(page.locator(".data-families")).to_contain_text("Spend by product")
    expect(page.locator(".data-families .chip.overlaps")).to_have_text("Dealsoverlaps")


def test_searching_and_choosing_leave_only_what_fits(page: Page, site: Site) -> None:
    opened(page, site, "sample")
    search = page.get_by_placeholder("Search name, meaning, note")
    search.fill("acceptedcmp3")
    expect(page.locator("#data-count")).to_have_text("2 of 37 columns, derived ones included")
    expect(row(page, "AcceptedCmp3")).to_be_visible()
    expect(row(page, "Income")).not_to_be_visible()
    search.fill("no such thing")
    expect(page.locator("#data-count")).to_contain_text("No column fits")
    search.fill("")
    page.locator("#data-shown").click()
    page.get_by_role("option", name=re.compile("^Constant")).click()
    expect(page.locator("#data-count")).to_have_text("2 of 37 columns, derived ones included")
    expect(row(page, "Z_Revenue")).to_be_visible()


def test_a_phone_shows_all_of_it_without_scrolling_sideways(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, site, "sample")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(row(page, "MntWines").locator(".spread")).to_be_visible()
