"""Differences: effect sizes of a selection against the rest."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segscope.engine import Engine, connect
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
    leading,
    moments,
    select,
    without,
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
    found = category_difference(C, [*mine, 5], [*rest, 4])
    phi2 = stats.chi2_contingency([mine, rest], correction=False).statistic / 100 - 1 / 99
    assert found is not None
    assert found.effect == pytest.approx(math.sqrt(phi2 / (1 - 1 / 99)), rel=1e-9)
    assert (found.value, found.selection, found.rest) == ("x", 0.8, 0.4)


def test_a_category_that_everybody_shares_makes_no_difference() -> None:
    assert category_difference(C, [5, 0, 0], [5, 0, 0]) is None
    assert category_difference(C, [10, 5, 0], [0, 0, 0]) is None, "the selection is everybody"


def test_the_interval_of_cramers_v_holds_the_value_behind_it() -> None:
    """Of 400 draws with a known V, about 95 % of the intervals hold it."""
    rng = np.random.default_rng(0)
    shares, others, n = np.array([0.5, 0.3, 0.2]), np.array([0.35, 0.35, 0.3]), 300
    table = np.array([shares, others]) / 2
    independent = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    true = math.sqrt(((table - independent) ** 2 / independent).sum())
    variable = Variable("c", "C", "category", choices=("x", "y", "z"))
    held = 0
    for _ in range(400):
        found = category_difference(
            variable, [*rng.multinomial(n, shares).tolist(), 0], [*rng.multinomial(n, others).tolist(), 0]
        )
        assert found is not None
        assert 0 <= found.low <= found.effect <= found.high <= 1
        held += found.low <= true <= found.high
    assert 0.91 <= held / 400 <= 0.99


def test_no_association_has_an_interval_that_begins_at_nothing() -> None:
    found = category_difference(C, [50, 50, 0], [500, 500, 0])
    assert found is not None
    assert (found.effect, found.low) == (0.0, 0.0)
    assert found.high < 0.1


def test_sizes_of_numbers_and_categories_are_on_one_scale() -> None:
    category = Difference("c", "C", "", 0.5, 0.4, 0.6, 0, 0, "x")
    number = Difference("a", "A", "", -1.2, -2, 0, 0, 0)
    assert category.size == pytest.approx(1.1547, abs=1e-3)
    assert number.size == 1.2
    assert math.isfinite(Difference("c", "C", "", 1.0, 1.0, 1.0, 0, 0, "x").size)


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
    counts, all_counts = (count_bins(engine, table, variables, rows) for rows in (chosen, table))
    mine = moments(engine, table, variables, chosen, counts)
    everybody = moments(engine, table, variables, table, all_counts)
    rest, rest_counts = {c: everybody[c].without(part) for c, part in mine.items()}, without(all_counts, counts)
    found = differences(variables, mine, rest, counts, rest_counts)
    assert {d.column for d in found[:2]} == {"group", "much"}
    assert [d.size for d in found] == sorted((d.size for d in found), reverse=True)
    much = next(d for d in found if d.column == "much")
    values = [v for v, g in zip(columns["much"], columns["group"], strict=True) if g == "in"]
    assert much.selection == pytest.approx(np.mean(values))
    assert much.effect < -10


@given(st.lists(st.one_of(st.none(), st.integers(-3, 9)), min_size=1, max_size=40))
@settings(deadline=None, max_examples=30)
def test_moments_from_counts_equal_those_of_the_values(values: list[int | None]) -> None:
    engine = connect()
    table = engine.store("raw", pa.table({"a": pa.array(values, pa.int64())}))
    (variable,) = describe_variables(engine, table, Recipe((ColumnRole("a", Role.MEASURE, "", "a"),)))
    stored = engine.store("t", add_bins(table, [variable]))
    found = moments(engine, stored, [variable], stored, count_bins(engine, stored, [variable], stored))["a"]
    engine.close()
    known = np.array([v for v in values if v is not None], dtype=float)
    assert found.count == len(known)
    if len(known):
        assert found.mean == pytest.approx(known.mean())
        assert found.sum_of_squares == pytest.approx(((known - known.mean()) ** 2).sum(), abs=1e-9)


def test_a_difference_that_lies_in_the_tail_alone_is_among_those_measured(engine: Engine) -> None:
    """Both groups have the same bins; the tail of one is a thousand times as far out."""
    number, rows = 9, 400
    columns: dict[str, list[float]] = {"group": [float(i % 2) for i in range(rows)]}
    for j in range(number):  # each differs by a tenth of its spread
        columns[f"plain{j}"] = [float((i // 2 * (j + 3)) % 20 + (i % 2) * 0.5) for i in range(rows)]
    far = [(5e3 if i % 2 else 90.0) if i // 2 % 20 == 0 else float(i // 2 % 20) for i in range(rows)]
    table = engine.store("t", pa.table({**columns, "far": far}))
    roles = tuple(ColumnRole(c, Role.MEASURE, "", c) for c in table.columns)
    variables = describe_variables(engine, table, Recipe(roles))
    binned = engine.store("b", add_bins(table, variables))
    whole_counts = count_bins(engine, binned, variables, binned)
    whole = moments(engine, binned, variables, binned, whole_counts)
    mine = count_bins(engine, binned, variables, binned.filter(binned.group == 1))
    assert mine["far"] == without(whole_counts, mine)["far"]
    asked = [v for v in variables if v.column != "group"]
    known = {c: (m, whole_counts[c]) for c, m in whole.items()}
    found = [v.column for v in leading(asked, mine, without(whole_counts, mine), 2, known)]
    assert "far" in found
    assert len(found) < len(asked)
