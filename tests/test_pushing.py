"""Each feature's push: it adds up to the log odds, alike in the engine and in NumPy, and is told in words."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from segscope.clustering import Shape
from segscope.clustering.handmade import Merge
from segscope.engine import Engine
from segscope.preparation import to_model_numpy
from segscope.profiling import NumberProfile
from segscope.pushing import push_column, pushes_numpy, reason, with_pushes
from segscope.segmentation import SECOND, SECOND_STRENGTH, SEGMENT, STRENGTH, assign
from tests.segmentations import HAND, MIXED, MODEL, PLANS, customers


def test_a_segment_merged_by_hand_stands_between_its_parts(engine: Engine) -> None:
    merged = replace(MODEL, hand=(Merge(1, 2),), labels=(0, 1), segments=MODEL.segments[:2])
    row = engine.fetch(with_pushes(assign(customers(engine, spend=[200.0], orders=[10.0]), merged), merged)).to_pylist()
    point = np.array([[2.0, (math.log1p(20.0) - 2.0) / 0.5]])
    direct = ((point - [-1.0, -0.75]) ** 2 - (point - [2.0, 1.0]) ** 2) / (2 * MODEL.spread)
    assert [row[0][push_column(0)], row[0][push_column(1)]] == pytest.approx(direct[0].tolist())
    assert pushes_numpy(merged, point, 0, 1)[0] == pytest.approx(direct[0])


def profile(mean: float, deviation: float) -> NumberProfile:
    return NumberProfile(20, 20 * mean, mean, deviation, 0.0, 0.0, 0.0, 0.0, 0.0)


EVERYBODY = {"spend": profile(96.4, 50.0), "basket": profile(12.25, 3.0)}


def test_pushes_add_up_to_the_log_odds_of_the_segment_against_the_second(engine: Engine) -> None:
    table = with_pushes(assign(customers(engine, spend=[120.0, 0.0], orders=[8.0, 2.0]), MODEL), MODEL)
    for row in engine.fetch(table).to_pylist():
        together = row[push_column(0)] + row[push_column(1)]
        assert together == pytest.approx(math.log(row[STRENGTH] / row[SECOND_STRENGTH]), rel=1e-9)


@pytest.mark.parametrize("shapes", [(), MIXED.shapes])
def test_the_engine_and_numpy_agree_on_categories_and_mixtures(engine: Engine, shapes: tuple[Shape, ...]) -> None:
    model = replace(MIXED, shapes=shapes)
    rows = list(itertools.product([10.0, 90.0, 400.0, None], ["basic", "pro", "never seen", None]))
    table = engine.store("t", pa.table({"spend": [r[0] for r in rows], "plan": [r[1] for r in rows]}))
    found = engine.fetch(with_pushes(assign(table, model), model)).to_pylist()
    values = {
        "spend": np.array([math.nan if r[0] is None else r[0] for r in rows]),
        "plan": np.array([PLANS.code(r[1]) for r in rows]),
    }
    points = to_model_numpy(values, model.preparation)
    for i, row in enumerate(found):
        direct = pushes_numpy(model, points[i : i + 1], row[SEGMENT], row[SECOND])[0]
        assert [row[push_column(0)], row[push_column(1)]] == pytest.approx(direct.tolist(), rel=1e-9, abs=1e-12)
        sizes = (shapes[row[SECOND]].penalty - shapes[row[SEGMENT]].penalty) / (2 * model.spread) if shapes else 0.0
        odds = math.log(row[STRENGTH] / row[SECOND_STRENGTH])
        assert direct.sum() + sizes == pytest.approx(odds, rel=1e-6, abs=1e-9)


def reasons(engine: Engine, spend: list[float | None], orders: list[float | None]) -> list[str]:
    pushed = with_pushes(assign(customers(engine, spend=spend, orders=orders), MODEL), MODEL)
    return [str(r) for r in engine.fetch(pushed.select(r=reason(pushed, MODEL, EVERYBODY)))["r"].to_pylist()]


def test_a_reason_names_what_pushes_most_with_its_value_and_everybodys(engine: Engine) -> None:
    assert reasons(engine, [250.0], [25.0]) == ["Spend 250, above everyone's 96"]
    assert reasons(engine, [50.0], [100.0]) == ["Basket 0.5, below everyone's 12.2"]


def test_a_blank_is_told_as_unknown(engine: Engine) -> None:
    assert reasons(engine, [None], [None])[0].startswith(("Spend unknown", "Basket unknown"))


def test_with_one_segment_the_reason_is_that(engine: Engine) -> None:
    alone = replace(MODEL, centres=MODEL.centres[:1], segments=MODEL.segments[:1])
    pushed = with_pushes(assign(customers(engine, spend=[1.0], orders=[1.0]), alone), alone)
    row = engine.fetch(pushed.select(push_column(0), r=reason(pushed, alone, EVERYBODY))).to_pylist()[0]
    assert row == {push_column(0): None, "r": "there is one segment only"}


def test_a_pinned_customer_was_placed_by_hand(engine: Engine) -> None:
    table = customers(engine, id=[7.0, 8.0], spend=[50.0, 50.0], orders=[100.0, 100.0])
    table = table.mutate(id=table.id.cast("int64"))
    pushed = with_pushes(assign(table, HAND), HAND)
    found = [str(r) for r in engine.fetch(pushed.select(r=reason(pushed, HAND, EVERYBODY)))["r"].to_pylist()]
    assert found == ["placed by hand", "Basket 0.5, below everyone's 12.2"]
