"""Where customers sit: axes that one far value does not squash, and a map with known answers."""

import numpy as np
import pyarrow as pa
import pytest

from segscope.engine import connect
from segscope.exploring.positions import bulk_range, positions, project
from segscope.preparation import FeaturePreparation


def step(name: str) -> FeaturePreparation:
    return FeaturePreparation(name, 0.0, False, None, None, 0.0, 1.0, 0, 0)


def test_positions_come_in_the_order_of_the_sample_with_blanks_as_nan() -> None:
    engine = connect()
    table = engine.store("t", pa.table({"a": [1, None, 3, 4], "flag": [True, False, True, None], "g": [0, 1, 1, 0]}))
    drawn = positions(engine, table, ["a", "flag", "a"], "g", limit=3, of=4)
    assert len(drawn) == 3
    assert drawn.of == 4
    np.testing.assert_array_equal(drawn.columns["a"], [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(drawn.columns["flag"], [1.0, 0.0, 1.0])
    assert drawn.segment.tolist() == [0, 1, 1]


def test_a_range_covers_all_values_unless_a_few_lie_far_off() -> None:
    assert bulk_range(np.array([2.0, 5.0, np.nan])) == (2.0, 5.0)
    low, high = bulk_range(np.append(np.linspace(0, 100, 999), 1e6))
    assert low == 0.0
    assert 99 < high < 120


@pytest.mark.parametrize("values", [[], [np.nan], [3.0, 3.0]])
def test_a_range_is_never_empty(values: list[float]) -> None:
    low, high = bulk_range(np.array(values))
    assert low < high


def test_the_map_finds_the_direction_of_the_differences() -> None:
    along = np.linspace(-1, 1, 101)
    found = project({"a": 3 * along, "b": np.zeros(101), "c": 0.1 * np.cos(40 * along)}, tuple(map(step, "abc")))
    assert found.y is not None
    assert found.explained[0] > 0.99
    np.testing.assert_allclose(np.abs(found.loadings[0]), [1, 0, 0], atol=1e-2)
    assert np.corrcoef(found.x, along)[0, 1] == pytest.approx(1.0)  # turned so that the main feature rises


def test_one_feature_makes_a_map_of_one_axis() -> None:
    found = project({"a": np.array([1.0, 2.0, 4.0])}, (step("a"),))
    assert found.y is None
    assert found.explained == (1.0,)


def test_customers_who_are_all_alike_make_a_map_too() -> None:
    found = project({"a": np.ones(5), "b": np.ones(5)}, (step("a"), step("b")))
    assert found.explained == (0.0, 0.0)
    assert np.isfinite(found.x).all()
