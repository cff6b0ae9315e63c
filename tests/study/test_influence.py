"""What filling blanks did: who has one, and who would be elsewhere had it been filled otherwise."""

import pyarrow as pa

from segscope.engine import Engine
from segscope.preparation import FeaturePreparation
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.segmentation import Segment, Segmentation
from segscope.study.influence import Influence, influence_of_filling


def plain(name: str, blanks: int) -> FeaturePreparation:
    return FeaturePreparation(name, 5.0, False, None, None, 0.0, 1.0, blanks, 0)


def segmentation(blanks: int) -> Segmentation:
    columns = tuple(ColumnRole(n, Role.MEASURE, "", n) for n in "ab")
    segments = tuple(Segment(f"s{i}", f"S{i}", i, 1, 0.5, "", "natural", 1.0) for i in (1, 2))
    steps = (plain("a", blanks), plain("b", 0))
    return Segmentation(Recipe(columns, features=("a", "b")), steps, ((0.0, 0.0), (10.0, 10.0)), segments, 1.0, 4)


def test_customers_who_would_move_with_a_quartile_in_place_of_the_median_are_counted(engine: Engine) -> None:
    # 2 + b decides below 10 in sum: with 5 the first stays in the lower segment, with 9 it does not.
    table = engine.store("t", pa.table({"a": [None, None, 1.0, 9.0], "b": [4.0, 0.0, 1.0, 9.0]}))
    quarters = {"a": (2.0, 9.0), "b": (0.0, 9.0)}
    assert influence_of_filling(engine, table, segmentation(2), quarters) == Influence(customers=2, moved=1)


def test_without_blanks_nothing_was_filled(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1.0, 9.0], "b": [1.0, 9.0]}))
    assert influence_of_filling(engine, table, segmentation(0), {}) == Influence(0, 0)
