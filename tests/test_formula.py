"""The formula language: what it reads, what it refuses, and that its two readings agree."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.engine import Engine
from segscope.errors import FormulaError
from segscope.formula import ARITY, Array, Call, Day, Name, Node, Number, columns, parse, quote, to_ibis, to_numpy

NAN = float("nan")


def value(text: str, **given_: float) -> float:
    found = to_numpy(parse(text), {k: np.array([v]) for k, v in given_.items()})
    return float(np.asarray(found).reshape(-1)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 2 - 3", 5.0),
        ("12 / 3 / 2", 2.0),
        ("-a + 10", 7.0),
        ("-a * 2", -6.0),
        ("2 - -a", 5.0),
        ("a > 2", 1.0),
        ("a > 3", 0.0),
        ("a >= 3", 1.0),
        ("a + 1 < 4", 0.0),
        ("a = 3", 1.0),
        ("a != 3", 0.0),
        ("1e2 + 1.5", 101.5),
        ("sum(a, b)", 3.0),
        ("sum(b, b)", NAN),
        ("mean(a, b, 5)", 4.0),
        ("a + b", NAN),
        ("min(1, a)", 1.0),
        ("max(1, a)", 3.0),
        ("min(1, b)", NAN),
        ("ratio(a, 0)", NAN),
        ("a / 0", NAN),
        ("ratio(a, 2)", 1.5),
        ("fill(b, 9)", 9.0),
        ("fill(a, 9)", 3.0),
        ("if(a > 2, 10, 20)", 10.0),
        ("if(a > 5, 10, 20)", 20.0),
        ("if(b > 5, 10, 20)", NAN),
        ("log(1)", 0.0),
        ("log(0)", NAN),
        ("log(-1)", NAN),
        ("abs(0 - a)", 3.0),
        ("days(2014-06-01, 2014-06-29)", 28.0),
        ("days(2014-06-29, 2014-06-01)", -28.0),
        ("year(2014-06-29)", 2014.0),
        ("year(1969-12-31)", 1969.0),
        ("SUM(a, 1)", 4.0),
    ],
)
def test_formulas_mean_what_they_say(engine: Engine, text: str, expected: float) -> None:
    assert value(text, a=3.0, b=NAN) == pytest.approx(expected, nan_ok=True)
    table = engine.store("t", pa.table({"a": [3], "b": pa.array([None], pa.float64())}))
    found = engine.fetch(table.select(x=to_ibis(parse(text), table)))["x"].to_pylist()[0]
    assert (NAN if found is None else found) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "stops early"),
        ("   ", "stops early"),
        ("1 +", "stops early"),
        ("(1", "lacks a '\\)'"),
        ("1 2", "goes on with '2'"),
        ("a b", "goes on with 'b'"),
        (")", "has '\\)' where"),
        ("1 $ 2", "cannot read at place 2"),
        ("`never closed", "cannot read at place 1"),
        ("``", "cannot read at place 1"),
        ("sume(a)", "no function 'sume'. Did you mean sum"),
        ("ratio(a)", "takes 2 arguments. Got 1"),
        ("sum()", "has '\\)' where"),
        ("2014-13-45", "2014-13-45, which is no date"),
        ("(" * 60 + "1" + ")" * 60, "deeper than 50"),
        ("-" * 60 + "1", "deeper than 50"),
        ("__import__('os').system('ls')", "cannot read at place 12"),
        ("a.b", "cannot read at place 2"),
        ("a; drop table t", "cannot read at place 2"),
    ],
)
def test_a_formula_that_cannot_be_read_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(FormulaError, match=complaint):
        parse(text)


def test_a_missing_column_is_answered_with_the_near_one() -> None:
    with pytest.raises(FormulaError, match=r"needs a column 'incme'\. Did you mean income"):
        to_numpy(parse("incme + 1"), {"income": np.array([1.0])})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("year(a)", "'year' needs dates here. Got a number"),
        ("days(a, d)", "'days' needs dates here. Got a number"),
        ("d + 1", r"'\+' needs numbers here. Got a date"),
        ("sum(a, s)", "'sum' needs numbers here. Got a text"),
        ("s = s", "'=' needs numbers here. Got a text"),
        ("d < a", "'<' needs dates here. Got a number"),
        ("a < d", "'<' needs numbers here. Got a date"),
        ("if(d, 1, 2)", "'if' needs numbers here. Got a date"),
        ("fill(d, 1)", "'fill' needs dates here. Got a number"),
        ("-s", "'-' needs numbers here. Got a text"),
    ],
)
def test_texts_and_dates_are_not_taken_for_numbers(engine: Engine, text: str, complaint: str) -> None:
    table = engine.store("t", pa.table({"a": [1], "d": [date(2014, 1, 1)], "s": ["x"]}))
    with pytest.raises(FormulaError, match=complaint):
        to_ibis(parse(text), table)


def test_dates_are_compared_with_dates_and_clock_times_count_as_their_day(engine: Engine) -> None:
    times = pa.array(["2014-06-01T23:59:59", None], pa.string()).cast(pa.timestamp("us"))
    table = engine.store("t", pa.table({"d": times}))
    found = engine.fetch(
        table.select(
            before=to_ibis(parse("d < 2014-06-02"), table),
            days=to_ibis(parse("days(d, 2014-06-02)"), table),
            year=to_ibis(parse("year(d)"), table),
        )
    )
    assert found.to_pylist() == [
        {"before": 1.0, "days": 1.0, "year": 2014.0},
        {"before": None, "days": None, "year": None},
    ]


def test_yes_and_no_count_as_one_and_zero(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [True, False, None]}))
    assert engine.fetch(table.select(x=to_ibis(parse("a + 1"), table)))["x"].to_pylist() == [2.0, 1.0, None]


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(lambda s: s.strip()))
def test_any_name_of_a_column_can_stand_in_a_formula(name: str) -> None:
    assert columns(parse(f"1 + {quote(name)}")) == (name,)


@pytest.mark.parametrize("name", ["sum", "Sum", "a`b", "``", "2014", "a b", "year", "ratio(", 'a"b', "x'y", "é", "1e5"])
def test_odd_names_are_quoted(name: str) -> None:
    assert parse(quote(name)) == Name(name)


def test_a_name_like_a_function_is_a_column_where_no_bracket_follows() -> None:
    assert parse("days + 1") == Call("+", (Name("days"), Number(1.0)))


def test_columns_are_named_once_in_their_order() -> None:
    assert columns(parse("b + sum(a, b, `c d`)")) == ("b", "a", "c d")


def test_a_date_is_not_a_subtraction() -> None:
    assert parse("2014-06-29") == Day(date(2014, 6, 29))
    assert value("2014 - 06 - 29") == 1979.0


# ------------------------------------------------------------------------------------------- one formula, two readings

NUMBERS = ("a", "b", "c")
VALUES = st.none() | st.sampled_from([0.0, 1.0, -1.0, 2.5]) | st.floats(-1e6, 1e6, allow_subnormal=False)


def _nodes() -> st.SearchStrategy[Node]:
    leaves = st.builds(Name, st.sampled_from(NUMBERS)) | st.builds(Number, st.sampled_from([0.0, 1.0, 2.0, 0.5, 100.0]))
    functions = [f for f in ARITY if f not in ("days", "year")] + ["+", "-", "*", "/", "<", "<=", ">", ">=", "=", "!="]

    def calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        def call(function: str) -> st.SearchStrategy[Node]:
            least, most = ARITY.get(function, (2, 2))
            arguments = st.lists(inner, min_size=least, max_size=min(most, 3))
            return arguments.map(lambda found: Call(function, tuple(found)))

        return st.sampled_from(functions).flatmap(call)

    return st.recursive(leaves, calls, max_leaves=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=_nodes(), rows=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=5))
def test_the_engine_and_numpy_read_a_formula_alike(
    engine: Engine, node: Node, rows: list[tuple[float | None, ...]]
) -> None:
    cells = {name: [row[i] for row in rows] for i, name in enumerate(NUMBERS)}
    table = engine.store("t", pa.table({k: pa.array(v, pa.float64()) for k, v in cells.items()}))
    found = engine.fetch(table.select(x=to_ibis(node, table)))["x"].to_pylist()
    arrays: dict[str, Array] = {k: np.array([NAN if c is None else c for c in v]) for k, v in cells.items()}
    expected = np.broadcast_to(to_numpy(node, arrays), len(rows))
    mine = np.array([NAN if v is None else v for v in found], dtype=float)
    np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.none() | st.dates(date(1800, 1, 1), date(2200, 1, 1)), min_size=1, max_size=5))
def test_the_engine_and_numpy_read_dates_alike(engine: Engine, days: list[date | None]) -> None:
    table = engine.store("t", pa.table({"d": pa.array(days, pa.date32())}))
    array = np.array([NAN if d is None else float((d - date(1970, 1, 1)).days) for d in days])
    for text in ("year(d)", "days(d, 2014-06-29)", "d < 2000-01-01", "year(fill(d, 1999-12-31))"):
        found = engine.fetch(table.select(x=to_ibis(parse(text), table)))["x"].to_pylist()
        mine = np.array([NAN if v is None else v for v in found], dtype=float)
        np.testing.assert_array_equal(mine, to_numpy(parse(text), {"d": array}))
