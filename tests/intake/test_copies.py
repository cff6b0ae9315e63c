"""Near copies: a column that says again what an earlier one says is found by its values, with the reason."""

from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.intake.copies import Copy, find_copies
from segscope.intake.facts import ROW, measure_facts
from segscope.intake.roles import propose_roles
from segscope.recipe import Role

N = 400
PRICE = [(i * 7919 % 1009) + 0.25 for i in range(N)]
OTHER = [(i * i * 31 + i * 17) % 997 + 0.5 for i in range(N)]
CITY = [("Wien", "Graz", "Linz", "Wels")[i * 7 % 11 % 4] for i in range(N)]


def copies(engine: Engine, **columns: Any) -> tuple[Copy, ...]:
    table = engine.store("t", pa.table(columns))
    return find_copies(engine, table, measure_facts(engine, table))


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (PRICE, "equal to price"),
        ([p if i != 7 else 1e9 for i, p in enumerate(PRICE)], "99.7 % equal to price"),
        ([p if i else None for i, p in enumerate(PRICE)], "equal to price"),
        ([100 * p for p in PRICE], "always 100 times price"),
        ([2014 - p for p in PRICE], "always 2,014 minus price"),
        ([32 + 1.8 * p for p in PRICE], "always 1.8 times price plus 32"),
        ([float(round(1.3 * p)) for p in PRICE], "rises and falls with price in nearly every row"),
    ],
)
def test_a_number_on_a_line_over_another_is_its_copy(engine: Engine, later: list[Any], reason: str) -> None:
    assert copies(engine, price=PRICE, later=later) == (Copy("later", "price", reason),)


@pytest.mark.parametrize(
    "later",
    [
        OTHER,
        [p if i % 20 else p + 300 for i, p in enumerate(PRICE)],
        [p + (i * 37 % 101) for i, p in enumerate(PRICE)],
        [p * p for p in PRICE],
        [p if i % 3 == 0 else None for i, p in enumerate(OTHER)],
    ],
)
def test_a_number_that_only_resembles_another_is_none(engine: Engine, later: list[Any]) -> None:
    assert copies(engine, price=PRICE, later=later) == ()


def test_a_column_with_more_values_than_the_earlier_is_kept(engine: Engine) -> None:
    gappy = [p if i % 3 == 0 else None for i, p in enumerate(PRICE)]
    assert copies(engine, gappy=gappy, price=PRICE) == ()


def test_rare_flags_that_are_both_nearly_always_no_are_not_copies(engine: Engine) -> None:
    fraud, vip = ([int(i in rare) for i in range(N)] for rare in ({3}, {99}))
    assert copies(engine, fraud=fraud, vip=vip) == ()
    mostly_zero, another = ([5 * int(i in rare) for i in range(N)] for rare in ({3, 50}, {99, 50}))
    assert copies(engine, a=mostly_zero, b=another) == ()


def test_flags_are_copies_when_both_answers_agree(engine: Engine) -> None:
    paying = [i % 5 == 0 for i in range(N)]
    found = copies(engine, paying=paying, churned=[not p for p in paying], active=[int(p) for p in paying])
    assert found == (
        Copy("churned", "paying", "always 1 minus paying"),
        Copy("active", "paying", "equal to paying"),
    )


def test_a_rare_flag_is_a_copy_when_its_few_yeses_agree(engine: Engine) -> None:
    rare = [int(i % 100 == 3) for i in range(N)]
    assert [c.column for c in copies(engine, a=rare, b=rare)] == ["b"]


def test_texts_are_copies_when_values_go_together_both_ways(engine: Engine) -> None:
    codes = {"Wien": "W", "Graz": "G", "Linz": "L", "Wels": "WE"}
    numbers = {"Wien": 1, "Graz": 6, "Linz": 4, "Wels": 9}
    states = {"Wien": "Wien", "Graz": "Stmk", "Linz": "OÖ", "Wels": "OÖ"}
    found = copies(
        engine,
        city=CITY,
        code=[codes[c] for c in CITY],
        number=[numbers[c] for c in CITY],
        again=CITY,
        state=[states[c] for c in CITY],
    )
    assert found == (
        Copy("code", "city", "one-to-one with city"),
        Copy("number", "city", "one-to-one with city"),
        Copy("again", "city", "equal to city"),
    )


def test_unique_texts_go_with_everything_and_tell_nothing(engine: Engine) -> None:
    assert copies(engine, a=[f"a{i}" for i in range(N)], b=[f"b{i}" for i in range(N)]) == ()


def test_few_rows_and_constants_prove_nothing(engine: Engine) -> None:
    assert copies(engine, a=[1.0, 2.0, 3.0], b=[2.0, 4.0, 6.0]) == ()
    assert copies(engine, a=[1] * N, b=[1] * N) == ()
    assert copies(engine, a=pa.nulls(N, pa.float64()), b=PRICE) == ()


def test_all_rows_decide_where_a_sample_is_too_few(engine: Engine) -> None:
    rows = 10_000
    values = [float(i * 7919 % 10_007) for i in range(rows)]
    # Row 1 of every five differs, and no sampled row does.
    later = [v if i % 5 != 1 else 0.0 for i, v in enumerate(values)]
    assert copies(engine, **{ROW: list(range(rows)), "a": values, "b": values, "c": later}) == (
        Copy("b", "a", "equal to a"),
    )


def test_a_copy_is_ignored_with_its_reason_and_the_first_is_kept(engine: Engine) -> None:
    table = engine.store("t", pa.table({"id": list(range(N)), "price": PRICE, "cents": [100 * p for p in PRICE]}))
    facts = measure_facts(engine, table)
    columns = propose_roles(facts, find_copies(engine, table, facts)).columns
    assert [c.role for c in columns] == [Role.IDENTIFIER, Role.MEASURE, Role.IGNORED]
    assert columns[2].reason == "always 100 times price: tells nothing new"


def test_a_copy_of_the_identifier_or_of_personal_data_keeps_its_role(engine: Engine) -> None:
    table = engine.store("t", pa.table({"id": list(range(N)), "points": [2 * i for i in range(N)], "x": OTHER}))
    facts = measure_facts(engine, table)
    columns = propose_roles(facts, find_copies(engine, table, facts)).columns
    assert [c.role for c in columns] == [Role.IDENTIFIER, Role.MEASURE, Role.MEASURE]


def test_many_copies_of_one_column_are_all_found(engine: Engine) -> None:
    found = copies(engine, **{f"c{i}": [(i + 1) * p for p in PRICE] for i in range(120)})
    assert {c.of for c in found} == {"c0"}
    assert len(found) == 119
