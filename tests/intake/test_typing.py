"""A column's type follows from all of its values, in any order; what does not fit is blank, counted and listed."""

import csv
import io
import random
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.errors import RecipeError

from .conftest import Found, Reader


def table_of(**columns: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["no", *columns])
    for i, row in enumerate(zip(*columns.values(), strict=True)):
        writer.writerow([i, *row])
    return out.getvalue()


def typed(read_typed: Reader, values: list[str], **options: Any) -> tuple[str, list[Any], Found]:
    found = read_typed(table_of(v=values), **options)
    return found.report.column("v").kind, found.column("v"), found


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        (["1", "-2", "3"], "integer", [1, -2, 3]),
        (["1.5", "2", ".5", "1e3"], "number", [1.5, 2.0, 0.5, 1000.0]),
        (["1,234.56", "12.5", "1,000,000"], "number", [1234.56, 12.5, 1e6]),
        (["1.234,56", "12,5", "1.000.000"], "number", [1234.56, 12.5, 1e6]),
        (["1 234,56", "12,50"], "number", [1234.56, 12.5]),
        (["1\u00a0234,56", "12,50"], "number", [1234.56, 12.5]),
        (["1'234.50", "2"], "number", [1234.5, 2.0]),
        (["0.123", "1.234"], "number", [0.123, 1.234]),
        (["€ 12", "€ 1.200,50", "5"], "number", [12.0, 1200.5, 5.0]),
        (["12 EUR", "5 €"], "integer", [12, 5]),
        (["12%", "5 %"], "integer", [12, 5]),
        (["(1,200)", "300", "1,000,000"], "integer", [-1200, 300, 1_000_000]),
        (["12-", "5"], "integer", [-12, 5]),
        (["\u22125", "7"], "integer", [-5, 7]),
        (["5 kg", "7.5 kg"], "number", [5.0, 7.5]),
        ([" 5", "7 "], "integer", [5, 7]),
        (["0", "1"], "integer", [0, 1]),
        (["yes", "no", ""], "boolean", [True, False, None]),
        (["Ja", "Nein"], "boolean", [True, False]),
        (["oui", "non"], "boolean", [True, False]),
        (["sí", "no"], "boolean", [True, False]),
        (["TRUE", "false"], "boolean", [True, False]),
        (["2013-08-21", "2012-09-04"], "date", [date(2013, 8, 21), date(2012, 9, 4)]),
        (["21-08-2013", "04-09-2012"], "date", [date(2013, 8, 21), date(2012, 9, 4)]),
        (["08/21/2013", "04/09/2012"], "date", [date(2013, 8, 21), date(2012, 4, 9)]),
        (["21.08.13", "1.2.99"], "date", [date(2013, 8, 21), date(1999, 2, 1)]),
        (["2013/08/21", "2012.1.5"], "date", [date(2013, 8, 21), date(2012, 1, 5)]),
        (["20130821", "20120105"], "date", [date(2013, 8, 21), date(2012, 1, 5)]),
        (["21 Aug 2013", "5 September 2012"], "date", [date(2013, 8, 21), date(2012, 9, 5)]),
        (["Aug 21, 2013", "May 5 2012"], "date", [date(2013, 8, 21), date(2012, 5, 5)]),
        (["21. März 2013", "3. Mai 2012"], "date", [date(2013, 3, 21), date(2012, 5, 3)]),
        (["15 août 2020", "3 juin 2021"], "date", [date(2020, 8, 15), date(2021, 6, 3)]),
        (["4 juillet 2021"], "date", [date(2021, 7, 4)]),
        (["2013-08-21 00:00:00", "2012-09-04 00:00:00"], "date", [date(2013, 8, 21), date(2012, 9, 4)]),
        (["2013-08-21T10:11:12Z"], "datetime", [datetime(2013, 8, 21, 10, 11, 12)]),
        (["2013-08-21 23:59"], "datetime", [datetime(2013, 8, 21, 23, 59)]),
        (["8/21/2013 1:05 PM"], "datetime", [datetime(2013, 8, 21, 13, 5)]),
        (["8/22/2013 12:05 AM"], "datetime", [datetime(2013, 8, 22, 0, 5)]),
        (["20130821103000"], "datetime", [datetime(2013, 8, 21, 10, 30)]),
    ],
)  # fmt: skip
def test_types(values: list[str], kind: str, read: list[Any], read_typed: Reader) -> None:
    assert typed(read_typed, values)[:2] == (kind, read)


@pytest.mark.parametrize(
    "values",
    [
        ["01234", "12345"],
        ["007", "12", "13456"],
        ["A1", "A2"],
        ["12 Main St", "14 Oak Ave"],
        ["+49 123 4567", "+44 23 456789"],
        ["1234567890123456789", "5"],
        ["$5", "€7"],
        ["12:30", "13:40"],
        ["M", "F"],
        ["n", "n"],
        ["21-08-2013", "08-21-2013"],
        ["1", "2", "x"],
        ["Customer 1", "Customer 2"],
    ],
)
def test_what_only_looks_like_numbers_dates_or_answers_stays_text(values: list[str], read_typed: Reader) -> None:
    assert typed(read_typed, values)[:2] == ("text", values)


