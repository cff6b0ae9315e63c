"""Profiles: what each segment, and everybody, is like."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope import profiling
from segscope.engine import Engine
from segscope.errors import ColumnError
from segscope.profiling import Profiles, profile


def profiled(engine: Engine, segments: int, numbers: list[str], categories: list[str], **columns: Any) -> Profiles:
    return profile(engine, engine.store("t", pa.table(columns)), "seg", segments, numbers, categories)


def test_a_segments_numbers_are_those_of_its_customers(engine: Engine) -> None:
    found = profiled(engine, 2, ["a"], [], seg=[0, 0, 0, 1], a=[1.0, 2.0, 6.0, 11.0])
    mine = found.segments[0].numbers["a"]
    assert (mine.count, mine.total, mine.mean, mine.low, mine.median, mine.high) == (3, 9.0, 3.0, 1.0, 2.0, 6.0)
    assert mine.deviation == pytest.approx(np.std([1, 2, 6]))
    assert (found.everybody.customers, found.everybody.numbers["a"].mean) == (4, 5.0)


def test_blanks_are_left_out_of_the_mean_but_not_of_the_customers(engine: Engine) -> None:
    found = profiled(engine, 1, ["a"], [], seg=[0, 0, 0], a=[1.0, None, 3.0])
    assert found.segments[0].customers == 3
    assert (found.segments[0].numbers["a"].count, found.segments[0].numbers["a"].mean) == (2, 2.0)


def test_a_segment_without_a_known_value_has_no_profile_of_it(engine: Engine) -> None:
    found = profiled(engine, 2, ["a"], [], seg=[0, 1], a=[None, 3.0])
    assert "a" not in found.segments[0].numbers
    assert found.standard_difference(0, "a") == 0.0
    assert found.share_of_total(0, "a") is None


def test_an_empty_segment_has_no_customers(engine: Engine) -> None:
    found = profiled(engine, 3, ["a"], ["c"], seg=[0, 2], a=[1.0, 2.0], c=["x", "y"])
    assert [s.customers for s in found.segments] == [1, 0, 1]
    assert found.segments[1].numbers == {}
    assert found.segments[1].categories == {"c": {}}


def test_flags_are_profiled_as_shares(engine: Engine) -> None:
    assert profiled(engine, 1, ["f"], [], seg=[0] * 4, f=[True, False, True, True]).everybody.numbers["f"].mean == 0.75


def test_categories_are_counted_most_frequent_first_and_blanks_too(engine: Engine) -> None:
    found = profiled(engine, 2, [], ["c"], seg=[0, 0, 0, 1, 1], c=["x", "y", "y", None, "x"])
    assert list(found.segments[0].categories["c"].items()) == [("y", 2), ("x", 1)]
    assert found.segments[1].categories["c"] == {"": 1, "x": 1}
    assert found.everybody.categories["c"] == {"x": 2, "y": 2, "": 1}


def test_values_after_the_sixtieth_are_counted_together(engine: Engine) -> None:
    found = profiled(engine, 1, [], ["c"], seg=[0] * 100, c=[f"v{i:02d}" for i in range(100)])
    counts = found.everybody.categories["c"]
    assert len(counts) == 61
    assert counts["(other)"] == 40


def test_a_difference_is_in_everybodys_standard_deviations(engine: Engine) -> None:
    found = profiled(engine, 2, ["a", "same"], [], seg=[0, 0, 1, 1], a=[1.0, 1.0, 3.0, 3.0], same=[7.0] * 4)
    assert (found.standard_difference(0, "a"), found.standard_difference(1, "a")) == (-1.0, 1.0)
    assert found.standard_difference(0, "same") == 0.0


def test_a_share_of_a_total_makes_sense_for_amounts_only(engine: Engine) -> None:
    found = profiled(engine, 2, ["spend", "balance"], [], seg=[0, 1], spend=[1.0, 3.0], balance=[-1.0, 3.0])
    assert (found.share_of_total(0, "spend"), found.share_of_total(1, "spend")) == (0.25, 0.75)
    assert found.share_of_total(1, "balance") is None


@pytest.mark.parametrize("name", ["segment", "n", "value", "x0", "q0", 'a"b'])
def test_any_name_of_a_column_can_be_profiled(engine: Engine, name: str) -> None:
    found = profiled(engine, 1, [name], [], seg=[0, 0], **{name: [1.0, 3.0]})
    assert found.everybody.numbers[name].mean == 2.0
    found = profiled(engine, 1, [], [name], seg=[0, 0], **{name: ["u", "v"]})
    assert found.everybody.categories[name] == {"u": 1, "v": 1}


def test_a_number_too_large_to_be_squared_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(ColumnError, match=r"'a' holds numbers beyond"):
        profiled(engine, 1, ["a"], [], seg=[0, 0], a=[1.0, -1e200])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.integers(0, 2), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_profiles_are_what_numpy_computes_in_any_order_of_rows(engine: Engine, values: list[tuple[int, float]]) -> None:
    def found(rows: list[tuple[int, float]]) -> Profiles:
        return profiled(engine, 3, ["a"], [], seg=[g for g, _ in rows], a=[v for _, v in rows])

    profiles = found(values)
    assert found(values[::-1]) == profiles
    for g in range(3):
        mine = np.array([v for h, v in values if h == g])
        if len(mine):
            number = profiles.segments[g].numbers["a"]
            assert number.mean == pytest.approx(mine.mean(), rel=1e-9, abs=1e-6)
            assert number.deviation == pytest.approx(mine.std(), rel=1e-4, abs=1.0)
            assert number.median == pytest.approx(np.median(mine), rel=1e-12, abs=1e-9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.integers(0, 2), st.none() | st.integers(-900, 4000)), min_size=1, max_size=40))
def test_counted_whole_numbers_have_the_profile_of_sorted_ones_to_the_last_bit(
    engine: Engine, values: list[tuple[int, int | None]]
) -> None:
    columns = {"seg": [g for g, _ in values], "a": pa.array([v for _, v in values], pa.int64())}
    counted = profiled(engine, 3, ["a"], [], **columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiling, "FEW_LEVELS", -1)
        assert profiled(engine, 3, ["a"], [], **columns) == counted
