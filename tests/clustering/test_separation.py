import numpy as np
import pytest

from segscope.clustering import as_points, kmeans
from segscope.clustering.assign import distances2
from segscope.clustering.mixture import mixture
from segscope.clustering.points import Array, Labels
from segscope.clustering.separation import apart, gaps, neighbours, window
from segscope.clustering.spreading import exclusive_groups, spread_ties
from tests.clustering.data import crowd, groups


def all_apart(values: Array, k: int) -> bool:
    points = as_points(values)
    _, (stands,) = apart([gaps(points, np.array(kmeans(points, k, seed=0).centres), seed=0)])
    return all(stands)


def ring(n: int) -> Array:
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, 2 * np.pi, n)
    radius = 1 + 0.08 * generator.normal(size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def test_groups_stand_apart_at_their_number_only() -> None:
    values = groups()
    assert all_apart(values, 3)
    assert not all_apart(values, 4)


@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_a_crowd_and_a_ring_never_do(k: int) -> None:
    assert not all_apart(crowd().values, k)
    assert not all_apart(ring(1200), k)


def test_a_ring_is_two_crowds_to_the_dip_test_but_has_no_valley() -> None:
    points = as_points(ring(1200))
    (gap,) = gaps(points, np.array(kmeans(points, 2, seed=0).centres), seed=0)
    assert gap.p_value < 0.001
    assert gap.valley > 0.5


def test_flags_and_categories_do_not_stand_apart_by_themselves() -> None:
    generator = np.random.default_rng(0)
    flags = generator.integers(0, 2, (900, 3)).astype(float)
    levels = (generator.integers(0, 4, (900, 1)) == np.arange(4)).astype(float)
    for k in (2, 4):
        assert not all_apart(np.column_stack([flags, levels]), k)


def indicators(levels: Labels, weight: float) -> Array:
    """Centred indicators of the levels 0, 1, ... that together weigh as much as a measure; -1 is a blank."""
    hot = (levels[:, None] == np.arange(levels.max() + 1)).astype(float)
    shares = hot.mean(axis=0)
    scaled: Array = (hot - shares) / np.sqrt(shares * (len(shares) - 1)) * np.sqrt(weight)
    return scaled


def test_nor_do_they_scaled_and_weighted_with_blanks() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.integers(-1, 4, 900), generator.choice(3, 900, p=[0.7, 0.2, 0.1])
    values = np.column_stack([indicators(first, 3.0), indicators(second, 0.5), generator.normal(size=(900, 1))])
    assert exclusive_groups(values) == [[0, 1, 2, 3], [4, 5, 6]]
    for k in (2, 3, 5, 8):
        assert not all_apart(values, k)


def test_groups_of_mixed_types_stand_apart() -> None:
    generator = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 300)
    level = np.where(generator.random(900) < 0.8, group, generator.integers(0, 3, 900))
    measures = generator.normal(size=(900, 2)) + np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])[group]
    assert all_apart(np.column_stack([measures / measures.std(axis=0), indicators(level, 1.0)]), 3)


def test_two_segments_around_one_point_do_not_stand_apart() -> None:
    # Components of a mixture may be nested: the same centre, another spread.
    generator = np.random.default_rng(0)
    points = as_points(np.concatenate([generator.normal(size=(400, 2)), generator.normal(size=(400, 2)) * 6]))
    solution = mixture(points, 2, seed=0, starts=1)
    _, ((stands,),) = apart([gaps(points, np.array(solution.centres), seed=0, shapes=solution.shapes)])
    assert not stands
    same = np.zeros((2, 2))
    assert window(points.values, same, 0, 1).all()


def test_small_group_beside_a_large_one() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(size=(1500, 2)), generator.normal((9.0, 0.0), size=(40, 2))])
    assert all_apart(values, 2)


def test_too_few_customers_show_nothing() -> None:
    points = as_points(np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]]))
    (gap,) = gaps(points, np.array([[0.1], [9.1]]), seed=0)
    assert (gap.p_value, gap.valley) == (1.0, 1.0)
    assert gaps(points, np.array([[0.1]]), seed=0) == ()


def test_neighbours_are_second_choices() -> None:
    values = np.linspace(0, 30, 31).reshape(-1, 1)
    d2 = distances2(values, [[5.0], [15.0], [25.0]])
    assert neighbours(d2, d2.argmin(axis=1)) == ((0, 1), (1, 2))


def test_the_window_keeps_the_pair_and_walls_off_the_rest() -> None:
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 6.0], [9.0, 0.0]])
    asked = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 2.9], [2.0, 3.1], [6.4, 0.0], [6.6, 0.0]])
    assert window(asked, centres, 0, 1).tolist() == [True, True, True, False, True, False]


def test_spreading_keeps_unrepeated_values_in_their_order() -> None:
    values = np.sort(np.random.default_rng(0).normal(size=(200, 1)), axis=0)
    spread = spread_ties(values, seed=0)
    assert (np.diff(spread.ravel()) > 0).all()
    assert np.abs(spread - values)[5:-5].max() < 0.3


def test_spread_counts_fill_the_steps_between_them() -> None:
    spread = spread_ties(np.repeat([0.0, 1.0, 2.0], 500).reshape(-1, 1), seed=0)
    assert np.histogram(spread, bins=6, range=(-0.5, 2.5))[0].min() > 200


def test_a_crowd_at_a_bound_is_moved_outwards() -> None:
    values = np.minimum(np.random.default_rng(0).exponential(size=(2000, 1)), 2.0)
    spread = spread_ties(values, seed=0)
    assert spread.max() > 2.5
    assert (spread[values < 2.0] <= 2.0).all()


def test_levels_of_a_category_stay_nearest_to_their_corner() -> None:
    level = np.random.default_rng(0).integers(0, 3, 300)
    spread = spread_ties((level[:, None] == np.arange(3)).astype(float), seed=0)
    assert (spread.argmax(axis=1) == level).all()
    assert spread.sum(axis=1) == pytest.approx(np.ones(300))


def test_levels_with_one_left_out_are_one_category() -> None:
    level = np.random.default_rng(0).integers(0, 3, 60)
    assert exclusive_groups((level[:, None] == np.arange(2)).astype(float)) == [[0, 1]]
