"""Figures of the Explore tab on tiny results with known answers."""

import numpy as np

from segscope.exploring import Associations, Boxes, Cloud, Crosstab, Variable
from segscope.exploring.associations import Measure
from segscope.exploring.variables import Bins
from segscope.figures import explore as figures
from segscope.theme import SEGMENTS_LIGHT, palette

AGE = Variable("age", "Age", "number", "years", True, Bins(18.0, 2.0, 20, 18.0, 90.0))
SPEND = Variable("spend", "Spend", "number", "", False, Bins(0.0, 10.0, 10, 0.0, 100.0))
KIND = Variable("kind", "Kind", "category", choices=("<b>x</b>", "y"))


def test_associations_leave_the_diagonal_empty_and_write_only_strong_ones() -> None:
    values = np.array([[1.0, 0.8, 0.1], [0.8, 1.0, np.nan], [0.1, np.nan, 1.0]])
    row: tuple[Measure, ...] = ("Spearman", "Spearman", "Spearman")
    measures = (row, row, row)
    figure = figures.associations(Associations(("a", "b", "c"), ("A", "B", "C"), values, measures, 100), "light")
    heat = figure.data[0]
    assert list(heat.z[0]) == [None, 0.8, 0.1]
    assert heat.z[1][2] is None
    assert list(heat.text[0]) == ["", "0.8", ""]
    assert heat.customdata[0][1] == "ρ"


def test_axes_carry_units_and_end_where_the_tail_begins() -> None:
    cloud = Cloud({"x": [20.0, 80.0], "y": [5.0, 50.0]}, 2, 2)
    figure = figures.pair(cloud, Cloud({"x": [], "y": []}, 0, 0), {"x": AGE, "y": SPEND}, None, "light")
    assert figure.layout.xaxis.title.text == "Age (years)"
    assert figure.layout.yaxis.title.text == "Spend"
    assert figure.layout.xaxis.range[1] < 60
    assert figures.beyond(cloud, AGE, SPEND) == 1


def test_everybody_is_grey_behind_the_selection() -> None:
    cloud = Cloud({"x": [20.0], "y": [5.0]}, 1, 1)
    figure = figures.pair(cloud, cloud, {"x": AGE, "y": SPEND}, None, "dark")
    assert figure.data[0].marker.color == palette("dark").everybody
    assert not figure.data[0].showlegend


def test_colours_of_segments_follow_the_segment_and_names_are_escaped() -> None:
    cloud = Cloud({"x": [20.0, 30.0], "y": [5.0, 6.0], "colour": ["<b>x</b>", "y"]}, 2, 2)
    axes = {"x": AGE, "y": SPEND, "colour": KIND}
    figure = figures.pair(cloud, Cloud({"x": [], "y": []}, 0, 0), axes, {"<b>x</b>": 3, "y": 0}, "light")
    named = {t.name: t.marker.color for t in figure.data}
    red, green, blue = (int(SEGMENTS_LIGHT[3][i : i + 2], 16) for i in (1, 3, 5))
    assert named["&lt;b&gt;x&lt;/b&gt;"] == f"rgba({red},{green},{blue},0.7)"


def test_the_area_of_a_point_stands_for_its_amount() -> None:
    cloud = Cloud({"x": [20.0, 20.0, 20.0], "y": [1.0, 1.0, 1.0], "size": [0.0, 25.0, 100.0]}, 3, 3)
    axes = {"x": AGE, "y": SPEND, "size": SPEND}
    figure = figures.pair(cloud, Cloud({"x": [], "y": []}, 0, 0), axes, None, "light")
    sizes = figure.data[1].marker.size
    assert sizes[0] == 3.0
    assert (sizes[1] - 3) / (sizes[2] - 3) == 0.5


def test_boxes_show_the_quartiles_that_were_computed() -> None:
    group = {"x": "y", "colour": None, "facet": None, "n": 9, "low": 1.0, "quarter": 2.0, "median": 3.0,
             "three_quarters": 4.0, "high": 5.0}  # fmt: skip
    figure = figures.boxes(Boxes((group,)), SPEND, {"x": KIND}, {}, "light")
    box = figure.data[0]
    assert (box.lowerfence, box.q1, box.median, box.q3, box.upperfence) == ((1.0,), (2.0,), (3.0,), (4.0,), (5.0,))


def test_a_crosstab_colours_what_is_more_than_expected() -> None:
    figure = figures.crosstab(Crosstab(("a", "b"), ("c", "d"), ((10, 0), (0, 10))), KIND, KIND, "light")
    assert figure.data[0].z[0][0] == 1.0
    assert list(figure.data[0].text[0]) == ["10", "0"]
