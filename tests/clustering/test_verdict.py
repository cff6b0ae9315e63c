import numpy as np

from segscope.clustering import as_points, judge, kmeans
from segscope.clustering.verdict import overall
from tests.clustering.data import crowd, groups


def test_groups_are_natural() -> None:
    points = as_points(groups())
    verdict = judge(points, kmeans(points, 3, seed=0), seed=0, resamples=20)
    assert verdict.verdict == "natural"
    assert verdict.sentence.startswith("Natural groups: all 3 segments")
    assert all(s.separated_from_nearest and s.stability > 0.9 for s in verdict.segments)
    assert all(s.p_value is not None and s.p_value < 0.05 for s in verdict.segments)


def test_halves_of_a_long_crowd_are_reproducible_slices() -> None:
    points = as_points(np.random.default_rng(0).normal(size=(1000, 2)) * (4.0, 1.0))
    verdict = judge(points, kmeans(points, 2, seed=0), seed=0, resamples=20)
    assert verdict.verdict == "reproducible"
    assert "slices of a continuum" in verdict.sentence
    assert {s.nearest for s in verdict.segments} == {0, 1}


def test_many_cuts_of_a_crowd_are_constructed() -> None:
    points = crowd(p=6)
    verdict = judge(points, kmeans(points, 6, seed=0), seed=0, resamples=20)
    assert verdict.verdict == "constructed"
    assert "not found again" in verdict.sentence


def test_one_segment() -> None:
    points = crowd(50)
    verdict = judge(points, kmeans(points, 1, seed=0), seed=0)
    assert len(verdict.segments) == 1
    assert verdict.segments[0].nearest is None


def test_a_handful_of_customers() -> None:
    points = as_points(np.array([[0.0], [0.0], [5.0], [9.0], [9.1]]))
    verdict = judge(points, kmeans(points, 3, seed=0), seed=0, resamples=10)
    assert len(verdict.segments) == 3
    assert verdict.verdict != "natural"


def test_the_same_verdict_every_time_whatever_the_order_of_rows() -> None:
    values = groups(300)
    shuffled = values[np.random.default_rng(4).permutation(len(values))]
    first, second = (
        judge(points, kmeans(points, 4, seed=1), seed=1, resamples=10)
        for points in (as_points(values), as_points(shuffled))
    )
    assert first == second


def test_progress_is_told_and_grows() -> None:
    told: list[float] = []
    points = as_points(groups(150))
    judge(points, kmeans(points, 2, seed=0), seed=0, resamples=20, on_progress=lambda stage, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_solution_is_as_good_as_its_weakest_segment() -> None:
    assert overall(["natural", "constructed", "reproducible"]) == "constructed"
    assert overall(["natural", "natural"]) == "natural"
