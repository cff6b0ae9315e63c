"""Figures of the Insights tab on tiny families with known answers."""

import math

import pytest

from segscope.figures import insights as figures
from segscope.insights import Candidate, FamilyView, Finding, Mode, Side
from segscope.recipe import Family, FamilyKind, FamilyMember
from segscope.segmentation import Segment
from segscope.theme import SEGMENTS_DARK, SEGMENTS_LIGHT, palette

MEMBERS = (FamilyMember("a", "<b>Wine</b>"), FamilyMember("b", "Meat"), FamilyMember("d", "Deals", overlaps=True))
SEGMENTS = tuple(
    Segment(f"s{i}", name, colour, 5, 0.5, "", "natural", 1.0)
    for i, (name, colour) in enumerate([("<i>Top</i>", 4), ("Low", 1)])
)


def view(mode: Mode = "amount", kind: FamilyKind = "spend", unit: str = "") -> FamilyView:
    family = Family("f", "Spend by product", kind, MEMBERS, unit)
    return FamilyView(family, mode, MEMBERS, (5.0, 0.25, 2.0), ((9.0, 0.4, 1.0), (1.0, None, 3.0)))


def test_everybody_stands_in_grey_behind_bars_in_the_colours_of_the_segments() -> None:
    made = figures.family_bars(view(), SEGMENTS, "light")
    everybody, top, low = made.data
    assert everybody.marker.color == palette("light").everybody and list(everybody.y) == [5.0, 0.25, 2.0]
    assert everybody.offset == -everybody.width / 2  # its own place, behind the group
    assert (top.marker.color, low.marker.color) == (SEGMENTS_LIGHT[4], SEGMENTS_LIGHT[1])
    assert list(low.y) == [1.0, None, 3.0]
    assert list(top.text) == ["9", "0.4", "1"] and low.text[1] == ""
    assert figures.family_bars(view(), SEGMENTS, "dark").data[1].marker.color == SEGMENTS_DARK[4]


def test_names_from_data_are_made_safe() -> None:
    made = figures.family_bars(view(), SEGMENTS, "light")
    assert made.data[1].name == "&lt;i&gt;Top&lt;/i&gt;"
    assert made.data[1].x[0] == "&lt;b&gt;Wine&lt;/b&gt;"
    assert "&lt;i&gt;Top&lt;/i&gt;" in made.data[1].hovertemplate[0] and "<i>" not in made.data[1].hovertemplate[0]


def test_members_that_overlap_stand_apart_and_are_hatched() -> None:
    made = figures.family_bars(view(), SEGMENTS, "light")
    assert list(made.data[1].marker.pattern.shape) == ["", "", "/"]
    order = list(made.layout.xaxis.categoryarray)
    assert order[2] == figures.GAP and order[3].startswith("Deals")


@pytest.mark.parametrize(
    ("mode", "kind", "title", "text"),
    [
        ("amount", "spend", "spend a customer", "0.4"),
        ("amount", "responses", "share of customers", "40\u202f%"),
        ("share", "purchases", "share of the segment's purchases", "40\u202f%"),
        ("index", "spend", "index, everybody is 100", "0"),
    ],
)
def test_the_axis_says_what_it_measures(mode: Mode, kind: FamilyKind, title: str, text: str) -> None:
    made = figures.family_bars(view(mode, kind), SEGMENTS, "light")
    assert made.layout.yaxis.title.text == title
    assert figures.amount_text(view(mode, kind), 0.4) == text


def test_an_index_has_a_line_at_100_instead_of_grey_bars() -> None:
    made = figures.family_bars(view("index"), SEGMENTS, "light")
    assert len(made.data) == len(SEGMENTS)
    assert made.layout.shapes[0].y0 == 100


def test_labels_are_short_and_different() -> None:
    long = tuple(FamilyMember(c, "A very long label that goes on and on " + c) for c in "ab")
    labels = figures.member_labels(FamilyView(Family("f", "F", "other", long), "amount", long, (1.0, 1.0), ()))
    assert len(set(labels)) == 2 and all(len(label) < 30 for label in labels)


def test_many_bars_carry_no_numbers() -> None:
    many = tuple(Segment(f"s{i}", f"S{i}", i, 5, 0.1, "", "natural", 1.0) for i in range(12))
    crowded = FamilyView(view().family, "amount", MEMBERS, (1.0, 1.0, 1.0), ((1.0, 1.0, 1.0),) * 12)
    assert figures.family_bars(crowded, many, "light").data[1].text is None


def test_a_heat_map_writes_values_and_colours_their_ratio_to_everybody() -> None:
    made = figures.family_heat(view(), SEGMENTS, "light")
    colours, values = made.data
    assert list(colours.text[0]) == ["9", "0.4", "1"] and list(values.z[0]) == [9.0, 0.4, 1.0]
    assert colours.z[0][0] == pytest.approx(math.log(9 / 5) / math.log(3))
    assert colours.z[1][0] == -1 and colours.z[1][1] is None  # a fifth of everybody's; unknown
    assert colours.y[0] == "&lt;i&gt;Top&lt;/i&gt;"


def finding() -> Finding:
    candidate = Candidate("mean", "income", "Income", "income", unit="a year")
    side = Side(31_000.0, 29_000.0, 33_000.0, 0.9, 0.0, 100)
    return Finding(
        candidate, 0, "Top earn more", 30_500.0, 20_000.0, (30_500.0, None), 200, side, side, "very strong",
        ((29_500.0, 31_500.0), None),
    )  # fmt: skip


def test_the_chart_of_a_finding_has_a_bar_and_an_interval_a_segment_and_a_line_for_everybody() -> None:
    made = figures.finding_bars(finding(), SEGMENTS, "light")
    (bar,) = made.data  # of the other segment nothing is known
    assert (bar.x[0], bar.error_x.array[0], bar.error_x.arrayminus[0]) == (30_500, 1000, 1000)
    assert bar.marker.color == SEGMENTS_LIGHT[4]
    assert made.layout.shapes[0].x0 == 20_000
    assert list(made.layout.yaxis.ticktext) == ["&lt;i&gt;Top&lt;/i&gt;<br><b>30,500</b>", "Low<br><b>too few</b>"]
