"""Cubes: sums of slices are what the engine counts once the brush is let go."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import Engine
from segscope.exploring import Bins, Choice, Filters, Range, Variable, add_bins, count_bins, select
from segscope.exploring.cubes import Cube, count_cube
from segscope.exploring.variables import OTHER

A = Variable("a", "A", "number", bins=Bins(low=0.0, width=2.0, count=3, smallest=-9.0, largest=99.0))
B = Variable("b", "B", "number", bins=Bins(low=-1.0, width=0.1, count=20, smallest=-1.0, largest=1.0))
C = Variable("c", "C", "category", choices=("x", "y", OTHER), others=2)
ONE = Variable("one", "One", "number", bins=Bins(low=7.0, width=1.0, count=1, smallest=7.0, largest=7.0))
VARIABLES = (A, B, C, ONE)


def stored(engine: Engine, columns: Mapping[str, Any]) -> Any:
    kinds = {"a": pa.float64(), "b": pa.float64(), "c": pa.string(), "one": pa.float64()}
    n = len(next(iter(columns.values())))
    table = {name: pa.array(columns.get(name, [None] * n), kind) for name, kind in kinds.items()}
    return engine.store("t", add_bins(engine.store("raw", pa.table(table)), VARIABLES))


def cube(engine: Engine, columns: Mapping[str, Any], shown: Sequence[int] = (2,), filters: Filters = ()) -> Cube:
    return count_cube(engine, stored(engine, columns), VARIABLES, 0, shown, filters)


def test_a_row_a_bin_and_a_column_a_value(engine: Engine) -> None:
    found = cube(engine, {"a": [0.0, 1.9, 2.0, 2.0], "c": ["x", "y", "x", "x"]})
    assert found.slices[2].tolist() == [[1, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert found.own.tolist() == [2, 2, 0, 0]


def test_blanks_have_the_last_row_and_the_last_column(engine: Engine) -> None:
    found = cube(engine, {"a": [None, None, 0.0], "c": [None, "x", None]})
    assert found.slices[2].tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]


def test_what_lies_beyond_the_bins_is_in_the_first_and_the_last(engine: Engine) -> None:
    found = cube(engine, {"a": [1e300, float("inf"), float("-inf"), -1e300], "c": ["x"] * 4})
    assert found.slices[2][:, 0].tolist() == [2, 0, 2, 0]


def test_grouped_values_have_a_column_together(engine: Engine) -> None:
    assert cube(engine, {"a": [0.0] * 3, "c": ["p", "q", "x"]}).slices[2][0].tolist() == [1, 0, 2, 0]


def test_other_filters_hold_and_its_own_does_not(engine: Engine) -> None:
    columns = {"a": [0.0, 2.0, 4.0], "c": ["x", "x", "y"]}
    filters = (Range("a", 4.0, None), Choice("c", ("x",)))
    assert cube(engine, columns, filters=filters).own.tolist() == [1, 1, 0, 0]


def test_when_nobody_passes_all_counts_are_nought(engine: Engine) -> None:
    found = cube(engine, {"a": [0.0], "c": ["x"]}, (1, 2), (Choice("c", ("nobody",)),))
    assert not found.own.any()
    assert not any(counts.any() for counts in found.slices.values())


def test_without_customers_the_shape_stays(engine: Engine) -> None:
    assert cube(engine, {"a": []}, (1, 2)).slices[1].shape == (4, 21)


def test_one_value_for_everybody_is_one_row(engine: Engine) -> None:
    table = stored(engine, {"one": [7.0, 7.0, None], "c": ["x", "y", "y"]})
    assert count_cube(engine, table, VARIABLES, 3, [2]).slices[2].tolist() == [[1, 1, 0, 0], [0, 1, 0, 0]]


def test_alone_a_variable_still_has_its_own_counts(engine: Engine) -> None:
    found = cube(engine, {"a": [0.0, 5.0, None]}, ())
    assert (found.own.tolist(), dict(found.slices)) == ([1, 0, 1, 1], {})


def test_the_others_come_in_the_order_asked(engine: Engine) -> None:
    assert list(cube(engine, {"a": [0.0]}, (3, 1, 2)).slices) == [3, 1, 2]


def test_the_bytes_are_own_counts_then_rows_of_slices() -> None:
    two = Cube(np.array([3, 4], np.uint32), {5: np.array([[1, 2], [4, 0]], np.uint32)})
    assert np.frombuffer(two.to_bytes(), "<u4").tolist() == [3, 4, 1, 2, 4, 0]


@pytest.mark.parametrize("customers", [3, 3000])
def test_the_bytes_do_not_grow_with_the_customers(engine: Engine, customers: int) -> None:
    found = cube(engine, {"a": [float(i % 7) for i in range(customers)], "c": ["x"] * customers}, (1, 2, 3))
    assert len(found.to_bytes()) == 4 * (4 + 4 * 21 + 4 * 4 + 4 * 2)


CELL = st.none() | st.sampled_from([0.0, 2.0, 4.0, 6.0, 0.1, 0.3, -0.7]) | st.floats(-20, 20)
WILD = CELL | st.sampled_from([float("inf"), float("-inf"), 1e300])
TEXT = st.none() | st.sampled_from(["x", "y", "p", "q"])
ROWS = st.lists(st.tuples(WILD, CELL, TEXT, st.sampled_from([None, 7.0])), max_size=30)
END = st.none() | st.sampled_from([0.0, 0.1, 2.0]) | st.floats(-20, 20)
CHOSEN = st.lists(st.sampled_from(["x", "y", "p", "(blank)", "(other)"]), unique=True, min_size=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    brush=st.sampled_from([(first, last) for last in (1, 2, 3) for first in range(last)]),
    low=END,
    high=END,
    chosen=st.none() | CHOSEN,
)
def test_the_slices_in_the_brush_are_what_is_counted_once_it_is_let_go(
    engine: Engine,
    rows: list[tuple[Any, ...]],
    brush: tuple[int, int],
    low: float | None,
    high: float | None,
    chosen: list[str] | None,
) -> None:
    table = stored(engine, {name: [row[i] for row in rows] for i, name in enumerate(("a", "b", "c", "one"))})
    others: Filters = (Range("b", low, high),) if low is not None or high is not None else ()
    others += (Choice("c", tuple(chosen)),) if chosen else ()
    found = count_cube(engine, table, VARIABLES, 0, [1, 2, 3], (*others, Range("a", 5.0, 5.5)))

    first, last = brush
    ends = (None if first == 0 else 2.0 * first, None if last == 3 else np.nextafter(2.0 * last, -np.inf))
    mine: Filters = () if ends == (None, None) else (Range("a", *ends),)
    counts = count_bins(engine, table, VARIABLES, select(table, (*others, *mine), VARIABLES))
    inside = slice(first, last) if mine else slice(None)
    for place in (1, 2, 3):
        assert found.slices[place][inside].sum(axis=0).tolist() == counts[VARIABLES[place].column]
    assert found.own[inside].sum() == sum(counts["a"])
