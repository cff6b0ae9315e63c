"""Facts: what is counted about every column."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.intake.facts import ROW, ColumnFacts, measure_facts


def facts(engine: Engine, **columns: object) -> dict[str, ColumnFacts]:
    return {f.name: f for f in measure_facts(engine, engine.store("t", pa.table(columns)))}


def test_a_number_has_its_range_quartiles_and_blanks(engine: Engine) -> None:
    found = facts(engine, a=[1.0, 2.0, 3.0, 4.0, None])["a"]
    assert found == ColumnFacts(
        "a", "number", rows=5, blanks=1, distinct=4, whole=True, low=1.0, high=4.0, quarter=1.75, median=2.5,
        three_quarters=3.25,
    )  # fmt: skip
    assert found.present == 4


@pytest.mark.parametrize(
    ("values", "whole"),
    [
        ([1.0, 2.5], False),
        ([1.0, 2.0], True),
        ([-3.0, 0.0], True),
        ([-0.5], False),
        ([1e300, 2.0], True),
        ([2**62], True),
    ],
)
def test_whole_numbers_are_told_from_others_at_any_size(engine: Engine, values: list[float], whole: bool) -> None:
    assert facts(engine, a=values)["a"].whole is whole


def test_different_values_of_many_rows_are_counted_exactly_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segscope.intake.facts.MANY_ROWS", 100)
    monkeypatch.setattr("segscope.intake.facts.FEW_VALUES", 40)
    found = facts(
        engine, few=[i % 7 for i in range(3000)], many=[i % 997 for i in range(3000)], none=pa.nulls(3000, pa.string())
    )
    assert {name: f.distinct for name, f in found.items()} == {"few": 7, "many": 997, "none": 0}


def test_among_many_rows_identifiers_alone_have_no_quartiles(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segscope.intake.facts.MANY_ROWS", 100)
    found = facts(engine, id=range(201), age=[i % 5 for i in range(201)], spend=[i + 0.5 for i in range(201)])
    assert {name: f.median for name, f in found.items()} == {"id": None, "age": 2.0, "spend": 100.5}
    assert (found["id"].low, found["id"].high, found["id"].tells_apart) == (0.0, 200.0, True)


def test_a_text_has_its_length_and_its_at_signs(engine: Engine) -> None:
    found = facts(engine, a=["a@b.c", "xyz", None, "xyz"])["a"]
    assert (found.kind, found.distinct, found.blanks) == ("text", 2, 1)
    assert found.mean_length == pytest.approx(11 / 3)
    assert found.at_signs == pytest.approx(1 / 3)


def test_dates_and_clock_times_have_days_as_their_range(engine: Engine) -> None:
    found = facts(engine, d=[date(2020, 1, 2), None], t=[datetime(2020, 1, 2, 23, 59), datetime(2021, 1, 1)])
    assert (found["d"].kind, found["d"].low, found["d"].high) == ("date", date(2020, 1, 2), date(2020, 1, 2))
    assert (found["t"].kind, found["t"].low, found["t"].high) == ("date", date(2020, 1, 2), date(2021, 1, 1))


def test_yes_and_no_are_a_kind_of_their_own(engine: Engine) -> None:
    found = facts(engine, a=[True, False, None])["a"]
    assert (found.kind, found.distinct, found.blanks) == ("boolean", 2, 1)


def test_a_column_without_a_value_has_no_range(engine: Engine) -> None:
    found = facts(engine, a=pa.nulls(3, pa.float64()), s=pa.nulls(3, pa.string()))
    assert (found["a"].blanks, found["a"].distinct, found["a"].low, found["a"].median) == (3, 0, None, None)
    assert (found["s"].present, found["s"].mean_length) == (0, 0.0)


def test_the_row_number_is_no_column_of_the_customers(engine: Engine) -> None:
    assert list(facts(engine, **{ROW: [0, 1], "a": [1, 2]})) == ["a"]


def test_an_empty_table_and_a_table_without_columns_have_facts_too(engine: Engine) -> None:
    assert facts(engine, a=pa.array([], pa.float64()))["a"].rows == 0
    assert facts(engine, **{ROW: [0, 1]}) == {}
