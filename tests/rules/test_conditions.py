"""Conditions: who meets them, and when two are one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segscope.rules.conditions import Condition, joined, meets, meets_all, narrowed, only, without

ANY_TEXT = Condition("plan", text=True, other_than=True)
PLANS = np.array(["basic", "pro", "trial", None], dtype=object)


def numbers(*values: float | None) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values])


def test_a_number_lies_above_the_low_bound_and_not_above_the_high_one() -> None:
    condition = Condition("days", low=10.0, high=20.0, blank=False)
    assert meets(condition, numbers(10, 10.5, 20, 20.5, None)).tolist() == [False, True, True, False, False]


def test_a_blank_is_met_where_the_value_that_it_counts_as_is() -> None:
    assert narrowed(Condition("days"), fill=15.0, low=10.0, high=20.0).blank
    assert not narrowed(Condition("days"), fill=10.0, low=10.0).blank
    assert narrowed(Condition("days"), fill=20.0, high=20.0).blank


def test_bounds_of_one_column_are_one_interval() -> None:
    twice = narrowed(narrowed(Condition("days"), 0.0, low=10.0), 0.0, low=30.0)
    assert (twice.low, twice.high) == (30.0, None)
    assert narrowed(twice, 0.0, high=30.0).impossible


def test_a_text_is_one_value_or_all_but_some() -> None:
    assert meets(only(ANY_TEXT, "pro"), PLANS).tolist() == [False, True, False, False]
    assert meets(only(ANY_TEXT, None), PLANS).tolist() == [False, False, False, True]
    assert meets(without(ANY_TEXT, "pro"), PLANS).tolist() == [True, False, True, True]
    assert meets(without(without(ANY_TEXT, "pro"), None), PLANS).tolist() == [True, False, True, False]
    assert without(only(ANY_TEXT, "pro"), "pro").impossible


def test_two_rules_that_differ_on_one_column_become_one() -> None:
    rich = Condition("spend", low=90.0, blank=False)
    assert joined([(only(ANY_TEXT, "pro"), rich), (only(ANY_TEXT, "basic"), rich)]) == (
        (Condition("plan", values=("basic", "pro"), text=True, blank=False), rich),
    )


def test_intervals_apart_stay_apart() -> None:
    low, high = Condition("a", high=1.0, blank=False), Condition("a", low=2.0, blank=False)
    assert joined([(low,), (high,)]) == ((low,), (high,))


bounds = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.0, 3.0]))
number_conditions = st.builds(Condition, st.just("a"), low=bounds, high=bounds, blank=st.booleans()).filter(
    lambda c: not c.impossible
)
text_conditions = st.builds(
    Condition,
    st.just("plan"),
    values=st.sets(st.sampled_from(["basic", "pro", "trial"])).map(lambda s: tuple(sorted(s))),
    other_than=st.booleans(),
    text=st.just(True),
    blank=st.booleans(),
)


@given(st.lists(st.tuples(number_conditions, text_conditions), max_size=5))
def test_joining_changes_nobody(rules: list[tuple[Condition, Condition]]) -> None:
    values = [(a, p) for a in (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, None) for p in (*PLANS, "new")]
    columns = {"a": numbers(*(a for a, _ in values)), "plan": np.array([p for _, p in values], dtype=object)}

    def selected(conditions: object) -> list[bool]:
        found = np.zeros(len(values), dtype=bool)
        for rule in conditions:  # type: ignore[attr-defined]
            found |= meets_all(rule, columns, len(values))
        return list(found)

    assert selected(joined(rules)) == selected(rules)
