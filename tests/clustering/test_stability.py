import numpy as np
import pytest

from segscope.clustering import as_points, kmeans
from segscope.clustering.stability import bootstrap, jaccard, prediction_strength
from tests.clustering.data import crowd, groups


def test_three_groups_hold_and_four_do_not() -> None:
    points = as_points(groups())
    three = bootstrap(points, kmeans(points, 3, seed=0), seed=0, resamples=20)
    four = bootstrap(points, kmeans(points, 4, seed=0), seed=0, resamples=20)
    assert three.lowest > 0.99
    assert four.lowest < 0.75
    assert prediction_strength(points, 3, seed=0, splits=5)[0] > 0.99
    assert prediction_strength(points, 4, seed=0, splits=5)[0] < 0.8


def test_a_crowd_does_not_hold() -> None:
    points = crowd(p=6)
    assert bootstrap(points, kmeans(points, 4, seed=0), seed=0, resamples=15).lowest < 0.75
    assert prediction_strength(points, 4, seed=0, splits=5)[0] < 0.6


def test_one_segment_always_holds() -> None:
    points = crowd()
    assert bootstrap(points, kmeans(points, 1, seed=0), seed=0, resamples=3).segments == (1.0,)
    assert prediction_strength(points, 1, seed=0, splits=3) == (1.0, 0.0)


def test_jaccard_of_equal_partitions_with_other_numbers() -> None:
    assert jaccard(np.array([0, 0, 1, 2]), np.array([2, 2, 0, 1]), 3, 3).tolist() == [1.0, 1.0, 1.0]


def test_a_handful_of_customers() -> None:
    points = as_points(np.array([[0.0], [0.0], [5.0], [9.0]]))
    stability = bootstrap(points, kmeans(points, 3, seed=0), seed=0, resamples=10)
    assert 0 <= stability.lowest < 1
    assert prediction_strength(points, 3, seed=0, splits=4)[0] == pytest.approx(0.0)
