"""Ward's tree of five customers, drawn."""

import numpy as np
import pytest

from segscope.clustering.points import as_points
from segscope.clustering.ward import Tree, ward_tree
from segscope.figures import tree as figures
from segscope.segmentation import Segment
from segscope.theme import palette, segment_colour


def segment(place: int) -> Segment:
    return Segment(f"s{place + 1}", f"Segment {place}", place, 10, 0.5, "", "reproducible", 0.8)


def tree() -> Tree:
    return ward_tree(as_points(np.array([[0.0], [1.0], [9.0], [10.0], [30.0]])), seed=0)


def test_the_cut_lies_between_the_merges_that_make_and_end_the_number_of_groups() -> None:
    heights = [m.height for m in tree().merges]
    assert figures.cut_height(tree(), 2) == pytest.approx((heights[2] + heights[3]) / 2)
    cut = figures.cut_height(tree(), 1)
    assert cut is not None
    assert cut > heights[3]
    assert figures.cut_height(tree(), 9) is None


def test_branches_below_the_cut_have_the_colour_of_their_segment() -> None:
    made = figures.tree_drawing(tree(), 3, (2, 0, 1), [segment(g) for g in range(3)], "light")
    lines = {t.line.color: len(t.x) // 5 for t in made.data if t.mode == "lines"}
    # Two pairs merge below the cut, the single customer does not; both merges above it are grey.
    assert lines == {segment_colour(2): 1, segment_colour(0): 1, palette("light").faint: 2}
    assert list(made.layout.xaxis.ticktext) == ["1"] * 5
    assert [a.text for a in made.layout.annotations] == ["<b>cut into 3</b>"]


def test_the_tree_is_grey_where_other_segments_were_made() -> None:
    made = figures.tree_drawing(tree(), 3, (), [], "dark")
    assert {t.line.color for t in made.data if t.mode == "lines"} == {palette("dark").faint}


def test_the_numbers_of_the_chart_are_the_merges() -> None:
    made = figures.tree_drawing(tree(), 2, (), [], "light")
    merges = made.data[-1]
    assert list(merges.y) == [round(m.height, 3) for m in tree().merges]
    assert merges.text[-1] == "From 2 groups to 1<br>5 customers joined"


def test_the_title_says_how_many_groups_the_tree_keeps_longest() -> None:
    assert figures.longest_stretch(tree()) == 2
    assert figures.tree_title(tree(), 2) == "Ward's tree keeps 2 groups longest, as many as there are segments"
    assert figures.tree_title(tree(), 3) == "Ward's tree keeps 2 groups longest; the line cuts it into 3"
    assert figures.tree_note(tree(), 5).startswith("The last 5 branches of the tree of all 5 customers")
