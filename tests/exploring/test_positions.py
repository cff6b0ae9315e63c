"""Where customers sit: axes that one far value does not squash, and a map with known answers."""

import numpy as np
import pyarrow as pa
import pytest

from segscope.engine import connect
from segscope.exploring.positions import AxisKind, Places, bulk_range, positions, project
from segscope.preparation import CategoryPreparation, FeaturePreparation


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


def nobody(n: int) -> Places:
    return np.zeros(n, dtype=np.intp)


def test_the_map_finds_the_direction_of_the_differences() -> None:
    along = np.linspace(-1, 1, 101)
    values = {"a": 3 * along, "b": np.zeros(101), "c": 0.1 * np.cos(40 * along)}
    found = project(values, tuple(map(step, "abc")), nobody(101))
    assert found.y is not None
    assert found.kinds == ("principal", "principal")
    assert found.explained[0] > 0.99
    np.testing.assert_allclose(found.loadings[0], [1, 0, 0], atol=1e-2)
    assert np.corrcoef(found.x, along)[0, 1] == pytest.approx(1.0)  # turned so that the main feature rises


def test_one_feature_makes_a_map_of_one_axis() -> None:
    found = project({"a": np.array([1.0, 2.0, 4.0])}, (step("a"),), nobody(3))
    assert found.y is None
    assert found.explained == pytest.approx((1.0,))


@pytest.mark.parametrize("kind", ["principal", "discriminant"])
def test_customers_who_are_all_alike_make_a_map_too(kind: AxisKind) -> None:
    found = project({"a": np.ones(5), "b": np.ones(5)}, (step("a"), step("b")), np.array([0, 1, 0, 1, 0]), kind)
    assert found.explained == (0.0, 0.0)
    assert np.isfinite(found.x).all()


def test_discriminant_axes_find_the_quiet_feature_that_tells_segments_apart() -> None:
    generator = np.random.default_rng(5)
    segment = np.arange(300) % 2
    loud, quiet = generator.normal(0, 10, 300), segment + generator.normal(0, 0.1, 300)
    values, steps = {"loud": loud, "quiet": quiet}, (step("loud"), step("quiet"))
    main = project(values, steps, segment)
    best = project(values, steps, segment, "discriminant")
    assert abs(main.loadings[0, 0]) > 0.99
    assert best.kinds == ("discriminant", "principal")
    assert best.loadings[0, 1] > 0.95
    assert best.explained[0] == pytest.approx(1.0)
    # The second axis is the main direction of what the first leaves over.
    assert best.y is not None
    assert best.loadings[1, 0] > 0.99
    assert best.x @ best.y == pytest.approx(0, abs=1e-6)


def test_three_segments_have_two_discriminant_axes_that_share_the_separation() -> None:
    corners = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 4.0]])
    segment = np.arange(300) % 3
    values = corners[segment] + np.random.default_rng(6).normal(size=(300, 2))
    found = project({"a": values[:, 0], "b": values[:, 1]}, (step("a"), step("b")), segment, "discriminant")
    assert found.kinds == ("discriminant", "discriminant")
    assert sum(found.explained) == pytest.approx(1.0)
    assert found.explained[0] > 0.6


def test_a_category_takes_part_by_its_levels() -> None:
    engine = connect()
    table = engine.store("t", pa.table({"plan": ["pro", "basic", None, "pro"], "a": [1, 2, 3, 4], "g": [0, 1, 1, 0]}))
    plan = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.5), False, 1)
    drawn = positions(engine, table, ["plan", "a"], "g", limit=4, of=4, preparation=(plan, step("a")))
    np.testing.assert_array_equal(drawn.columns["plan"], [1.0, 0.0, np.nan, 1.0])
    found = project(drawn.columns, (plan,), drawn.segment)
    assert found.loadings.shape == (2, 2)
    np.testing.assert_allclose(np.abs(found.loadings[0]), [1, 1])
