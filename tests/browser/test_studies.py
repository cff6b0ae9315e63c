"""The first page: studies begin there by file, drop, sample or path, and are renamed, sent, taken in and deleted."""

import json
import shutil
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from segscope.study import read_card
from tests.browser.opening import PATIENCE, scrolls_sideways, serious_faults, to_dark
from tests.browser.serving import Site, end_runs, runs_held, started

pytestmark = pytest.mark.browser
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/csv" }));
  const at = document.querySelector("main");
  const told = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) at.dispatchEvent(new DragEvent(kind, told));
}"""


@pytest.fixture(scope="module")
def desk_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def desk(desk_home: Path) -> Iterator[Site]:
    """A server with an upload limit of 1 MB and a home, whose studies are set out anew for each test."""
    with started([desk_home], settings={"SEGSCOPE_UPLOAD_LIMIT": "1MB"}) as site:
        yield site


@pytest.fixture
def home(shop: Path, desk: Site, desk_home: Path) -> Path:
    """A home with the small shop's study in it, and nothing else."""
    for left in desk_home.iterdir():
        shutil.rmtree(left)
    studies = f"{desk.url}/api/v1/studies"
    with urllib.request.urlopen(studies) as answer:  # the server forgets what it knew of the test before
        assert json.load(answer) == {"studies": []}
    shutil.copytree(shop, desk_home / "shop")
    return desk_home


@pytest.fixture
def first_page(home: Path, desk: Site, page: Page) -> Iterator[Site]:
    """The first page of a server with that home, opened."""
    page.goto(desk.url)
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    yield desk
    end_runs(desk)
    dismiss_failures(page, desk)


def dismiss_failures(page: Page, desk: Site) -> None:
    """Leave nothing behind of what was not made, such as a run that was ended with its test."""
    page.unroute_all()
    page.goto(desk.url)
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    rows = page.locator(".making")
    for _ in range(rows.count()):
        rows.first.get_by_role("button", name="Dismiss").click(timeout=PATIENCE)
    expect(rows).to_have_count(0, timeout=PATIENCE)


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(str(file))


def test_a_chosen_file_becomes_a_study_and_its_data_tab_opens(page: Page, first_page: Site, shop_file: Path) -> None:
    choose(page, shop_file)
    expect(page.locator(".making")).to_contain_text("shop.csv")
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page).to_have_url(f"{first_page.url}/s/shop-2/data", timeout=PATIENCE)
    expect(page.locator("main")).to_contain_text("60")
    page.get_by_role("link", name="Studies", exact=True).click()
    expect(page.locator(".study")).to_have_count(2)
    expect(page.locator(".making")).to_have_count(0)


def test_a_dropped_file_becomes_a_study(page: Page, first_page: Site, shop_file: Path, home: Path) -> None:
    page.evaluate(DROP, ["My <b>customers.csv", shop_file.read_text(encoding="utf-8")])
    expect(page.locator(".making")).to_contain_text("My <b>customers")
    expect(page).to_have_url(f"{first_page.url}/s/my-b-customers/data", timeout=PATIENCE)
    expect(page.locator("header.header")).to_contain_text("My <b>customers")
    assert (home / "my-b-customers" / "source" / "original").is_file()


def test_the_sample_is_one_click_away_and_can_be_cancelled(page: Page, first_page: Site, home: Path) -> None:
    page.get_by_role("button", name="Try the sample customers").click()
    row = page.locator(".making")
    expect(row).to_contain_text("sample_customers.parquet")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".study")).to_have_count(1)
    assert not (home / "sample-customers").exists()


def test_a_path_on_this_computer_becomes_a_study(page: Page, first_page: Site, shop_file: Path) -> None:
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Type the path of a file")
    page.get_by_label("Or a file or database on this computer").fill(str(shop_file))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{first_page.url}/s/shop-2/data", timeout=PATIENCE)
    assert shop_file.is_file()


def test_an_upload_is_cancelled_while_it_is_sent(page: Page, first_page: Site, shop_file: Path, home: Path) -> None:
    page.route("**/api/uploads*", lambda route: None)  # it never arrives
    choose(page, shop_file)
    row = page.locator(".making")
    expect(row).to_contain_text("Sending")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0)
    assert not list(home.glob(".incoming-*/*"))


def test_a_file_over_the_limit_is_refused_before_it_is_sent(page: Page, first_page: Site, tmp_path: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if "/api/uploads" in r.url else None)
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * (2**20 + 1))
    choose(page, big)
    row = page.locator(".making.failed")
    expect(row.get_by_role("alert")).to_contain_text("the largest upload here is 1 MB")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    assert not sent


