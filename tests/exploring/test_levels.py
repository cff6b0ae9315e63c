"""Levels: counts that add up, and the quartiles that follow from them."""

import ibis
import numpy as np
import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.exploring import Bins, Variable, add_bins, boxes, boxes_of, count_levels

WHOLE = Variable("a", "A", "number", "", True, Bins(-0.5, 5.0, 20, 0.0, 400.0))
KIND = Variable("k", "K", "category", choices=("x", "y"))
BY = (("x", 1, KIND),)


def stored(engine: Engine, number: Variable, values: list[float | None], kinds: list[str]) -> ibis.Table:
    raw = engine.store("raw", pa.table({"a": pa.array(values, pa.float64()), "k": kinds}))
    return engine.store("t", add_bins(raw, (number, KIND)))


def test_quartiles_of_whole_numbers_are_those_of_all_rows(engine: Engine) -> None:
    chance = np.random.default_rng(0)
    values = [float(v) for v in chance.integers(0, 130, 301)] + [None]
    table = stored(engine, WHOLE, values, [("x", "y")[i % 2] for i in range(302)])
    assert boxes_of(count_levels(engine, table, WHOLE, BY)) == boxes(engine, table, WHOLE, BY)


def test_other_numbers_are_right_to_a_512th_of_a_bin(engine: Engine) -> None:
    number = Variable("a", "A", "number", "", False, Bins(0.0, 2.0, 20, 0.0, 40.0))
    table = stored(engine, number, np.random.default_rng(1).uniform(0, 40, 500).tolist(), ["x"] * 500)
    (found,) = boxes_of(count_levels(engine, table, number, BY)).groups
    (exact,) = boxes(engine, table, number, BY).groups
    for name in ("low", "quarter", "median", "three_quarters", "high"):
        assert found[name] == pytest.approx(exact[name], abs=2.0 / 512)


def test_everybody_but_some_are_the_others(engine: Engine) -> None:
    values: list[float | None] = [float(v) for v in range(60)]
    table = stored(engine, WHOLE, values, ["x"] * 30 + ["y"] * 30)
    some, others = (table.filter(keep) for keep in (table.a < 40, table.a >= 40))
    everybody = count_levels(engine, table, WHOLE, BY)
    left = boxes_of(everybody.without(count_levels(engine, some, WHOLE, BY)))
    assert left == boxes(engine, others, WHOLE, BY)
    assert [g["x"] for g in left.groups] == ["y"]


def test_infinite_values_are_taken_far_out(engine: Engine) -> None:
    values: list[float | None] = [float("-inf"), float("inf"), float("nan"), *[1.0] * 9]
    table = stored(engine, WHOLE, values, ["x"] * 12)
    (box,) = boxes_of(count_levels(engine, table, WHOLE, BY)).groups
    assert (box["n"], box["low"], box["median"], box["high"]) == (11, 1.0, 1.0, 1.0)
