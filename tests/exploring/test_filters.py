"""Filters: what a browser may ask for, what is refused, and how it reads."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.errors import RecipeError
from segscope.exploring import BLANK, Choice, Filters, Range, Variable, in_words, parse_filters, select

VARIABLES = [
    Variable("income", "Income", "number"),
    Variable("since", "Customer since", "date"),
    Variable("plan", "Plan", "category", choices=("basic", "pro", "(other)")),
    Variable("vip", "VIP", "category", choices=("no", "yes")),
]


def test_a_filter_is_read_from_the_browsers_state() -> None:
    state = {"income": [10, None], "since": ["2014-01-01", "2014-06-29"], "plan": {"in": ["pro"]}, "vip": ["yes"]}
    assert parse_filters(state, VARIABLES) == (
        Range("income", 10.0, None),
        Range("since", 16071.0, 16250.0),
        Choice("plan", ("pro",)),
        Choice("vip", ("yes",)),
    )


@pytest.mark.parametrize("state", [None, {}, {"income": [None, None]}, {"plan": {"in": []}}, {"income": ["", ""]}])
def test_an_empty_filter_filters_nothing(state: dict[str, Any] | None) -> None:
    assert parse_filters(state, VARIABLES) == ()


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ({"incme": [1, 2]}, "no column 'incme' to filter by. Did you mean income"),
        ({"income": [2, 1]}, "runs from 2 down to 1: swap"),
        ({"income": ["a", 2]}, "'a' on Income must be a number"),
        ({"income": [True, 2]}, "must be a number"),
        ({"income": [float("nan"), 2]}, "must be a number"),
        ({"income": [1]}, "a pair of limits"),
        ({"income": "12"}, "a pair of limits"),
        ({"income": {"in": ["1"]}}, "a pair of limits"),
        ({"since": ["yesterday", None]}, "a date like 2014-06-29"),
        ({"since": ["2014-02-30", None]}, "a date like 2014-06-29"),
        ({"plan": "pro"}, "a list of values"),
        ({"plan": {"out": ["pro"]}}, "a list of values"),
        ({"plan": [1, 2]}, "a list of values"),
        ({"plan": None}, "a list of values"),
    ],
)
def test_what_cannot_be_meant_is_refused(state: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        parse_filters(state, VARIABLES)


TABLE = {
    "id": [1, 2, 3, 4, 5],
    "income": [10.0, 20.0, 30.0, None, 20.0],
    "since": [date(2014, 1, 1), date(2014, 6, 29), None, date(2013, 1, 1), date(2014, 6, 30)],
    "plan": ["basic", "pro", "rare", None, "'; drop table t; --"],
    "vip": [True, False, None, True, False],
}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), [1, 2, 3, 4, 5]),
        ((Range("income", 20.0, None),), [2, 3, 5]),
        ((Range("income", 20.0, 20.0),), [2, 5]),
        ((Range("income", None, 10.0),), [1]),
        ((Range("since", 16071.0, 16250.0),), [1, 2]),
        ((Choice("plan", ("pro", "basic")),), [1, 2]),
        ((Choice("plan", (BLANK,)),), [4]),
        ((Choice("plan", ("(other)",)),), [3, 5]),
        ((Choice("plan", ("basic", BLANK)),), [1, 4]),
        ((Choice("plan", ("'; drop table t; --",)),), [5]),
        ((Choice("plan", ("nobody",)),), []),
        ((Choice("vip", ("yes",)),), [1, 4]),
        ((Choice("vip", ("no", BLANK)),), [2, 3, 5]),
        ((Range("income", 20.0, None), Choice("vip", ("no",))), [2, 5]),
    ],
)
def test_customers_pass_who_meet_every_filter(engine: Engine, filters: Filters, expected: list[int]) -> None:
    table = engine.store("t", pa.table(TABLE))
    assert engine.fetch(select(table, filters, VARIABLES))["id"].to_pylist() == expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Range("income", 1000.0, None), "Income from 1k"),
        (Range("income", None, 2500.0), "Income up to 2.5k"),
        (Range("income", 1.0, 2.0), "Income 1 to 2"),
        (Range("since", 16071.0, 16250.0), "Customer since 2014-01-01 to 2014-06-29"),
        (Choice("plan", ("pro",)), "Plan pro"),
        (Choice("plan", ("a", "b", "c", "d", "e")), "Plan a, b, c or 2 more"),
    ],
)
def test_a_filter_reads_as_a_phrase(wanted: Range | Choice, words: str) -> None:
    assert in_words(wanted, next(v for v in VARIABLES if v.column == wanted.column)) == words
