"""Who splits from whom, on hand-made flows."""

import json

import numpy as np

from segscope.figures import path as figures
from segscope.segmentation import Segment
from segscope.theme import palette, segment_colour

# Everybody; then 60 and 40; then the 60 split into 35 and 25, and two customers change sides.
FLOWS = (((60.0, 40.0),), ((35.0, 25.0, 0.0), (2.0, 0.0, 38.0)))


def segments(*sizes: int) -> list[Segment]:
    total = sum(sizes)
    return [Segment(f"s{i + 1}", f"Group <{i}>", i, n, n / total, "", "reproducible", 0.8) for i, n in enumerate(sizes)]


def test_sizes_follow_from_the_flows() -> None:
    path = figures.path_of(FLOWS, 2, (1, 0))
    assert [path.sizes(k).tolist() for k in path.numbers] == [[100], [60, 40], [37, 25, 38]]


def test_each_step_is_told_with_who_splits_and_how_many_change_sides() -> None:
    path = figures.path_of(FLOWS, 2, (1, 0))
    assert figures.sentences(path, segments(40, 60)) == [
        "From 1 to 2: Everybody (100) splits in two, 60 and 40.",
        "From 2 to 3: Group <1> (60) splits in two, 35 and 25; 2 customers (2\u202f%) change sides.",
    ]
    assert figures.path_title(path, segments(40, 60)) == "From 2 to 3: Group <1> (60) splits in two, 35 and 25"


def test_with_one_segment_shown_the_path_is_told_from_everybody() -> None:
    path = figures.path_of(FLOWS, 1, ())
    assert figures.path_title(path, segments(100)) == "From 1 to 2: Everybody (100) splits in two, 60 and 40"
    assert figures.unmatched_words(path) == ""
    assert len(figures.path_drawing(path, segments(100), "light").layout.annotations) == 0


def test_a_segment_further_on_is_called_a_part_of_where_it_comes_from() -> None:
    flows = (*FLOWS, ((0.0, 37.0, 0.0, 0.0), (0.0, 0.0, 25.0, 0.0), (20.0, 0.0, 0.0, 18.0)))
    path = figures.path_of(flows, 2, (1, 0))
    assert figures.step_in_words(path, segments(40, 60), 3) == (
        "From 3 to 4: a part of Group <0> (38) splits in two, 20 and 18."
    )


def test_a_segment_that_gathers_from_several_is_told_so() -> None:
    flows = (((50.0, 50.0),), ((40.0, 10.0, 0.0), (0.0, 10.0, 40.0)))
    path = figures.path_of(flows, 2, ())
    assert figures.step_in_words(path, segments(30, 70), 2) == (
        "From 2 to 3: a segment of 20 gathers, mostly from a segment (10) and a segment (10)."
    )
    assert figures.path_title(path, segments(30, 70)) == figures.HEADING
    assert "drawn without names" in figures.unmatched_words(path)


def test_thin_flows_are_counted_and_not_drawn() -> None:
    thin = (((60.0, 40.0),), ((35.0, 24.0, 1.0), (0.0, 0.0, 40.0)))
    path = figures.path_of(thin, 2, (1, 0))
    made = figures.path_drawing(path, segments(40, 60), "light")
    assert len(made.layout.shapes) == 5
    assert figures.path_note(path) == (
        "Solutions as explored for the evidence, from 1 to 3 segments; 1 flow thinner than 2\u202f% is not drawn, "
        "0.5\u202f% of the customers of a step"
    )


def test_segments_have_their_colour_from_where_they_are_the_studys_own() -> None:
    path = figures.path_of(FLOWS, 2, (1, 0))
    made = figures.path_drawing(path, segments(40, 60), "dark")
    by_size = dict(zip(made.data[0].y, made.data[0].marker.color, strict=True))
    assert by_size[100] == palette("dark").faint
    assert by_size[40] == by_size[38] == segment_colour(0, "dark")
    assert by_size[60] == by_size[37] == by_size[25] == segment_colour(1, "dark")
    assert [a.text for a in made.layout.annotations] == ["<b>Group &lt;0&gt;</b>", "<b>Group &lt;1&gt;</b>"]
    assert "Group <" not in str(made.to_plotly_json())


def test_twelve_solutions_make_a_small_payload() -> None:
    generator = np.random.default_rng(2)
    flows = [generator.integers(10, 100, size=(1, 2)).astype(float)]
    for k in range(2, 12):
        shares = generator.dirichlet(np.ones(k + 1), size=k)
        flows.append(flows[-1].sum(axis=0)[:, None] * shares)
    path = figures.path_of([f.tolist() for f in flows], 2, ())
    assert len(json.dumps(figures.path_drawing(path, [], "light").to_plotly_json()["layout"]["shapes"])) < 150_000
