import numpy as np
import pytest
from sklearn.metrics import silhouette_samples, silhouette_score

from segscope.clustering import Criteria, as_points, kmeans, solution_at
from segscope.clustering.choice import gap_choice
from segscope.clustering.criteria import (
    box_reference,
    gap,
    pairwise_distances,
    silhouette,
    silhouettes_by_segment,
    squared_silhouette,
    wcss_error,
)
from segscope.clustering.points import Points
from tests.clustering.data import crowd, groups


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
    found = gap(as_points(groups(300)).values, range(1, 6), seed=0, references=10)
    assert gap_choice([Criteria(k, 0.0, gap=g, gap_error=e) for k, (g, e) in found.items()]) == 3
    assert gap_choice([Criteria(1, 0.0), Criteria(2, 0.0)]) is None


def test_the_gap_is_that_of_uniform_data_on_uniform_data() -> None:
    # Against references from its own box, a uniform field has a gap of about 0.
    values = np.random.default_rng(0).random((400, 2)) * (3.0, 1.0)
    assert abs(gap(values, [1], seed=0, references=10)[1][0]) < 0.1


def test_the_reference_box_is_turned_with_the_data() -> None:
    line = np.random.default_rng(0).normal(size=(500, 1)) @ np.array([[1.0, 1.0]])
    drawn = box_reference(line, seed=0)
    assert np.abs(drawn[:, 0] - drawn[:, 1]).max() < 1e-9


def test_silhouettes_of_each_segment_agree_with_scikit_learn() -> None:
    points = as_points(np.random.default_rng(0).normal(size=(300, 2)))
    solution = kmeans(points, 4, seed=0)
    theirs = silhouette_samples(points.values, solution.labels, metric="sqeuclidean")
    for j, found in enumerate(silhouettes_by_segment(points, solution)):
        mine = theirs[solution.labels == j]
        assert found.mean == pytest.approx(mine.mean())
        assert found.below_zero == pytest.approx((mine < 0).mean())
        place = [max(0, -(-step * len(mine) // 20) - 1) for step in range(21)]
        assert found.quantiles == pytest.approx(tuple(np.sort(mine)[place]))


def test_silhouettes_of_each_segment_count_weights_as_repeated_customers() -> None:
    generator = np.random.default_rng(0)
    values, counts = generator.normal(size=(60, 2)), generator.integers(1, 4, 60)
    weighted = as_points(values, counts.astype(float), int(counts.sum()))
    repeated = as_points(np.repeat(values, counts, axis=0))
    pairs = zip(
        silhouettes_by_segment(weighted, kmeans(weighted, 3, seed=0)),
        silhouettes_by_segment(repeated, kmeans(repeated, 3, seed=0)),
        strict=True,
    )
    for mine, theirs in pairs:
        assert (mine.mean, mine.below_zero) == pytest.approx((theirs.mean, theirs.below_zero))
        assert mine.quantiles == pytest.approx(theirs.quantiles)


def test_one_segment_has_no_silhouettes() -> None:
    (only,) = silhouettes_by_segment(as_points(np.arange(4.0).reshape(4, 1)), kmeans(crowd(20), 1, seed=0))
    assert (only.mean, only.below_zero, set(only.quantiles)) == (0.0, 0.0, {0.0})


def test_the_error_of_a_sample_is_how_far_samples_scatter() -> None:
    generator = np.random.default_rng(0)
    everybody = generator.gamma(2.0, size=(20_000, 2))
    chances = 0.02 * everybody.sum(axis=1).clip(0.5, 8.0)
    centres = [[1.0, 1.0], [4.0, 3.0]]
    found, errors = [], []
    for _ in range(60):
        drawn = generator.random(len(everybody)) < chances
        points = as_points(everybody[drawn], 1 / chances[drawn], len(everybody))
        solution = solution_at(points, centres)
        found.append(solution.wcss)
        errors.append(wcss_error(points, solution) or 0.0)
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.25)
    assert wcss_error(as_points(everybody), solution_at(as_points(everybody), centres)) is None
