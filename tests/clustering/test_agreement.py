import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from segscope.clustering import agreement, as_points, flow, kmeans, path
from tests.clustering.data import NINE

PARTITIONS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=60)


@settings(deadline=None)
@given(PARTITIONS)
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    assert agreement(first, second) == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)


def test_a_hand_made_table() -> None:
    # 10 customers, table [[4, 1], [1, 4]]: 12 pairs together in both, 20 in each, 45 in all.
    first = np.repeat([0, 1], 5)
    second = np.array([0, 0, 0, 0, 1, 0, 1, 1, 1, 1])
    chance = 20 * 20 / 45
    assert agreement(first, second) == pytest.approx((12 - chance) / (20 - chance))


def test_weights_count_as_repeated_customers() -> None:
    generator = np.random.default_rng(0)
    first, second, counts = generator.integers(0, 3, 50), generator.integers(0, 4, 50), generator.integers(1, 5, 50)
    repeated = agreement(np.repeat(first, counts), np.repeat(second, counts))
    assert agreement(first, second, counts.astype(float)) == pytest.approx(repeated)


def test_flows_count_customers() -> None:
    first, second = np.array([0, 0, 1, 1]), np.array([2, 0, 0, 0])
    assert flow(first, second, 2, 3, np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [[2.0, 0.0, 1.0], [7.0, 0.0, 0.0]]


def test_the_path_says_who_splits_from_whom() -> None:
    points = as_points(NINE)
    steps = path({k: kmeans(points, k, seed=0) for k in (1, 2, 3)}, points)
    assert [len(step) for step in steps] == [1, 2]
    assert sorted(steps[0][0]) == [3.0, 6.0]
    assert sorted(sorted(row) for row in steps[1]) == [[0.0, 0.0, 3.0], [0.0, 3.0, 3.0]]
