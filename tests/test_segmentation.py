"""The segmentation: places any customer, alike as an expression and in NumPy; a JSON file that is checked when read."""

import itertools
import json
import math
from collections.abc import Iterator
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
from segscope.errors import ColumnError, SegscopeError, StudyError
from segscope.hand import Pin
from segscope.preparation import CategoryPreparation, FeaturePreparation, to_model_numpy
from segscope.recipe import CleaningRule, ColumnRole, DerivedColumn, Recipe, Role
from segscope.segmentation import (
    CENTRE,
    DISTANCE2,
    SECOND,
    SECOND_STRENGTH,
    SEGMENT,
    STRENGTH,
    Segment,
    Segmentation,
    assign,
    assign_numpy,
    assign_only,
    by_name,
    check_columns,
    check_shape,
    features_numpy,
    strengths_numpy,
    to_customers,
    without_unneeded,
)


def segment(number: int, name: str) -> Segment:
    return Segment(f"s{number}", name, number - 1, 10, 0.5, "", "natural", 0.9)


RECIPE = Recipe(
    columns=(
        ColumnRole("id", Role.IDENTIFIER, "", "ID"),
        ColumnRole("spend", Role.MEASURE, "", "Spend"),
        ColumnRole("orders", Role.MEASURE, "", "Orders"),
        ColumnRole("income", Role.MEASURE, "", "Income"),
    ),
    cleaning=(
        CleaningRule("implausible", "spend", "", low=0),
        CleaningRule("implausible", "spend", "", values=(9999.0,)),
        CleaningRule("implausible", "income", "", high=1e6),
    ),
    derived=(
        DerivedColumn("basket", "Basket", "ratio(spend, orders)", ""),
        DerivedColumn("rich", "", "income / 2", ""),
    ),
    features=("spend", "basket"),
)
MODEL = Segmentation(
    RECIPE,
    (
        FeaturePreparation("spend", 50.0, False, -100.0, 300.0, 100.0, 50.0, 0, 0),
        FeaturePreparation("basket", 10.0, True, None, None, 2.0, 0.5, 0, 0),
    ),
    ((2.0, 1.0), (-1.0, 0.5), (-1.0, -2.0)),
    (segment(1, "Best"), segment(2, "Middle"), segment(3, "Last")),
    spread=0.5,
    customers=20,
)


def customers(engine: Engine, **columns: Any) -> Any:
    table = engine.store("t", pa.table({k: pa.array(v, pa.float64()) for k, v in columns.items()}))
    return to_customers(table, without_unneeded(RECIPE))


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


PLANS = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.3, 0.2), True, 0, weight=2.0)
LYING = Shape(0.7, ((0.4, 0.0, 0.0, 0.0), (0.3, 2.0, 0.0, 0.0), (0.0, 0.5, 1.0, 0.0), (0.1, 0.0, 0.2, 1.5)))
MIXED = replace(
    MODEL,
    recipe=RECIPE.replace(
        columns=(*RECIPE.columns, ColumnRole("plan", Role.CATEGORY, "", "Plan")), features=("spend", "plan")
    ),
    preparation=(MODEL.preparation[0], PLANS),
    centres=((2.0, 0.5, -0.2, 0.1), (-1.0, -0.5, 0.4, 0.0), (-1.0, 0.1, -0.3, 1.0)),
    shapes=(LYING, replace(LYING, penalty=-1.0), replace(LYING, penalty=2.0)),
    spread=1.0,
)


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
HAND = replace(
    MODEL,
    hand=(Merge(1, 2), Split(0, 3, ((3.0, 1.0), (1.0, 1.0))), Pin("7", 3)),
    labels=(0, 3, 1),
    segments=(segment(1, "Best"), segment(9, "Good"), segment(2, "Rest")),
    reach=(1.0, 2.0, 3.0),
)


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


# ------------------------------------------------------------------------------------------------------------ the file


def test_it_is_the_same_after_a_trip_through_json() -> None:
    assert Segmentation.from_json(MODEL.to_json()) == MODEL


def damaged(**changes: Any) -> str:
    data = json.loads(MODEL.to_json())
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = data
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        (MODEL.to_json()[:500], "not JSON"),
        ("[]", "must be a JSON object"),
        (damaged(schema_version=2), "schema_version 1"),
        (damaged(recipe__schema_version=2), "schema_version 1"),
        (damaged(centres__0__0=float("nan")), "must be float"),
        (damaged(centres__0__0=float("inf")), "must be float"),
        (damaged(centres__0__0="1"), "must be float"),
        (damaged(centres__0=[1.0]), "must have 2 numbers"),
        (damaged(centres=[[1.0, 2.0]]), "as many centres as segments"),
        (damaged(centres=[], segments=[]), "at least one"),
        (damaged(preparation__0__deviation=0.0), "deviation that is not positive"),
        (damaged(preparation__0__low=None), "bounds"),
        (damaged(preparation__0__low=400.0), "bounds"),
        (damaged(preparation__0__feature="orders"), "does not fit the features"),
        (damaged(spread=0.0), "spread must be positive"),
        (damaged(spread=-1.0), "spread must be positive"),
        (damaged(segments__0__id="s2"), "an id of its own"),
        (damaged(segments__0__id="../../x"), "an id of its own"),
        (damaged(segments__0__name="Last"), "a name of its own"),
        (damaged(segments__0__colour=-1), "a place in the palette"),
        (damaged(segments__0__verdict="true"), "verdict must be"),
        (damaged(recipe__features=["spend"]), "does not fit the features"),
        (damaged(recipe__cleaning__0__column="nope"), "cleans a column 'nope'"),
        (damaged(recipe__derived__0__formula="sum("), "stops early"),
        (damaged(recipe__derived__0__formula="nope + 1"), "needs a column 'nope'"),
        (damaged(recipe__derived__0__formula="basket + 1"), "needs a column 'basket'"),
        (damaged(recipe__derived__0__name="other"), "no column 'basket'"),
    ],
    ids=range(28),
)
def test_a_damaged_or_foreign_file_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(SegscopeError, match=complaint):
        Segmentation.from_json(text)


def test_segments_are_found_by_name_or_id_in_any_case() -> None:
    assert by_name(MODEL.segments, "best") is by_name(MODEL.segments, "S1")
    with pytest.raises(StudyError, match=r"no segment 'Bst'\. Did you mean Best\?"):
        by_name(MODEL.segments, "Bst")


def _places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON document."""
    if at:
        yield at
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from _places(value, (*at, key))


PLACES = sorted(_places(json.loads(HAND.to_json())), key=str)
HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**40), 10**40), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(["../../x", "__import__('os')", "sum(", "ratio(" * 300, "\x00", "s0"]),
    st.sampled_from([[], {}, [[]], {"a": 1}, [1e308]]),
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(where=st.sampled_from(PLACES), value=HOSTILE, drop=st.booleans())
def test_a_file_damaged_anywhere_is_refused_or_places_customers(where: tuple[Any, ...], value: Any, drop: bool) -> None:
    data = json.loads(HAND.to_json())
    holder = data
    for key in where[:-1]:
        holder = holder[key]
    if drop:
        del holder[where[-1]]
    else:
        holder[where[-1]] = value
    try:
        found = Segmentation.from_json(json.dumps(data))
    except SegscopeError as error:
        assert str(error)
        return
    features = {f: np.array([1.0, np.nan]) for f in found.recipe.features}
    placed = assign_numpy(found, features)
    assert ((placed >= 0) & (placed < len(found.segments))).all()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(text=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: b.decode("latin-1")))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(SegscopeError):
        Segmentation.from_json(text)
