from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from segscope.clustering import Criteria, Evidence, as_points, gather
from segscope.clustering.choice import recommend
from segscope.clustering.workers import in_turn
from segscope.recipe import Method
from tests.clustering.data import crowd, groups


def test_three_groups_are_recommended_with_the_reason() -> None:
    evidence, solutions = gather(as_points(groups()), seed=0, k_max=6)
    assert evidence.recommended == 3
    assert evidence.elbow == 3
    assert evidence.reason.startswith("3 segments: the most that all stand apart")
    assert [c.k for c in evidence.criteria] == list(solutions) == [1, 2, 3, 4, 5, 6]
    three = evidence.criteria[2]
    assert three.separated
    assert three.silhouette is not None
    assert three.silhouette > 0.7
    assert three.silhouette_interval is None  # everybody was measured
    assert three.smallest_share == pytest.approx(1 / 3)
    assert three.gap is None


def test_one_segment_is_recommended_when_nothing_holds() -> None:
    evidence, _ = gather(crowd(p=8), seed=0, k_max=5)
    assert evidence.recommended == 1
    assert "no split" in evidence.reason


def test_thorough_evidence_adds_the_gap() -> None:
    evidence, _ = gather(as_points(groups(150)), seed=0, k_max=4, thorough=True)
    assert all(c.gap is not None and c.gap_error is not None for c in evidence.criteria)
    assert all(
        c.resamples == 100 and len(c.jaccards) == c.k and min(c.jaccards) == c.jaccard for c in evidence.criteria[1:]
    )
    assert evidence.complete
    assert evidence.gap_choice == evidence.recommended == 3


def test_a_first_look_says_that_it_is_one() -> None:
    evidence, _ = gather(as_points(groups(150)), seed=0, k_max=3)
    assert not evidence.complete
    assert evidence.gap_choice is None
    assert [c.resamples for c in evidence.criteria] == [0, 30, 10]  # the second number was a close call


@pytest.mark.parametrize("method", ["kmeans", "mixture", "ward"])
def test_the_same_evidence_every_time_whatever_the_order_of_rows_and_the_threads(method: Method) -> None:
    values = groups(300)
    shuffled = values[np.random.default_rng(4).permutation(len(values))]
    found = []
    for threads, rows in ((1, values), (2, values), (2, shuffled)):
        with threadpool_limits(threads):
            found.append(gather(as_points(rows), seed=7, k_max=3, method=method)[0])
    assert found[0] == found[1] == found[2]
    assert isinstance(found[0], Evidence)


def test_a_sample_has_an_interval() -> None:
    points = as_points(groups(600), np.full(600, 10.0), 6000)
    evidence, _ = gather(points, seed=0, k_max=3)
    interval = evidence.criteria[2].silhouette_interval
    assert interval is not None
    assert interval[0] < (evidence.criteria[2].silhouette or 0.0) < interval[1]
    assert (evidence.sample, evidence.customers) == (600, 6000)
    assert all((c.wcss_error or 0.0) > 0 for c in evidence.criteria)
    assert (evidence.criteria[2].squared_silhouette_error or 0.0) > 0


@pytest.mark.parametrize("values", [[[1.0]] * 5, [[1.0], [2.0]], [[float(i)] for i in range(10)]])
def test_a_handful_of_customers(values: list[list[float]]) -> None:
    evidence, _ = gather(as_points(np.array(values)), seed=0)
    assert 1 <= evidence.recommended <= len(evidence.criteria) <= 9


def test_cancelling_from_the_progress_callback() -> None:
    stages = []

    def stop(stage: str, share: float) -> None:
        stages.append((stage, share))
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        gather(as_points(groups(90)), seed=0, k_max=4, on_progress=stop)
    assert [s for _, s in stages] == sorted(s for _, s in stages)


def test_the_most_that_hold_are_recommended() -> None:
    panel = [
        Criteria(1, 100.0),
        Criteria(2, 60.0, jaccard=0.95, prediction_strength=0.95, smallest_share=0.4),
        Criteria(3, 40.0, jaccard=0.9, prediction_strength=0.78, prediction_strength_error=0.05, smallest_share=0.2),
        Criteria(4, 30.0, jaccard=0.9, prediction_strength=0.6, prediction_strength_error=0.3, smallest_share=0.2),
        Criteria(5, 20.0, jaccard=0.9, prediction_strength=0.9, smallest_share=0.01),
    ]
    assert recommend(panel)[0] == 3


def test_work_that_is_given_up_ends_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []

    def work(piece: int, step: Callable[[], None]) -> int:
        begun.append(piece)
        while piece == 99:
            step()
        return piece

    results = in_turn([*range(20), 99], work, cores=2)
    assert next(results) == 0
    results.close()
    assert 99 in begun, "the last piece, which would never end, was under way"
