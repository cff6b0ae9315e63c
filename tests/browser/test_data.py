"""Data, used as a person would: read what was found and cleaned, open the ids, search and choose columns."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.opening import PATIENCE

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
    expect(row(page, "total_spend").get_by_role("switch")).to_have_attribute("aria-checked", "true")
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


# ------------------------------------------------------------------------------------------------ deciding otherwise


def bar(page: Page) -> Locator:
    return page.locator("#draft-bar")


def choose(page: Page, kind: str, name: str, value: str) -> None:
    page.locator(f'select[data-change="{kind}"][data-name="{name}"]').select_option(value)


def run(page: Page) -> None:
    before = page.evaluate("() => JSON.parse(sessionStorage.getItem('draft-kept')).study.fit")
    bar(page).get_by_role("button", name="Run again").click()
    expect(bar(page)).not_to_be_visible(timeout=PATIENCE)
    expect(page.locator(".spread").first).to_be_visible(timeout=PATIENCE)
    assert before


def test_a_role_is_changed_undone_redone_and_run(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    choose(page, "role", "MntGoldProds", "ignored")
    expect(bar(page)).to_contain_text("1 change not run yet")
    expect(bar(page)).to_contain_text("Gold spend is ignored.")
    expect(bar(page)).to_contain_text("still show the data before these changes")
    page.keyboard.press("Control+z")
    expect(bar(page)).to_contain_text("Nothing is changed any more")
    expect(page.locator('select[data-change="role"][data-name="MntGoldProds"]')).to_have_value("measure")
    bar(page).get_by_role("button", name="Redo").click()
    expect(bar(page)).to_contain_text("Gold spend is ignored.")
    run(page)
    expect(page.locator('select[data-change="role"][data-name="MntGoldProds"]')).to_have_value("ignored")
    expect(page.locator(".data-families")).not_to_contain_text("Gold")


def test_changes_wait_while_the_page_is_left_and_loaded_again(site: Site, page: Page) -> None:
    opened(page, site, "sample")
    choose(page, "role", "Complain", "ignored")
    expect(bar(page)).to_contain_text("Complain is ignored.")
    page.get_by_role("link", name="Explore").click()
    expect(bar(page)).to_have_count(0)
    page.get_by_role("link", name="1 change not run yet").click()
    expect(bar(page)).to_contain_text("Complain is ignored.")
    page.reload()
    expect(bar(page)).to_contain_text("Complain is ignored.")
    expect(page.locator('select[data-change="role"][data-name="Complain"]')).to_have_value("ignored")
    bar(page).get_by_role("button", name="Discard").click()
    expect(page.locator('select[data-change="role"][data-name="Complain"]')).to_have_value("flag")


def test_a_formula_says_what_it_comes_to_and_becomes_a_column(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    page.locator("#formula-text").fill("ratio(MntWines, total_spnd)")
    expect(page.locator("#formula-found")).to_contain_text("Did you mean total_spend?")
    expect(page.locator("#formula-add")).to_be_disabled()
    page.locator("#formula-text").fill("ratio(MntWines, total_spend)")
    expect(page.locator("#formula-found")).to_contain_text("From 0 to")
    page.locator("#formula-name").fill("wine share")
    page.locator("#formula-add").click()
    expect(bar(page)).to_contain_text("wine share = ratio(MntWines, total_spend) is added.")
    run(page)
    expect(row(page, "wine share").locator(".spread")).to_be_visible()
    page.get_by_role("link", name="Explore").click()
    expect(page.locator("#page")).to_contain_text("wine share")


def test_a_cleaning_rule_is_switched_off(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    entry = page.locator(".data-cleaning li", has_text="in Year_Birth counted as blank").first
    entry.get_by_role("switch").click()
    expect(bar(page)).to_contain_text("Implausible values of Year_Birth are kept.")
    run(page)
    expect(page.locator(".data-cleaning li", has_text="in Year_Birth kept, since the rule is off")).to_be_visible()


def test_a_feature_is_added_where_the_columns_are(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    row(page, "age").get_by_role("switch").first.click()
    expect(bar(page)).to_contain_text("Age makes the segments.")
    run(page)
    expect(page.locator(".data-facts")).to_contain_text("and age")


def test_the_way_of_reading_is_tried_before_it_is_run(site: Site, page: Page, real_data: object) -> None:
    opened(page, site, "real")
    page.locator(".reading summary").click()
    expect(page.locator(".preview-table")).to_contain_text("Year_Birth")
    choose(page, "reading", "header_rows", "0")
    expect(page.locator(".preview-table th").first).to_have_text("column_1")
    expect(bar(page)).to_contain_text("The header rows: 0.")
    page.keyboard.press("Control+z")
    expect(page.locator(".preview-table th").first).to_have_text("ID")


def test_rows_become_transactions_when_the_page_is_told_which_column_is_what(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    choose(page, "log", "rows", "transactions")
    expect(bar(page)).to_contain_text("Choose the log's customer, date and amount")
    expect(bar(page).get_by_role("button", name="Run again")).to_be_disabled()
    choose(page, "log", "customer", "ID")
    choose(page, "log", "date", "Dt_Customer")
    choose(page, "log", "amount", "MntWines")
    run(page)
    expect(page.locator(".data-rows")).to_contain_text("Each row is a transaction: 300 rows became 300 customers")
    page.get_by_role("link", name="Segments").click()
    expect(page.locator(".rfm-table")).to_contain_text("Need attention")


def test_a_run_that_fails_says_why_and_leaves_what_was_there(small_site: Site, page: Page) -> None:
    opened(page, small_site, "sample")
    choose(page, "log", "rows", "transactions")
    for part, column in (("customer", "ID"), ("date", "Dt_Customer"), ("amount", "MntWines"), ("product", "ID")):
        choose(page, "log", part, column)
    bar(page).get_by_role("button", name="Run again").click()
    expect(bar(page)).to_contain_text("is chosen as the log's", timeout=PATIENCE)
    expect(page.locator(".data-facts")).to_contain_text("300")
