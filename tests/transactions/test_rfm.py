"""Scores by quintile never tell equals apart, and every pair of scores has one named group."""

from itertools import product

import hypothesis.strategies as st
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings

from segscope.engine import Engine, connect
from segscope.transactions.rfm import GROUPS, group_counts, group_of
from segscope.transactions.scores import score, score_bounds
from tests.transactions.logs import LOG, day, log_table, made


def scores(engine: Engine, values: list[int]) -> list[int]:
    table = engine.store("t", pa.table({"place": list(range(len(values))), "v": values}))
    scored = table.mutate(score=score(table.v, score_bounds(engine, table, "v")))
    found: list[int] = engine.fetch(scored.order_by("place"))["score"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 20, 30, 40, 50], [1, 2, 3, 4, 5]),
        ([50, 10, 30, 20, 40], [5, 1, 3, 2, 4]),
        ([7], [3]),
        ([7, 7, 7], [3, 3, 3]),
        ([1, 2], [2, 4]),
        ([1, 1, 1, 1, 1, 1, 2, 3, 4, 5], [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]),
        ([-5, 0, 0, 0, 5], [1, 3, 3, 3, 5]),
    ],
)
def test_scores_by_hand(engine: Engine, values: list[int], expected: list[int]) -> None:
    assert scores(engine, values) == expected


@given(st.lists(st.integers(-(2**52), 2**52) | st.integers(0, 5), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_a_score_is_the_fifth_in_which_a_value_stands(values: list[int]) -> None:
    n = len(values)
    twice = [2 * sum(other < v for other in values) + values.count(v) for v in values]
    assert scores(connect(threads=1), values) == [1 + 5 * place // (2 * n) for place in twice]


def test_who_bought_last_has_the_highest_r_score(engine: Engine) -> None:
    table = log_table("customer day amount", *((c, day(f"{i + 1}-01"), 10.0 - i) for i, c in enumerate("abcde")))
    found, _ = made(engine, LOG, table)
    assert [found[c]["r_score"] for c in "abcde"] == [1, 2, 3, 4, 5]
    assert [found[c]["f_score"] for c in "abcde"] == [3] * 5
    assert [found[c]["m_score"] for c in "abcde"] == [5, 4, 3, 2, 1]
    assert [found[c]["rfm_group"] for c in "abcde"] == [group_of(r, 3).name for r in (1, 2, 3, 4, 5)]


def test_every_pair_of_scores_has_exactly_one_group() -> None:
    for r, f in product(range(1, 6), repeat=2):
        assert sum(g.r[0] <= r <= g.r[1] and g.f[0] <= f <= g.f[1] for g in GROUPS) == 1, (r, f)


def test_the_ten_usual_groups() -> None:
    grid = {(r, f): group_of(r, f).name for r, f in product(range(1, 6), repeat=2)}
    assert (grid[5, 5], grid[5, 4], grid[4, 5], grid[3, 4]) == ("Champions",) * 2 + ("Loyal customers",) * 2
    assert (grid[5, 1], grid[4, 1], grid[4, 3], grid[3, 3]) == (
        "New customers", "Promising", "Potential loyalists", "Need attention",
    )  # fmt: skip
    assert (grid[3, 1], grid[2, 4], grid[1, 5], grid[1, 1]) == (
        "About to sleep", "At risk", "Cannot lose them", "Hibernating",
    )  # fmt: skip
    assert len({g.name for g in GROUPS}) == 10


def test_groups_are_counted_in_the_grids_order_with_their_money(engine: Engine) -> None:
    names = ["Champions", "Champions", "Hibernating", "At risk"]
    customers = engine.store("c", pa.table({"rfm_group": names, "total_spend": [10.1, 20.2, 0.3, -0.6]}))
    counts = group_counts(engine, customers)
    assert [c.group for c in counts] == list(GROUPS)
    found = {c.group.name: (c.customers, c.share, c.spend) for c in counts if c.customers}
    assert found == {"Champions": (2, 0.5, 30.3), "At risk": (1, 0.25, -0.6), "Hibernating": (1, 0.25, 0.3)}
    assert sum(c.spend_share or 0 for c in counts) == pytest.approx(1.0)


def test_without_money_there_is_no_share_of_it(engine: Engine) -> None:
    customers = engine.store("c", pa.table({"rfm_group": ["Champions"], "total_spend": [0.0]}))
    counts = group_counts(engine, customers)
    assert (counts[0].customers, counts[0].spend_share) == (1, None)
    assert all(c.spend_share is None for c in group_counts(engine, customers.filter(ibis.literal(False))))