def test_a_file_that_cannot_be_segmented_says_why_and_is_dismissed(
    page: Page, first_page: Site, tmp_path: Path, home: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id\n1\n2\n3\n", encoding="utf-8")
    choose(page, bad)
    row = page.locator(".making.failed")
    expect(row).to_contain_text("No study was made of bad.csv", timeout=PATIENCE)
    expect(row.get_by_role("alert")).to_contain_text("bad.csv")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    assert not list(home.glob(".incoming-*/*"))


def test_a_source_of_several_tables_asks_which_one(page: Page, first_page: Site, tmp_path: Path) -> None:
    rows = ",".join(f"({i}, {i % 3 * 10 + i % 7}, {i % 3 * 5 + i % 5})" for i in range(60))
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, alpha REAL, beta REAL)")
        database.execute("CREATE TABLE other (x INTEGER)")
        database.execute(f"INSERT INTO customers VALUES {rows}")
        database.commit()
    choose(page, tmp_path / "shop.db")
    row = page.locator(".making.failed")
    expect(row.get_by_role("alert")).to_contain_text("2 tables", timeout=PATIENCE)
    expect(row.get_by_role("alert")).not_to_contain_text("--table")
    row.get_by_label("Name of the table").fill("customers")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{first_page.url}/s/shop-2/data", timeout=PATIENCE)


def test_a_study_is_renamed_in_place(page: Page, first_page: Site, home: Path) -> None:
    page.get_by_role("button", name="Rename shop").click()
    field = page.get_by_label("Name of the study")
    field.fill("left as it was")
    field.press("Escape")
    expect(page.get_by_role("link", name="shop", exact=True)).to_be_visible()
    page.get_by_role("button", name="Rename shop").click()
    field.fill("Corner <i>shop</i>")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Corner <i>shop</i>", exact=True).click()
    expect(page).to_have_url(f"{first_page.url}/s/shop/explore")
    expect(page.locator("header.header")).to_contain_text("Corner <i>shop</i>")
    assert read_card(home / "shop").name == "Corner <i>shop</i>"


def test_a_run_of_a_study_is_seen_and_cancelled_from_the_first_page(page: Page, first_page: Site, home: Path) -> None:
    before = read_card(home / "shop")
    page.goto(first_page.page("shop", "clustering"))
    with runs_held(first_page):
        page.get_by_role("button", name="Run again").click()
        expect(page.locator(".job-chip")).to_be_visible()
        page.get_by_role("link", name="Studies", exact=True).click()
        card = page.locator(".study")
        expect(card.get_by_role("progressbar")).to_be_visible()
        card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)
    assert read_card(home / "shop") == before


def test_a_study_is_deleted_after_a_question(page: Page, first_page: Site, home: Path) -> None:
    page.get_by_role("button", name="Delete shop").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("60 customers")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_have_count(0)
    expect(page.locator(".study")).to_have_count(1)
    page.get_by_role("button", name="Delete shop").click()
    question.get_by_role("button", name="Delete").click()
    expect(page.locator(".study")).to_have_count(0)
    expect(page.get_by_text("None yet")).to_be_visible()
    assert not (home / "shop").exists()


def test_a_study_is_downloaded_and_taken_in_again(page: Page, first_page: Site, tmp_path: Path, home: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download shop as a zip").click()
    assert download.value.suggested_filename == "shop.zip"
    download.value.save_as(tmp_path / "shop.zip")
    choose(page, tmp_path / "shop.zip")
    expect(page).to_have_url(f"{first_page.url}/s/shop-2/data", timeout=PATIENCE)
    assert read_card(home / "shop-2") == read_card(home / "shop")


def test_the_list_outlives_the_server_and_a_damaged_study_stops_nobody(page: Page, shop: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(shop, home / "shop")
    (home / "broken").mkdir()
    (home / "broken" / "study.json").write_text("{", encoding="utf-8")
    for _ in range(2):
        with started([home]) as site:
            page.goto(site.url)
            expect(page.locator(".study")).to_have_count(2)
            expect(page.locator(".study.damaged").get_by_role("alert")).to_contain_text("damaged")
            page.get_by_role("link", name="shop", exact=True).click()
            expect(page.get_by_text("60 of 60 customers")).to_be_visible()
            page.goto("about:blank")


def test_a_server_without_a_folder_says_that_new_studies_are_not_kept(page: Page) -> None:
    with started([]) as site:
        page.goto(site.url)
        expect(page.get_by_text("None yet")).to_be_visible()
        expect(page.get_by_text("only until the server ends")).to_be_visible()
        page.goto("about:blank")


def test_the_first_page_fits_and_has_no_serious_accessibility_faults(page: Page, first_page: Site) -> None:
    expect(page.locator(".study")).to_have_count(1)
    assert not scrolls_sideways(page)
    assert not serious_faults(page)
    to_dark(page)
    assert not serious_faults(page)


def test_the_first_page_fits_a_phone(page: Page, first_page: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 850})
    page.reload()
    expect(page.locator(".study")).to_have_count(1)
    assert not scrolls_sideways(page)