def test_the_usual_words_for_missing_are_blanks(read_typed: Reader) -> None:
    kind, read, found = typed(read_typed, ["n/a", "-", "?", "3.5", "NULL", "NaN", "#N/A", "leer", " "])
    assert (kind, [v for v in read if v is not None]) == ("number", [3.5])
    assert found.report.column("v").blanks == 8


def test_na_among_codes_is_a_code(read_typed: Reader) -> None:
    assert typed(read_typed, ["NA", "EU", "APAC"])[1] == ["NA", "EU", "APAC"]
    assert typed(read_typed, ["NA", "Europe", "Asia"])[1] == [None, "Europe", "Asia"]


@pytest.mark.parametrize("rubbish", [1, 2])
def test_one_in_a_hundred_may_be_rubbish(rubbish: int, read_typed: Reader) -> None:
    kind, read, found = typed(read_typed, [str(i) for i in range(100, 200 - rubbish)] + ["oops"] * rubbish)
    reading = found.report.column("v")
    if rubbish == 1:
        assert (kind, reading.unreadable, reading.examples_unreadable, reading.blanks) == ("integer", 1, ("oops",), 0)
        assert read[-1] is None
    else:
        assert kind == "text"


@pytest.mark.parametrize(
    ("values", "options", "first", "note"),
    [
        (["04-09-2012", "05-10-2012"], {}, date(2012, 9, 4), "the values do not tell day from month"),
        (["04-09-2012", "05-10-2012"], {"day_first": False}, date(2012, 4, 9), "as told"),
        (["01/03/2020", "01/04/2020"], {}, date(2020, 3, 1), "one day of the month"),
        (["03/01/2020", "04/01/2020"], {}, date(2020, 3, 1), "one day of the month"),
        (["04-09-2012", "21-08-2013"], {}, date(2012, 9, 4), "21-08-2013 proves it"),
        (["04-09-2012", "08-21-2013"], {"day_first": True}, date(2012, 4, 9), "08-21-2013 proves it"),
    ],
)
def test_the_order_of_dates_is_proven_or_stated(
    values: list[str], options: dict[str, bool], first: date, note: str, read_typed: Reader
) -> None:
    _, read, found = typed(read_typed, values, **options)
    assert read[0] == first
    assert note in found.report.column("v").note


def test_columns_in_doubt_follow_the_others_of_the_file(read_typed: Reader) -> None:
    found = read_typed(
        table_of(a=["1.234", "5.678"], b=["1,5", "2,5"], c=["04/05/2020", "05/06/2020"], d=["1/31/2020"] * 2)
    )
    assert found.column("a") == [1234, 5678]
    assert found.column("c")[0] == date(2020, 4, 5)
    assert "open" in found.report.column("a").note


def test_told_types_win(read_typed: Reader) -> None:
    text = table_of(a=["01", "02", "x"], b=["1", "0", "2"], c=["1", "2", "3"])
    found = read_typed(text, types=(("a", "integer"), ("b", "boolean"), ("c", "text")))
    assert found.column("a") == [1, 2, None]
    assert found.column("b") == [True, False, None]
    assert found.column("c") == ["1", "2", "3"]
    assert found.report.column("a").examples_unreadable == ("x",)
    with pytest.raises(RecipeError, match="Did you mean a"):
        read_typed(text, types=(("aa", "integer"),))
    with pytest.raises(RecipeError, match="must be one of integer"):
        read_typed(text, types=(("a", "whole"),))


VALUES = st.sampled_from(
    ["1", "2", "-3", "1.5", "1,5", "1.234", "1,234", "01", "x", "", "NA", "yes", "no", "12 %", "5 EUR", "2020-01-31",
     "31.01.2020", "01/31/2020", "01/02/2020", "20200131", "Jan 5, 2020", "10:30", " 7 ", "+4912345678", "(5)", "inf"]
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUES, min_size=1, max_size=8), seed=st.integers(0, 2**16))
def test_the_order_of_rows_does_not_matter(values: list[str], seed: int, read_typed: Reader) -> None:
    shuffled = random.Random(seed).sample(values, len(values))
    one, other = (typed(read_typed, each, delimiter=",", header_rows=1)[2] for each in (values, shuffled))
    assert one.report.columns[1] == other.report.columns[1]
    assert sorted(map(str, one.column("v"))) == sorted(map(str, other.column("v")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_every_value_is_read_blank_or_listed(values: list[str], read_typed: Reader) -> None:
    _, read, found = typed(read_typed, values, delimiter=",", header_rows=1)
    reading = found.report.column("v")
    assert sum(v is None for v in read) == reading.blanks + reading.unreadable
    assert len(read) == len(values) == found.report.rows
