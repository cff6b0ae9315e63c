"""Figures of the Clustering tab on tiny inputs with known answers."""

import plotly.graph_objects as go
import pytest

from segscope.clustering import Criteria
from segscope.figures import clustering as figures
from segscope.segmentation import Segment

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
