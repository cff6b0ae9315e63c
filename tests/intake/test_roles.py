"""Roles: general rules that tell what columns are for, in files of companies that segscope has never seen."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from segscope.cleaning import propose_rules
from segscope.engine import Engine
from segscope.features import propose_derived, propose_features
from segscope.intake.facts import measure_facts
from segscope.intake.roles import newest_date, propose_roles
from segscope.recipe import Concept, Recipe, Role
from segscope.study.fitting import propose_recipe

N = 60
DAYS = [date.fromordinal(date(2022, 1, 1).toordinal() + 7 * i) for i in range(N)]


def numbers(step: int, modulus: int, start: int = 0) -> list[int]:
    """Different-looking whole numbers, the same every time."""
    return [start + (i * step + i * i) % modulus for i in range(N)]


SHOP: dict[str, Any] = {
    "customer_id": [f"C{i:04d}" for i in range(N)],
    "email": [f"person{i}@example.org" for i in range(N)],
    "phone": [f"+49 30 {i:06d}" for i in range(N)],
    "first_name": [f"Name{i}" for i in range(N)],
    "first_order_date": DAYS,
    "last_order_date": [date.fromordinal(d.toordinal() + 30) for d in DAYS],
    "orders": numbers(7, 23, 1),
    "revenue": [n + 0.5 for n in numbers(131, 997)],
    "age": numbers(11, 50, 20),
    "country": [("DE", "FR", "AT")[i % 3] for i in range(N)],
    "newsletter": [bool(i % 2) for i in range(N)],
    "postcode": [10000 + i % 7 for i in range(N)],
    "comment": [f"free text number {i}" for i in range(N)],
    "tenant": ["acme"] * N,
    "unused": pa.nulls(N, pa.string()),
}
GYM: dict[str, Any] = {
    "member_no": list(range(5000, 5000 + N)),
    "joined": DAYS,
    "visits_per_week": [n / 2 for n in numbers(3, 9)],
    "monthly_fee": [19.9 + n for n in numbers(5, 20)],
    "cancelled": [i % 2 for i in range(N)],
    "date_of_birth": [date.fromordinal(date(1960, 1, 1).toordinal() + 211 * i) for i in range(N)],
}
GROCER: dict[str, Any] = {
    "client_ref": [f"{i:08x}" for i in range(N)],
    "spend_food": numbers(17, 400),
    "spend_wine": numbers(29, 300),
    "spend_toys": numbers(37, 200),
    "orders_web": numbers(3, 11),
    "orders_store": numbers(5, 13),
    "orders_phone": numbers(7, 17),
    "orders_discount": numbers(2, 7),
    "campaign_spring_accepted": [i % 2 for i in range(N)],
    "campaign_summer_accepted": [int(i % 3 == 0) for i in range(N)],
    "campaign_autumn_accepted": [int(i % 5 == 0) for i in range(N)],
    "annual_salary": numbers(977, 60_000, 20_000),
    "member_since": DAYS,
    "kids": numbers(1, 4),
    "teenagers": numbers(2, 5),
}
GERMAN: dict[str, Any] = {
    "Kundennummer": list(range(1, N + 1)),
    "Geburtsjahr": numbers(7, 50, 1950),
    "Umsatz": [n + 0.25 for n in numbers(97, 900)],
    "Einkommen": numbers(501, 50_000, 10_000),
    "E-Mail": [f"x{i}@beispiel.de" for i in range(N)],
    "Ort": [("Köln", "Bonn", "Trier", "Ulm")[i % 4] for i in range(N)],
}


def proposed(engine: Engine, columns: dict[str, Any]) -> Recipe:
    table = engine.store("t", pa.table(columns))
    return propose_recipe(engine, table, measure_facts(engine, table))


def roles(recipe: Recipe) -> dict[str, str]:
    return {c.column: c.role.value for c in recipe.columns}


def concepts(recipe: Recipe) -> dict[str, Concept]:
    return {c.column: c.concept for c in recipe.columns if c.concept}


def features(engine: Engine, columns: dict[str, Any]) -> tuple[str, ...]:
    table = engine.store("t", pa.table(columns))
    facts = measure_facts(engine, table)
    return propose_features(propose_recipe(engine, table, facts), facts)


def formulas(recipe: Recipe) -> dict[str, str]:
    return {d.name: d.formula for d in recipe.derived}


def test_a_shop(engine: Engine) -> None:
    recipe = proposed(engine, SHOP)
    assert roles(recipe) == {
        "customer_id": "identifier",
        "email": "personal",
        "phone": "personal",
        "first_name": "personal",
        "first_order_date": "date",
        "last_order_date": "date",
        "orders": "measure",
        "revenue": "measure",
        "age": "measure",
        "country": "category",
        "newsletter": "flag",
        "postcode": "category",
        "comment": "text",
        "tenant": "constant",
        "unused": "constant",
    }
    assert concepts(recipe) == {
        "first_order_date": Concept.ENROLMENT,
        "orders": Concept.PURCHASES,
        "revenue": Concept.SPEND,
        "age": Concept.AGE,
    }
    assert recipe.as_of == date.fromordinal(DAYS[-1].toordinal() + 30)
    assert formulas(recipe) == {
        "days_enrolled": f"days(first_order_date, {recipe.as_of})",
        "average_spend": "ratio(revenue, orders)",
    }
    assert features(engine, SHOP) == ("days_enrolled", "revenue", "orders", "average_spend")


def test_a_gym(engine: Engine) -> None:
    recipe = proposed(engine, GYM)
    assert roles(recipe) == {
        "member_no": "identifier",
        "joined": "date",
        "visits_per_week": "measure",
        "monthly_fee": "measure",
        "cancelled": "flag",
        "date_of_birth": "date",
    }
    assert concepts(recipe) == {
        "joined": Concept.ENROLMENT,
        "visits_per_week": Concept.VISITS,
        "date_of_birth": Concept.BIRTH,
    }
    assert recipe.as_of == DAYS[-1], "a date of birth is no day on which ages are counted"
    assert formulas(recipe) == {
        "age": f"{DAYS[-1].year} - year(date_of_birth)",
        "days_enrolled": f"days(joined, {DAYS[-1]})",
    }
    assert set(features(engine, GYM)) == {"days_enrolled", "age", "visits_per_week", "monthly_fee"}


def test_a_grocer_with_families(engine: Engine) -> None:
    recipe = proposed(engine, GROCER)
    assert recipe.identifier == "client_ref"
    assert [(f.kind, [m.column for m in f.parts]) for f in recipe.families] == [
        ("spend", ["spend_food", "spend_wine", "spend_toys"]),
        ("purchases", ["orders_web", "orders_store", "orders_phone"]),
        ("responses", ["campaign_autumn_accepted", "campaign_spring_accepted", "campaign_summer_accepted"]),
    ]
    assert [m.column for f in recipe.families for m in f.members if m.overlaps] == ["orders_discount"]
    assert [m.label for m in recipe.families[0].members] == ["Food", "Wine", "Toys"]
    assert formulas(recipe) | {"days_enrolled": ""} == {
        "days_enrolled": "",
        "children_at_home": "sum(kids, teenagers)",
        "total_spend": "sum(spend_food, spend_wine, spend_toys)",
        "purchases": "sum(orders_web, orders_store, orders_phone)",
        "average_spend": "ratio(total_spend, purchases)",
        "deal_share": "min(1, ratio(sum(orders_discount), purchases))",
        "offers_accepted": ("sum(campaign_autumn_accepted, campaign_spring_accepted, campaign_summer_accepted)"),
    }
    assert features(engine, GROCER) == ("days_enrolled", "total_spend", "purchases", "average_spend")


def test_a_german_file(engine: Engine) -> None:
    recipe = proposed(engine, GERMAN)
    assert roles(recipe) == {
        "Kundennummer": "identifier",
        "Geburtsjahr": "measure",
        "Umsatz": "measure",
        "Einkommen": "measure",
        "E-Mail": "personal",
        "Ort": "category",
    }
    assert concepts(recipe) == {
        "Geburtsjahr": Concept.BIRTH,
        "Umsatz": Concept.SPEND,
        "Einkommen": Concept.INCOME,
    }
    assert set(features(engine, GERMAN)) == {"Umsatz", "Einkommen"}, "a year of birth is no measure of value"


# -------------------------------------------------------------------------------------------------------- single rules


@pytest.mark.parametrize(
    "name",
    ["id", "ID", "customer_id", "CustomerID", "client key", "user uuid", "account number", "MEMBER_NO", "KundenNr"],
)
def test_a_unique_column_named_like_an_identifier_names_the_customer(engine: Engine, name: str) -> None:
    recipe = proposed(engine, {"spend": numbers(17, 400), name: list(range(N))})
    assert recipe.identifier == name


def test_a_unique_first_column_names_the_customer_when_none_is_called_so(engine: Engine) -> None:
    assert proposed(engine, {"who": list(range(N)), "spend": numbers(17, 400)}).identifier == "who"


@pytest.mark.parametrize("name", ["income", "spend", "total_revenue", "orders", "age", "recency"])
def test_a_unique_first_column_that_is_an_amount_stays_one(engine: Engine, name: str) -> None:
    recipe = proposed(engine, {name: list(range(N)), "x": numbers(17, 400)})
    assert recipe.identifier is None
    assert roles(recipe)[name] == "measure"


def test_the_only_column_is_no_identifier(engine: Engine) -> None:
    assert roles(proposed(engine, {"points": list(range(N))})) == {"points": "measure"}


def test_a_few_repeated_identifiers_are_no_reason_to_lose_it(engine: Engine) -> None:
    ids = [*range(99), 98]
    assert proposed(engine, {"id": ids, "spend": [float(i % 37) for i in range(100)]}).identifier == "id"


def test_a_repeated_number_that_names_something_is_not_an_amount(engine: Engine) -> None:
    recipe = proposed(engine, {"id": list(range(N)), "store_id": [i % 9 for i in range(N)], "spend": numbers(17, 400)})
    assert roles(recipe)["store_id"] == "ignored"


@pytest.mark.parametrize("name", ["email", "Phone", "mobile_number", "street", "iban", "last_name", "customer_name"])
def test_personal_data_stay_out(engine: Engine, name: str) -> None:
    recipe = proposed(engine, {"id": list(range(N)), name: [f"value {i}" for i in range(N)], "spend": numbers(17, 400)})
    assert roles(recipe)[name] == "personal"


def test_a_column_full_of_addresses_is_personal_whatever_its_name(engine: Engine) -> None:
    recipe = proposed(
        engine, {"id": list(range(N)), "contact": [f"a{i}@b.de" for i in range(N)], "spend": numbers(17, 400)}
    )
    assert roles(recipe)["contact"] == "personal"


def test_a_product_name_is_a_category_not_a_person(engine: Engine) -> None:
    recipe = proposed(
        engine, {"id": list(range(N)), "product_name": ["Basic", "Plus", "Pro"] * 20, "spend": numbers(17, 400)}
    )
    assert roles(recipe)["product_name"] == "category"


def test_many_different_texts_are_no_category(engine: Engine) -> None:
    texts = [f"value {i % 51}" for i in range(600)]
    recipe = proposed(engine, {"id": list(range(600)), "a": texts, "b": [f"v{i % 50}" for i in range(600)]})
    assert (roles(recipe)["a"], roles(recipe)["b"]) == ("text", "category")


def test_a_number_of_zeros_and_ones_is_a_flag_and_of_zeros_and_twos_is_not(engine: Engine) -> None:
    recipe = proposed(
        engine, {"id": list(range(N)), "a": [i % 2 for i in range(N)], "b": [2 * (i % 3 > 0) for i in range(N)]}
    )
    assert (roles(recipe)["a"], roles(recipe)["b"]) == ("flag", "measure")


def test_one_value_with_blanks_is_no_constant(engine: Engine) -> None:
    recipe = proposed(engine, {"id": list(range(N)), "a": ["vip" if i % 4 == 0 else None for i in range(N)]})
    assert roles(recipe)["a"] == "category"


def test_sensitive_columns_are_marked(engine: Engine) -> None:
    recipe = proposed(engine, SHOP | {"gender": [("f", "m", "x")[i % 3] for i in range(N)]} | GYM)
    assert {c.column for c in recipe.columns if c.sensitive} == {"age", "gender", "date_of_birth"}


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("Income", Concept.INCOME),
        ("household salary", Concept.INCOME),
        ("Recency", Concept.RECENCY),
        ("days_since_last_purchase", Concept.RECENCY),
        ("tenure_months", Concept.TENURE),
        ("avg_order_value", Concept.BASKET),
        ("total_sales", Concept.SPEND),
        ("AmountSpent", Concept.SPEND),
        ("num_transactions", Concept.PURCHASES),
        ("web visits", Concept.VISITS),
        ("children", Concept.CHILDREN),
        ("height", None),
        ("page", None),
        ("package_weight", None),
    ],
)
def test_what_a_measure_is_about_follows_from_its_name(engine: Engine, name: str, concept: Concept | None) -> None:
    recipe = proposed(engine, {"id": list(range(N)), name: [n + 0.5 for n in numbers(17, 400)]})
    assert concepts(recipe) == ({name: concept} if concept else {})


def test_a_text_is_never_a_measure_whatever_its_name(engine: Engine) -> None:
    ages = ["young", "old", "old"] * 20
    recipe = proposed(engine, {"id": list(range(N)), "revenue": ["high", "low"] * 30, "age": ages})
    assert (roles(recipe)["revenue"], roles(recipe)["age"]) == ("category", "category")
    assert concepts(recipe) == {}


def test_the_only_date_is_taken_for_the_start_and_says_so(engine: Engine) -> None:
    recipe = proposed(engine, {"id": list(range(N)), "when": DAYS, "spend": numbers(17, 400)})
    when = next(c for c in recipe.columns if c.column == "when")
    assert when.concept is Concept.ENROLMENT
    assert "the only one" in when.reason


def test_a_last_date_is_not_the_start(engine: Engine) -> None:
    columns = {"id": list(range(N)), "last_order": DAYS, "signup_date": DAYS[::-1], "spend": numbers(17, 400)}
    assert concepts(proposed(engine, columns)) == {"signup_date": Concept.ENROLMENT, "spend": Concept.SPEND}


def test_two_columns_are_no_family(engine: Engine) -> None:
    recipe = proposed(engine, {"id": list(range(N)), "spend_a": numbers(17, 400), "spend_b": numbers(19, 400)})
    assert recipe.families == ()


def test_numbered_columns_without_a_common_meaning_are_no_family(engine: Engine) -> None:
    columns = {"id": list(range(N)), "x 1": numbers(3, 40), "y 1": numbers(5, 40), "z 1": numbers(7, 40)}
    assert proposed(engine, columns).families == ()


def test_a_total_that_the_file_has_already_is_used_as_it_is(engine: Engine) -> None:
    columns = GROCER | {"total_revenue": numbers(53, 900)}
    assert "total_spend" not in formulas(proposed(engine, columns))
    assert features(engine, columns) == ("days_enrolled", "total_revenue", "purchases", "average_spend")


def test_a_source_column_is_never_replaced_by_a_derived_one(engine: Engine) -> None:
    recipe = proposed(engine, GROCER | {"total_spend": ["a", "b", "c"] * 20})
    assert roles(recipe)["total_spend"] == "category"
    assert "total_spend" not in formulas(recipe)


def test_without_dates_nothing_is_counted_in_days(engine: Engine) -> None:
    columns = {"id": list(range(N)), "birth_year": numbers(7, 50, 1950), "spend": numbers(17, 400)}
    recipe = proposed(engine, columns)
    assert recipe.as_of is None
    assert formulas(recipe) == {}


def test_no_rule_depends_on_the_order_of_columns(engine: Engine) -> None:
    backwards = dict(reversed(GROCER.items()))
    assert roles(proposed(engine, backwards)) == roles(proposed(engine, GROCER))
    found = proposed(engine, backwards)
    assert {f.kind: {m.column for m in f.members} for f in found.families} == {
        f.kind: {m.column for m in f.members} for f in proposed(engine, GROCER).families
    }


def test_every_role_has_a_reason_and_a_label(engine: Engine) -> None:
    for columns in (SHOP, GYM, GROCER, GERMAN):
        for column in proposed(engine, columns).columns:
            assert column.reason
            assert column.label


def test_an_empty_table_of_facts_has_no_roles() -> None:
    assert propose_roles([]).columns == ()
    assert newest_date([], []) is None
    assert propose_derived([], [], None) == ()


def test_rules_are_proposed_for_measures_only(engine: Engine) -> None:
    table = engine.store("t", pa.table({"id": [*range(9), 777_777], "spend": [1.0] * 5 + [2.0] * 4 + [None]}))
    facts = measure_facts(engine, table)
    rules = propose_rules(engine, table, facts, propose_roles(facts).columns, None)
    assert [(r.action, r.column) for r in rules] == [("fill", "spend")]
    assert all(c.role is Role.IDENTIFIER for c in propose_roles(facts).columns if c.column == "id")
