"""Numbers and flags: features become coordinates; fitted once, the same number as an expression and in NumPy."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from segscope.clustering import nearest, nearest_numpy
from segscope.engine import Engine
from segscope.errors import ColumnError
from segscope.preparation import FeaturePreparation, in_words, to_model, to_model_numpy, to_original
from segscope.preparation.measures import fit_measures
from segscope.recipe import Transform


def fitted(engine: Engine, transform: Transform, **columns: Any) -> tuple[FeaturePreparation, ...]:
    table = engine.store("t", pa.table(columns))
    return fit_measures(engine, table, list(columns), transform)


def test_none_means_the_population_standard_deviation_and_nothing_else(engine: Engine) -> None:
    (step,) = fitted(engine, "none", a=[1, 2, 3, 4, 1000])
    assert step.mean == 202.0
    assert step.deviation == pytest.approx(np.std([1, 2, 3, 4, 1000]), rel=1e-12)
    assert (step.log, step.low, step.high, step.bounded) == (False, None, None, 0)


def test_a_blank_takes_the_median_and_is_counted(engine: Engine) -> None:
    (step,) = fitted(engine, "none", a=[1.0, 2.0, 9.0, None])
    assert (step.fill, step.blanks) == (2.0, 1)
    assert step.mean == 3.5


def test_values_beyond_the_far_out_fences_count_as_the_fence(engine: Engine) -> None:
    values = [*range(1, 100), 1000]
    (step,) = fitted(engine, "auto", a=values)
    quarter, three_quarters = np.quantile(values, [0.25, 0.75])
    assert step.high == pytest.approx(three_quarters + 3 * (three_quarters - quarter))
    assert (step.bounded, step.log) == (1, False)
    assert step.mean == pytest.approx(np.mean([*range(1, 100), step.high]))


def test_a_heavily_skewed_feature_is_seen_on_a_log_scale(engine: Engine) -> None:
    values = [math.expm1(v) for v in np.linspace(0, 12, 200)]
    (step,) = fitted(engine, "auto", a=values)
    assert step.log
    assert step.mean == pytest.approx(6.0, rel=1e-9)


def test_one_absurd_value_is_bounded_and_does_not_call_for_a_log(engine: Engine) -> None:
    (step,) = fitted(engine, "auto", a=[*range(200), 10**9])
    assert (step.log, step.bounded) == (False, 1)


@pytest.mark.parametrize(("returns", "log"), [(1, True), (10, False)])
def test_a_few_negative_values_do_not_forbid_a_log_and_many_do(engine: Engine, returns: int, log: bool) -> None:
    (step,) = fitted(engine, "auto", a=[-3.0] * returns + [math.expm1(v) for v in np.linspace(0, 12, 200)])
    assert step.log is log


def test_where_most_are_alike_there_is_no_bound(engine: Engine) -> None:
    (step,) = fitted(engine, "auto", a=[0.0] * 90 + [5.0] * 10)
    assert (step.low, step.high, step.bounded) == (None, None, 0)


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [5.0, None, 5.0], [None, None, None]])
def test_a_feature_that_is_the_same_for_everybody_is_refused(engine: Engine, values: list[float | None]) -> None:
    with pytest.raises(ColumnError, match="'a' has the same value for every customer"):
        fitted(engine, "auto", a=pa.array(values, pa.float64()))


def test_a_number_too_large_to_be_squared_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(ColumnError, match=r"'a' holds numbers beyond 1e\+90"):
        fitted(engine, "none", a=[1.0, 1e200])


def test_flags_are_prepared_as_one_and_zero(engine: Engine) -> None:
    (step,) = fitted(engine, "none", a=[True, False, True, False])
    assert (step.mean, step.deviation) == (0.5, 0.5)


def test_preparation_does_not_depend_on_the_order_of_rows(engine: Engine) -> None:
    values = list(np.random.default_rng(0).lognormal(3, 2, 500))
    assert fitted(engine, "auto", a=values) == fitted(engine, "auto", a=values[::-1])


def test_a_later_customer_below_all_that_was_seen_is_on_the_end_of_the_log_scale() -> None:
    step = FeaturePreparation("a", 0.0, True, None, None, 0.0, 1.0, 0, 0)
    assert to_model_numpy({"a": np.array([-5.0, 0.0])}, (step,)).ravel().tolist() == [0.0, 0.0]


def test_the_way_back_ends_where_it_began() -> None:
    steps = (
        FeaturePreparation("a", 4.0, True, None, None, 2.0, 0.5, 0, 0),
        FeaturePreparation("b", 4.0, False, None, None, -1.0, 3.0, 0, 0),
    )
    model = to_model_numpy({"a": np.array([12.0]), "b": np.array([7.0])}, steps)
    assert to_original(model[0].tolist(), steps) == pytest.approx((12.0, 7.0))


def test_what_is_done_to_a_feature_is_said_in_words() -> None:
    step = FeaturePreparation("a", 4.0, True, 0.0, 1.0, 2.0, 0.5, 0, 12)
    assert in_words(step) == "log, 12 far out bounded, standardised"


def test_a_source_column_named_like_a_coordinate_does_no_harm(engine: Engine) -> None:
    table = engine.store("t", pa.table({"z1": [0.0, 2.0], "z0": [10.0, 30.0]}))
    steps = fit_measures(engine, table, ["z1", "z0"], "none")
    renamed = table.select(a=table.z1, b=table.z0)
    steps = tuple(FeaturePreparation(**{**s.__dict__, "feature": n}) for s, n in zip(steps, "ab", strict=True))
    assert engine.fetch(to_model(renamed, steps).select("z0", "z1")).to_pydict() == {
        "z0": [-1.0, 1.0],
        "z1": [-1.0, 1.0],
    }


FEATURE = st.lists(st.none() | st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1e6]), min_size=4, max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=FEATURE, transform=st.sampled_from(["auto", "none"]), others=FEATURE, positive=st.booleans())
def test_the_expression_and_numpy_agree_and_so_do_the_segments(
    engine: Engine, values: list[float | None], transform: Transform, others: list[float | None], positive: bool
) -> None:
    if positive:
        values = [None if v is None else abs(v) for v in values]
    known = [v for v in values if v is not None]
    assume(len(set(known)) > 1 and np.std(known) > 1e-6 * max(map(abs, known)))
    table = engine.store("t", pa.table({"a": pa.array(values, pa.float64())}))
    try:
        steps = fit_measures(engine, table, ["a"], transform)
    except ColumnError:
        assume(False)
    later = values + others  # customers that were not there when it was fitted, too
    model = to_model(engine.store("later", pa.table({"a": pa.array(later, pa.float64())})), steps)
    arrays = to_model_numpy({"a": np.array([np.nan if v is None else v for v in later])}, steps)
    centres = [[-0.7], [0.1], [1.3]]
    found = engine.fetch(nearest(model, ["z0"], centres))
    np.testing.assert_allclose(found["z0"].to_numpy(), arrays[:, 0], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found["segment"].to_numpy(), nearest_numpy(arrays, centres)[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40))
def test_what_was_fitted_has_mean_0_and_deviation_1(engine: Engine, values: list[float]) -> None:
    assume(np.std(values) > 1e-3)
    table = engine.store("t", pa.table({"a": values}))
    model = engine.fetch(to_model(table, fit_measures(engine, table, ["a"], "none")))["z0"].to_numpy()
    assert model.mean() == pytest.approx(0, abs=1e-6)
    assert model.std() == pytest.approx(1, abs=1e-6)
