import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from segscope.clustering import as_points, kmeans
from segscope.clustering.assign import distances2
from segscope.clustering.mixture import mixture, variance_floor
from segscope.clustering.points import Array
from segscope.errors import DataError
from tests.clustering.data import NINE, groups


def crossed(n: int = 900) -> Array:
    """Two long groups that cross in the middle, which no set of centres can tell apart."""
    generator = np.random.default_rng(0)
    lying, standing = (generator.normal(size=(n // 2, 2)) * spread for spread in ((4.0, 0.4), (0.4, 4.0)))
    return np.concatenate([lying, standing])


def test_as_likely_as_the_mixture_of_scikit_learn() -> None:
    values = np.concatenate([crossed(), groups(300) + 12.0])
    reference = GaussianMixture(5, n_init=2, random_state=0, tol=1e-6, max_iter=200, reg_covar=0.0).fit(values)
    ours = mixture(as_points(values), 5, seed=0, starts=5)
    assert ours.log_likelihood is not None
    assert ours.log_likelihood / len(values) >= reference.score(values) - 1e-4
    assert ours.bic == pytest.approx(reference.bic(values), abs=0.2)


def test_scores_are_the_likelihood_of_each_component() -> None:
    values = crossed()
    points = as_points(values)
    ours = mixture(points, 2, seed=0, starts=5)
    factors = np.array([shape.factor for shape in ours.shapes])
    precisions = factors.transpose(0, 2, 1) @ factors
    reference = GaussianMixture(
        2, means_init=ours.centres, precisions_init=precisions, tol=1e-10, max_iter=500, reg_covar=0.0
    ).fit(values)
    scores = distances2(points.values, ours.centres, ours.shapes)
    odds = np.exp(-0.5 * (scores - scores.min(axis=1, keepdims=True)))
    assert odds / odds.sum(axis=1, keepdims=True) == pytest.approx(reference.predict_proba(points.values), abs=1e-3)


def test_long_groups_that_cross_are_told_apart_where_k_means_cannot() -> None:
    points = as_points(crossed())
    found = mixture(points, 2, seed=0, starts=5)
    lying = np.abs(points.values[:, 0]) > 2
    standing = np.abs(points.values[:, 1]) > 2
    assert len(set(found.labels[lying & ~standing])) == len(set(found.labels[standing & ~lying])) == 1
    assert found.wcss > kmeans(points, 2, seed=0).wcss


def test_weights_count_as_repeated_customers() -> None:
    generator = np.random.default_rng(0)
    values, counts = groups(90), generator.integers(1, 4, 90)
    weighted = mixture(as_points(values, counts.astype(float), int(counts.sum())), 3, seed=0, starts=2)
    repeated = mixture(as_points(np.repeat(values, counts, axis=0)), 3, seed=0, starts=2)
    assert np.array(weighted.centres) == pytest.approx(np.array(repeated.centres), abs=1e-6)
    assert weighted.sizes == repeated.sizes
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)
    assert weighted.bic == pytest.approx(repeated.bic)


def test_the_same_bits_whatever_the_order_of_rows() -> None:
    values = crossed()
    shuffled = values[np.random.default_rng(4).permutation(len(values))]
    first, second = (mixture(as_points(v), 3, seed=1, starts=3) for v in (values, shuffled))
    assert (first.centres, first.shapes, first.bic) == (second.centres, second.shapes, second.bic)


def test_the_same_bits_whatever_the_number_of_threads() -> None:
    points = as_points(crossed(4_000))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(mixture(points, 3, seed=1, starts=1))
    assert (found[0].centres, found[0].shapes) == (found[1].centres, found[1].shapes)


@pytest.mark.parametrize(
    "values",
    [
        np.repeat(np.array([[0.0], [1.0], [5.0], [6.0]]), 3, axis=0),
        np.column_stack([np.arange(12.0), np.arange(12.0)]),
        np.column_stack([np.arange(9.0) % 2, np.arange(9.0) % 3 == 1, np.zeros(9)]),
        np.random.default_rng(0).normal(size=(5, 8)),
        np.random.default_rng(0).normal(size=(60, 2)),
    ],
    ids=["repeated", "collinear", "flags and a constant", "fewer customers than features", "one crowd"],
)
@pytest.mark.parametrize("k", [1, 2, 4])
def test_every_segment_holds_somebody_whatever_the_data(values: Array, k: int) -> None:
    found = mixture(as_points(values), k, seed=0, starts=2)
    assert found.k == k
    assert min(found.sizes) > 0
    assert all(np.isfinite(shape.penalty) for shape in found.shapes)
    assert np.isfinite(np.array([shape.factor for shape in found.shapes])).all()


def test_a_component_is_never_thinner_than_the_floor() -> None:
    values = np.concatenate([np.zeros((50, 1)), np.random.default_rng(0).normal(5.0, 1.0, (50, 1))])
    found = mixture(as_points(values), 2, seed=0, starts=2)
    variances = [1 / shape.factor[0][0] ** 2 for shape in found.shapes]
    assert min(variances) == pytest.approx(0.001 * values.var())


def test_flags_have_a_higher_floor_than_measures() -> None:
    values = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 2.0]])
    assert variance_floor(values, np.ones(4)) == pytest.approx(values.var(axis=0) * [1 / 3, 0.001])


def test_too_few_different_customers_are_refused() -> None:
    with pytest.raises(DataError, match="too few for 10 segments"):
        mixture(as_points(NINE), 10, seed=0, starts=1)
