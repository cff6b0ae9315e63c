"""Cards of segments, changed in place as a person would: rename by keyboard, colour, note, lock, undo, history."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.opening import PATIENCE

pytestmark = pytest.mark.browser


def open_cards(page: Page, site: Site) -> None:
    page.goto(site.page("sample", "segments"))
    expect(page.locator("#segments-said")).to_contain_text("Comparing")


def menu(page: Page, place: int, item: str) -> None:
    card = page.locator(".segment-card").nth(place)
    card.locator("summary").click()
    card.get_by_role("button", name=item, exact=True).click()


def told(page: Page, words: str) -> None:
    expect(page.locator("#toast")).to_contain_text(words)


def test_a_segment_is_changed_in_place_and_every_change_can_be_undone(small_site: Site, page: Page) -> None:
    open_cards(page, small_site)
    titles = page.locator(".segment-title")
    first, second, _ = titles.all_inner_texts()
    titles.first.focus()
    page.keyboard.press("F2")
    page.keyboard.type("Nobody")
    page.keyboard.press("Escape")
    expect(titles.first).to_have_text(first)
    page.keyboard.press("F2")
    page.keyboard.type(second.upper())
    page.keyboard.press("Enter")
    told(page, "Another segment is called")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Stars <b>&</b>")
    page.keyboard.press("Enter")
    told(page, f"{first} is now called Stars <b>&</b>.")
    expect(titles.first).to_have_text("Stars <b>&</b>")
    expect(titles.first).to_be_focused()
    expect(page.locator(".compare-chip").first).to_have_text("Stars <b>&</b>")

    colour = page.locator(".segment-card").nth(1).evaluate("e => e.style.getPropertyValue('--own')")
    menu(page, 0, f"Swap with {second}")
    told(page, "have each other's colour")
    expect(page.locator(".segment-card").first).to_have_attribute("style", re.compile(re.escape(colour)))
    menu(page, 2, "Write a note")
    page.keyboard.type("Call them")
    page.keyboard.press("Enter")
    told(page, "has a note")
    expect(page.locator(".segment-card").nth(2).locator(".segment-note")).to_have_text("Call them")
    menu(page, 1, "Lock")
    expect(page.get_by_role("img", name="Locked")).to_be_visible()

    page.locator("#toast").get_by_role("button", name="Undo").click()
    told(page, f"Undone: {second} is locked")
    expect(page.get_by_role("img", name="Locked")).to_have_count(0)
    page.get_by_text("4 changes by hand").click()
    page.get_by_role("button", name=re.compile("^Redo: ")).click()
    expect(page.get_by_role("img", name="Locked")).to_be_visible()
    page.reload()
    expect(titles.first).to_have_text("Stars <b>&</b>")
    expect(page.locator(".history-list li")).to_have_count(4)


def test_another_number_of_segments_says_where_they_come_from_and_can_be_overruled(
    small_site: Site, page: Page
) -> None:
    page.goto(small_site.page("sample", "clustering"))
    page.get_by_role("group", name="Number of segments to use").get_by_text("5", exact=True).click()
    expect(page.locator(".verdict-k")).to_have_text("5", timeout=PATIENCE)
    open_cards(page, small_site)
    origins = page.locator(".segment-origin")
    expect(origins).to_have_count(5)
    said = origins.all_inner_texts()
    assert any(re.match(r"split from|new|merged from", text) for text in said), said
    place = next(i for i, text in enumerate(said) if text.startswith(("split", "new", "merged")))
    titles = page.locator(".segment-title")
    mine, other = titles.nth(place).inner_text(), titles.nth(0 if place else 1).inner_text()
    menu(page, place, other)
    told(page, f"{mine} and {other} are each other, said by hand")
    expect(titles.nth(place)).to_have_text(other)
    expect(origins.nth(place)).to_have_text("the same as before, said by hand")
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(titles.nth(place)).to_have_text(mine)
    menu(page, place, "A new segment")
    told(page, f"{mine} is a new segment, said by hand")
    expect(origins.nth(place)).to_have_text("new, said by hand")
