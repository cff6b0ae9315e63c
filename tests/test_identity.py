"""Identity: a segment that lives on keeps its id, its name and its colour."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segscope.identity import (
    Arrival,
    Departure,
    Match,
    Transitions,
    free_numbers,
    match_segments,
    transitions,
    transitions_of_centres,
)


def matched(*shared: list[int]) -> list[tuple[int, int]]:
    return [(m.new, m.old) for m in match_segments(np.array(shared, dtype=np.int64))]


def test_the_same_segments_in_another_order_are_found_again() -> None:
    assert match_segments(np.array([[0, 30], [70, 0]])) == (Match(0, 1, 1.0), Match(1, 0, 1.0))


def test_a_segment_that_lost_half_of_its_customers_still_lives() -> None:
    assert matched([50, 0], [0, 50]) == [(0, 0), (1, 1)]
    assert matched([50, 0], [50, 100]) == [(0, 0), (1, 1)]


def test_a_segment_split_in_three_is_gone() -> None:
    assert matched([33], [33], [34]) == []


def test_no_two_new_segments_take_the_place_of_one_old() -> None:
    assert matched([60, 0], [40, 0]) == [(0, 0)]


def test_segments_without_customers_match_nothing() -> None:
    assert matched([0, 0], [0, 5]) == [(1, 1)]


@given(arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 50)))
def test_matches_are_one_to_one_and_overlap_at_least_half(shared: np.ndarray) -> None:
    found = match_segments(shared)
    assert len({m.new for m in found}) == len({m.old for m in found}) == len(found)
    for m in found:
        union = shared[m.new].sum() + shared[:, m.old].sum() - shared[m.new, m.old]
        assert m.overlap == pytest.approx(shared[m.new, m.old] / union)
        assert m.overlap >= 0.5


def test_free_numbers_are_the_lowest() -> None:
    assert free_numbers([], 2) == [0, 1]
    assert free_numbers([0, 2, 5], 3) == [1, 3, 4]
    assert free_numbers([1], 0) == []


# ------------------------------------------------------------------------------------------------ transitions


def told(*shared: list[int], locked: tuple[int, ...] = ()) -> Transitions:
    return transitions(np.array(shared, dtype=np.int64), locked)


def test_segments_that_stay_survive() -> None:
    found = told([0, 95], [90, 5])
    assert found.arrivals == (Arrival("survived", 1, (1,)), Arrival("survived", 0, (0,)))
    assert found.departures == ()


def test_a_segment_survives_in_its_larger_part_and_the_smaller_is_split_from_it() -> None:
    found = told([60, 0], [40, 5], [0, 95])
    assert found.arrivals == (Arrival("survived", 0, (0,)), Arrival("split", None, (0,)), Arrival("survived", 1, (1,)))
    assert found.departures == ()


def test_a_segment_split_in_three_is_gone_and_its_parts_say_so() -> None:
    found = told([34], [33], [33])
    assert found.arrivals == (Arrival("split", None, (0,)),) * 3
    assert found.departures == (Departure(0, "split", (0, 1, 2)),)


def test_merged_segments_go_on_as_the_one_that_is_most_of_them() -> None:
    found = told([90, 30])
    assert found.arrivals == (Arrival("merged", 0, (0, 1)),)
    assert found.departures == (Departure(1, "merged", (0,)),)


def test_of_three_alike_that_are_merged_none_goes_on() -> None:
    found = told([40, 40, 40])
    assert found.arrivals == (Arrival("merged", None, (0, 1, 2)),)
    assert [d.became for d in found.departures] == ["merged"] * 3


def test_a_locked_segment_goes_on_whoever_else_is_merged_into_its_match() -> None:
    assert told([90, 30], locked=(1,)).arrivals == (Arrival("merged", 1, (0, 1)),)
    assert told([40, 40, 40], locked=(2,)).arrivals[0].old == 2
    assert told([70], [30], locked=(0,)).arrivals[1].old is None, "half of it must stay together"


def test_a_segment_scattered_over_many_is_gone_and_one_of_many_is_new() -> None:
    found = told([85, 0, 12], [0, 85, 12], [15, 15, 6])
    assert found.arrivals[2] == Arrival("new", None, (0, 1))
    assert found.departures == (Departure(2, "gone", (0, 1)),) or found.departures[0].became == "split"


def test_a_small_old_segment_survives_in_a_larger_new_one() -> None:
    assert told([50, 30, 30, 30], [0, 70, 70, 70]).arrivals[0] == Arrival("survived", 0, (0,))


def test_centres_that_hardly_move_are_the_same_segments_in_any_order() -> None:
    old, new = np.array([[0.0, 0.0], [4.0, 0.0]]), np.array([[3.5, 0.2], [9.0, 9.0], [0.3, 0.0]])
    found = transitions_of_centres(new, old)
    assert [a.old for a in found.arrivals] == [1, None, 0]
    assert [a.kind for a in found.arrivals] == ["survived", "new", "survived"]
    far = transitions_of_centres(np.array([[2.5, 0.0]]), old[:1])
    assert far == Transitions((Arrival("new", None, ()),), (Departure(0, "gone", ()),))


@given(
    arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 50)),
    st.sets(st.integers(0, 5)),
)
def test_every_segment_is_told_once_and_none_lives_twice(shared: np.ndarray, locks: set[int]) -> None:
    news, olds = shared.shape
    found = transitions(shared, tuple(o for o in locks if o < olds))
    kept = [a.old for a in found.arrivals if a.old is not None]
    assert len(found.arrivals) == news
    assert len(set(kept)) == len(kept)
    assert sorted(kept + [d.old for d in found.departures]) == list(range(olds))
    for new, arrival in enumerate(found.arrivals):
        if arrival.old is not None:
            assert 2 * shared[new, arrival.old] >= shared[:, arrival.old].sum() > 0
            assert arrival.kind in ("survived", "merged") and arrival.old in arrival.sources
    for match in match_segments(shared):
        assert found.arrivals[match.new].old is not None, "who shares half of both lives on"
