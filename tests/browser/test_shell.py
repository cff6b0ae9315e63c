"""The shell: tabs, addresses, both schemes, small screens, nothing from other machines."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.opening import scrolls_sideways, serious_faults, stands_still, to_dark
from tests.browser.serving import Site

pytestmark = pytest.mark.browser
TABS = ["Data", "Explore", "Clustering", "Segments", "Insights"]


def test_the_first_page_opens_a_study_and_every_tab_is_one_click_away(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="sample_customers", exact=True).click()
    expect(page.get_by_text("2,240 of 2,240 customers")).to_be_visible()
    for tab in TABS:
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator(".nav-tab.current")).to_have_text(tab)
        expect(page).to_have_url(f"{site.url}/s/sample/{tab.lower()}")
        expect(page.locator("main .card").first).to_be_visible()


def test_the_header_names_the_study_and_says_that_the_sample_is_synthetic(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "explore"))
    header = page.locator("header.header")
    expect(header).to_contain_text("sample_customers")
    expect(header).to_contain_text("2,240 customers · 4 segments")
    expect(header).to_contain_text("synthetic sample")
    header.get_by_role("link", name="Studies").click()
    expect(page).to_have_url(f"{site.url}/")
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    expect(page.locator(".nav-tab")).to_have_count(0)


def test_an_address_that_leads_nowhere_offers_the_open_studies(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/s/nothing/here")
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    page.get_by_role("link", name="sample_customers").click()
    expect(page.get_by_text("2,240 of 2,240 customers")).to_be_visible()


def test_the_scheme_is_switched_and_remembered(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "explore"))
    expect(page.get_by_text("2,240 of 2,240 customers")).to_be_visible()
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")


def test_a_change_that_leaves_all_as_it_was_is_told_to_nobody(page: Page, site: Site) -> None:
    page.goto(site.url)
    before, after = page.evaluate("""() => {
        let told = 0;
        const stop = window.store.subscribe(() => { told += 1; });
        window.store.dispatch({ type: "RESET_COMPONENT_STATE", payload: { itempath: ["nowhere"] } });
        const before = told;
        window.dash_clientside.set_props("toast", { children: "Something" });
        stop();
        return [before, told];
    }""")
    assert before == 0 < after
    expect(page.locator("#toast")).to_have_text("Something")


@pytest.mark.parametrize("tab", TABS)
def test_a_wide_page_fits_and_has_no_serious_accessibility_faults(page: Page, site: Site, tab: str) -> None:
    page.goto(site.page("sample", tab.lower()))
    expect(page.locator("main .card").first).to_be_visible()
    assert not scrolls_sideways(page)
    assert not serious_faults(page)
    to_dark(page)
    assert not serious_faults(page)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(("study", "width"), [("sample", 390), ("real", 390), ("real", 1440)], indirect=["study"])
def test_no_page_scrolls_sideways(page: Page, site: Site, study: str, tab: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(site.page(study, tab.lower()))
    expect(page.locator("main .card").first).to_be_visible()
    assert not scrolls_sideways(page)


def test_answers_that_take_long_are_counted_until_they_are_here(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "segments"))
    stands_still(page)
    held: list[Route] = []
    page.route("**/_dash-update-component*", lambda route: held.append(route))
    page.get_by_role("link", name="Explore", exact=True).click()
    sign = page.locator(".working")
    expect(sign).to_have_text(re.compile(r"^Computing.* \d+ s$"))
    for route in held:
        route.continue_()
    page.unroute("**/_dash-update-component*")
    expect(sign).to_be_empty()
