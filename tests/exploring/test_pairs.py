"""Pairs: the numbers behind a plot of two variables."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.exploring import BLANK, Variable, add_bins, boxes, cloud, crosstab, describe_variables
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
    assert (found.shown, found.of) == (4, 4)
    assert found.columns == {"x": [1, 3, 4, 100], "y": [1, 3, 4, 5], "colour": ["a", "a", "b", "a"]}


def test_a_cloud_never_holds_more_points_than_a_chart_can_show(engine: Engine) -> None:
    table, by = prepared(engine)
    found = cloud(engine, table, {"x": by["x"], "y": by["y"]}, limit=2)
    assert (found.shown, found.of, len(found.columns["x"])) == (2, 4, 2)


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
