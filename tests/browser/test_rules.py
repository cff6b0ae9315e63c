"""The rules on the Segments tab: read them, make them simpler or more exact, take them as SQL."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_rules_are_read_made_more_exact_and_taken_as_sql(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.page("sample", "segments"))
    card, size = page.locator(".rules"), page.locator("#rules-size")
    expect(page.locator("#rules-title")).to_contain_text(re.compile(r"agree on 9\d\s% of customers held out"))
    expect(card.locator("tbody tr")).to_have_count(4)
    expect(card.locator(".rule-condition").first).to_contain_text(re.compile("over|at most"))
    simple = card.locator(".rule-condition").count()
    names = card.locator("tbody th").all_inner_texts()

    expect(page.locator("#segments-flags .js-plotly-plot")).to_contain_text("Response")  # the page stands still now
    page.locator("#rules-sql-open").click()
    expect(page.locator("#rules-sql")).to_contain_text('FROM "customers"')
    size.click()
    page.get_by_role("option", name=re.compile("conditions")).last.click()
    expect(card.locator(".rule-or").first).to_be_visible()
    assert card.locator(".rule-condition").count() > simple

    page.locator("#rules-sql-segment").click()
    page.get_by_role("option", name=names[0], exact=True).click()
    page.locator("#rules-sql-dialect").click()
    page.get_by_role("option", name="MySQL").click()
    expect(page.locator("#rules-sql")).to_contain_text("FROM `customers`")
    expect(page.locator("#rules-sql")).not_to_contain_text(names[1])
    page.locator("#rules-sql-copy").click()
    expect(page.locator("#rules-sql-copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#rules-sql").inner_text()
