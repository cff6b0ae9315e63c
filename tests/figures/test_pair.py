"""Two measures against each other, on tiny clouds with known answers."""

import numpy as np
import pytest

from segscope.exploring import BLANK, Bins, Cloud, Density, Variable
from segscope.figures.pair import pair, points_within
from segscope.theme import SEGMENTS_LIGHT, palette, translucent

AGE = Variable("age", "Age", "number", "years", True, Bins(18.0, 2.0, 20, 18.0, 90.0))
SPEND = Variable("spend", "Spend", "number", "", False, Bins(0.0, 10.0, 10, 0.0, 100.0))
KIND = Variable("kind", "Kind", "category", choices=("<b>x</b>", "y"))


def test_axes_carry_units_and_end_where_the_tail_begins() -> None:
    cloud = Cloud({"x": [20.0, 80.0], "y": [5.0, 50.0]}, 2)
    figure = pair(cloud, {"x": AGE, "y": SPEND}, None, "light")
    assert figure.layout.xaxis.title.text == "Age (years)"
    assert figure.layout.yaxis.title.text == "Spend"
    assert figure.layout.xaxis.range[1] < 60


def test_everybody_is_a_grey_density_behind_the_selection() -> None:
    cloud = Cloud({"x": [20.0], "y": [5.0]}, 1)
    grid = Density((19.0, 21.0), (5.0,), np.array([[0, 9]]), 0)
    figure = pair(cloud, {"x": AGE, "y": SPEND}, None, "dark", everybody=grid, selection=grid)
    everybody, selection, points = figure.data
    assert np.isnan(everybody.z[0][0])
    assert everybody.z[0][1] == 9
    assert everybody.colorscale[-1][1] == translucent(palette("dark").faint, 0.6)
    assert selection.colorscale[-1][1] == translucent(palette("dark").accent, 0.6)
    assert points.mode == "markers"


def test_colours_of_segments_follow_the_segment_and_names_are_escaped() -> None:
    cloud = Cloud({"x": [20.0, 30.0], "y": [5.0, 6.0], "colour": ["<b>x</b>", "y"]}, 2)
    axes = {"x": AGE, "y": SPEND, "colour": KIND}
    figure = pair(cloud, axes, {"<b>x</b>": 3, "y": 0}, "light")
    named = {t.name: t.marker.color for t in figure.data}
    assert named["&lt;b&gt;x&lt;/b&gt;"] == translucent(SEGMENTS_LIGHT[3], 0.7)


def test_the_area_of_a_point_stands_for_its_amount() -> None:
    cloud = Cloud({"x": [20.0, 20.0, 20.0], "y": [1.0, 1.0, 1.0], "size": [0.0, 25.0, 100.0]}, 3)
    figure = pair(cloud, {"x": AGE, "y": SPEND, "size": SPEND}, None, "light")
    sizes = figure.data[0].marker.size
    assert sizes[0] == 3.0 * figure.data[0].marker.sizeref
    assert (sizes[1] - sizes[0]) / (sizes[2] - sizes[0]) == 0.5


def test_rare_values_and_blanks_are_grey_and_everybody_is_drawn() -> None:
    many = Variable("c", "C", "category", choices=tuple(f"v{i:02d}" for i in range(12)))
    values = [*many.choices, BLANK]
    cloud = Cloud({"x": [20.0] * 13, "y": [5.0] * 13, "colour": values}, 13)
    figure = pair(cloud, {"x": AGE, "y": SPEND, "colour": many}, None, "light")
    assert [t.name for t in figure.data[:3]] == ["others", "blank", "v00"]
    assert sum(len(t.x) for t in figure.data) == 13


def test_points_without_the_number_that_colours_them_are_grey() -> None:
    cloud = Cloud({"x": [20.0, 30.0], "y": [5.0, 6.0], "colour": [None, 7.0]}, 2)
    blank, shaded = pair(cloud, {"x": AGE, "y": SPEND, "colour": SPEND}, None, "light").data
    assert (blank.name, list(blank.x), list(shaded.x)) == ("blank", [20], [30])


def test_a_category_can_size_the_points_in_the_order_of_its_values() -> None:
    cloud = Cloud({"x": [20.0, 20.0], "y": [1.0, 1.0], "size": ["y", "<b>x</b>"]}, 2)
    larger, smaller = pair(cloud, {"x": AGE, "y": SPEND, "size": KIND}, None, "light").data[0].marker.size
    assert larger > smaller


LONG = Bins(0.0, 500.0, 70, 0.0, 20_000.0)
NARROW = Bins(0.0, 5.0, 40, 0.0, 200.0)


@pytest.mark.parametrize("colour", ["number", "category"])
@pytest.mark.parametrize(
    "variable",
    [
        Variable("v", "V", "date", "", True, LONG),
        Variable("v", "V", "number", "", False, LONG),
        Variable("v", "V", "number", "", True, LONG),
        Variable("v", "V", "number", "", True, NARROW),
    ],
)
def test_points_and_densities_keep_to_their_bytes_whatever_is_drawn(variable: Variable, colour: str) -> None:
    by = Variable("k", "K", "category", choices=tuple(f"value {i}" for i in range(40)))
    axes = {"x": variable, "y": variable, "size": variable, "colour": by if colour == "category" else variable}
    number = min(20_000, points_within(axes, 95_000))
    assert number > 1_500
    top = variable.bins.largest if variable.bins else 0.0
    values = [top * (i % 997) / 997 if not variable.whole else float(int(top * (i % 997) / 997)) for i in range(number)]
    columns = {name: values if v.kind != "category" else list(by.choices) * number for name, v in axes.items()}
    cells = np.arange(70 * 70).reshape(70, 70) * 10_007
    grid = Density(tuple(250.5 + 500.0 * i for i in range(70)), tuple(250.5 + 500.0 * i for i in range(70)), cells, 0)
    figure = pair(Cloud({n: c[:number] for n, c in columns.items()}, number), axes, None, "light", grid, grid)
    assert len(figure.to_json()) < 97_000
