"""Pairs: the numbers behind a plot of two variables."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segscope.engine import Engine, connect
from segscope.exploring import (
    BLANK,
    Bins,
    Cloud,
    Variable,
    add_bins,
    boxes,
    cloud,
    crosstab,
    density,
    describe_variables,
    shapes,
    thinned,
)
from segscope.recipe import ColumnRole, Recipe, Role

COLUMNS: dict[str, Any] = {
    "x": [1.0, 2.0, 3.0, 4.0, 100.0, None],
    "y": [1.0, None, 3.0, 4.0, 5.0, 6.0],
    "c": ["a", "a", "a", "b", "a", None],
    "d": ["u", "v", "u", "u", "u", "u"],
}
ROLES = {"x": Role.MEASURE, "y": Role.MEASURE, "c": Role.CATEGORY, "d": Role.CATEGORY}


def prepared(engine: Engine, **columns: Any) -> tuple[Any, dict[str, tuple[int, Variable]]]:
    table = engine.store("raw", pa.table(COLUMNS | columns))
    variables = describe_variables(engine, table, Recipe(tuple(ColumnRole(c, r, "", c) for c, r in ROLES.items())))
    stored = engine.store("t", add_bins(table, variables))
    return stored, {v.column: (i, v) for i, v in enumerate(variables)}


def test_a_cloud_holds_customers_who_have_both_numbers(engine: Engine) -> None:
    table, by = prepared(engine)
    found = cloud(engine, table, {"x": by["x"], "y": by["y"], "colour": by["c"]})
    assert found.columns == {"x": [1, 3, 4, 100], "y": [1, 3, 4, 5], "colour": ["a", "a", "b", "a"]}


def test_a_cloud_never_holds_more_points_than_asked_for(engine: Engine) -> None:
    table, by = prepared(engine)
    found = cloud(engine, table, {"x": by["x"], "y": by["y"]}, limit=2)
    assert (found.shown, len(found.columns["x"])) == (2, 2)


POINTS = st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), max_size=80)


@given(POINTS, st.integers(1, 40))
def test_thinning_keeps_the_limit_and_takes_from_crowds_first(points: list[tuple[float, float]], limit: int) -> None:
    bins = Bins(0.0, 2.5, 4, -5.0, 15.0)
    drawn = Cloud(
        {"x": [x for x, _ in points], "y": [y for _, y in points], "n": list(range(len(points)))}, len(points)
    )
    kept = thinned(drawn, bins, bins, limit)
    assert kept.shown == len(kept.columns["x"]) <= limit
    if len(points) <= limit:
        assert kept == drawn
        return

    def cells(of: Cloud) -> Counter[tuple[int, int]]:
        pairs = zip(of.columns["x"], of.columns["y"], strict=True)
        return Counter(tuple(min(max(math.floor(v / 2.5), -1), 4) for v in pair) for pair in pairs)

    before, after = cells(drawn), cells(kept)
    if len(before) <= limit:
        most = max(after.values())
        assert all(after[cell] == min(n, most) for cell, n in before.items())


def test_a_density_counts_every_customer_within_the_axes_and_the_rest(engine: Engine) -> None:
    table, by = prepared(engine)
    assert by["x"][1].bins is not None
    assert by["x"][1].bins.high < 100 == by["x"][1].bins.largest
    found = density(engine, table, by["x"], by["y"])
    assert found.counts.shape == (len(found.y), len(found.x))
    assert (int(found.counts.sum()), found.beyond, found.customers) == (3, 1, 4)
    row, column = found.y.index(3.0), found.x.index(3.0)
    assert found.counts[row, column] == 1


@given(st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(-500, 500))), min_size=1, max_size=60))
@settings(deadline=None, max_examples=30)
def test_a_density_agrees_with_a_direct_count(pairs: list[tuple[int, int | None]]) -> None:
    engine = connect()
    columns = {"x": pa.array([x for x, _ in pairs], pa.int64()), "y": pa.array([y for _, y in pairs], pa.int64())}
    table = engine.store("raw", pa.table(columns))
    roles = (ColumnRole("x", Role.MEASURE, "", "x"), ColumnRole("y", Role.MEASURE, "", "y"))
    x, y = describe_variables(engine, table, Recipe(roles))
    found = density(engine, engine.store("t", add_bins(table, (x, y))), (0, x), (1, y))
    engine.close()
    known = [(a, b) for a, b in pairs if b is not None]
    assert found.customers == len(known)
    assert x.bins is not None
    assert y.bins is not None
    inside = [(a, b) for a, b in known if x.bins.low <= a <= x.bins.high and y.bins.low <= b <= y.bins.high]
    assert int(found.counts.sum()) == len(inside)
    for i in range(x.bins.count):
        left = x.bins.low + i * x.bins.width
        last = i == x.bins.count - 1
        assert int(found.counts[:, i].sum()) == sum(
            left <= a and (a < left + x.bins.width or (last and a <= x.bins.high)) for a, _ in inside
        )


def test_shapes_count_each_groups_bins(engine: Engine) -> None:
    table, by = prepared(engine)
    groups = {g["x"]: g["counts"] for g in shapes(engine, table, by["y"], [("x", *by["c"])]).groups}
    assert {name: sum(counts) for name, counts in groups.items()} == {"a": 3, "b": 1, BLANK: 1}
    assert by["y"][1].bins is not None
    assert groups["b"][int((4.0 - by["y"][1].bins.low) // by["y"][1].bins.width)] == 1


def test_a_box_has_the_quartiles_of_its_group_and_tukeys_whiskers(engine: Engine) -> None:
    table, by = prepared(engine)
    groups = {g["x"]: g for g in boxes(engine, table, by["x"][1], [("x", *by["c"])]).groups}
    quarter, median, three_quarters = np.quantile([1, 2, 3, 100], [0.25, 0.5, 0.75])
    assert (groups["a"]["n"], groups["a"]["quarter"], groups["a"]["median"], groups["a"]["three_quarters"]) == (
        4, quarter, median, three_quarters,
    )  # fmt: skip
    assert (groups["a"]["low"], groups["a"]["high"]) == (1.0, 3.0)
    assert (groups["b"]["low"], groups["b"]["high"]) == (4.0, 4.0)
    assert BLANK not in groups, "the customer of no group has no number either"


def test_a_box_can_be_of_everybody(engine: Engine) -> None:
    table, by = prepared(engine)
    (found,) = boxes(engine, table, by["y"][1], []).groups
    assert (found["n"], found["median"], found["x"]) == (5, 4.0, None)


@pytest.mark.parametrize("by_category", [True, False])
def test_nobody_makes_no_box(engine: Engine, by_category: bool) -> None:
    table, by = prepared(engine)
    nobody = table.filter(table.x > 1e6)
    assert boxes(engine, nobody, by["x"][1], [("x", *by["c"])] if by_category else []).groups == ()


def test_boxes_can_be_split_three_ways(engine: Engine) -> None:
    table, by = prepared(engine)
    found = boxes(engine, table, by["y"][1], [("x", *by["c"]), ("colour", *by["d"])])
    assert sorted((g["x"], g["colour"], g["n"]) for g in found.groups) == [
        (BLANK, "u", 1),
        ("a", "u", 3),
        ("b", "u", 1),
    ]


def test_a_crosstab_counts_blanks_as_a_value_of_their_own(engine: Engine) -> None:
    table, by = prepared(engine)
    found = crosstab(engine, table, by["c"], by["d"])
    assert (found.rows, found.columns) == (("a", "b", BLANK), ("u", "v"))
    assert found.counts == ((3, 1), (1, 0), (1, 0))
