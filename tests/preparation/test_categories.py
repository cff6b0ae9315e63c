"""Categories: one coordinate a level, all levels together weighing as much as one number."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.errors import ColumnError
from segscope.preparation import CategoryPreparation, in_words, to_model, to_model_numpy, to_original
from segscope.preparation.categories import fit_categories

Array = npt.NDArray[np.float64]
PLANS = ["basic"] * 6 + ["pro"] * 3 + ["team"] * 1


def fitted(engine: Engine, values: Sequence[str | None]) -> CategoryPreparation:
    return fit_categories(engine, engine.store("t", pa.table({"plan": pa.array(values, pa.string())})), ["plan"])[0]


def coordinates(engine: Engine, values: Sequence[str | None], step: CategoryPreparation) -> Array:
    table = engine.store("later", pa.table({"plan": pa.array(values, pa.string())}))
    found = engine.fetch(to_model(table, (step,)))
    return np.column_stack([found[f"z{i}"].to_numpy() for i in range(step.width)])


def test_levels_are_found_with_their_shares_the_most_frequent_first(engine: Engine) -> None:
    step = fitted(engine, [*PLANS, None, ""])
    assert (step.levels, step.shares, step.blanks, step.other) == (("basic", "pro", "team"), (0.6, 0.3, 0.1), 2, False)


def test_a_category_weighs_as_much_as_a_number(engine: Engine) -> None:
    places = coordinates(engine, PLANS, fitted(engine, PLANS))
    assert places.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert places.var(axis=0).sum() == pytest.approx(1.0)


def test_a_rare_level_in_common_counts_more_than_a_frequent_one(engine: Engine) -> None:
    step = fitted(engine, PLANS)
    basic, pro, team = coordinates(engine, ["basic", "pro", "team"], step)
    assert np.sum((basic - team) ** 2) > np.sum((basic - pro) ** 2)


def test_a_blank_lies_in_the_middle(engine: Engine) -> None:
    step = fitted(engine, PLANS)
    assert coordinates(engine, [None, ""], step).tolist() == [[0.0, 0.0, 0.0]] * 2


def test_levels_below_two_percent_share_one_coordinate(engine: Engine) -> None:
    step = fitted(engine, ["a"] * 60 + ["b"] * 38 + ["c", "d"])
    assert (step.levels, step.other, step.shares) == (("a", "b"), True, (0.6, 0.38, 0.02))
    assert step.names == ("a", "b", "(other)")
    assert coordinates(engine, ["c"], step).tolist() == coordinates(engine, ["never seen"], step).tolist()


def test_one_rare_level_alone_stays_itself(engine: Engine) -> None:
    assert fitted(engine, ["a"] * 60 + ["b"] * 59 + ["c"]).levels == ("a", "b", "c")


def test_a_new_value_lies_in_the_middle_where_there_are_no_others(engine: Engine) -> None:
    assert coordinates(engine, ["trial"], fitted(engine, PLANS)).tolist() == [[0.0, 0.0, 0.0]]


def test_a_weight_stretches_squared_distances(engine: Engine) -> None:
    step = fitted(engine, PLANS)
    heavy = CategoryPreparation(step.feature, step.levels, step.shares, step.other, 0, weight=4.0)
    once, twice = (coordinates(engine, PLANS, s) for s in (step, heavy))
    assert twice == pytest.approx(2 * once)


def test_the_expression_and_numpy_agree_to_the_last_bit(engine: Engine) -> None:
    values = [*PLANS, None, "", "trial", "it's; --"]
    for seen in (PLANS, ["a"] * 50 + ["it's; --"] * 50 + ["x"], ["pro"] * 97 + ["q", "r", "s"]):
        step = fitted(engine, seen)
        codes = np.array([step.code(v or None) for v in values])
        assert coordinates(engine, values, step).tolist() == to_model_numpy({"plan": codes}, (step,)).tolist()


@pytest.mark.parametrize("values", [["a", "a", None], [None, ""], []])
def test_a_category_without_two_values_is_refused(engine: Engine, values: list[str | None]) -> None:
    with pytest.raises(ColumnError, match="'plan' has the same value for every customer"):
        fitted(engine, values)


def test_the_way_back_from_a_centre_is_the_share_of_each_level(engine: Engine) -> None:
    step = fitted(engine, PLANS)
    centre = coordinates(engine, ["pro", "pro", "pro", "basic"], step).mean(axis=0)
    assert to_original(centre.tolist(), (step,)) == pytest.approx((0.25, 0.75, 0.0))
    assert in_words(step) == "3 levels"


def test_codes_and_booleans_are_levels_as_texts_are(engine: Engine) -> None:
    table = engine.store("t", pa.table({"store": [1, 1, 2, 3], "member": [True, False, True, True]}))
    store, member = fit_categories(engine, table, ["store", "member"])
    assert (store.levels, member.levels) == (("1", "2", "3"), ("true", "false"))
