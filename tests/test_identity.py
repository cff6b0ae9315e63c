"""Identity: a segment that lives on keeps its id, its name and its colour."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segscope.identity import Match, free_numbers, match_segments


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
