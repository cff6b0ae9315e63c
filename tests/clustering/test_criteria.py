import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from segscope.clustering import as_points, kmeans
from segscope.clustering.criteria import box_reference, gap, pairwise_distances, silhouette, squared_silhouette
from segscope.clustering.points import Points
from tests.clustering.data import groups


@pytest.mark.parametrize("k", [2, 3, 5])
def test_silhouettes_agree_with_scikit_learn(k: int) -> None:
    points = as_points(groups(300))
    solution = kmeans(points, k, seed=0)
    mean, error = silhouette(pairwise_distances(points.values), solution.labels, k)
    assert mean == pytest.approx(silhouette_score(points.values, solution.labels), abs=1e-9)
    assert 0 < error < 0.05
    exact = silhouette_score(points.values, solution.labels, metric="sqeuclidean")
    assert squared_silhouette(points, solution) == pytest.approx(exact, abs=1e-9)


def test_a_segment_of_one_customer_has_a_silhouette_of_zero() -> None:
    points = as_points(np.array([[0.0], [1.0], [100.0]]))
    solution = kmeans(points, 2, seed=0)
    assert squared_silhouette(points, solution) == pytest.approx(
        silhouette_score(points.values, solution.labels, metric="sqeuclidean")
    )


def test_weights_count_as_repeated_customers() -> None:
    generator = np.random.default_rng(0)
    values, counts = generator.normal(size=(60, 2)), generator.integers(1, 4, 60)
    weighted = as_points(values, counts.astype(float), int(counts.sum()))
    repeated = as_points(np.repeat(values, counts, axis=0))
    assert squared_silhouette(weighted, kmeans(weighted, 3, seed=0)) == pytest.approx(
        squared_silhouette(repeated, kmeans(repeated, 3, seed=0))
    )


def test_one_segment_has_no_silhouette() -> None:
    points = Points(np.zeros((3, 1)), np.ones(3), 3)
    assert squared_silhouette(points, kmeans(points, 1, seed=0)) == 0.0
    assert silhouette(np.zeros((3, 3)), np.zeros(3, dtype=np.intp), 1) == (0.0, 0.0)


def test_the_gap_finds_three_groups() -> None:
    points = as_points(groups(300))
    centres = {k: np.array(kmeans(points, k, seed=0).centres) for k in range(1, 6)}
    found = gap(points.values, centres, seed=0, references=10)
    first = next(k for k in range(1, 5) if found[k][0] >= found[k + 1][0] - found[k + 1][1])
    assert first == 3


def test_the_reference_box_is_turned_with_the_data() -> None:
    line = np.random.default_rng(0).normal(size=(500, 1)) @ np.array([[1.0, 1.0]])
    drawn = box_reference(line, seed=0)
    assert np.abs(drawn[:, 0] - drawn[:, 1]).max() < 1e-9
