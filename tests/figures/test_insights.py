"""Figures of the Insights tab on tiny families with known answers."""

import pytest

from segscope.figures import insights as figures
from segscope.insights import FamilyView, Mode
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
