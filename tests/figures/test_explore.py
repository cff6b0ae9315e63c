"""Heat maps of the Explore tab on tiny results with known answers."""

import numpy as np
import pytest

from segscope.exploring import Associations, Crosstab, Variable
from segscope.exploring.associations import Measure
from segscope.figures import explore as figures

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
    assert heat.customdata[0][1] == "rho"


def test_a_crosstab_colours_what_is_more_than_expected() -> None:
    figure = figures.crosstab(Crosstab(("a", "b"), ("c", "d"), ((20, 0), (0, 20))), KIND, KIND, "light")
    assert figure.data[0].z[0][0] == pytest.approx(np.log2(25 / 15), abs=0.001)  # ten expected, five more
    assert figure.data[0].z[0][1] == pytest.approx(np.log2(5 / 15), abs=0.001)
    assert list(figure.data[0].text[0]) == ["20", "0"]


def test_a_handful_that_is_missing_is_pale_and_many_are_not() -> None:
    few = figures.crosstab(Crosstab(("a", "b"), ("c", "d"), ((1000, 2), (1000, 0))), KIND, KIND, "light")
    assert abs(few.data[0].z[1][1]) < 0.3
    many = figures.crosstab(Crosstab(("a", "b"), ("c", "d"), ((1000, 200), (1000, 0))), KIND, KIND, "light")
    assert many.data[0].z[1][1] == -2.0


def test_the_associations_of_forty_variables_keep_to_their_bytes() -> None:
    labels = tuple(f"A variable of a longer name {i:02d}" for i in range(40))
    values = np.random.default_rng(0).uniform(-1, 1, (40, 40))
    measures: tuple[tuple[Measure, ...], ...] = (("correlation ratio",) * 40,) * 40
    figure = figures.associations(Associations(labels, labels, values, measures, 100), "light")
    assert len(figure.to_json()) < 33_000
