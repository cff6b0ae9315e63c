"""The Segments tab as a person uses it: read the cards, choose whom to compare, send the link, take the numbers."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

APART = "#segments-apart-title"


def open_segments(page: Page, site: Site, study: str, query: str = "") -> None:
    page.goto(site.page(study, "segments") + query)
    expect(page.locator("#segments-said")).to_contain_text("Comparing")
    expect(page.locator("#segments-apart table")).to_be_visible()


def settle(page: Page) -> None:
    """Wait for the last charts: a menu closes when the page moves under it."""
    expect(page.locator("#segments-made-of .js-plotly-plot")).to_contain_text("Graduation")
    expect(page.locator("#segments-flags .js-plotly-plot")).to_contain_text("Response")
    expect(page.locator("#segments-other .js-plotly-plot")).to_contain_text("Children at home")


def chip(page: Page, name: str) -> None:
    page.locator(".compare-chip label", has_text=re.compile(f"^{re.escape(name)}$")).click()


def names(page: Page) -> list[str]:
    return page.locator(".segment-name").all_inner_texts()


def test_cards_tell_who_they_are_and_fit_a_narrow_page(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_segments(page, site, "sample")
    cards = page.locator(".segment-card")
    expect(cards).to_have_count(4)
    for text in cards.all_inner_texts():
        assert re.search(r"[\d,]+ customers · \d+\s%", text), text
        assert re.search(r"\d+\s% of total spend", text), text
        assert re.search(r"natural|reproducible|constructed", text), text
    assert len(set(names(page))) == 4
    picture = cards.first.locator(".profile-picture").get_attribute("aria-label")
    assert picture and "standard deviations" in picture
    expect(page.locator("#segments-flags-title")).to_contain_text("%")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_choice_changes_everything_and_the_link_shows_the_same(page: Page, site: Site, study: str) -> None:
    open_segments(page, site, study)
    first, second, third, fourth = names(page)
    expect(page.locator(APART)).to_contain_text("They differ most on")
    expect(page.locator("#segments-apart table.heat")).to_be_visible()
    chip(page, third)
    chip(page, fourth)
    expect(page.locator(APART)).to_contain_text("are higher on")
    expect(page.locator("#segments-said")).to_have_text(f"Comparing {first}, {second} and everyone.")
    expect(page.locator("#segments-apart .effect").first).to_be_visible()
    expect(page.locator("#segments-radar-key")).to_have_text(f"{first}{second}Everyone")
    expect(page).to_have_url(re.compile(r"\?compare=s\d,s\d,everyone$"))
    said = page.locator(APART).inner_text()
    page.goto(page.url)
    expect(page.locator(APART)).to_have_text(said)
    chip(page, second)
    expect(page.locator(APART)).to_contain_text(f"{first} against everyone else")


def test_address_survives_the_theme_and_a_visit_elsewhere(page: Page, site: Site) -> None:
    open_segments(page, site, "sample", "?compare=s1,s2")
    page.locator("#scheme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page).to_have_url(re.compile(r"\?compare=s1,s2$"))
    page.get_by_role("link", name="Insights").click()
    expect(page).to_have_url(re.compile("/insights$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?compare=s1,s2$"))
    expect(page.locator(".compare-chip input:checked")).to_have_count(2)


def test_nothing_chosen_and_strange_links_are_calm(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "segments") + "?compare=s99,<b>")
    expect(page.locator("#segments-said")).to_have_text("Nothing is chosen.")
    expect(page.locator("#segments-apart")).to_have_text("Choose at least one segment above.")
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator(".compare-chip input:checked")).to_have_count(5)
    expect(page.locator(APART)).to_contain_text("They differ most on")


def test_what_made_the_segments_can_be_left_out(page: Page, site: Site) -> None:
    open_segments(page, site, "sample", "?compare=s1,s2")
    rows = page.locator("#segments-apart tbody tr")
    expect(rows).to_have_count(10)
    expect(page.locator("#segments-apart").get_by_text("made the segments", exact=True).first).to_be_attached()
    page.get_by_label("Leave out what made the segments").check()
    expect(page.locator("#segments-apart .origin")).to_have_count(0)
    page.locator("#segments-more").click()
    expect(page.locator("#segments-more")).to_have_text("Show fewer")
    assert rows.count() > 10


def test_distributions_are_in_original_units_and_any_variable_can_be_added(page: Page, site: Site, study: str) -> None:
    open_segments(page, site, study)
    # Four features, income and age, and one to choose.
    expect(page.locator(".segment-ridges").first.locator(".js-plotly-plot")).to_have_count(6)
    income = page.locator(".card", has_text="Income: median")
    expect(income.locator(".card-title")).to_contain_text(re.compile(r"median \d+k \(.+\) to \d+k \(.+\)"))
    expect(income.locator(".js-plotly-plot")).to_contain_text("Income (a year)")
    settle(page)
    page.locator("#segments-other-choice").click()
    page.get_by_role("option", name="Web visits").click()
    expect(page.locator("#segments-other-title")).to_contain_text("Web visits: ")
    expect(page.locator("#segments-other .js-plotly-plot")).to_contain_text("Web visits (a month)")


def test_composition_by_category_and_by_flag(page: Page, site: Site) -> None:
    open_segments(page, site, "sample")
    expect(page.locator("#segments-made-of-title")).to_contain_text("Education")
    settle(page)
    page.locator("#segments-made-of-choice").click()
    page.get_by_role("option", name="Marital status").click()
    expect(page.locator("#segments-made-of-title")).to_contain_text("Marital status")
    expect(page.locator("#segments-made-of .js-plotly-plot")).to_contain_text("Married")
    expect(page.locator("#segments-flags-title")).to_contain_text(re.compile(r"\d+\s% of .+, \d+\s% of everyone"))


def test_numbers_open_and_leave_as_csv(page: Page, site: Site) -> None:
    open_segments(page, site, "sample", "?compare=s1,everyone")
    page.locator("#segments-numbers-open").click()
    expect(page.locator("#segments-numbers tbody tr")).to_have_count(12)  # six variables, two groups
    with page.expect_download() as given:
        page.locator("#segments-csv").click()
    text = given.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("variable,group,customers known,mean")
    assert len(text.splitlines()) == 13


def test_keyboard_alone_can_choose(page: Page, site: Site) -> None:
    open_segments(page, site, "sample")
    page.locator(".compare-chip input").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".compare-chip input:checked")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"\?compare="))
