"""Brushing with a cube: every panel follows while the mouse is down, and nothing jumps when it is let go."""

import json
import math
import re
from collections.abc import Iterator
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from segscope.study import Choices, fit_source
from tests.browser.opening import patient
from tests.browser.serving import Site, started

pytestmark = pytest.mark.browser

VISIBLE_COUNTS = """() => JSON.stringify(window.segscopePanels.inView().map((v) =>
    [v.column, Array.from(window.segscopePanels.state.counts[v.column])]))"""
READY = """(name) => {
    const { cubes, state } = window.segscopePanels;
    return cubes.ready(state.meta.find((v) => v.label === name));
}"""
ENDS = """(name) => {
    const { edgesOf, state } = window.segscopePanels;
    const variable = state.meta.find((v) => v.label === name);
    return edgesOf(variable, state.filters[variable.column]).map(Math.round);
}"""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A study of customers who live in many towns."""
    place = tmp_path_factory.mktemp("towns")
    names = [f"town {i % 47:02d}" for i in range(280)] + ["<b>rare</b>"] * 3
    columns = {"spend": [float(i % 50) for i in range(283)], "visits": [i % 9 for i in range(283)], "town": names}
    pq.write_table(pa.table(columns), place / "towns.parquet")
    fit_source(place / "towns.parquet", place / "towns", Choices(segments=2))
    with started([place / "towns"]) as site:
        yield site


def panel(page: Page, name: str) -> Locator:
    return page.locator(f'.panel[aria-label="{name}"]')


def opened(page: Page, site: Site, query: str = "") -> None:
    page.goto(site.page("sample", "explore") + query)
    expect(page.locator("#explore-count")).to_contain_text("of 2,240 customers")
    expect(page.locator("#explore-count")).to_have_attribute("aria-busy", "false")


def approached(page: Page, name: str) -> dict[str, float]:
    """Move the mouse to a panel, wait for its cube, and return where its plot is."""
    plot = panel(page, name).locator("svg.hist")
    plot.scroll_into_view_if_needed()
    plot.hover()
    page.wait_for_function(READY, arg=name)
    box = plot.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"] + 30, "width": box["width"]}


def selected(page: Page) -> int:
    return int(page.locator("#explore-count strong").inner_text().replace(",", ""))


def held(page: Page, name: str, first: float, last: float) -> None:
    """Drag over a part of a plot, as shares of its width, and keep the button down."""
    at = approached(page, name)
    page.mouse.move(at["x"] + at["width"] * first, at["y"])
    page.mouse.down()
    page.mouse.move(at["x"] + at["width"] * last, at["y"], steps=4)


def settled(page: Page) -> None:
    expect(page.locator("#explore-count")).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize("name", ["Income", "Average spend", "Customer since", "Share bought on deals"])
def test_panels_follow_while_dragging_and_nothing_jumps_on_release(page: Page, site: Site, name: str) -> None:
    opened(page, site)
    education = panel(page, "Education").locator(".choice b").first
    before = education.inner_text()
    held(page, name, 0.22, 0.61)
    expect(education).not_to_have_text(before)
    assert "?f=" not in page.url
    dragged, counts = selected(page), page.evaluate(VISIBLE_COUNTS)
    assert 0 < dragged < 2240
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"\?f="))
    settled(page)
    assert selected(page) == dragged
    assert page.evaluate(VISIBLE_COUNTS) == counts
    assert panel(page, name).locator("path.chosen").get_attribute("d") != "M0 0"
    # The link holds limits that let through exactly the same.
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#explore-count strong")).to_have_text(f"{dragged:,}")


def test_a_brush_is_counted_among_those_who_pass_the_other_filters(page: Page, site: Site) -> None:
    opened(page, site, "?f=" + quote(json.dumps({"Education": {"in": ["PhD"]}, "age": [30, 50]})))
    some = selected(page)
    held(page, "Income", 0.3, 0.8)
    expect(page.locator("#explore-count strong")).not_to_have_text(f"{some:,}")
    dragged = selected(page)
    assert 0 < dragged < some
    page.mouse.up()
    expect(page.locator("#explore-chips button")).to_have_count(3)
    settled(page)
    assert selected(page) == dragged


def test_a_brush_over_everything_includes_the_blanks_again(page: Page, site: Site) -> None:
    opened(page, site)
    held(page, "Income", 0.5, 0.99)
    page.mouse.up()
    settled(page)
    assert selected(page) < 2240
    handle = panel(page, "Income").locator('[data-edge="0"]').bounding_box()
    at = approached(page, "Income")
    assert handle is not None
    page.mouse.move(handle["x"] + 4, handle["y"] + 9)
    page.mouse.down()
    page.mouse.move(at["x"] + 1, at["y"], steps=4)
    expect(page.locator("#explore-count strong")).to_have_text("2,240")
    page.mouse.up()
    expect(page.locator("#explore-chips button")).to_have_count(0)


def test_limits_lie_where_the_arithmetic_of_bins_changes(page: Page, site: Site) -> None:
    # 0.3 / 0.1 is below 3 in floating point: 0.3 counts in bin 2, so a brush from bin 3 must begin above it.
    opened(page, site)
    filter_of = """([from, to]) => window.segscopePanels.filterOf(
        { kind: "number", whole: false, bins: { low: 0, width: 0.1, count: 9, edges: [] } }, from, to)"""
    low, high = page.evaluate(filter_of, [3, 6])
    assert 0.3 < low < 0.3 + 1e-15
    assert 0.6 <= high < 0.6 + 1e-15
    assert page.evaluate(filter_of, [0, 9]) is None
    assert page.evaluate(filter_of, [0, 5]) == [None, math.nextafter(0.5, 0)]


def test_arrow_keys_move_the_brush_and_shift_resizes_it(page: Page, site: Site) -> None:
    opened(page, site)
    plot = panel(page, "Income").locator("svg.hist")
    plot.focus()
    page.wait_for_function(READY, arg="Income")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    first, last = page.evaluate(ENDS, "Income")
    assert first == 1
    page.keyboard.press("ArrowRight")
    assert page.evaluate(ENDS, "Income") == [first + 1, last + 1]
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate(ENDS, "Income") == [first + 1, last]
    shown = selected(page)
    settled(page)
    assert selected(page) == shown
    plot.dblclick(position={"x": 3, "y": 3})
    expect(page.locator("#explore-count strong")).to_have_text("2,240")


def test_a_clicked_value_is_counted_before_the_server_answers(page: Page, site: Site) -> None:
    opened(page, site)
    education = panel(page, "Education")
    education.hover()
    page.wait_for_function(READY, arg="Education")
    page.route("**/_dash-update-component", lambda _: None)  # nothing is answered
    phd = education.get_by_role("checkbox", name=re.compile("^PhD"))
    count = phd.locator("b").inner_text()
    phd.click()
    expect(page.locator("#explore-count strong")).to_have_text(count)
    page.unroute_all(behavior="ignoreErrors")


def test_a_value_under_the_pointer_shows_what_it_would_select(page: Page, site: Site) -> None:
    opened(page, site)
    panel(page, "Education").locator("h3").hover()
    page.wait_for_function(READY, arg="Education")
    value = panel(page, "Education").locator(".choice").nth(1)
    n = int(value.locator("b").inner_text().replace(",", ""))
    value.hover()
    expect(page.locator("#explore-count strong")).to_have_text(f"{n:,}")
    assert "f=" not in page.url
    page.mouse.move(2, 2)
    expect(page.locator("#explore-count strong")).to_have_text("2,240")


def test_a_finger_brushes_too(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = patient(context.new_page())
    opened(page, site)
    plot = panel(page, "Total spend").locator("svg.hist")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    touch = context.new_cdp_session(page)
    points = [{"x": box["x"] + box["width"] * share, "y": box["y"] + 30} for share in (0.2, 0.4, 0.7)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [points[0]]})
    for point in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#explore-chips")).to_contain_text("Total spend")
    settled(page)
    assert 0 < selected(page) < 2240
    context.close()


def test_without_a_cube_dragging_selects_all_the_same(page: Page, site: Site) -> None:
    page.route("**/cube?**", lambda route: route.fulfill(status=204))
    opened(page, site)
    box = panel(page, "Income").locator("svg.hist").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30, steps=5)
    page.mouse.up()
    expect(page.locator("#explore-count strong")).not_to_have_text("2,240")
    settled(page)
    assert 0 < selected(page) < 2240


def test_a_pinned_panel_stays_first_and_a_hidden_one_away(page: Page, site: Site) -> None:
    opened(page, site)
    panel(page, "Income").hover()
    page.get_by_role("button", name="Pin Income", exact=True).click()
    expect(page.locator(".panel").first).to_have_attribute("aria-label", "Income")
    panel(page, "Education").hover()
    page.get_by_role("button", name="Hide Education", exact=True).click()
    expect(panel(page, "Education")).to_be_hidden()
    page.reload()
    expect(page.locator(".panel").first).to_have_attribute("aria-label", "Income")
    expect(panel(page, "Education")).to_be_hidden()
    page.get_by_role("button", name="Show hidden (1)").click()
    expect(panel(page, "Education")).to_be_visible()
    page.get_by_role("button", name="Show again: Education").click()
    expect(page.get_by_role("button", name="Show hidden")).to_have_count(0)
    expect(panel(page, "Education")).to_be_visible()


def test_a_value_inside_other_is_found_and_chosen(page: Page, towns: Site) -> None:
    page.goto(towns.page("towns", "explore"))
    town = panel(page, "Town")
    expect(town.get_by_role("checkbox", name=re.compile("^other"))).to_be_attached()
    town.get_by_role("searchbox").fill("RARE")
    rare = town.get_by_role("checkbox").filter(has_text="<b>rare</b>")
    expect(rare.locator("b")).to_have_text("3")
    rare.click()
    expect(page.locator("#explore-count strong")).to_have_text("3")
    expect(page.locator("#explore-chips")).to_contain_text("<b>rare</b>")
    expect(rare).to_have_attribute("aria-checked", "true")
    rare.click()
    expect(page.locator("#explore-chips button")).to_have_count(0)


def test_the_bar_of_the_tail_says_what_it_holds(page: Page, site: Site) -> None:
    opened(page, site)
    last = panel(page, "Average spend").locator(".axis span").last
    expect(last).to_have_text(re.compile(r"\+$"))
    expect(last).to_have_attribute("title", re.compile(r"^[\d,]+ customers from .+ in the last bar$"))


SERVED = """() => { const { state } = window.segscopePanels; return [state.selected, state.served.selected]; }"""


def test_a_skewed_measure_can_be_seen_in_logarithmic_bins(site: Site, page: Page) -> None:
    opened(page, site, f"?f={quote(json.dumps({'Recency': [0, 49]}))}")
    switch = panel(page, "Offers accepted").get_by_role("button", name="Logarithmic scale of Offers accepted")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.focus()
    page.keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(switch).to_be_focused()
    expect(page).to_have_url(re.compile(r"log=%5B%22offers_accepted%22%5D"))
    plot = panel(page, "Offers accepted").locator("svg.hist")
    expect(plot.locator("path.everybody")).to_have_attribute("d", re.compile("M0.*M.*M"))

    page.wait_for_function(READY, arg="Offers accepted")
    plot.focus()
    page.keyboard.press("ArrowRight")
    moved, _ = page.evaluate(SERVED)
    expect(page.locator("#explore-count")).to_have_attribute("aria-busy", "false")
    told, served = page.evaluate(SERVED)
    assert moved == told == served

    limits = [box.input_value() for box in panel(page, "Offers accepted").locator("input.end").all()]
    assert limits == ["1", ""], "the first bar holds those who accepted none"
    page.reload()
    expect(page.locator("#explore-count strong")).to_have_text(f"{told:,}")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(panel(page, "Offers accepted").locator("input.end").first).to_have_value("1")
    assert "log=" not in page.url
