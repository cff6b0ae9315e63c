"""Figures of the Segments tab on tiny inputs."""

import math

import numpy as np
import pytest

from segscope.comparing import EVERYBODY, Group, composition, distribution
from segscope.exploring import Variable
from segscope.exploring.variables import Bins
from segscope.figures import segments as figures
from segscope.theme import Scheme, segment_colour

A, B = Group(0, "Alphas", 0), Group(1, "<b>Betas</b>", 3)
SPEND = Variable("spend", "Spend", "number", unit="a year", bins=Bins(0.0, 10.0, 4, 0.0, 99.0))
CHILDREN = Variable("children", "Children", "number", whole=True, bins=Bins(-0.5, 1.0, 3, 0, 2))
SINCE = Variable("since", "Customer since", "date", bins=Bins(0.0, 10.0, 4, 0.0, 39.0))
COLOUR = Variable("colour", "Colour", "category", choices=("red", "<i>blue</i>"))
COUNTS = np.array([[4, 0, 0, 0, 1], [0, 0, 2, 2, 0]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_radar_closes_each_line_and_keeps_the_colours(scheme: Scheme) -> None:
    lines = [(A, [10.0, 20.0, 30.0]), (EVERYBODY, [50.0, 50.0, 50.0])]
    made = figures.radar(["Income", "Age", "Visits"], lines, scheme)
    everyone, alphas = made.data  # grey lies behind
    assert everyone.name == "Everyone"
    assert list(alphas.r) == [10.0, 20.0, 30.0, 10.0]
    assert alphas.line.color == segment_colour(0, scheme)
    assert made.layout.polar.radialaxis.range == (0, 100)


def test_radar_keeps_two_variables_of_one_name_apart_and_escapes_names() -> None:
    made = figures.radar(["Same", "Same", "<x>"], [(B, [1.0, math.nan, 3.0])], "light")
    assert list(made.data[0].theta) == ["Same", "Same (2)", "&lt;x&gt;", "Same"]
    assert made.data[0].r[1] is None
    assert made.data[0].name == "&lt;b&gt;Betas&lt;/b&gt;"


def test_two_axes_become_points_on_lines() -> None:
    made = figures.radar(["Income", "Age"], [(A, [10.0, 20.0])], "light")
    assert made.data[0].type == "scatter" and list(made.data[0].x) == [10.0, 20.0]


def test_ridges_show_everybody_behind_each_row_and_the_median() -> None:
    made = figures.ridges(distribution(SPEND, COUNTS, [A, B], {0: 3.0, 1: 30.0}), "light")
    assert [t.name for t in made.data] == ["Everyone", "Alphas", "Everyone", "&lt;b&gt;Betas&lt;/b&gt;"]
    assert list(made.data[1].x) == [5, 15, 25, 35]
    assert float(np.sum(made.data[1].y)) == pytest.approx(100.0, abs=1e-3)
    assert [shape.x0 for shape in made.layout.shapes] == [3.0, 30.0]
    assert {a.text for a in made.layout.annotations} >= {"<b>3</b>", "<b>30</b>"}
    assert made.layout.xaxis.title.text == "Spend (a year)"
    assert made.data[1].line.color == segment_colour(0)


def test_ridges_of_few_whole_values_are_bars() -> None:
    made = figures.ridges(distribution(CHILDREN, np.array([[3, 1, 0, 0]]), [A]), "dark")
    assert {t.type for t in made.data} == {"bar"}
    assert list(made.data[1].y) == [75.0, 25.0, 0.0]


def test_ridges_of_dates_have_dates_on_the_axis() -> None:
    made = figures.ridges(distribution(SINCE, COUNTS, [A]), "light")
    assert made.data[0].x[0] == "1970-01-06"
    assert made.layout.shapes[0].x0 == "1970-01-06"


def test_ridges_without_a_choice_show_everybody() -> None:
    made = figures.ridges(distribution(SPEND, COUNTS, []), "light")
    assert [t.name for t in made.data] == ["Everyone"]


def test_composition_has_a_bar_for_everybody_and_points_with_intervals() -> None:
    made = figures.composition(composition(COLOUR, COUNTS[:, :3], [A, EVERYBODY]), "light")
    bar, points = made.data
    assert bar.type == "bar" and points.type == "scatter"
    assert list(points.y) == ["red", "&lt;i&gt;blue&lt;/i&gt;"]
    assert list(points.x) == [100.0, 0.0]
    assert points.error_x.array[0] == 0.0 and points.error_x.arrayminus[0] > 0
    assert made.layout.xaxis.range[1] <= 104


def test_composition_without_everyone_has_no_bar() -> None:
    made = figures.composition(composition(COLOUR, COUNTS[:, :3], [A, B]), "light")
    assert [t.type for t in made.data] == ["scatter", "scatter"]


@pytest.mark.parametrize(
    ("low", "width", "count", "whole", "texts"),
    [
        (0.0, 100.0, 26, True, ["0", "1k", "2k"]),
        (-0.5, 1.0, 4, True, ["0", "1", "2", "3"]),
        (0.0, 1.0, 10, True, ["0", "2", "4", "6", "8", "10"]),
    ],
)
def test_ticks_are_round(low: float, width: float, count: int, whole: bool, texts: list[str]) -> None:
    variable = Variable("x", "X", "number", whole=whole, bins=Bins(low, width, count, 0, 1))
    assert figures.ticks(variable)[1] == texts
