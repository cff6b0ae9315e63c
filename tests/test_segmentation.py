"""The segmentation: places any customer, alike as an expression and in NumPy."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.clustering import Shape
from segscope.clustering.handmade import Merge, Split
from segscope.engine import Engine
from segscope.errors import ColumnError, StudyError
from segscope.hand import Pin
from segscope.preparation import to_model_numpy
from segscope.segmentation import (
    CENTRE,
    DISTANCE2,
    SECOND,
    SECOND_STRENGTH,
    SEGMENT,
    STRENGTH,
    Segmentation,
    assign,
    assign_numpy,
    assign_only,
    check_columns,
    check_shape,
    features_numpy,
    strengths_numpy,
    to_customers,
    without_unneeded,
)
from tests.segmentations import HAND, LYING, MIXED, MODEL, PLANS, RECIPE, customers


def test_a_customer_belongs_to_the_nearest_centre(engine: Engine) -> None:
    table = customers(engine, spend=[200.0, 50.0, 50.0], orders=[10.0, 4.0, 100.0])
    found = engine.fetch(assign(table, MODEL)).to_pydict()
    assert found[SEGMENT] == [0, 1, 2]
    assert found[SECOND] == [1, 0, 1]
    assert min(found[STRENGTH]) > 0.99


def test_strengths_are_probabilities_of_round_clouds_of_one_spread(engine: Engine) -> None:
    found = engine.fetch(assign(customers(engine, spend=[120.0], orders=[8.0]), MODEL)).to_pydict()
    point = np.array([(120 - 100) / 50, (math.log1p(15.0) - 2.0) / 0.5])
    odds = np.exp(-((np.array(MODEL.centres) - point) ** 2).sum(axis=1) / (2 * MODEL.spread))
    odds = np.sort(odds / odds.sum())[::-1]
    assert found[STRENGTH][0] == pytest.approx(odds[0], rel=1e-9)
    assert found[SECOND_STRENGTH][0] == pytest.approx(odds[1], rel=1e-9)


def test_with_one_segment_there_is_no_second(engine: Engine) -> None:
    alone = replace(MODEL, centres=MODEL.centres[:1], segments=MODEL.segments[:1])
    found = engine.fetch(assign(customers(engine, spend=[1.0], orders=[1.0]), alone)).to_pydict()
    assert (found[SEGMENT], found[SECOND], found[STRENGTH]) == ([0], [None], [1.0])


def test_a_tie_goes_to_the_more_valuable_segment(engine: Engine) -> None:
    twins = replace(MODEL, centres=((0.0, 1.0), (0.0, 1.0), (0.0, 1.0)))
    found = engine.fetch(assign(customers(engine, spend=[1.0], orders=[1.0]), twins)).to_pydict()
    assert (found[SEGMENT], found[SECOND], found[STRENGTH]) == ([0], [1], [pytest.approx(1 / 3)])


@pytest.mark.parametrize("shapes", [(), MIXED.shapes])
def test_categories_and_mixtures_are_placed_alike_by_the_engine_and_numpy(
    engine: Engine, shapes: tuple[Shape, ...]
) -> None:
    model = replace(MIXED, shapes=shapes)
    spends, plans = [10.0, 90.0, 160.0, 400.0, None], ["basic", "pro", "never seen", None]
    rows = list(itertools.product(spends, plans))
    table = engine.store("t", pa.table({"spend": [r[0] for r in rows], "plan": [r[1] for r in rows]}))
    found = engine.fetch(assign(to_customers(table, without_unneeded(model.recipe)), model))
    values = {
        "spend": np.array([math.nan if r[0] is None else r[0] for r in rows]),
        "plan": np.array([PLANS.code(r[1]) for r in rows]),
    }
    assert found[SEGMENT].to_pylist() == assign_numpy(model, values).tolist()
    strengths = strengths_numpy(model, to_model_numpy(values, model.preparation))
    assert found[STRENGTH].to_pylist() == pytest.approx(strengths.max(axis=1).tolist(), rel=1e-12)
    assert strengths.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "damaged",
    [
        replace(MIXED, shapes=MIXED.shapes[:2]),
        replace(MIXED, reach=(1.0,)),
        replace(MIXED, reach=(1.0, math.inf, 1.0)),
        replace(MIXED, shapes=(replace(LYING, factor=LYING.factor[:3]), *MIXED.shapes[1:])),
        replace(MIXED, shapes=(replace(LYING, penalty=math.nan), *MIXED.shapes[1:])),
        replace(MIXED, centres=tuple(c[:2] for c in MIXED.centres)),
        replace(MIXED, preparation=(MIXED.preparation[0], replace(PLANS, shares=(0.5, 0.5)))),
        replace(MIXED, preparation=(MIXED.preparation[0], replace(PLANS, shares=(0.5, 0.0, 0.5)))),
        replace(MIXED, preparation=(MIXED.preparation[0], replace(PLANS, levels=("pro", "pro")))),
        replace(MIXED, preparation=(replace(MODEL.preparation[0], weight=-1.0), PLANS)),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(damaged: Segmentation) -> None:
    with pytest.raises(StudyError):
        check_shape(damaged)


def test_a_whole_segmentation_comes_back_from_its_json() -> None:
    named = replace(MIXED, reach=(3.0, 4.0, 5.0))
    assert Segmentation.from_json(named.to_json()) == named


# Middle and Last are one; Best is cut in two; somebody is put into the second half.
def test_a_merge_and_a_split_move_nobody_else(engine: Engine) -> None:
    spends, orders = list(range(0, 300, 20)), [1.0, 2.0, 5.0, 20.0, 80.0]
    rows = list(itertools.product(map(float, spends), orders))
    table = customers(engine, spend=[r[0] for r in rows], orders=[r[1] for r in rows])
    before, after = (engine.fetch(assign(table, m)).to_pydict() for m in (MODEL, HAND))
    pairs = set(zip(before[SEGMENT], after[SEGMENT], strict=True))
    assert pairs == {(0, 0), (0, 1), (1, 2), (2, 2)}
    # The nearest centre, whose reach counts, is still told.
    assert after[CENTRE] == before[SEGMENT] and after[DISTANCE2] == before[DISTANCE2]
    assert engine.fetch(assign_only(table, HAND)).to_pydict()[SEGMENT] == after[SEGMENT]


def test_merged_segments_add_their_probabilities_and_a_split_divides_one(engine: Engine) -> None:
    point = np.array([[0.4, 0.9]])
    before, after = (strengths_numpy(m, point)[0] for m in (MODEL, HAND))
    assert after[2] == pytest.approx(before[1] + before[2], rel=1e-12)
    assert after[0] + after[1] == pytest.approx(before[0], rel=1e-12)
    d2 = [((point[0] - c) ** 2).sum() for c in ((3.0, 1.0), (1.0, 1.0))]
    assert after[0] / after[1] == pytest.approx(math.exp((d2[1] - d2[0]) / (2 * MODEL.spread)), rel=1e-9)


def test_a_pinned_customer_is_where_somebody_put_them(engine: Engine) -> None:
    table = customers(engine, id=[7.0, 8.0], spend=[0.0, 0.0], orders=[50.0, 50.0])
    table = table.mutate(id=table.id.cast("int64"))
    found = engine.fetch(assign(table, HAND)).to_pydict()
    assert (found[SEGMENT], found[SECOND]) == ([1, 2], [2, found[SECOND][1]])
    assert (found[STRENGTH][0], found[SECOND_STRENGTH][0]) == (1.0, 0.0)
    assert engine.fetch(assign_only(table, HAND)).to_pydict()[SEGMENT] == [1, 2]
    nameless = engine.fetch(assign(table.drop("id"), HAND)).to_pydict()
    assert nameless[SEGMENT] == [2, 2]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"hand": ()}, "no step by hand"),
        ({"labels": (0, 3)}, "as many centres as segments"),
        ({"labels": (0, 3, 2)}, "those that the steps by hand leave"),
        ({"labels": (0, 0, 1)}, "those that the steps by hand leave"),
        ({"hand": (Merge(1, 1), *HAND.hand[1:])}, "merged with itself"),
        ({"hand": (Merge(1, 7), *HAND.hand[1:])}, "a segment 7 that is not there"),
        ({"hand": (HAND.hand[0], Split(0, 5, ((3.0, 1.0), (1.0, 1.0))))}, "must be numbered 3"),
        ({"hand": (HAND.hand[0], Split(0, 3, ((3.0,), (1.0,))))}, "must have 2 finite numbers"),
        ({"hand": (HAND.hand[0], Split(0, 3, ((3.0, math.inf), (1.0, 1.0))))}, "must have 2 finite numbers"),
        ({"hand": (*HAND.hand, Pin("7", 0))}, "pinned once only"),
        ({"hand": (*HAND.hand[:2], Pin("7", 2))}, "a segment that is not there"),
        ({"hand": (*HAND.hand[:2], Pin("", 1))}, "1 to 200 characters"),
        ({"hand": (HAND.hand[2], *HAND.hand[:2])}, "a pin comes before"),
        ({"hand": (*HAND.hand[:2], *(Pin(str(i), 1) for i in range(1001)))}, "At most 1,000 customers"),
        ({"hand": (*([Merge(0, 1)] * 61),)}, "At most 60"),
        ({"recipe": RECIPE.replace(columns=RECIPE.columns[1:])}, "none of its columns names the customer"),
    ],
)
def test_steps_by_hand_that_do_not_fit_are_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StudyError, match=complaint):
        check_shape(replace(HAND, **change))


def test_a_segmentation_made_by_hand_comes_back_from_its_json() -> None:
    assert Segmentation.from_json(HAND.to_json()) == HAND


CELL = st.none() | st.sampled_from([0.0, -1.0, 9999.0, 1.0]) | st.floats(-1e4, 1e4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20), model=st.sampled_from([MODEL, HAND]))
def test_the_engine_and_numpy_place_every_customer_alike(
    engine: Engine, rows: list[tuple[float | None, float | None]], model: Segmentation
) -> None:
    spend, orders = ([r[i] for r in rows] for i in (0, 1))
    found = engine.fetch(assign(customers(engine, spend=spend, orders=orders), model)).to_pydict()
    cells = zip(("spend", "orders"), (spend, orders), strict=True)
    arrays = {k: np.array([math.nan if v is None else v for v in values]) for k, values in cells}
    features = features_numpy(model, arrays)
    assert assign_numpy(model, features).tolist() == found[SEGMENT]
    strengths = strengths_numpy(model, to_model_numpy(features, model.preparation))
    own = strengths[np.arange(len(rows)), found[SEGMENT]]
    np.testing.assert_allclose(own, found[STRENGTH], rtol=1e-9)
    np.testing.assert_allclose(strengths.sum(axis=1), 1.0)


def test_a_customer_at_an_impossible_distance_is_still_placed(engine: Engine) -> None:
    found = engine.fetch(assign(customers(engine, spend=[1e300, 1.0], orders=[1.0, 1e-308]), MODEL)).to_pydict()
    assert all(0 < s <= 1 for s in found[STRENGTH])


@pytest.mark.parametrize("name", ["segment", "z0", "second", "distance2", "x0", "c0", "d0", 'a"b', "sum"])
def test_columns_of_the_source_pass_through_whatever_their_names(engine: Engine, name: str) -> None:
    table = customers(engine, spend=[200.0, 50.0], orders=[10.0, 4.0], **{name: [7.0, 8.0]})
    found = engine.fetch(assign(table, MODEL)).to_pydict()
    assert found[name] == [7.0, 8.0]
    assert found[SEGMENT] == [0, 1]


# ----------------------------------------------------------------------------------------------------- what it needs


def test_it_needs_the_columns_that_its_features_rest_on_and_no_others(engine: Engine) -> None:
    assert MODEL.needed == ("spend", "orders")
    lean = without_unneeded(RECIPE)
    assert [d.name for d in lean.derived] == ["basket"]
    assert {r.column for r in lean.cleaning} == {"spend"}


def test_a_missing_column_is_named_and_a_near_one_offered(engine: Engine) -> None:
    table = engine.store("t", pa.table({"spend": [1.0], "order": [1.0]}))
    with pytest.raises(ColumnError, match=r"new.csv lacks the column 'orders'. Did you mean order\?"):
        check_columns(table, MODEL, "new.csv")
    with pytest.raises(ColumnError, match="lacks the columns 'spend', 'orders'"):
        check_columns(engine.store("t", pa.table({"a": [1.0]})), MODEL, "new.csv")


def test_a_column_of_another_kind_is_refused(engine: Engine) -> None:
    table = engine.store("t", pa.table({"spend": ["much"], "orders": [1.0]}))
    with pytest.raises(ColumnError, match=r"'spend' of new\.csv must hold numbers"):
        check_columns(table, MODEL, "new.csv")
