"""Audiences, exports and comparisons, used as a person would."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_explore import opened, panel, selected

pytestmark = pytest.mark.browser


def test_an_audience_is_saved_applied_renamed_deleted_and_put_back(page: Page, own_site: Site) -> None:
    opened(page, own_site, "sample")
    expect(page.get_by_role("button", name="Save as audience")).to_be_disabled()
    panel(page, "Education").get_by_role("checkbox", name=re.compile("^PhD")).click()
    count = page.locator("#explore-count strong")
    expect(count).not_to_have_text("2,240")
    customers = selected(page)
    page.get_by_role("button", name="Save as audience").click()
    dialog = page.get_by_role("dialog", name="Save as audience")
    expect(dialog).to_contain_text("Education PhD")
    dialog.get_by_label("Name").fill("Doctors <b>")
    dialog.get_by_label("Name").press("Enter")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text("2,240")

    page.get_by_role("button", name="Audiences (1)").click()
    shown = page.get_by_role("dialog", name="Audiences")
    expect(shown).to_contain_text(f"{customers:,} customers")
    shown.get_by_role("button", name="Apply Doctors <b>").click()
    expect(count).to_have_text(f"{customers:,}")
    expect(page.locator("#explore-chips")).to_contain_text("Education PhD")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(count).to_have_text("2,240")

    page.get_by_role("button", name="Audiences (1)").click()
    shown.get_by_role("button", name="Rename Doctors <b>").click()
    field = shown.get_by_label("Name of the audience")
    field.fill("Learned")
    field.press("Enter")
    expect(shown.locator("strong")).to_have_text("Learned")
    shown.get_by_role("button", name="Delete Learned").click()
    expect(shown).to_contain_text("Deleted Learned.")
    expect(shown).to_contain_text("None yet")
    shown.get_by_role("button", name="Undo").click()
    expect(shown.get_by_role("button", name="Apply Learned")).to_be_visible()


def test_the_selection_is_exported_as_a_list(page: Page, site: Site, tmp_path: Path) -> None:
    opened(page, site, "sample", "?f=%7B%22Education%22%3A%7B%22in%22%3A%5B%22Master%22%5D%7D%7D")
    expect(page.locator("#explore-chips")).to_contain_text("Education Master")
    customers = selected(page)
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export a list of customers")
    expect(dialog).to_contain_text(f"{customers:,} customers, ")
    with page.expect_download() as started:
        dialog.get_by_role("link", name="Download").click()
    started.value.save_as(tmp_path / "o.csv")
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == customers
    assert {row["Education"] for row in rows} == {"Master"}


def test_a_selection_is_compared_with_a_segment_and_a_row_shows_its_variable(page: Page, site: Site) -> None:
    opened(page, site, "sample", "?f=%7B%22Education%22%3A%7B%22in%22%3A%5B%22PhD%22%5D%7D%7D")
    expect(page.locator("#explore-differs-note")).to_contain_text("Against the other")
    page.locator("#explore-against").click()
    page.get_by_role("option").last.click()
    expect(page.locator("#explore-differs-note")).to_contain_text("of whom are selected too")
    expect(page.locator("#explore-differs-title")).not_to_have_text("How does this selection differ?")
    row = page.locator("#explore-differs .differs-row").first
    label = row.locator(".differs-label").inner_text()
    assert re.search(r"-?\d+\.\d+ to ", row.locator("small").inner_text())
    row.click()
    expect(page.locator("#explore-box-title")).to_contain_text(label.partition(":")[0])


def test_a_measure_is_shown_as_violins_with_its_quartiles_as_numbers(page: Page, site: Site) -> None:
    opened(page, site, "sample")
    page.locator("#explore-box-shape").click()
    page.get_by_role("option", name="violins").click()
    expect(page.locator("#explore-box-note")).to_contain_text("quartiles and spread of all")
    box = page.locator('.chart[aria-label="A measure by category"]')
    box.hover()
    box.get_by_role("button", name="Numbers").click()
    numbers = page.locator("dialog.numbers")
    expect(numbers.locator("tbody tr")).to_have_count(5)
    expect(numbers.locator("tbody")).to_contain_text("PhD")
