"""Variables: what can be looked at, with bins that hold everybody."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.engine import Engine
from segscope.exploring import Variable, describe_variables, log_view
from segscope.exploring.variables import OTHER, choose_bins, day_text, round_width
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Recipe, Role


def variables(engine: Engine, roles: dict[str, Role], **columns: Any) -> dict[str, Variable]:
    table = engine.store("t", pa.table(columns))
    recipe = Recipe(tuple(ColumnRole(c, r, "", c) for c, r in roles.items()))
    return {v.column: v for v in describe_variables(engine, table, recipe)}


def one_of(engine: Engine, role: Role, values: Any) -> Variable:
    return variables(engine, {"a": role}, a=values)["a"]


def test_few_whole_numbers_have_a_bin_each(engine: Engine) -> None:
    found = one_of(engine, Role.MEASURE, [0, 1, 1, 3, None])
    assert found.whole
    assert found.bins is not None
    assert (found.bins.low, found.bins.width, found.bins.count) == (-0.5, 1.0, 4)


def test_the_far_out_tail_is_one_bar(engine: Engine) -> None:
    found = one_of(engine, Role.MEASURE, [*range(100), 1e6])
    assert found.bins is not None
    assert found.bins.high < 400
    assert found.bins.largest == 1e6


def test_one_value_for_everybody_is_one_bin(engine: Engine) -> None:
    found = one_of(engine, Role.MEASURE, [7.5, 7.5, None])
    assert found.bins is not None
    assert found.slots == 1
    assert found.bins.low <= 7.5 < found.bins.high


def test_a_column_of_blanks_still_has_a_bin(engine: Engine) -> None:
    assert one_of(engine, Role.MEASURE, pa.nulls(3, pa.float64())).slots == 1


def test_choices_come_most_frequent_first_and_blanks_are_no_choice(engine: Engine) -> None:
    found = one_of(engine, Role.CATEGORY, ["b", "a", "b", None, "c", "a", "b"])
    assert (found.choices, found.others) == (("b", "a", "c"), 0)


def test_many_values_are_grouped_and_counted(engine: Engine) -> None:
    found = one_of(engine, Role.CATEGORY, [f"v{i % 5000}" for i in range(10_000)])
    assert len(found.choices) == 41
    assert (found.choices[-1], found.others) == (OTHER, 4960)


def test_flags_read_no_and_yes(engine: Engine) -> None:
    assert one_of(engine, Role.FLAG, [True, True, False, None]).choices == ("no", "yes")
    assert one_of(engine, Role.FLAG, [1, 1, 0, None]).choices == ("no", "yes")


def test_what_names_or_identifies_people_is_not_shown(engine: Engine) -> None:
    hidden = {r.value: r for r in (Role.IDENTIFIER, Role.TEXT, Role.CONSTANT, Role.PERSONAL, Role.IGNORED)}
    found = variables(engine, hidden | {"a": Role.MEASURE}, **{n: ["x"] for n in hidden}, a=[1])
    assert list(found) == ["a"]


def test_an_age_stands_for_the_year_of_birth(engine: Engine) -> None:
    table = engine.store("t", pa.table({"born": [1990], "age": [24.0]}))
    column = ColumnRole("born", Role.MEASURE, "", "Born", Concept.BIRTH)
    age = DerivedColumn("age", "Age", "2014 - born", "", Concept.AGE)
    assert [v.column for v in describe_variables(engine, table, Recipe((column,), derived=(age,)))] == ["age"]
    assert [v.column for v in describe_variables(engine, table, Recipe((column,)))] == ["born"]


NUMBERS = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30)


@given(NUMBERS)
def test_bins_cover_the_bulk_and_are_few(values: list[float]) -> None:
    smallest, quarter, median, three_quarters, largest = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    bins = choose_bins(smallest, quarter, median, three_quarters, largest, whole=False)
    assert 1 <= bins.count <= 90
    assert bins.width > 0
    slack = 1e-9 * (abs(quarter) + abs(three_quarters))
    assert bins.low <= quarter + slack
    assert three_quarters <= bins.high + slack


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30))
def test_bins_of_whole_numbers_hold_whole_numbers(values: list[int]) -> None:
    smallest, quarter, median, three_quarters, largest = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    bins = choose_bins(smallest, quarter, median, three_quarters, largest, whole=True)
    assert bins.width >= 1
    assert bins.width == round(bins.width)
    assert bins.count <= 90


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        ([0, 0, 1, 2, 4, 8, 16, 32, 64, 128], True),  # no value is clipped, but half of them share the first bar
        ([20, 30, 40, 50, 60, 70, 80], False),
        ([0, 0, 0, 1, 1, 3], False),  # a bar each
        ([-1, 0, 1, 2, 4, 8, 16, 32, 64, 128], False),
    ],
)
def test_a_log_scale_is_offered_for_what_is_skewed_and_not_below_zero(
    engine: Engine, values: list[int], offered: bool
) -> None:
    table = engine.store("t", pa.table({"a": values}))
    (found,) = describe_variables(engine, table, Recipe((ColumnRole("a", Role.MEASURE, "", "A"),)))
    assert (log_view(found) is not None) == offered


@given(st.floats(1e-12, 1e12))
def test_a_round_width_is_round_and_not_much_wider(width: float) -> None:
    found = round_width(width)
    assert width * (1 - 1e-6) <= found <= width * 2.5
    assert f"{found:e}"[0] in "125"


@pytest.mark.parametrize(("days", "text"), [(0.0, "1970-01-01"), (16250.0, "2014-06-29"), (-1.0, "1969-12-31")])
def test_days_read_as_dates(days: float, text: str) -> None:
    assert day_text(days) == text
