"""The three-dimensional view on tiny inputs with known answers."""

import numpy as np

from segscope.exploring.positions import Positions
from segscope.figures import positions as views
from segscope.segmentation import Segment
from segscope.theme import segment_colour

AXES = {"x": ("a", "A"), "y": ("c", "<b>C</b>"), "z": ("a", "A")}


def segment(place: int) -> Segment:
    return Segment(f"s{place + 1}", f"Segment {place}", place, 10, 0.5, "", "reproducible", 0.8)


def drawn(n: int = 6) -> Positions:
    values = {"a": np.arange(n, dtype=float), "b": np.full(n, np.nan), "c": np.arange(n) ** 2.0}
    return Positions(values, np.arange(n) % 2, 100)


def test_the_cloud_has_a_trace_a_shown_segment_in_its_colour() -> None:
    made = views.cloud(drawn(), AXES, [segment(0), segment(1)], [1], "dark")
    assert [t.name for t in made.data] == ["Segment 1"]
    assert made.data[0].marker.color == segment_colour(1, "dark")
    assert list(made.data[0].x) == [1.0, 3.0, 5.0]
    assert made.layout.scene.yaxis.title.text == "&lt;b&gt;C&lt;/b&gt;"
    assert "<b>C" not in str(made.to_plotly_json())


def test_far_out_and_blank_points_are_counted() -> None:
    values = {"a": np.append(np.linspace(0, 1, 999), 1e9), "b": np.append(np.nan, np.zeros(999))}
    cloud = Positions(values, np.zeros(1000, dtype=np.intp), 5000)
    assert views.far_out(cloud, ["a", "b"]) == (1, 1)
    assert views.drawn_words(1000, 5000, 1, 1) == (
        "1,000 of 5,000 customers drawn; 1 far out lies beyond the axes; 1 without a value left out"
    )
