"""Unusual customers: counted by reason, listed by how far they lie, and told why in words."""

import ibis
import numpy as np
import pyarrow as pa
import pytest

from segscope.clustering.assign import Shape
from segscope.engine import Engine, rows
from segscope.preparation import FeaturePreparation
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.segmentation import Segment, Segmentation, assign
from segscope.unusual import Bounds, bounds, count_unusual, list_unusual, mark, unusual_rows, value_in_words

QUARTERS = {"spend": (10.0, 20.0), "visits": (0.0, 0.0)}
SPEND = [15.0, 12.0, 50.0, 51.0, 110.0, -80.0, float("nan")]


def segmentation(
    log: bool = False, shapes: tuple[Shape, ...] = (), reach: tuple[float, ...] = (100.0,)
) -> Segmentation:
    """One segment around a spend of 15; visits do not spread."""
    roles = (Role.IDENTIFIER, Role.MEASURE, Role.MEASURE)
    columns = tuple(ColumnRole(n, r, "", n.capitalize()) for n, r in zip(("id", "spend", "visits"), roles, strict=True))
    steps = tuple(FeaturePreparation(f, 15.0, log and f == "spend", None, None, 15.0, 1.0, 0, 0) for f in QUARTERS)
    one = Segment("s1", "Everyone", 0, len(SPEND), 1.0, "", "constructed", 0.0)
    recipe = Recipe(columns, features=("spend", "visits"))
    return Segmentation(recipe, steps, ((0.0, -15.0),), (one,), 1.0, len(SPEND), shapes, reach)


@pytest.fixture
def customers(engine: Engine) -> ibis.Table:
    rows = {
        "__row": list(range(len(SPEND))),
        "id": [f"c{i}" for i in range(len(SPEND))],
        "spend": [None if np.isnan(s) else s for s in SPEND],
        "visits": [0.0] * len(SPEND),
    }
    return engine.store("customers", pa.table(rows))


def test_fences_are_three_interquartile_ranges_beyond_the_quartiles_in_original_units() -> None:
    assert bounds(segmentation().preparation, QUARTERS) == (Bounds("spend", -20.0, 50.0, False),)
    (logged,) = bounds(segmentation(log=True).preparation, QUARTERS)
    # log(1 + x) of the quartiles is log 11 and log 21: the upper fence is log(21 (21/11)^3).
    assert logged.log
    assert logged.high == pytest.approx(21 * (21 / 11) ** 3 - 1)


def test_a_value_on_the_fence_is_not_unusual_and_one_beyond_it_is(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation(reach=(1e9,))
    marked = mark(assign(customers, made), made, QUARTERS)
    found = list_unusual(engine, marked, made.recipe, bounds(made.preparation, QUARTERS), ["Everyone"], 50)
    assert [u.identifier for u in found] == ["c4", "c5", "c3"]
    # 110 is 90 above the upper quartile, 3 times the distance of the fence from it.
    assert [round(u.how_far, 3) for u in found] == [3.0, 3.0, 1.033]


def test_reasons_are_counted_apart_and_together(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation()  # farther than 10 from the centre is far
    limits = bounds(made.preparation, QUARTERS)
    found = count_unusual(engine, mark(assign(customers, made), made, QUARTERS), limits)
    assert (found.customers, found.by_feature, found.far) == (4, {"spend": 3}, 4)


def test_every_reason_is_told_in_words(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation()
    marked = mark(assign(customers, made), made, QUARTERS)
    found = list_unusual(engine, marked, made.recipe, bounds(made.preparation, QUARTERS), ["Everyone"], 1)
    assert found[0].reasons == (
        "Spend 110, beyond 50 (three interquartile ranges above the upper quartile)",
        "far from the centre of Everyone: 9.5x its reach",
    )


def test_a_value_below_the_lower_fence_and_a_log_scale_are_told() -> None:
    below = value_in_words("Spend", -80.0, Bounds("spend", -20.0, 50.0, False))
    assert below == "Spend -80, beyond -20 (three interquartile ranges below the lower quartile)"
    assert value_in_words("Spend", 99.0, Bounds("spend", 0.0, 50.0, True)).endswith("upper quartile, on a log scale)")


def test_in_a_mixture_the_penalty_of_a_segment_is_no_distance(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation(shapes=(Shape(500.0, ((1.0, 0.0), (0.0, 1.0))),), reach=(500.0 + 100.0,))
    limits = bounds(made.preparation, QUARTERS)
    assert count_unusual(engine, mark(assign(customers, made), made, QUARTERS), limits).far == 4


def test_a_segmentation_from_before_reach_was_measured_has_nobody_far(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation(reach=())
    limits = bounds(made.preparation, QUARTERS)
    assert count_unusual(engine, mark(assign(customers, made), made, QUARTERS), limits).far == 0


def test_all_unusual_customers_can_be_taken_elsewhere_with_why(engine: Engine, customers: ibis.Table) -> None:
    made = segmentation(reach=(1e9,))
    marked = mark(assign(customers, made), made, QUARTERS)
    found = rows(engine, unusual_rows(marked, made.recipe, bounds(made.preparation, QUARTERS), ["Everyone"]))
    assert [(r["id"], r["segment"], r["times_beyond"], r["why"], r["spend"]) for r in found] == [
        ("c4", "Everyone", 3.0, "Spend above 50", 110.0),
        ("c5", "Everyone", 3.0, "Spend below -20", -80.0),
        ("c3", "Everyone", 1.033, "Spend above 50", 51.0),
    ]
