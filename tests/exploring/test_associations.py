"""Associations: the numbers of SciPy, and what a textbook would compute by hand."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segscope.engine import Engine
from segscope.exploring import add_bins, associate, describe_variables
from segscope.exploring.associations import (
    association_matrix,
    block_order,
    correlation_ratio,
    cramers_v,
    spearman,
)
from segscope.recipe import ColumnRole, Recipe, Role

NAN = float("nan")


def test_spearman_is_scipys_with_ties_and_blanks_left_out() -> None:
    random = np.random.default_rng(0)
    a = random.integers(0, 5, 200).astype(float)
    b = a + random.normal(0, 2, 200)
    c = random.normal(0, 1, 200)
    c[::7] = NAN
    found = spearman([a, b, c])
    known = ~np.isnan(c)
    assert found[0, 1] == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)
    assert found[1, 2] == pytest.approx(stats.spearmanr(b[known], c[known]).statistic, abs=1e-12)
    np.testing.assert_allclose(found, found.T)


def test_spearman_of_what_does_not_vary_cannot_be_told() -> None:
    assert np.isnan(spearman([np.ones(9), np.arange(9.0)])[0, 1])


def test_below_five_customers_nothing_is_told() -> None:
    assert np.isnan(spearman([np.arange(4.0), np.arange(4.0)])[0, 1])
    assert np.isnan(cramers_v(np.array([0.0, 1, 0, 1]), np.array([0.0, 1, 0, 1])))
    assert np.isnan(correlation_ratio(np.array([0.0, 1, 0, 1]), np.arange(4.0)))


def test_cramers_v_is_bergsmas() -> None:
    table = np.array([[30, 10, 5], [10, 25, 20]])
    a, b = (np.repeat(i, table.ravel()).astype(float) for i in np.indices(table.shape).reshape(2, -1))
    n = table.sum()
    phi2 = max(0, stats.chi2_contingency(table, correction=False).statistic / n - 2 / (n - 1))
    expected = np.sqrt(phi2 / min(2 - 1 / (n - 1) - 1, 3 - 4 / (n - 1) - 1))
    assert cramers_v(a, b) == pytest.approx(expected, rel=1e-12)


def test_cramers_v_of_unrelated_categories_is_zero_and_not_noise() -> None:
    random = np.random.default_rng(1)
    values = [cramers_v(*random.integers(0, 3, (2, 300)).astype(float)) for _ in range(20)]
    assert np.median(values) == 0.0


def test_a_category_of_one_value_has_no_association() -> None:
    assert np.isnan(cramers_v(np.zeros(9), np.arange(9.0) % 2))


def test_eta_squared_is_the_share_of_variance_between_groups() -> None:
    groups = np.array([0.0, 0, 0, 1, 1, 1, 2, 2, 2])
    x = np.array([1.0, 2, 3, 2, 3, 4, 6, 7, 8])
    means = np.array([2.0, 3.0, 7.0])
    expected = 3 * ((means - x.mean()) ** 2).sum() / ((x - x.mean()) ** 2).sum()
    assert correlation_ratio(groups, x) == pytest.approx(np.sqrt(expected))


def test_eta_of_one_group_or_one_number_cannot_be_told() -> None:
    assert np.isnan(correlation_ratio(np.zeros(9), np.arange(9.0)))
    assert np.isnan(correlation_ratio(np.arange(9.0) % 2, np.ones(9)))


def test_each_pair_has_the_measure_that_fits_it() -> None:
    codes, numbers = np.arange(20.0) % 2, np.arange(20.0)
    _, measures = association_matrix([numbers, codes, numbers], [False, True, False])
    assert measures == [
        ["Spearman", "correlation ratio", "Spearman"],
        ["correlation ratio", "Cramér's V", "correlation ratio"],
        ["Spearman", "correlation ratio", "Spearman"],
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, NAN])] * 3), max_size=30))
def test_associations_stay_within_their_ranges(rows: list[tuple[float, ...]]) -> None:
    arrays = [np.array([r[i] for r in rows]) for i in range(3)]
    values, _ = association_matrix(arrays, [False, True, True])
    known = values[~np.isnan(values)]
    assert ((known >= -1) & (known <= 1 + 1e-9)).all()
    np.testing.assert_array_equal(values, values.T)


def test_variables_that_belong_together_stand_together() -> None:
    pairs = np.eye(4)
    pairs[0, 2] = pairs[2, 0] = 0.9
    pairs[1, 3] = pairs[3, 1] = -0.9
    order = block_order(pairs)
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(2)) == abs(order.index(1) - order.index(3)) == 1
    assert block_order(np.full((1, 1), NAN)) == [0]
    assert sorted(block_order(np.full((3, 3), NAN))) == [0, 1, 2]


def test_a_study_with_one_blank_column_and_odd_names_has_associations(engine: Engine) -> None:
    columns = {"segment": list(range(20)), 'a"b': [i * i for i in range(20)], "c": ["x", "y"] * 10}
    roles = {"segment": Role.MEASURE, 'a"b': Role.MEASURE, "c": Role.CATEGORY, "blank": Role.MEASURE}
    table = engine.store("t", pa.table(columns | {"blank": pa.nulls(20, pa.float64())}))
    variables = describe_variables(engine, table, Recipe(tuple(ColumnRole(c, r, "", c) for c, r in roles.items())))
    found = associate(engine, engine.store("b", add_bins(table, variables)), variables)
    assert found.customers == 20
    place = found.columns.index
    assert found.values[place("segment"), place('a"b')] == pytest.approx(1.0)
    assert np.isnan(found.values[place("blank"), place("c")])
