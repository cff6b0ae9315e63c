"""The tree: finds what is there, speaks of it in few digits, and leaves nobody out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segscope.rules.conditions import Condition, meets_all
from segscope.rules.tree import Category, Number, grow, readable

SPEND, PLAN = Number("spend", fill=50.0), Category("plan", ("basic", "pro"))


def test_a_threshold_is_found_and_rounded_within_the_gap() -> None:
    columns = {"spend": np.array([10.0, 40.0, 86.2, 91.7, 200.0, 400.0])}
    leaves = grow([SPEND], columns, np.array([0, 0, 0, 1, 1, 1]), 2)
    assert leaves == ((0, (Condition("spend", high=90.0),)), (1, (Condition("spend", low=90.0, blank=False),)))


def test_a_blank_goes_where_the_value_goes_that_it_counts_as() -> None:
    columns = {"spend": np.array([10.0, 20.0, np.nan, np.nan, 80.0, 90.0])}
    leaves = grow([SPEND], columns, np.array([0, 0, 1, 1, 1, 1]), 2)
    assert [c.blank for _, (c,) in leaves] == [False, True]


def test_a_category_is_told_by_its_value() -> None:
    columns = {"plan": np.array(["pro", "basic", "trial", None] * 3, dtype=object)}
    leaves = dict(grow([PLAN], columns, np.array([1, 0, 0, 0] * 3), 2))
    assert leaves[1] == (Condition("plan", values=("pro",), text=True, blank=False),)
    assert leaves[0] == (Condition("plan", values=("pro",), other_than=True, text=True),)


def test_one_segment_asks_nothing() -> None:
    assert grow([SPEND], {"spend": np.array([1.0, 2.0])}, np.array([0, 0]), 1) == ((0, ()),)


def test_the_order_of_customers_changes_nothing() -> None:
    drawn = np.random.default_rng(0)
    spend, plan = drawn.lognormal(3, 1, 400), drawn.choice(np.array(["basic", "pro", None], dtype=object), 400)
    segments = (spend > 20).astype(np.intp) + (plan == "pro")
    order = drawn.permutation(400)
    straight = grow([SPEND, PLAN], {"spend": spend, "plan": plan}, segments, 8)
    assert grow([SPEND, PLAN], {"spend": spend[order], "plan": plan[order]}, segments[order], 8) == straight


def test_huge_and_tiny_values_are_split_too() -> None:
    columns = {"spend": np.array([1e90, 3e90, -1e90, 1e-300])}
    leaves = grow([SPEND], columns, np.array([1, 1, 0, 0]), 2)
    assert [place for place, _ in leaves] == [0, 1]


def test_rounding_moves_few_customers_and_never_all() -> None:
    crowd = np.arange(1000.0)
    limit = readable(523.0, 524.0, crowd)
    assert limit == 520.0
    assert readable(1.0, 2.0, np.array([1.0, 2.0])) in (1.0, 1.5)
    assert 0.1 <= readable(0.1, 0.10000000000000002, np.array([0.1, 0.10000000000000002])) < 0.10000000000000002


values = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 50.0]))
customers = st.lists(
    st.tuples(values, st.sampled_from(["basic", "pro", "trial", None]), st.integers(0, 2)), min_size=2, max_size=40
)


@settings(max_examples=60)
@given(customers, customers, st.integers(2, 12))
def test_everybody_known_or_new_meets_exactly_one_leaf(
    known: list[tuple[float | None, str | None, int]], new: list[tuple[float | None, str | None, int]], leaves: int
) -> None:
    def columns(rows: list[tuple[float | None, str | None, int]]) -> dict[str, np.ndarray]:
        spend = np.array([np.nan if r[0] is None else r[0] for r in rows])
        return {"spend": spend, "plan": np.array([r[1] for r in rows], dtype=object)}

    found = grow([SPEND, PLAN], columns(known), np.array([r[2] for r in known]), leaves)
    everybody = known + new
    met = [meets_all(conditions, columns(everybody), len(everybody)) for _, conditions in found]
    assert np.sum(met, axis=0).tolist() == [1] * len(everybody)
