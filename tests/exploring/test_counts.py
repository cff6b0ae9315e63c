"""Counts: every customer in exactly one bin of every variable."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import Engine
from segscope.exploring import Bins, Choice, Range, Variable, add_bins, count_bins, count_customers, select
from segscope.exploring.counts import top_values
from segscope.exploring.variables import OTHER

BINS = Bins(low=0.0, width=2.0, count=3, smallest=-9.0, largest=99.0)
NUMBER = Variable("a", "A", "number", bins=BINS)


def counted(engine: Engine, variable: Variable, values: Any) -> list[int]:
    table = engine.store("t", add_bins(engine.store("raw", pa.table({variable.column: values})), [variable]))
    return count_bins(engine, table, [variable], table)[variable.column]


def test_a_bin_holds_its_lower_edge_and_not_its_upper(engine: Engine) -> None:
    assert counted(engine, NUMBER, [0.0, 1.9, 2.0, 3.9, 4.0, 5.9]) == [2, 2, 2, 0]


def test_what_lies_beyond_counts_in_the_first_and_the_last_bin(engine: Engine) -> None:
    assert counted(engine, NUMBER, [-9.0, -1e300, 6.0, 99.0, 1e300]) == [2, 0, 3, 0]


def test_infinite_values_count_at_the_ends_and_what_is_no_number_as_blank(engine: Engine) -> None:
    assert counted(engine, NUMBER, [float("inf"), float("-inf"), float("nan"), None]) == [1, 0, 1, 2]


def test_categories_count_in_their_order_with_the_rest_and_the_blanks(engine: Engine) -> None:
    variable = Variable("c", "C", "category", choices=("b", "a", OTHER), others=2)
    assert counted(engine, variable, ["a", "b", "b", "x", "y", None]) == [2, 1, 2, 1]


def test_a_category_that_was_not_there_before_counts_as_blank(engine: Engine) -> None:
    assert counted(engine, Variable("c", "C", "category", choices=("a",)), ["a", "new", None]) == [1, 2]


@pytest.mark.parametrize("value", ["<b>", "o'hara", 'say "hi"', "", "(blank)", "%", "\\", "a\nb", "😀"])
def test_any_text_can_be_a_category(engine: Engine, value: str) -> None:
    assert counted(engine, Variable("c", "C", "category", choices=(value,)), [value, value, None]) == [2, 1]


@pytest.mark.parametrize("name", ["segment", "bin", "n", "variable", "selection", 'a"b'])
def test_any_name_can_be_counted(engine: Engine, name: str) -> None:
    assert counted(engine, Variable(name, "A", "number", bins=BINS), [1.0, 3.0]) == [1, 1, 0, 0]


def test_a_selection_is_counted_on_its_own(engine: Engine) -> None:
    table = engine.store("t", add_bins(engine.store("raw", pa.table({"a": [1.0, 3.0, 5.0]})), [NUMBER]))
    chosen = select(table, (Range("a", 2.0, None),), [NUMBER])
    assert count_bins(engine, table, [NUMBER], chosen)["a"] == [0, 1, 1, 0]
    assert count_bins(engine, table, [NUMBER], select(table, (Range("a", 9.0, None),), [NUMBER]))["a"] == [0, 0, 0, 0]
    assert count_customers(engine, chosen) == 2


def test_without_variables_there_is_nothing_to_count(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1]}))
    assert count_bins(engine, table, [], table) == {}


def test_values_are_searched_in_any_case_most_frequent_first(engine: Engine) -> None:
    variable = Variable("c", "C", "category", choices=("x",))
    table = engine.store("t", pa.table({"c": ["Berlin", "Bern", "Bern", "Paris", "100%", None]}))
    assert top_values(engine, table, variable, "BER") == [("Bern", 2), ("Berlin", 1)]
    assert top_values(engine, table, variable, "%") == [("100%", 1)]
    assert top_values(engine, table, variable, "", limit=1) == [("Bern", 2)]


CELL = st.none() | st.sampled_from([0.0, 2.0, 4.0, 6.0, float("inf"), float("-inf"), float("nan")]) | st.floats(-20, 20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(CELL, max_size=40),
    low=st.sampled_from([-1.0, 0.0, 0.1]),
    width=st.sampled_from([0.1, 0.5, 2.0, 1 / 3]),
    count=st.integers(1, 20),
)
def test_counts_are_what_counting_by_hand_gives(
    engine: Engine, values: list[float | None], low: float, width: float, count: int
) -> None:
    variable = Variable("a", "A", "number", bins=Bins(low, width, count, 0, 0))
    found = counted(engine, variable, pa.array(values, pa.float64()))
    expected = [0] * (count + 1)
    for value in values:
        if value is None or np.isnan(value):
            expected[-1] += 1
        else:
            expected[int(min(max((value - low) / width, 0), count - 1))] += 1
    assert found == expected


LETTER = st.none() | st.sampled_from(["a", "b", "c"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, LETTER), max_size=30),
    low=st.none() | st.floats(-20, 20),
    high=st.none() | st.floats(-20, 20),
    chosen=st.lists(st.sampled_from(["a", "b", "c", "(blank)", "(other)", "zzz"]), unique=True),
)
def test_filters_let_through_whom_they_should(
    engine: Engine,
    rows: list[tuple[float | None, str | None]],
    low: float | None,
    high: float | None,
    chosen: list[str],
) -> None:
    variables = [NUMBER, Variable("c", "C", "category", choices=("a", OTHER), others=2)]
    columns = {"a": pa.array([r[0] for r in rows], pa.float64()), "c": pa.array([r[1] for r in rows], pa.string())}
    table = engine.store("t", pa.table(columns))
    found = select(table, (Range("a", low, high), Choice("c", tuple(chosen))), variables)

    def passes(a: float | None, c: str | None) -> bool:
        # An engine holds what is no number above all numbers; intake lets none in.
        known = a is not None and (low is None or not a < low) and (high is None or a <= high)
        named = "(blank)" in chosen if c is None else c in chosen or ("(other)" in chosen and c != "a")
        return known and named

    assert count_customers(engine, found) == sum(passes(a, c) for a, c in rows)
