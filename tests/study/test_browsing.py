"""Customers one by one: pages, search, the most typical and the most borderline, and one customer with its reasons."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from segscope.errors import ColumnError
from segscope.exploring.paging import Order
from segscope.intake import ROW
from segscope.segmentation import DISTANCE2, SECOND_STRENGTH, SEGMENT, STRENGTH
from segscope.study import LiveStudy, open_study
from segscope.study.browsing import Wanted, begins_with, browse, explain, some_identifiers
from segscope.study.lists import wanted_filters


@pytest.fixture(scope="module")
def live(shop: Path) -> Iterator[LiveStudy]:
    opened = open_study(shop)
    yield opened
    opened.engine.close()


def test_pages_of_a_segment_hold_its_customers_and_their_number(live: LiveStudy) -> None:
    segment = live.fit.segments[0]
    wanted = Wanted(wanted_filters(live, segment.name))
    page = browse(live, wanted, ["customer_id", "spend"], 0, 500)
    assert page.total == len(page.customers) == segment.size
    assert {c[SEGMENT] for c in page.customers} == {0}
    assert browse(live, wanted, [], segment.size, 10).customers == ()
    second = browse(live, wanted, [], 5, 2).customers
    assert [c[ROW] for c in second] == [c[ROW] for c in page.customers[5:7]]


def test_any_column_orders_them(live: LiveStudy) -> None:
    page = browse(live, Wanted(order=Order("spend", descending=True)), ["spend"], 0, 60)
    spends = [c["spend"] for c in page.customers]
    assert spends == sorted(spends, reverse=True)
    with pytest.raises(ColumnError, match=r"'spent' to show\. Did you mean spend"):
        browse(live, Wanted(order=Order("spent")), [])


def test_an_identifier_is_found_by_its_beginning(live: LiveStudy) -> None:
    def found(text: str) -> list[str]:
        return [c["customer_id"] for c in browse(live, Wanted(search=text), ["customer_id"]).customers]

    assert found("0017") == ["0017"]
    assert found(" 001 ") == [f"{i:04d}" for i in range(10, 20)]
    assert found("=0017") == found("00170") == []
    assert some_identifiers(live) == ("0000", "0001")


def test_whole_numbers_are_found_by_their_first_digits(live: LiveStudy) -> None:
    found = live.customers.filter(begins_with(live.customers["orders"], "2"))
    orders = set(live.engine.fetch(found.select("orders"))["orders"].to_pylist())
    everybody = set(live.engine.fetch(live.customers.select("orders"))["orders"].to_pylist())
    assert orders == {n for n in everybody if str(n).startswith("2")} != everybody


def test_typical_customers_are_near_the_centre_and_borderline_ones_near_another(live: LiveStudy) -> None:
    table = live.engine.fetch(live.customers.select(ROW, DISTANCE2, STRENGTH, SECOND_STRENGTH)).to_pylist()
    nearest = sorted(table, key=lambda c: (c[DISTANCE2], -c[STRENGTH], c[ROW]))
    margins = sorted(table, key=lambda c: (c[STRENGTH] - c[SECOND_STRENGTH], c[ROW]))
    typical = browse(live, Wanted(view="typical"), [], 0, 10).customers
    borderline = browse(live, Wanted(view="borderline"), [], 0, 10).customers
    assert [c[ROW] for c in typical] == [c[ROW] for c in nearest[:10]]
    assert [c[ROW] for c in borderline] == [c[ROW] for c in margins[:10]]


def test_one_customer_comes_with_what_pushes_it_to_its_segment(live: LiveStudy) -> None:
    found = explain(live, 6)
    assert found is not None and found.values["customer_id"] == "0006"
    assert sum(found.pushes.values()) == pytest.approx(math.log(found.strength / found.second_strength))
    assert set(found.pushes) == set(live.recipe.features)
    assert explain(live, 60) is None
