"""Small segmentations with known answers, for the tests of what places customers."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from segscope.clustering import Shape
from segscope.clustering.handmade import Merge, Split
from segscope.engine import Engine
from segscope.hand import Pin
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.recipe import CleaningRule, ColumnRole, DerivedColumn, Recipe, Role
from segscope.segmentation import (
    Segment,
    Segmentation,
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


HAND = replace(
    MODEL,
    hand=(Merge(1, 2), Split(0, 3, ((3.0, 1.0), (1.0, 1.0))), Pin("7", 3)),
    labels=(0, 3, 1),
    segments=(segment(1, "Best"), segment(9, "Good"), segment(2, "Rest")),
    reach=(1.0, 2.0, 3.0),
)
