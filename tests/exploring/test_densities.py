"""Where customers crowd, on a small grid."""

import numpy as np
import pytest

from segscope.exploring.densities import CELLS, density


def test_the_densest_half_of_a_round_crowd_holds_half_of_it() -> None:
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(2, 20_000))
    found = density(x, y, (-5.0, 5.0, -5.0, 5.0))
    assert found.peak == pytest.approx((0, 0), abs=0.4)
    column = np.floor((x - found.x) / found.dx + 0.5).astype(int)
    row = np.floor((y - found.y) / found.dy + 0.5).astype(int)
    inside = (column >= 0) & (column < found.depth.shape[1]) & (row >= 0) & (row < found.depth.shape[0])
    depth = np.where(inside, found.depth[np.where(inside, row, 0), np.where(inside, column, 0)], 0)
    assert (depth > 50).mean() == pytest.approx(0.5, abs=0.05)
    assert (depth > 10).mean() == pytest.approx(0.9, abs=0.05)


def test_the_grid_is_cut_to_where_the_customers_are() -> None:
    found = density(np.full(9, 8.0), np.full(9, 2.0), (0.0, 10.0, 0.0, 10.0))
    assert max(found.depth.shape) < CELLS / 3
    assert found.peak == pytest.approx((8, 2), abs=0.2)
    assert found.depth.dtype == np.uint8


def test_customers_beyond_the_grid_count_at_its_edge() -> None:
    found = density(np.array([50.0, 51.0]), np.array([0.5, 0.5]), (0.0, 1.0, 0.0, 1.0))
    assert found.peak[0] == pytest.approx(1.0, abs=0.05)
