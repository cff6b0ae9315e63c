"""Cleaning: what looks wrong counts as blank, is counted and listed, and nobody is dropped."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from segscope.cleaning import (
    CleaningEntry,
    clean,
    describe_cleaning,
    far_out_fences,
    is_placeholder,
    propose_rules,
)
from segscope.engine import Engine, rows
from segscope.intake.facts import ROW, ColumnFacts, measure_facts
from segscope.intake.roles import propose_roles
from segscope.recipe import CleaningRule, ColumnRole, Recipe, Role


def proposed(engine: Engine, as_of: date | None = date(2014, 6, 29), **columns: Any) -> tuple[CleaningRule, ...]:
    table = engine.store("t", pa.table(columns))
    facts = measure_facts(engine, table)
    return propose_rules(engine, table, facts, propose_roles(facts).columns, as_of)


def cleaned(engine: Engine, rules: list[CleaningRule], **columns: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = engine.fetch(clean(engine.store("t", pa.table(columns)), rules)).to_pydict()
    return found


def log(engine: Engine, rules: list[CleaningRule], roles: dict[str, Role], **columns: Any) -> tuple[CleaningEntry, ...]:
    table = engine.store("t", pa.table(columns))
    known = tuple(ColumnRole(c, r, "the same value for everybody", c) for c, r in roles.items())
    return describe_cleaning(engine, table, Recipe(known, cleaning=tuple(rules)), measure_facts(engine, table))


# ---------------------------------------------------------------------------------------------- rules that are proposed


def test_a_birth_year_of_more_than_a_hundred_years_ago_is_implausible(engine: Engine) -> None:
    rules = proposed(engine, birth_year=[1893, 1914, 1960, 1990, 2014])
    assert [(r.action, r.low, r.high) for r in rules] == [("implausible", 1914.0, 2014.0), ("fill", None, None)]


def test_a_birth_year_after_the_newest_date_is_implausible(engine: Engine) -> None:
    assert [r.action for r in proposed(engine, birth_year=[1950, 1960, 1990, 2015])] == ["implausible", "fill"]


def test_plausible_birth_years_need_no_rule(engine: Engine) -> None:
    assert proposed(engine, birth_year=[1914, 1960, 1990, 2014]) == ()


def test_without_a_date_in_the_file_the_clock_does_not_decide(engine: Engine) -> None:
    rules = proposed(engine, as_of=None, birth_year=[1900, 1960, 1990])
    assert (rules[0].low, rules[0].high) == (1901.0, 2100.0)


def test_an_age_lies_from_0_to_100_years(engine: Engine) -> None:
    rules = proposed(engine, age=[-1, 30, 40, 50, 101])
    assert (rules[0].low, rules[0].high) == (0.0, 100.0)


def test_a_far_out_repeated_digit_is_a_placeholder(engine: Engine) -> None:
    rules = proposed(engine, income=[*range(30_000, 60_000, 1000), 666_666])
    assert [(r.action, r.values) for r in rules] == [("implausible", (666_666.0,)), ("fill", ())]


def test_a_far_out_number_that_is_no_placeholder_is_a_rich_customer(engine: Engine) -> None:
    assert proposed(engine, income=[*range(30_000, 60_000, 1000), 666_667]) == ()


def test_a_repeated_digit_within_the_crowd_is_a_coincidence(engine: Engine) -> None:
    assert proposed(engine, income=[*range(30_000, 60_000, 1000), 55_555]) == ()


def test_a_number_too_large_for_any_amount_is_implausible(engine: Engine) -> None:
    rules = proposed(engine, income=[1e300, 30.5, 40.5, 50.5, -1e200])
    assert (rules[0].action, rules[0].low, rules[0].high) == ("implausible", -1e90, 1e90)


def test_blanks_in_measures_are_filled_and_in_nothing_else(engine: Engine) -> None:
    rules = proposed(engine, income=[1.5, None, 7.5], plan=["a", None, "b"], vip=[True, None, False])
    assert [(r.action, r.column) for r in rules] == [("fill", "income")]


@pytest.mark.parametrize(
    ("value", "found"), [(9999, True), (-99999, True), (999, False), (0, False), (1e300, False), (999.9, False)]
)
def test_a_placeholder_is_one_digit_four_times_or_more(value: float, found: bool) -> None:
    assert is_placeholder(value) is found


def test_without_a_spread_nothing_is_far_out() -> None:
    assert far_out_fences(ColumnFacts("a", "number", 9, 0, 2, quarter=5.0, three_quarters=5.0)) is None
    assert far_out_fences(ColumnFacts("a", "number", 9, 9, 0)) is None


# ----------------------------------------------------------------------------------------------- rules that are applied


def test_an_implausible_value_counts_as_blank_and_its_customer_stays(engine: Engine) -> None:
    rule = CleaningRule("implausible", "year", "", low=1914, high=2014)
    assert cleaned(engine, [rule], id=[1, 2, 3, 4], year=[1893, 1914, 2014, None]) == {
        "id": [1, 2, 3, 4],
        "year": [None, 1914, 2014, None],
    }


def test_a_listed_value_counts_as_blank(engine: Engine) -> None:
    assert cleaned(engine, [CleaningRule("implausible", "a", "", values=(9999.0,))], a=[1.0, 9999.0]) == {
        "a": [1.0, None]
    }


def test_every_rule_on_a_column_counts(engine: Engine) -> None:
    rules = [CleaningRule("implausible", "a", "", low=0), CleaningRule("implausible", "a", "", values=(7.0,))]
    assert cleaned(engine, rules, a=[-1, 7, 8]) == {"a": [None, None, 8]}


def test_a_rule_that_is_off_changes_nothing(engine: Engine) -> None:
    assert cleaned(engine, [CleaningRule("implausible", "a", "", low=5, enabled=False)], a=[1, 9]) == {"a": [1, 9]}


def test_a_blank_stays_a_blank_until_a_number_is_needed(engine: Engine) -> None:
    assert cleaned(engine, [CleaningRule("fill", "a", "")], a=[1, None]) == {"a": [1, None]}


# --------------------------------------------------------------------------------------------------- what is told of it


def test_implausible_values_are_counted_and_their_customers_listed(engine: Engine) -> None:
    rule = CleaningRule("implausible", "year", "too old", low=1914)
    roles = {"id": Role.IDENTIFIER, "year": Role.MEASURE}
    (entry,) = log(engine, [rule], roles, id=["a", "b", "c"], year=[1899, 1980, 1893])
    assert (entry.action, entry.column, entry.count, entry.customers) == ("implausible", "year", 2, ("c", "a"))
    assert entry.detail == "2 implausible values in year counted as blank (1893, 1899): too old."


def test_a_rule_that_is_off_says_that_values_were_kept(engine: Engine) -> None:
    rule = CleaningRule("implausible", "year", "too old", low=1914, enabled=False)
    (entry,) = log(engine, [rule], {"year": Role.MEASURE}, year=[1893, 1980, 1981])
    assert "kept, since the rule is off" in entry.detail


def test_at_most_twenty_customers_are_listed_and_all_are_counted(engine: Engine) -> None:
    rule = CleaningRule("implausible", "a", "small", low=100)
    (entry,) = log(engine, [rule], {"id": Role.IDENTIFIER, "a": Role.MEASURE}, id=list(range(30)), a=list(range(30)))
    assert (entry.count, len(entry.customers)) == (30, 20)
    assert " …)" in entry.detail


def test_the_median_that_fills_is_of_plausible_values(engine: Engine) -> None:
    rules = [CleaningRule("implausible", "a", "", values=(9999.0,)), CleaningRule("fill", "a", "")]
    entries = log(
        engine, rules, {"id": Role.IDENTIFIER, "a": Role.MEASURE}, id=[1, 2, 3, 4, 5], a=[1, 2, 3, None, 9999]
    )
    fill = next(e for e in entries if e.action == "fill")
    assert fill.count == 1
    assert fill.detail.startswith("1 blank, and 1 implausible value, in a filled with the median 2 ")


def test_repeated_rows_are_reported_once_the_identifier_is_left_out(engine: Engine) -> None:
    roles = {"id": Role.IDENTIFIER, "a": Role.MEASURE}
    columns = {ROW: [0, 1, 2, 3], "id": [1, 2, 3, 4], "a": [5, 5, 5, None]}
    (entry,) = log(engine, [], roles, **columns)
    assert (entry.action, entry.count) == ("report_repeated", 2)
    assert "once id is left out" in entry.detail


def test_two_blanks_are_alike(engine: Engine) -> None:
    roles = {"id": Role.IDENTIFIER, "a": Role.MEASURE}
    (entry,) = log(engine, [], roles, id=[1, 2], a=pa.array([None, None], pa.int64()))
    assert (entry.action, entry.count) == ("report_repeated", 1)


def test_repeated_identifiers_are_reported_and_kept(engine: Engine) -> None:
    roles = {"id": Role.IDENTIFIER, "a": Role.MEASURE}
    (entry,) = log(engine, [], roles, id=[1, 2, 2, None], a=[1, 2, 3, 4])
    assert (entry.action, entry.column, entry.count) == ("report_repeated_identifier", "id", 1)
    assert "kept" in entry.detail


def test_constants_are_set_aside_with_the_reason(engine: Engine) -> None:
    (entry,) = log(engine, [], {"id": Role.IDENTIFIER, "z": Role.CONSTANT}, id=[1, 2], z=["a", "b"])
    assert (entry.action, entry.column, entry.count) == ("set_aside", "z", 2)
    assert "the same value for everybody" in entry.detail


def test_clean_data_have_an_empty_log(engine: Engine) -> None:
    assert log(engine, [], {"id": Role.IDENTIFIER, "a": Role.MEASURE}, id=[1, 2], a=[1, 2]) == ()


def test_a_table_of_identifiers_alone_repeats_nothing(engine: Engine) -> None:
    assert rows(engine, engine.store("t", pa.table({"id": [1, 2]}))) == [{"id": 1}, {"id": 2}]
    assert log(engine, [], {"id": Role.IDENTIFIER}, id=[1, 2]) == ()
