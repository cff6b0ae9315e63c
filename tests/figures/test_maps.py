"""The map of the segments on tiny inputs with known answers."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from segscope.exploring.positions import Map, project
from segscope.figures import maps
from segscope.preparation import FeaturePreparation
from segscope.segmentation import Segment


def segment(place: int, name: str = "Segment") -> Segment:
    return Segment(f"s{place + 1}", f"{name} {place}", place, 10, 0.5, "", "reproducible", 0.8)


def step(name: str) -> FeaturePreparation:
    return FeaturePreparation(name, 0.0, False, None, None, 0.0, 1.0, 0, 0)


def texts(made: go.Figure) -> list[str]:
    return [a.text for a in made.layout.annotations]


def two_groups(n: int = 400) -> tuple[Map, Any]:
    generator = np.random.default_rng(0)
    group = np.arange(n) % 2
    a = 10.0 * group + generator.normal(size=n)
    found = project({"a": a, "b": generator.normal(size=n)}, (step("a"), step("b")), group)
    return found, group


def test_segments_are_labelled_at_their_densest_place_and_axes_say_what_they_hold() -> None:
    found, group = two_groups()
    drawn = maps.drawing(found, group, 2, 50, 1000)
    made = maps.segment_map(
        drawn, ["Total <spend>", "Days"], [segment(0), segment(1, "<i>x</i>")], with_points=False, scheme="light"
    )
    assert sorted(texts(made)) == ["<b>&lt;i&gt;x&lt;/i&gt; 1</b>", "<b>Segment 0</b>"]
    places = {a.text: a.x for a in made.layout.annotations}
    assert places["<b>Segment 0</b>"] == pytest.approx(-5, abs=1)
    assert places["<b>&lt;i&gt;x&lt;/i&gt; 1</b>"] == pytest.approx(5, abs=1)
    assert made.layout.xaxis.title.text == "total &lt;spend&gt; → · 96\u202f% of the variation"
    assert made.layout.yaxis.title.text == "days → · 4\u202f% of the variation"
    assert "<i>x" not in str(made.to_plotly_json())


def test_customers_are_shown_on_request_and_are_as_many_as_asked_for() -> None:
    found, group = two_groups()
    drawn, segments = maps.drawing(found, group, 2, 50, 1000), [segment(0), segment(1)]

    def dots(with_points: bool) -> int:
        made = maps.segment_map(drawn, ["A", "B"], segments, with_points, "dark")
        return sum(len(t.x) for t in made.data if t.type == "scatter")

    assert dots(False) == 2  # the densest places
    assert dots(True) == 52
    assert maps.map_note(drawn).startswith("400 of 1,000 customers drawn. Dark: where the densest half")


def test_the_pointer_finds_whose_customers_are_where() -> None:
    found, group = two_groups()
    made = maps.segment_map(maps.drawing(found, group, 2, 0, 400), ["A", "B"], [segment(0), segment(1)], False, "light")
    said = {text for t in made.data if t.type == "heatmap" for row in t.text for text in row if text}
    assert all("of all are here" in text for text in said)
    assert any(text.startswith("100\u202f% Segment 0<br>") for text in said)


def test_the_payload_of_a_map_stays_small_with_many_customers_in_twelve_segments() -> None:
    generator = np.random.default_rng(1)
    group = np.arange(20_000) % 12
    values = {n: generator.normal(size=20_000) for n in "ab"}
    found = project(values, (step("a"), step("b")), group)
    segments = [segment(g, "A segment with a rather long name") for g in range(12)]
    made = maps.segment_map(maps.drawing(found, group, 12, 1_400, 20_000), ["A", "B"], segments, True, "light")
    assert len(json.dumps(made.to_plotly_json()["data"])) < 160_000


def test_one_feature_makes_a_map_whose_height_means_nothing() -> None:
    nobody = np.zeros(3, dtype=np.intp)
    found = project({"a": np.array([0.0, 1.0, 5.0])}, (step("a"),), nobody)
    made = maps.segment_map(maps.drawing(found, nobody, 1, 3, 3), ["Spend"], [segment(0)], True, "light")
    assert made.layout.yaxis.title.text == "spread out only to be seen"
    assert maps.map_title(found, ["Spend"]) == "The map: spend runs left to right"


def test_axes_are_named_after_what_goes_with_them() -> None:
    found = Map(
        np.zeros(2), np.zeros(2), ("discriminant", "principal"), (1.0, 0.2), np.array([[0.9, -0.8], [0.1, 0.2]])
    )
    names = ["Total spend", "Education: PhD"]
    assert maps.map_title(found, names) == (
        "The map where segments separate best: total spend and less education: PhD to the right, education: PhD to the "
        "top"
    )
    assert maps.axis_title(found, 0, names).endswith("100\u202f% of the separation")
    assert maps.axes_in_words(found, names) == (
        "To the right: more total spend (0.90) and less education: PhD (-0.80). In brackets: correlation with the axis."
    )


def test_labels_do_not_cover_each_other_and_stay_inside() -> None:
    def label(up: float) -> maps.Label:
        return maps.Label(segment(0), (0.0, 0.0), 100.0, 150.0, up, up, "center")

    for ups in ([200.0] * 12, [5.0, 6.0, 7.0], [375.0, 378.0, 379.0]):
        placed = sorted(each.up for each in maps.keep_apart([label(up) for up in ups]))
        gaps = np.diff(placed)
        assert (gaps >= maps.LABEL_HEIGHT - 1e-9).all()
        assert placed[0] >= 0
        assert placed[-1] <= maps.LABEL_ROOM[1]
    assert maps.keep_apart([label(50.0)])[0].up == 50.0
