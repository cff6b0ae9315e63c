"""Figures of the Clustering tab on tiny inputs with known answers."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from segscope.clustering import Criteria
from segscope.exploring.positions import Positions, project
from segscope.figures import clustering as figures
from segscope.figures import positions as views
from segscope.preparation import FeaturePreparation
from segscope.segmentation import Segment
from segscope.theme import segment_colour

CRITERIA = (
    Criteria(1, 100.0),
    Criteria(2, 40.0, silhouette=0.5, prediction_strength=0.9, jaccard=0.99, smallest_share=0.4),
    Criteria(3, 15.0, 0.6, prediction_strength=0.78, prediction_strength_error=0.03, jaccard=0.9, smallest_share=0.3),
    Criteria(4, 12.0, silhouette=0.3, prediction_strength=0.4, jaccard=0.5, smallest_share=0.1),
)
BY_KEY = {m.key: m for m in figures.MEASURES}


def segment(place: int, name: str = "Segment") -> Segment:
    return Segment(f"s{place + 1}", f"{name} {place}", place, 10, 0.5, "", "reproducible", 0.8)


def texts(made: go.Figure) -> list[str]:
    return [a.text for a in made.layout.annotations]


def everything(made: go.Figure) -> str:
    return str(made.to_plotly_json())


def test_wcss_marks_the_elbow_and_the_choice() -> None:
    made = figures.wcss_by_k(CRITERIA, chosen=2, elbow=3, scheme="light")
    assert list(made.data[0].x) == [1, 2, 3, 4]
    assert list(made.data[0].y) == [100.0, 40.0, 15.0, 12.0]
    assert made.layout.xaxis.title.text == "k (number of segments)"
    assert made.layout.yaxis.title.text == "WCSS"
    assert texts(made) == ["elbow at 3", "<b>2 chosen</b><br>WCSS 40"]


def test_wcss_says_when_the_choice_is_the_elbow_and_lives_without_one() -> None:
    assert texts(figures.wcss_by_k(CRITERIA, 3, 3, "dark")) == ["<b>3 chosen, and the elbow</b><br>WCSS 15"]
    assert texts(figures.wcss_by_k(CRITERIA[:1], 1, None, "light")) == ["<b>1 chosen</b><br>WCSS 100"]


def test_a_criterion_shows_its_threshold_dashed_and_the_chosen_value() -> None:
    made = figures.criterion_by_k(CRITERIA, 3, BY_KEY["prediction"], "light")
    assert list(made.data[0].x) == [2, 3, 4]
    assert texts(made) == ["<b>0.78</b>"]
    dashed = [s.y0 for s in made.layout.shapes if s.line.dash == "dash"]
    assert dashed == [0.8]
    assert list(made.data[0].error_y.array) == [0.0, 0.03, 0.0]


def test_a_criterion_that_was_not_measured_is_left_blank() -> None:
    rows = figures.with_chosen(CRITERIA, [segment(i) for i in range(12)], wcss=3.0)
    assert [c.k for c in rows] == [1, 2, 3, 4, 12]
    assert texts(figures.criterion_by_k(rows, 12, BY_KEY["silhouette"], "light")) == []
    assert texts(figures.criterion_by_k(rows, 12, BY_KEY["stability"], "light")) == ["<b>0.80</b>"]
    assert figures.with_chosen(CRITERIA, [segment(0), segment(1)], 40.0) == CRITERIA


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("silhouette", "best at 3 (0.60)"),
        ("prediction", "reaches 0.8 up to 3"),
        ("stability", "reaches 0.75 up to 3"),
        ("smallest", "2\u202f% or more throughout"),
    ],
)
def test_findings(key: str, said: str) -> None:
    assert figures.finding(CRITERIA, BY_KEY[key], 3) == said


def test_findings_admit_what_is_missing() -> None:
    assert figures.finding(CRITERIA[:1], BY_KEY["stability"], 1) == "not measured"
    assert figures.finding((*CRITERIA, Criteria(12, 1.0)), BY_KEY["silhouette"], 12).endswith("; not measured at 12")
    weak = (Criteria(2, 1.0, jaccard=0.3), Criteria(3, 1.0, jaccard=0.8))
    assert figures.finding(weak, BY_KEY["stability"], 2) == "reaches 0.75 at 3"
    assert figures.finding(weak[:1], BY_KEY["stability"], 2) == "never reaches 0.75"


def drawn(n: int = 6) -> Positions:
    values = {"a": np.arange(n, dtype=float), "b": np.full(n, np.nan), "c": np.arange(n) ** 2.0}
    return Positions(values, np.arange(n) % 2, 100)


AXES = {"x": ("a", "A"), "y": ("c", "<b>C</b>"), "z": ("a", "A")}


def test_the_cloud_has_a_trace_a_shown_segment_in_its_colour() -> None:
    made = views.cloud(drawn(), AXES, [segment(0), segment(1)], [1], "dark")
    assert [t.name for t in made.data] == ["Segment 1"]
    assert made.data[0].marker.color == segment_colour(1, "dark")
    assert list(made.data[0].x) == [1.0, 3.0, 5.0]
    assert made.layout.scene.yaxis.title.text == "&lt;b&gt;C&lt;/b&gt;"
    assert "<b>C" not in everything(made)


def test_far_out_and_blank_points_are_counted() -> None:
    values = {"a": np.append(np.linspace(0, 1, 999), 1e9), "b": np.append(np.nan, np.zeros(999))}
    cloud = Positions(values, np.zeros(1000, dtype=np.intp), 5000)
    assert views.far_out(cloud, ["a", "b"]) == (1, 1)
    assert views.drawn_words(1000, 5000, 1, 1) == (
        "1,000 of 5,000 customers drawn; 1 far out lies beyond the axes; 1 without a value left out"
    )


def step(name: str) -> FeaturePreparation:
    return FeaturePreparation(name, 0.0, False, None, None, 0.0, 1.0, 0, 0)


def test_the_map_names_its_segments_and_its_axes() -> None:
    found = project({"a": np.array([0.0, 0, 9, 9]), "b": np.array([0.0, 1, 0, 1])}, (step("a"), step("b")))
    labels = ["Total <spend>", "Days"]
    made = views.segment_map(found, np.array([0, 0, 1, 1]), labels, [segment(0), segment(1, "<i>x</i>")], "light")
    assert sorted(texts(made)) == ["<b>&lt;i&gt;x&lt;/i&gt; 1</b>", "<b>Segment 0</b>"]
    assert made.layout.xaxis.title.text == "total &lt;spend&gt; →"
    assert made.layout.yaxis.title.text == "days →"
    assert views.map_title(found, labels) == "The map: total <spend> to the right, days to the top"
    assert views.map_note(found, 4, 4) == (
        "All 4 customers drawn; its axes hold 99\u202f% and 1\u202f% of the variation"
    )


def test_the_map_of_one_feature_says_what_its_height_means() -> None:
    found = project({"a": np.array([0.0, 1.0, 5.0])}, (step("a"),))
    made = views.segment_map(found, np.array([0, 0, 0]), ["Spend"], [segment(0)], "light")
    assert made.layout.yaxis.title.text == "spread out only to be seen"
    assert views.map_title(found, ["Spend"]) == "The map: spend runs left to right"


def test_labels_do_not_cover_each_other_and_stay_inside() -> None:
    def label(up: float) -> views.Label:
        return views.Label(segment(0), (0.0, 0.0), 100.0, 150.0, up, up, "center")

    for ups in ([200.0] * 12, [5.0, 6.0, 7.0], [375.0, 378.0, 379.0]):
        placed = sorted(each.up for each in views.keep_apart([label(up) for up in ups]))
        gaps = np.diff(placed)
        assert (gaps >= views.LABEL_HEIGHT - 1e-9).all()
        assert placed[0] >= 0
        assert placed[-1] <= views.LABEL_ROOM[1]
    alone: list[Any] = views.keep_apart([label(50.0)])
    assert alone[0].up == 50.0
