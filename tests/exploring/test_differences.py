"""Differences: effect sizes of a selection against the rest."""

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from segscope.engine import Engine
from segscope.exploring import (
    Bins,
    Choice,
    Difference,
    Moments,
    Variable,
    add_bins,
    count_bins,
    describe_variables,
    differences,
    moments,
    select,
)
from segscope.exploring.differences import category_difference, number_difference
from segscope.recipe import ColumnRole, Recipe, Role


def of(values: list[float]) -> Moments:
    return Moments(len(values), sum(values), sum(v * v for v in values), 0.0)


A = Variable("a", "A", "number", bins=Bins(0.0, 1.0, 9, 0, 9))
C = Variable("c", "C", "category", choices=("x", "y"))


def test_cohens_d_is_the_difference_in_pooled_standard_deviations() -> None:
    mine, rest = [5.0, 6.0, 7.0, 9.0], [1.0, 2.0, 3.0]
    found = number_difference(A, of(mine), of(rest))
    pooled = (3 * np.var(mine, ddof=1) + 2 * np.var(rest, ddof=1)) / 5
    assert found is not None
    assert found.effect == pytest.approx((6.75 - 2) / math.sqrt(pooled))
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.effect < found.high


def test_moments_about_a_far_centre_give_the_same() -> None:
    shifted = Moments(3, 6.0, 14.0, 1e9)
    assert shifted.mean == 1e9 + 2
    assert shifted.sum_of_squares == 2.0
    assert of([1.0, 2.0, 3.0]).without(of([1.0])).mean == 2.5
    assert math.isnan(of([]).mean)


@pytest.mark.parametrize(("mine", "rest"), [([], [1.0, 2.0]), ([1.0], [2.0, 3.0]), ([2.0, 2.0], [2.0, 2.0])])
def test_too_few_customers_or_no_variation_make_no_difference(mine: list[float], rest: list[float]) -> None:
    assert number_difference(A, of(mine), of(rest)) is None


def test_cramers_v_of_a_selection_is_bias_corrected() -> None:
    mine, rest = [40, 10], [20, 30]
    found = category_difference(C, [*mine, 5], [60, 40, 9])
    phi2 = stats.chi2_contingency([mine, rest], correction=False).statistic / 100 - 1 / 99
    assert found is not None
    assert found.effect == pytest.approx(math.sqrt(phi2 / (1 - 1 / 99)), rel=1e-9)
    assert (found.value, found.selection, found.rest) == ("x", 0.8, 0.4)


def test_a_category_that_everybody_shares_makes_no_difference() -> None:
    assert category_difference(C, [5, 0, 0], [10, 0, 0]) is None
    assert category_difference(C, [10, 5, 0], [10, 5, 0]) is None, "the selection is everybody"


def test_sizes_of_numbers_and_categories_are_on_one_scale() -> None:
    category = Difference("c", "C", "", 0.5, None, None, 0, 0, "x")
    number = Difference("a", "A", "", -1.2, -2, 0, 0, 0)
    assert category.size == pytest.approx(1.1547, abs=1e-3)
    assert number.size == 1.2
    assert math.isfinite(Difference("c", "C", "", 1.0, None, None, 0, 0, "x").size)


def test_the_largest_difference_comes_first(engine: Engine) -> None:
    n = 40
    columns = {
        "group": ["in", "out"] * (n // 2),
        "much": [i % 2 * 100.0 + i % 7 for i in range(n)],
        "little": [float(i % 5) for i in range(n)],
        "blank": pa.nulls(n, pa.float64()),
    }
    roles = {"group": Role.CATEGORY, "much": Role.MEASURE, "little": Role.MEASURE, "blank": Role.MEASURE}
    table = engine.store("raw", pa.table(columns))
    variables = describe_variables(engine, table, Recipe(tuple(ColumnRole(c, r, "", c) for c, r in roles.items())))
    table = engine.store("t", add_bins(table, variables))
    chosen = select(table, (Choice("group", ("in",)),), variables)
    found = differences(
        variables,
        moments(engine, table, variables, chosen),
        moments(engine, table, variables, table),
        count_bins(engine, table, variables, chosen),
        count_bins(engine, table, variables, table),
    )
    assert {d.column for d in found[:2]} == {"group", "much"}
    assert [d.size for d in found] == sorted((d.size for d in found), reverse=True)
    much = next(d for d in found if d.column == "much")
    mine = [v for v, g in zip(columns["much"], columns["group"], strict=True) if g == "in"]
    assert much.selection == pytest.approx(np.mean(mine))
    assert much.effect < -10
