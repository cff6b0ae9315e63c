"""Figures of the Explore tab on tiny results with known answers."""

import numpy as np
import pytest

from segscope.exploring import Associations, Boxes, Cloud, Crosstab, Density, Shapes, Variable
from segscope.exploring.associations import Measure
from segscope.exploring.variables import Bins
from segscope.figures import explore as figures
from segscope.theme import SEGMENTS_LIGHT, palette, translucent

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
    cloud = Cloud({"x": [20.0, 80.0], "y": [5.0, 50.0]}, 2)
    figure = figures.pair(cloud, {"x": AGE, "y": SPEND}, None, "light")
    assert figure.layout.xaxis.title.text == "Age (years)"
    assert figure.layout.yaxis.title.text == "Spend"
    assert figure.layout.xaxis.range[1] < 60


def test_everybody_is_a_grey_density_behind_the_selection() -> None:
    cloud = Cloud({"x": [20.0], "y": [5.0]}, 1)
    grid = Density((19.0, 21.0), (5.0,), np.array([[0, 9]]), 0)
    figure = figures.pair(cloud, {"x": AGE, "y": SPEND}, None, "dark", everybody=grid, selection=grid)
    everybody, selection, points = figure.data
    assert [list(row) for row in everybody.z] == [[None, 9]]
    assert everybody.colorscale[-1][1] == translucent(palette("dark").faint, 0.6)
    assert selection.colorscale[-1][1] == translucent(palette("dark").accent, 0.6)
    assert points.mode == "markers"


def test_points_carry_four_figures() -> None:
    figure = figures.pair(Cloud({"x": [20.04], "y": [58138.4]}, 1), {"x": SPEND, "y": SPEND}, None, "light")
    assert (figure.data[0].x, figure.data[0].y) == ((20.04,), (58140,))


def test_colours_of_segments_follow_the_segment_and_names_are_escaped() -> None:
    cloud = Cloud({"x": [20.0, 30.0], "y": [5.0, 6.0], "colour": ["<b>x</b>", "y"]}, 2)
    axes = {"x": AGE, "y": SPEND, "colour": KIND}
    figure = figures.pair(cloud, axes, {"<b>x</b>": 3, "y": 0}, "light")
    named = {t.name: t.marker.color for t in figure.data}
    assert named["&lt;b&gt;x&lt;/b&gt;"] == translucent(SEGMENTS_LIGHT[3], 0.7)


def test_the_area_of_a_point_stands_for_its_amount() -> None:
    cloud = Cloud({"x": [20.0, 20.0, 20.0], "y": [1.0, 1.0, 1.0], "size": [0.0, 25.0, 100.0]}, 3)
    figure = figures.pair(cloud, {"x": AGE, "y": SPEND, "size": SPEND}, None, "light")
    sizes = figure.data[0].marker.size
    assert sizes[0] == 3.0 * figure.data[0].marker.sizeref
    assert (sizes[1] - sizes[0]) / (sizes[2] - sizes[0]) == 0.5


@pytest.mark.parametrize("kind", ["whole", "fraction", "date"])
def test_no_points_take_more_than_their_share_of_a_refresh(kind: str) -> None:
    bins = Bins(0.0, 500.0, 40, 0.0, 20_000.0)
    variable = Variable("v", "V", "date" if kind == "date" else "number", "", kind != "fraction", bins)
    axes = dict.fromkeys(("x", "y", "size", "colour"), variable)
    number = min(12_000, int(145_000 / figures.point_bytes(axes)))
    values = [float(int(i * 1.37)) if kind != "fraction" else i / 7919 for i in range(number)]
    figure = figures.pair(Cloud(dict.fromkeys(axes, values), number), axes, None, "light")
    assert len(figure.to_json()) < 170_000


GROUP = {"x": "y", "colour": None, "facet": None, "n": 9, "low": 1.0, "quarter": 2.0, "median": 3.0,
         "three_quarters": 4.0, "high": 5.0}  # fmt: skip


def test_boxes_show_the_quartiles_that_were_computed() -> None:
    figure = figures.boxes(Boxes((GROUP,)), SPEND, {"x": KIND}, {}, "light")
    box = figure.data[0]
    assert (box.lowerfence, box.q1, box.median, box.q3, box.upperfence) == ((1,), (2,), (3,), (4,), (5,))
    assert list(figure.layout.xaxis.ticktext) == ["y"]
    assert list(box.customdata) == ["y"]


def test_a_box_of_dates_shows_days() -> None:
    when = Variable("d", "Joined", "date", bins=Bins(0.0, 30.0, 12, 0.0, 360.0))
    figure = figures.boxes(Boxes((GROUP,)), when, {"x": KIND}, {}, "light")
    assert figure.data[0].median == ("1970-01-04",)
    assert figure.layout.yaxis.type == "date"


def test_a_violin_is_as_wide_as_its_fullest_bin_and_ends_with_the_last() -> None:
    spread = Shapes(({"x": "y", "colour": None, "facet": None, "counts": [0, 1, 4, 0, 0, 0, 0, 0, 0, 0]},))
    figure = figures.boxes(Boxes((GROUP,)), SPEND, {"x": KIND}, {}, "light", spread)
    outline, box = figure.data
    assert (min(outline.y), max(outline.y)) == (10, 30)
    assert (max(outline.x), min(outline.x)) == (0.42, -0.42)
    assert outline.x[1] == pytest.approx(0.42 / 4, abs=1e-3)
    assert box.type == "box"
    assert outline.meta == "shape", "left out of the numbers"


def test_series_stand_beside_each_other_within_their_category() -> None:
    groups = tuple(GROUP | {"x": x, "colour": c} for x in ("<b>x</b>", "y") for c in ("<b>x</b>", "y"))
    figure = figures.boxes(Boxes(groups), SPEND, {"x": KIND, "colour": KIND}, {}, "light")
    first, second = figure.data
    assert [b - a for a, b in zip(first.x, second.x, strict=True)] == pytest.approx([0.42, 0.42])
    assert [round(b - a, 9) for a, b in (first.x, second.x)] == [1, 1]


def test_a_crosstab_colours_what_is_more_than_expected() -> None:
    figure = figures.crosstab(Crosstab(("a", "b"), ("c", "d"), ((10, 0), (0, 10))), KIND, KIND, "light")
    assert figure.data[0].z[0][0] == 1.0
    assert list(figure.data[0].text[0]) == ["10", "0"]
