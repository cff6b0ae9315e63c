"""Features: derived columns with their formulas, and the choice that clustering starts from."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from segscope.engine import Engine
from segscope.errors import ColumnError, FormulaError, RecipeError
from segscope.features import check_features, derive, propose_derived, propose_features, source_columns
from segscope.intake.facts import measure_facts
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Family, FamilyMember, Recipe, Role

TODAY = date(2014, 6, 29)


def measure(name: str, concept: Concept | None = None, role: Role = Role.MEASURE) -> ColumnRole:
    return ColumnRole(name, role, "", name.capitalize(), concept)


def formulas(*columns: ColumnRole, families: tuple[Family, ...] = ()) -> dict[str, str]:
    return {d.name: d.formula for d in propose_derived(columns, families, TODAY)}


def computed(engine: Engine, text: str, **columns: Any) -> list[Any]:
    table = engine.store("t", pa.table(columns))
    found: list[Any] = engine.fetch(derive(table, [DerivedColumn("x", "X", text, "")]))["x"].to_pylist()
    return found


SPEND = Family("spend", "Spend", "spend", (FamilyMember("wine", "Wine"), FamilyMember("fish", "Fish")))
ORDERS = Family(
    "orders", "Orders", "purchases", (FamilyMember("web", "Web"), FamilyMember("deals", "Deals", overlaps=True))
)


def test_age_is_the_years_since_birth_in_the_year_of_the_newest_date() -> None:
    assert formulas(measure("born", Concept.BIRTH)) == {"age": "2014 - born"}
    assert formulas(measure("born", Concept.BIRTH, Role.DATE)) == {"age": "2014 - year(born)"}


def test_days_enrolled_run_to_the_newest_date(engine: Engine) -> None:
    (found,) = propose_derived([measure("joined", Concept.ENROLMENT, Role.DATE)], (), TODAY)
    assert (found.name, found.formula) == ("days_enrolled", "days(joined, 2014-06-29)")
    assert "the newest date in the data" in found.meaning
    assert computed(engine, found.formula, joined=[date(2014, 6, 28), TODAY, None]) == [1.0, 0.0, None]


def test_children_are_added_where_they_are_counted_in_parts() -> None:
    kids, teens = measure("kids", Concept.CHILDREN), measure("teens", Concept.CHILDREN)
    assert formulas(kids, teens) == {"children_at_home": "sum(kids, teens)"}
    assert formulas(kids) == {}


def test_deals_overlap_the_channels_and_are_not_added_to_purchases() -> None:
    found = formulas(*map(measure, ("wine", "fish", "web", "deals")), families=(SPEND, ORDERS))
    assert found == {
        "total_spend": "sum(wine, fish)",
        "purchases": "sum(web)",
        "average_spend": "ratio(total_spend, purchases)",
        "deal_share": "min(1, ratio(sum(deals), purchases))",
    }


def test_a_deal_share_is_at_most_one_and_blank_without_purchases(engine: Engine) -> None:
    text = "min(1, ratio(sum(deals), purchases))"
    assert computed(engine, text, deals=[1, 3, 1, None], purchases=[4, 2, 0, 4]) == [0.25, 1.0, None, None]


def test_an_average_is_blank_without_a_purchase(engine: Engine) -> None:
    assert computed(engine, "ratio(a, b)", a=[10, 10, None], b=[4, 0, 4]) == [2.5, None, None]


def test_a_sum_is_blank_only_where_all_of_its_parts_are(engine: Engine) -> None:
    assert computed(engine, "sum(a, b)", a=[1, None, None], b=[2, 2, None]) == [3.0, 2.0, None]


def test_odd_names_stand_in_backticks(engine: Engine) -> None:
    columns = (measure("Order value (€)", Concept.SPEND), measure("a`b", Concept.PURCHASES))
    text = formulas(*columns)["average_spend"]
    assert text == "ratio(`Order value (€)`, `a``b`)"
    assert computed(engine, text, **{"Order value (€)": [6], "a`b": [3]}) == [2.0]


def test_what_the_source_has_is_not_derived_again() -> None:
    assert formulas(measure("age"), measure("born", Concept.BIRTH)) == {}
    assert (
        formulas(measure("basket", Concept.BASKET), measure("s", Concept.SPEND), measure("n", Concept.PURCHASES)) == {}
    )


def test_a_derived_column_may_use_those_before_it_only(engine: Engine) -> None:
    table = engine.store("t", pa.table({"a": [1]}))
    forward = [DerivedColumn("b", "B", "c + 1", ""), DerivedColumn("c", "C", "a + 1", "")]
    with pytest.raises(FormulaError, match=r"B \(c \+ 1\): The formula needs a column 'c'"):
        derive(table, forward)
    assert engine.fetch(derive(table, forward[::-1])).to_pylist() == [{"a": 1, "c": 2.0, "b": 3.0}]


def test_the_sources_of_a_feature_are_found_through_formulas() -> None:
    derived = tuple(DerivedColumn(n, n, f, "") for n, f in [("t", "sum(a, b)"), ("avg", "ratio(t, c)")])
    recipe = Recipe(tuple(map(measure, "abcd")), derived=derived)
    assert source_columns(recipe, ["avg"]) == ("a", "b", "c")
    assert source_columns(recipe, ["d", "t"]) == ("a", "b", "d")


# --------------------------------------------------------------------------------------------------------- the proposal


def propose(engine: Engine, recipe: Recipe, **columns: Any) -> tuple[str, ...]:
    return propose_features(recipe, measure_facts(engine, engine.store("t", pa.table(columns))))


NINE = list(range(9))


def test_the_value_core_is_how_long_how_much_how_often_and_how_much_a_time(engine: Engine) -> None:
    recipe = Recipe(
        (measure("often", Concept.PURCHASES), measure("other"), measure("much", Concept.SPEND)),
        derived=(
            DerivedColumn("each", "", "much / often", "", Concept.BASKET),
            DerivedColumn("long", "", "often", "", Concept.TENURE),
        ),
    )
    assert propose(engine, recipe, often=NINE, other=NINE, much=NINE) == ("long", "much", "often", "each")


def test_recency_stands_in_where_the_core_is_not_complete(engine: Engine) -> None:
    recipe = Recipe((measure("spend", Concept.SPEND), measure("ago", Concept.RECENCY), measure("other")))
    assert propose(engine, recipe, spend=NINE, ago=NINE, other=NINE) == ("spend", "ago")


def test_without_a_core_up_to_six_measures_stand_in_totals_first(engine: Engine) -> None:
    recipe = Recipe(tuple(map(measure, "abcdefgh")), derived=(DerivedColumn("total", "", "a + b", ""),))
    assert propose(engine, recipe, **dict.fromkeys("abcdefgh", NINE)) == ("total", "a", "b", "c", "d", "e")


def test_a_year_of_birth_and_two_valued_numbers_are_not_proposed(engine: Engine) -> None:
    recipe = Recipe((measure("born", Concept.BIRTH), measure("two"), measure("a")))
    assert propose(engine, recipe, born=NINE, two=[5] * 8 + [9], a=NINE) == ("a",)


def test_without_numbers_that_differ_there_is_nothing_to_cluster_on(engine: Engine) -> None:
    with pytest.raises(ColumnError, match="No column holds numbers or categories that differ"):
        propose(engine, Recipe((measure("plan", role=Role.TEXT),)), plan=["a", "b"])


def test_where_no_number_differs_categories_stand_in(engine: Engine) -> None:
    assert propose(engine, Recipe((measure("plan", role=Role.CATEGORY),)), plan=["a", "b"]) == ("plan",)


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        ((), "Choose at least one feature"),
        (("a", "a"), "'a' is chosen twice"),
        (("incme",), "no column 'incme' to cluster on. Did you mean income"),
        (("id",), "'id' holds neither numbers nor a category; its role is identifier"),
        (("__row",), "no column '__row'"),
    ],
)
def test_a_feature_must_be_a_known_column_of_numbers(engine: Engine, features: tuple[str, ...], complaint: str) -> None:
    roles = {"id": Role.IDENTIFIER, "a": Role.MEASURE, "income": Role.MEASURE, "plan": Role.CATEGORY}
    table = engine.store("t", pa.table({"__row": [0], "id": [1], "a": [1], "income": [2], "plan": ["x"]}))
    recipe = Recipe(tuple(measure(n, role=r) for n, r in roles.items()), features=features)
    with pytest.raises((ColumnError, RecipeError), match=complaint):
        check_features(table, recipe)


def test_flags_and_derived_columns_can_be_features(engine: Engine) -> None:
    table = engine.store("t", pa.table({"vip": [True], "a": [1], "twice": [2.0]}))
    derived = (DerivedColumn("twice", "", "a * 2", ""),)
    check_features(
        table, Recipe((measure("vip", role=Role.FLAG), measure("a")), derived=derived, features=("vip", "twice"))
    )


def test_where_nothing_tells_more_two_different_numbers_and_flags_are_proposed(engine: Engine) -> None:
    recipe = Recipe((measure("rooms"), measure("vip", role=Role.FLAG)))
    assert propose(engine, recipe, rooms=[3, 4] * 5, vip=[0, 1] * 5) == ("rooms", "vip")
