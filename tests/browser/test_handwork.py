"""Work by hand in the page: what will be is shown, then done, and undone; a customer is pinned and unpinned."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from segscope.engine import connect
from segscope.study import read_card
from segscope.study.folder import read_data
from tests.browser.conftest import PATIENCE, Site, stands_still

pytestmark = pytest.mark.browser


def open_cards(page: Page, site: Site) -> Locator:
    page.goto(site.page("sample", "segments"))
    expect(page.locator("#segments-said")).to_contain_text("Comparing")
    return page.locator(".segment-card")


def ask(page: Page, place: int, item: str) -> Locator:
    """Choose from the menu of a card; the dialog that opens."""
    card = page.locator(".segment-card").nth(place)
    card.locator("summary").click()
    card.get_by_role("button", name=re.compile(f"^{item} ")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("table")).to_be_visible()
    return dialog


def told(page: Page, words: str) -> None:
    expect(page.locator("#toast")).to_contain_text(words, timeout=PATIENCE)


def undo(page: Page, cards: Locator, count: int) -> None:
    page.locator("#by-hand").get_by_role("button", name=re.compile("^Undo: ")).click()
    expect(cards).to_have_count(count, timeout=PATIENCE)
    stands_still(page)


def test_segments_are_merged_and_split_after_a_look_and_that_is_undone(small_site: Site, page: Page) -> None:
    cards = open_cards(page, small_site)
    before = page.locator(".segment-size").all_inner_texts()
    dialog = ask(page, 0, "Merge")
    expect(dialog).to_contain_text("2 segments then; nobody else moves")
    dialog.get_by_role("button", name="Leave it").click()
    expect(dialog).to_be_hidden()
    dialog = ask(page, 0, "Merge")
    size = dialog.locator(".hand-part").last.inner_text()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    told(page, "merged into")
    expect(cards).to_have_count(2)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    told(page, "Undone: ")
    expect(cards).to_have_count(3)
    page.locator("#toast").get_by_role("button", name="Redo").click()
    told(page, "Done again: ")
    expect(cards).to_have_count(2)
    made = cards.filter(has_text="made by hand")
    expect(made).to_have_count(1)
    expect(made).to_contain_text(re.search(r"[\d,]+ customers", size)[0])  # type: ignore[index]  # it is there
    expect(page.locator("#by-hand li")).to_contain_text("merged into")
    undo(page, cards, 3)
    assert page.locator(".segment-size").all_inner_texts() == before

    dialog = ask(page, 1, "Split")
    expect(dialog).to_contain_text("4 segments then")
    halves = [re.search(r"[\d,]+ customers", t)[0] for t in dialog.locator(".hand-part").all_inner_texts()[1:]]  # type: ignore[index]
    dialog.get_by_role("button", name="Split in two").click()
    told(page, "split in two")
    expect(cards).to_have_count(4)
    for half in halves:  # 300 customers: what is shown is what is done
        expect(cards.filter(has_text=half).first).to_contain_text("made by hand")
    page.goto(small_site.page("sample", "clustering"))
    expect(page.locator(".methodology")).to_contain_text("Then by hand:")
    expect(page.locator("#rerun-lost")).to_contain_text(re.compile("Not carried over: .* split in two"))


def test_a_customer_is_pinned_and_left_to_the_model_again(small_site: Site, small_study: Path, page: Page) -> None:
    engine = connect()
    source = read_data(small_study, read_card(small_study), engine, "source")
    customer = str(engine.fetch(source.select("ID").order_by("ID").limit(1))["ID"][0])
    engine.close()
    cards = open_cards(page, small_site)
    field = page.locator("#hand-customer")
    field.fill("nobody")
    field.press("Enter")
    expect(page.locator("#hand-problem")).to_contain_text("There is no customer 'nobody'")
    field.fill(customer)
    page.get_by_role("button", name="Pin", exact=True).click()
    told(page, f"Customer {customer} pinned to")
    expect(page.locator(".hand-pins li")).to_contain_text(customer)
    expect(cards.filter(has_text="1 pinned")).to_have_count(1)
    page.get_by_role("button", name=f"Unpin {customer}").click()
    told(page, "left to the model again")
    expect(page.locator(".hand-pins li")).to_have_count(0)
