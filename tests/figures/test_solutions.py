"""Two solutions side by side, on tiny inputs with known answers."""

import numpy as np

from segscope.figures import solutions as figures
from segscope.segmentation import Segment
from segscope.study.solutions import compared


def segments(*names: str) -> list[Segment]:
    return [Segment(f"s{i + 1}", n, i, 10, 0.5, "", "reproducible", 0.8) for i, n in enumerate(names)]


def test_streams_go_from_left_to_right_with_their_counts() -> None:
    found = compared(np.array([[900, 100], [0, 1000]]))
    made = figures.flow_figure(found, segments("A", "B"), segments("<i>C</i>", "D"), "light")
    streams = made.data[0].link
    assert list(zip(streams.source, streams.target, streams.value, strict=True)) == [
        (0, 2, 900),
        (0, 3, 100),
        (1, 3, 1000),
    ]
    assert list(made.data[0].node.label) == ["A", "B", "&lt;i&gt;C&lt;/i&gt;", "D"]
    assert list(made.data[0].node.y) == [0.25, 0.75, 0.225, 0.725]


def test_a_stream_too_thin_to_see_is_not_drawn() -> None:
    found = compared(np.array([[9_999, 1], [0, 10_000]]))
    made = figures.flow_figure(found, segments("A", "B"), segments("C", "D"), "dark")
    assert list(made.data[0].link.value) == [9_999, 10_000]


def test_the_title_says_how_far_both_agree_and_how_many_move() -> None:
    same = compared(np.array([[0, 5], [5, 0]]))
    assert figures.comparison_title(same) == "Both put everybody into the same segments (adjusted Rand 1.00)"
    near = compared(np.array([[99, 1], [0, 100]]))
    assert figures.comparison_title(near) == (
        "Nearly the same segments (adjusted Rand 0.98): 1 customer (0.5\u202f%) changes segment"
    )
    other = compared(np.array([[50, 50], [50, 50]]))
    assert figures.comparison_title(other).startswith("Different segments (adjusted Rand -0.0")


def test_who_moves_is_told_with_the_largest_group_first() -> None:
    found = compared(np.array([[90, 3, 1], [8, 80, 0]]))
    assert figures.moves(found, segments("A", "B"), segments("C", "D", "E")) == [
        "8 customers go from B to C",
        "3 customers go from A to D",
        "1 customer goes from A to E",
    ]
    assert figures.moves(found, segments("A", "B"), segments("C", "D", "E"), most=1)[-1] == (
        "4 customers in 2 smaller moves"
    )
