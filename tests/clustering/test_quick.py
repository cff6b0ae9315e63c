import numpy as np
import pytest
from sklearn.cluster import KMeans

from segscope.clustering.assign import distances2
from segscope.clustering.points import Array
from segscope.clustering.quick import quick_kmeans
from segscope.clustering.threads import one_thread
from tests.clustering.data import NINE, groups


def wcss(values: Array, weights: Array, centres: Array) -> float:
    return float(weights @ distances2(values, centres.tolist()).min(axis=1))


def test_nine_customers_in_three_corners() -> None:
    centres = quick_kmeans(NINE, np.ones(9), 3, seed=0, starts=3)
    third = 1 / 3
    expected = [[third, third], [third, 28 / 3], [28 / 3, third]]
    assert np.array(sorted(centres.tolist())) == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize("k", [2, 5, 9])
def test_nearly_as_compact_as_scikit_learn(k: int) -> None:
    generator = np.random.default_rng(k)
    values, weights = generator.gamma(2.0, size=(1500, 3)), generator.integers(1, 4, 1500).astype(float)
    with one_thread():
        best = KMeans(k, n_init=5, random_state=1).fit(values, sample_weight=weights).inertia_
    assert wcss(values, weights, quick_kmeans(values, weights, k, seed=0, starts=5)) <= best * 1.04


def test_a_small_group_far_away_is_found() -> None:
    values = np.concatenate([groups(4_500), np.random.default_rng(1).normal(60.0, 1.0, (30, 2))])
    for seed in range(5):
        centres = quick_kmeans(values, np.ones(len(values)), 4, seed, starts=5)
        assert np.abs(centres - 60.0).max(axis=1).min() < 1.0


def test_weights_count_as_repeated_customers_when_the_centres_have_come_to_rest() -> None:
    values, counts = groups(300), np.random.default_rng(0).integers(1, 5, 300)
    weighted = quick_kmeans(values, counts.astype(float), 3, seed=0, starts=5)
    repeated = quick_kmeans(np.repeat(values, counts, axis=0), np.ones(counts.sum()), 3, seed=0, starts=5)
    assert sorted(map(tuple, weighted.round(4))) == sorted(map(tuple, repeated.round(4)))


def test_far_from_zero_single_precision_is_enough() -> None:
    near = quick_kmeans(groups(300), np.ones(300), 3, seed=0, starts=5)
    far = quick_kmeans(groups(300) + 1e7, np.ones(300), 3, seed=0, starts=5)
    assert far - 1e7 == pytest.approx(near, abs=1e-3)


def test_as_many_centres_as_customers() -> None:
    values = np.array([[0.0], [1.0], [5.0]])
    assert sorted(quick_kmeans(values, np.ones(3), 3, seed=0, starts=1).ravel().tolist()) == [0.0, 1.0, 5.0]
    assert quick_kmeans(np.ones((4, 1)), np.ones(4), 2, seed=0, starts=2).ravel().tolist() == [1.0, 1.0]
