import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from segscope.clustering import Points, agreement, as_points, ward_tree
from segscope.clustering.assign import nearest_numpy
from segscope.clustering.ward import ward
from segscope.errors import DataError
from tests.clustering.data import NINE, groups


@pytest.mark.parametrize("k", [1, 2, 3, 6, 31])
def test_the_cut_is_that_of_scipy(k: int) -> None:
    points = as_points(np.random.default_rng(0).normal(size=(200, 2)))
    theirs = fcluster(linkage(points.values, "ward"), k, "maxclust") - 1
    centres = np.array([points.values[theirs == j].mean(axis=0) for j in range(k)])
    tree = ward_tree(points, seed=0)
    assert np.array(tree.centres(k)) == pytest.approx(np.array(sorted(map(tuple, centres))))
    branch_sizes = np.bincount(np.array(tree.cut(k)), weights=tree.sizes, minlength=k)
    assert sorted(branch_sizes) == sorted(np.bincount(theirs))


def test_the_last_merges_are_those_of_scipy() -> None:
    points = as_points(groups(90))
    theirs = linkage(points.values, "ward")[-30:]
    tree = ward_tree(points, seed=0)
    assert [m.height for m in tree.merges] == theirs[:, 2].tolist()
    assert [m.size for m in tree.merges] == theirs[:, 3].tolist()
    assert len(tree.sizes) == 31
    assert sorted(i for m in tree.merges for i in (m.first, m.second)) == list(range(60))


def test_nine_customers_in_three_corners() -> None:
    solution = ward(as_points(NINE), 3, seed=0)
    assert solution.sizes == (3.0, 3.0, 3.0)
    assert solution.wcss == pytest.approx(4.0)
    tree = ward_tree(as_points(NINE), seed=0)
    assert len(tree.sizes) == 9
    assert len(tree.merges) == 8


def test_customers_go_to_the_nearest_mean_of_the_cut() -> None:
    points = as_points(np.random.default_rng(1).normal(size=(300, 2)))
    solution = ward(points, 4, seed=0)
    assert solution.centres == ward_tree(points, seed=0).centres(4)
    assert (solution.labels == nearest_numpy(points.values, solution.centres)[0]).all()


def test_of_many_customers_a_sample_is_merged() -> None:
    values = groups(9_000)
    points = as_points(values, np.repeat([1.0, 2.0], 4_500), 13_500)
    tree = ward_tree(points, seed=0)
    assert tree.sample == 4_000
    assert sum(tree.sizes) == pytest.approx(13_500)
    assert agreement(ward(points, 3, seed=0).labels, nearest_numpy(points.values, [[0, 0], [8, 0], [0, 8]])[0]) > 0.999


def test_one_customer_is_a_tree_without_merges() -> None:
    tree = ward_tree(Points(np.zeros((1, 2)), np.ones(1), 1), seed=0)
    assert (tree.sizes, tree.merges) == ((1.0,), ())


def test_too_few_different_customers_are_refused() -> None:
    with pytest.raises(DataError, match="too few for 3 segments"):
        ward(as_points(np.array([[0.0], [0.0], [1.0]])), 3, seed=0)
