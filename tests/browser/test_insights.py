"""Insights, used as a person would: read findings, switch charts, place a customer, mistype, clear."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from segscope import samples
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def opened(page: Page, site: Site, study: str) -> None:
    page.goto(site.page(study, "insights"))
    expect(page.locator(".finding").first).to_be_visible(timeout=15_000)
    expect(field(page, "Total spend")).to_be_visible()


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def family(page: Page, label: str) -> Locator:
    return page.locator(".family-card", has=page.locator(f'.chart[data-name="{label}, by segment"]'))


def bars(card: Locator) -> Locator:
    return card.locator(".js-plotly-plot .bars .point path")


def test_findings_and_families_are_read_and_switched(page: Page, site: Site, study: str) -> None:
    opened(page, site, study)
    read_findings(page)
    switch_families(page)


def read_findings(page: Page) -> None:
    note = page.locator("#insights-findings-note")
    expect(note).to_have_text(re.compile(r"^\d+ candidates tried, \d+ confirmed on the other half, 8 shown$"))
    expect(page.locator(".finding").first).to_contain_text(re.compile(r"are \d+\s% of customers and \d+\s% of spend"))
    evidence = page.locator(".finding-note").all_inner_texts()
    assert all(re.search(r"other half .+, 95\s% interval .+ to .+, n \d+", text) for text in evidence[:8])
    strengths = page.locator(".finding-strength").all_inner_texts()
    assert set(strengths[:8]) <= {"very strong", "strong", "moderate", "slight"}
    expect(page.locator(".finding").first).to_contain_text("made the segments")
    expect(page.locator(".finding", has_text="earn").first).not_to_contain_text("made the segments")
    more = page.locator(".finding-more")
    expect(more.locator(".finding").first).not_to_be_visible()
    more.locator("summary").click()
    expect(more.locator(".finding").first).to_be_visible()


def switch_families(page: Page) -> None:
    spend = family(page, "Spend by product")
    title = spend.locator("h2")
    expect(title).to_contain_text("the average on")
    expect(bars(spend)).to_have_count(6 * 5)  # four segments and everybody
    spend.get_by_text("Share", exact=True).click()
    expect(title).to_contain_text("of the spend of")
    spend.get_by_text("Index", exact=True).click()
    expect(title).to_contain_text("Furthest from 100")
    expect(bars(spend)).to_have_count(6 * 4)
    spend.get_by_text("Heat map", exact=True).click()
    expect(spend.locator(".heatmaplayer .heatmap-label").first).to_be_visible()
    expect(spend).to_contain_text("Colour: blue above everybody")
    purchases = family(page, "Purchases by channel")
    expect(purchases).to_contain_text("Deals (hatched) counts again what the others count")
    expect(family(page, "Offers accepted by campaign").locator("h2")).to_contain_text("accepted")


def test_findings_are_charted_pinned_noted_and_hidden(page: Page, small_site: Site) -> None:
    opened(page, small_site, "sample")
    expect(page.locator("#insights-opportunities")).to_contain_text(re.compile("customers (who are )?like|whose like"))
    third = page.locator(".finding").nth(2).locator("h3").inner_text()
    row = page.locator(".finding", has=page.get_by_role("heading", name=third, exact=True))
    row.get_by_role("button", name="Chart: ").click()
    window = page.get_by_role("dialog")
    expect(window).to_contain_text(third)
    expect(window.locator(".bars .point path")).to_have_count(3)
    window.get_by_role("button", name="Close", exact=True).click()
    row.get_by_role("button", name="Pin: ").click()
    expect(page.locator(".finding h3").first).to_have_text(third)
    row.get_by_role("button", name="Note: ").click()
    page.get_by_label("Note on this finding").fill("<b>ask sales</b>")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".finding-remark")).to_have_text("<b>ask sales</b>")
    page.reload()
    expect(page.locator(".finding h3").first).to_have_text(third)  # kept in the study
    expect(row).to_contain_text("pinned")
    row.get_by_role("button", name="Hide: ").click()
    expect(page.locator(".finding-more summary", has_text="1 hidden")).to_be_visible()
    expect(page.locator(".finding h3").first).not_to_have_text(third)


def test_a_customer_is_placed_while_typing_and_mistyping(page: Page, site: Site, study: str) -> None:
    opened(page, site, study)
    place(page)
    mistype(page)


def place(page: Page) -> None:
    placed = page.locator("#insights-placed")
    expect(placed).to_contain_text("Fill in at least one field")
    field(page, "Total spend").fill("1800")
    expect(placed.locator(".placed-name")).to_have_text("Top spenders")
    expect(placed).to_contain_text("right")
    expect(placed).to_contain_text("Second best: ")
    expect(placed.locator(".placed-bars li")).to_have_count(4)
    expect(placed).to_contain_text(
        re.compile(r"with this field it is right \d+\s% of the time, tried on 400 customers")
    )
    expect(placed).to_contain_text(re.compile(r"Why: Total spend \+\d+ points"))
    field(page, "Purchases").fill("20")
    expect(placed).to_contain_text("It follows: Average spend 90 a purchase")
    field(page, "Days enrolled").fill("400")
    expect(placed).to_contain_text("All is known, so this is certain")
    page.get_by_role("button", name="Clear").click()
    expect(placed).to_contain_text("Fill in at least one field")
    expect(field(page, "Total spend")).to_have_value("")


def mistype(page: Page) -> None:
    """What cannot be read is said at the field; the others count."""
    placed = page.locator("#insights-placed")
    field(page, "Purchases").fill("abc")
    expect(page.get_by_text("'abc' is not a number. Type digits")).to_be_visible()
    expect(field(page, "Purchases")).to_have_attribute("aria-invalid", "true")
    expect(placed).to_contain_text("Mend the marked field")
    field(page, "Average spend").fill("-5")
    expect(page.get_by_text("Average spend cannot be below 0.")).to_be_visible()
    field(page, "Total spend").fill("99999999")
    expect(page.get_by_text("is impossible here: customers have")).to_be_visible()
    field(page, "Total spend").fill("3,000")
    expect(page.get_by_text("More than any customer has")).to_be_visible()
    expect(placed.locator(".placed-name")).to_have_text("Top spenders")
    field(page, "Purchases").fill("")
    expect(page.get_by_text("'abc' is not a number")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    raw = page.locator(".place-raw")
    raw.locator("summary").press("Enter")
    raw.get_by_label("Customer since", exact=True).fill("<img src=x onerror=alert(1)>")
    expect(page.get_by_text("is not a day. Type Customer since such as 2014-06-29.")).to_be_visible()
    expect(page.locator("img[src=x]")).to_have_count(0)
    raw.get_by_label("Wines spend", exact=True).fill("150")
    expect(placed).to_contain_text(re.compile(r"Ask next: .+ points more"))
    expect(placed).to_contain_text("To become one of")


def test_a_phone_in_the_dark_shows_all_of_it_without_scrolling_sideways(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, site, "sample")
    spend = family(page, "Spend by product")
    expect(bars(spend)).to_have_count(6 * 5)
    light = bars(spend).nth(6).evaluate("bar => getComputedStyle(bar).fill")
    page.locator("#scheme-switch").click()
    expect(bars(spend).nth(6)).not_to_have_css("fill", light)
    field(page, "Total spend").fill("100")
    expect(page.locator(".placed-name")).to_contain_text("low spenders")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_families_follow_the_selection_from_explore(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "insights") + "?f=" + quote('{"Income": [20000, 40000]}'))
    said = page.locator("#insights-only-said")
    expect(said).to_have_text(re.compile(r"^[\d,]+ customers: Income 20k to 40k$"), timeout=15_000)
    title = family(page, "Spend by product").locator("h2")
    expect(title).to_contain_text("make")
    alone = title.inner_text()
    page.locator(".insights-only label").first.click()
    expect(said).to_have_text("")
    expect(title).not_to_have_text(alone)


def test_a_file_is_scored_refused_and_removed(page: Page, site: Site, tmp_path: Path) -> None:
    opened(page, site, "sample")
    samples.write(tmp_path / "new.csv", 50)
    card, drop = page.locator(".batch-card"), page.locator("#batch-drop")
    expect(drop).to_contain_text("It needs")
    with page.expect_file_chooser() as chooser:
        drop.press("Enter")
    chooser.value.set_files(tmp_path / "new.csv")
    expect(card).to_contain_text("50 rows of new.csv scored", timeout=60_000)
    expect(card.get_by_role("row", name=re.compile("Top spenders"))).to_be_visible()
    expect(card.get_by_role("row", name=re.compile("^Unlike any segment"))).to_be_visible()
    expect(card.get_by_role("row", name=re.compile("^Total spend"))).to_be_visible()
    with page.expect_download() as sent:
        card.get_by_role("link", name="CSV").click()
    assert len(sent.value.path().read_text().splitlines()) == 51
    card.get_by_role("button", name="Remove now").click()
    expect(card.locator(".batch-done")).to_have_count(0)
    expect(drop).to_be_focused()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n")
    with page.expect_file_chooser() as chooser:
        drop.click()
    chooser.value.set_files(tmp_path / "other.csv")
    expect(card.locator(".batch-asking")).to_contain_text("other.csv lacks the columns", timeout=60_000)


def test_the_columns_of_a_file_with_other_names_are_chosen_and_proposed_again(
    page: Page, site: Site, tmp_path: Path
) -> None:
    opened(page, site, "sample")
    samples.write(tmp_path / "new.csv", 50)
    head, rows = (tmp_path / "new.csv").read_text().split("\n", 1)
    (tmp_path / "other.csv").write_text(head.replace("MntWines", "vintage").replace("Income", "Incomes") + "\n" + rows)
    card, drop = page.locator(".batch-card"), page.locator("#batch-drop")
    wine = card.get_by_role("combobox", name="Column of the file for MntWines")

    def dropped() -> None:
        with page.expect_file_chooser() as chooser:
            drop.click()
        chooser.value.set_files(tmp_path / "other.csv")

    dropped()
    expect(wine).to_have_value("", timeout=60_000)
    wine.select_option("vintage")
    card.get_by_role("button", name="Score with these columns").click()
    expect(card).to_contain_text("50 rows of other.csv scored", timeout=60_000)
    expect(card).to_contain_text("MntWines (here vintage)")
    dropped()
    expect(wine).to_have_value("vintage", timeout=60_000)
