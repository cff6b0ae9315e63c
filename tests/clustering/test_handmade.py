"""Segments merged and split by hand: what the steps come to, and how surely such segments are found again."""

import numpy as np
import pytest

from segscope.clustering import as_points, judge, solution_at
from segscope.clustering.handmade import Merge, Plan, Split, cells_of, log_odds, planned, probabilities, repeated
from segscope.clustering.stability import bootstrap
from segscope.errors import StudyError

HALVES = ((0.0,), (4.0,))


def test_steps_come_to_cuts_and_groups() -> None:
    plan = planned(3, [Merge(0, 2), Split(0, 3, HALVES), Merge(1, 3)], labels=[1, 0])
    assert [(c.of, c.first, c.second) for c in plan.cuts] == [((0, 2), 3, 4)]
    assert plan.groups == ((1, 4), (3,))
    assert plan.cells == (1, 4, 3)
    assert plan.centres([(1.0,), (2.0,), (3.0,)]) == ((2.0,), (4.0,), (0.0,))


def test_a_label_that_is_gone_is_refused() -> None:
    with pytest.raises(StudyError, match="a segment 2 that is not there"):
        planned(3, [Merge(0, 2), Split(2, 3, HALVES)])


def test_customers_go_to_the_nearer_half_and_a_tie_to_the_first() -> None:
    values = np.array([[0.0], [2.0], [3.0], [9.0]])
    plan = planned(2, [Split(0, 2, HALVES)])
    assert cells_of(values, np.array([0, 0, 0, 1]), plan).tolist() == [2, 2, 3, 1]


def test_probabilities_hold_however_far_a_customer_lies() -> None:
    plan = planned(2, [Split(0, 2, HALVES)])
    _, odds = log_odds(np.array([[0.0], [1e6]]), np.array([[0.0, 1e12], [1e12, 4e12]]), 0.5, plan)
    assert probabilities(odds).sum(axis=1).tolist() == [1.0, 1.0]
    assert np.argsort(-odds[1]).tolist() == [2, 0, 1]  # of two that are out of the question the nearer is still told


def crowds(*places: float, each: int = 100) -> np.ndarray:
    """Evenly filled stretches of a line, one long, around some places."""
    return np.concatenate([place + np.linspace(-0.5, 0.5, each) for place in places]).reshape(-1, 1)


def test_the_steps_are_done_again_on_clusters_of_another_order() -> None:
    values = crowds(0.0, 4.0, 10.0, 20.0)
    mine = np.repeat([0, 0, 1, 2], 100)  # the model found two of the crowds as one
    plan = planned(3, [Merge(1, 2), Split(0, 3, ((0.0,), (4.0,)))])
    cells = cells_of(values, mine, plan)
    other = np.array([2, 1, 0])[mine]
    again = repeated(values, np.ones(400, dtype=np.int64), (mine, other), cells, plan, seed=0)
    assert again.tolist() == plan.places[cells].tolist()


def test_real_crowds_put_together_by_hand_are_found_again_and_stand_apart() -> None:
    points = as_points(crowds(0.0, 4.0, 10.0))
    solution = solution_at(points, [[0.0], [4.0], [10.0]])
    plan = planned(3, [Merge(0, 1)])
    found = judge(points, solution, seed=0, resamples=10, hand=plan, spread=0.1)
    assert [s.verdict for s in found.segments] == ["natural", "natural"]
    assert min(s.stability for s in found.segments) == 1.0
    assert [s.nearest for s in found.segments] == [1, 0]


def test_a_crowd_cut_in_two_by_hand_does_not_stand_apart() -> None:
    points = as_points(crowds(0.0, 10.0, each=300))
    solution = solution_at(points, [[0.0], [10.0]])
    plan = planned(2, [Split(0, 2, ((-0.25,), (0.25,)))])
    found = judge(points, solution, seed=0, resamples=10, hand=plan, spread=0.1)
    words = dict(zip(plan.cells, found.segments, strict=True))
    assert words[1].separated_from_nearest
    assert not words[2].separated_from_nearest and not words[3].separated_from_nearest


def test_all_put_together_are_one_segment() -> None:
    points = as_points(crowds(0.0, 4.0))
    plan = planned(2, [Merge(0, 1)])
    found = judge(points, solution_at(points, [[0.0], [4.0]]), seed=0, resamples=2, hand=plan, spread=0.1)
    assert [s.nearest for s in found.segments] == [None]


def test_a_split_where_the_model_has_one_segment_is_judged() -> None:
    points = as_points(crowds(0.0, 4.0))
    plan: Plan = planned(1, [Split(0, 1, ((0.0,), (4.0,)))])
    found = bootstrap(points, solution_at(points, [[2.0]]), 0, 5, hand=plan)
    assert found.segments == (1.0, 1.0)
