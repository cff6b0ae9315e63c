"""Boxes and violins, on tiny groups with known answers."""

import numpy as np
import pytest

from segscope.exploring import BLANK, Bins, Boxes, Shapes, Variable
from segscope.figures.boxes import boxes, split

SPEND = Variable("spend", "Spend", "number", "", False, Bins(0.0, 10.0, 10, 0.0, 100.0))
KIND = Variable("kind", "Kind", "category", choices=("<b>x</b>", "y"))


GROUP = {"x": "y", "colour": None, "facet": None, "n": 9, "low": 1.0, "quarter": 2.0, "median": 3.0,
         "three_quarters": 4.0, "high": 5.0}  # fmt: skip


def test_boxes_show_the_quartiles_that_were_computed() -> None:
    figure = boxes(Boxes((GROUP,)), SPEND, {"x": KIND}, {}, "light")
    box = figure.data[0]
    assert (box.lowerfence, box.q1, box.median, box.q3, box.upperfence) == ((1,), (2,), (3,), (4,), (5,))
    assert list(figure.layout.xaxis.ticktext) == ["y"]
    assert list(box.customdata) == ["y"]


def test_a_box_of_dates_shows_days() -> None:
    when = Variable("d", "Joined", "date", bins=Bins(0.0, 30.0, 12, 0.0, 360.0))
    figure = boxes(Boxes((GROUP,)), when, {"x": KIND}, {}, "light")
    assert figure.data[0].median == ("1970-01-04",)
    assert figure.layout.yaxis.type == "date"


def test_a_violin_is_as_wide_as_its_fullest_bin_and_ends_with_the_last() -> None:
    spread = Shapes(({"x": "y", "colour": None, "facet": None, "counts": [0, 1, 4, 0, 0, 0, 0, 0, 0, 0]},))
    figure = boxes(Boxes((GROUP,)), SPEND, {"x": KIND}, {}, "light", spread)
    outline, box = figure.data
    assert (np.nanmin(outline.y), np.nanmax(outline.y)) == (10, 30)
    assert (np.nanmax(outline.x), np.nanmin(outline.x)) == pytest.approx((0.42, -0.42))
    assert outline.x[1] == pytest.approx(0.42 / 4, abs=1e-3)
    assert box.type == "box"
    assert outline.meta == "shape", "left out of the numbers"


def test_series_stand_beside_each_other_within_their_category() -> None:
    groups = tuple(GROUP | {"x": x, "colour": c} for x in ("<b>x</b>", "y") for c in ("<b>x</b>", "y"))
    figure = boxes(Boxes(groups), SPEND, {"x": KIND, "colour": KIND}, {}, "light")
    first, second = figure.data
    assert [b - a for a, b in zip(first.x, second.x, strict=True)] == pytest.approx([0.42, 0.42])
    assert [round(b - a, 9) for a, b in (first.x, second.x)] == [1, 1]


def test_blanks_are_boxes_of_their_own_and_what_has_no_room_is_told() -> None:
    many = Variable("c", "C", "category", choices=tuple(f"v{i:02d}" for i in range(12)))
    groups = tuple(GROUP | {"colour": c} for c in (*many.choices, BLANK))
    by = {"x": KIND, "colour": many}
    kept = split(Boxes(groups), by)
    assert kept.colour == many.choices[:10]
    assert kept.left_out == {"colour": 3}
    few = Boxes((GROUP | {"facet": BLANK}, GROUP | {"facet": "y"}))
    assert split(few, {"x": KIND, "facet": KIND}).facet == ("y", BLANK)
    assert [t.name for t in boxes(Boxes(groups), SPEND, by, {}, "light").data] == list(many.choices[:10])


def test_boxes_and_violins_keep_to_their_bytes_whatever_is_drawn() -> None:
    many = Variable("c", "C", "category", choices=tuple(f"a value of some length {i:02d}" for i in range(40)))
    for xs, colours, facets, most in ((40, 10, 4, 52_000), (15, 4, 1, 35_000), (40, 1, 1, 35_000)):
        places = [(x, c, f) for x in many.choices[:xs] for c in many.choices[:colours] for f in many.choices[:facets]]
        numbers = {"low": 1234.5, "quarter": 2345.6, "median": 3456.7, "three_quarters": 4567.8, "high": 9876.5}
        groups = tuple(GROUP | numbers | {"x": x, "colour": c, "facet": f} for x, c, f in places)
        shapes = Shapes(tuple({"x": x, "colour": c, "facet": f, "counts": [7] * 10} for x, c, f in places))
        figure = boxes(Boxes(groups), SPEND, dict.fromkeys(("x", "colour", "facet"), many), {}, "light", shapes)
        assert len(figure.to_json()) < most


def test_a_colour_that_only_some_facets_have_is_in_the_legend_once() -> None:
    groups = tuple(GROUP | {"facet": f, "colour": c} for f, c in (("<b>x</b>", "y"), ("y", "<b>x</b>"), ("y", "y")))
    figure = boxes(Boxes(groups), SPEND, {"x": KIND, "colour": KIND, "facet": KIND}, {}, "light")
    assert sorted(t.name for t in figure.data if t.showlegend) == ["&lt;b&gt;x&lt;/b&gt;", "y"]


def test_facets_are_called_by_their_values_where_these_speak_for_themselves() -> None:
    degree = Variable("d", "Degree", "category", choices=("PhD", "Master"))
    few = Boxes((GROUP | {"facet": "y"},))
    assert [a.text for a in boxes(few, SPEND, {"x": KIND, "facet": KIND}, {}, "light").layout.annotations] == [
        f"{KIND.label}: y"
    ]
    two = Boxes(tuple(GROUP | {"facet": f} for f in degree.choices))
    titles = boxes(two, SPEND, {"x": KIND, "facet": degree}, {}, "light").layout.annotations
    assert [a.text for a in titles] == ["PhD", "Master"]
