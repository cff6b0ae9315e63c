import numpy as np
import pytest
from sklearn.cluster import KMeans

from segscope.clustering import as_points, kmeans
from segscope.clustering.methods import exchanged, settled
from segscope.clustering.threads import one_thread
from segscope.errors import DataError
from tests.clustering.data import NINE, groups


def test_nine_customers_in_three_corners() -> None:
    points = as_points(NINE)
    solution = kmeans(points, 3, seed=0)
    third = 1 / 3
    assert np.array(solution.centres) == pytest.approx(np.array([[third, third], [third, 28 / 3], [28 / 3, third]]))
    assert solution.sizes == (3.0, 3.0, 3.0)
    assert solution.wcss == pytest.approx(4.0)
    assert solution.k == 3


def test_one_segment_is_the_mean() -> None:
    solution = kmeans(as_points(NINE), 1, seed=0)
    assert solution.centres[0] == pytest.approx(NINE.mean(axis=0))
    assert solution.wcss == pytest.approx(((NINE - NINE.mean(axis=0)) ** 2).sum())


@pytest.mark.parametrize("k", [2, 4, 7])
def test_as_compact_as_the_best_of_twenty_starts_of_scikit_learn(k: int) -> None:
    values = np.random.default_rng(k).gamma(2.0, size=(1500, 3))
    with one_thread():
        best = KMeans(k, n_init=20, random_state=1, tol=0).fit(values).inertia_
    assert kmeans(as_points(values), k, seed=0).wcss <= best * (1 + 1e-6)


def test_weights_count_as_repeated_customers() -> None:
    generator = np.random.default_rng(0)
    values, counts = generator.normal(size=(80, 2)), generator.integers(1, 5, 80)
    weighted = kmeans(as_points(values, counts.astype(float), int(counts.sum())), 3, seed=0)
    repeated = kmeans(as_points(np.repeat(values, counts, axis=0)), 3, seed=0)
    assert np.array(weighted.centres) == pytest.approx(np.array(repeated.centres))
    assert weighted.sizes == pytest.approx(repeated.sizes)
    assert weighted.wcss == pytest.approx(repeated.wcss)


def test_the_order_of_rows_does_not_matter() -> None:
    values = groups()
    shuffled = values[np.random.default_rng(9).permutation(len(values))]
    assert kmeans(as_points(values), 4, seed=3).centres == kmeans(as_points(shuffled), 4, seed=3).centres


def test_too_few_different_customers_are_refused() -> None:
    with pytest.raises(DataError, match="differ in 2 ways only, too few for 3 segments"):
        kmeans(as_points(np.array([[0.0], [0.0], [1.0], [1.0]])), 3, seed=0)
    with pytest.raises(DataError, match="at least 1"):
        kmeans(as_points(NINE), 0, seed=0)


def test_as_many_segments_as_different_customers() -> None:
    solution = kmeans(as_points(np.array([[0.0], [0.0], [1.0], [5.0]])), 3, seed=0)
    assert solution.wcss == 0.0
    assert solution.sizes == (2.0, 1.0, 1.0)


def test_a_customer_that_pulls_its_centre_along_is_exchanged() -> None:
    # Lloyd's passes rest at {0, 4}, {7}: the 4 is nearer to 2 than to 7, but the 7 would come to meet it.
    points = as_points(np.array([[0.0], [4.0], [7.0]]))
    rested = settled(points, [[2.0], [7.0]])
    assert rested.wcss == pytest.approx(8.0)
    better = exchanged(points, rested)
    assert better.wcss == pytest.approx(4.5)
    assert better.centres == ((0.0,), (5.5,))


def test_compactness_hardly_depends_on_the_seed() -> None:
    points = as_points(np.random.default_rng(5).gamma(2.0, size=(1000, 3)))
    found = [kmeans(points, 5, seed).wcss for seed in range(3)]
    assert max(found) <= min(found) * (1 + 1e-6)


def test_many_groups_among_many_customers_are_all_found() -> None:
    generator = np.random.default_rng(4)
    places = np.array([(x, y) for x in range(4) for y in range(3)], dtype=float)
    values = np.repeat(places, 2_000, axis=0) + generator.normal(0, 0.05, (24_000, 2))
    assert kmeans(as_points(values), k=12, seed=0, starts=10).sizes == (2_000.0,) * 12
