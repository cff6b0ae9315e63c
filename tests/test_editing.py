"""Editing: each kind of change does what it says, says it, and can be taken back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.cleaning import rule_key
from segscope.editing import Change, Draft, draft, possible_roles
from segscope.errors import FormulaError, RecipeError
from segscope.features import propose_derived
from segscope.intake import ReadOptions
from segscope.recipe import (
    CleaningRule,
    ColumnRole,
    Concept,
    Family,
    FamilyMember,
    Recipe,
    Role,
    TransactionLog,
)

ID = ColumnRole("id", Role.IDENTIFIER, "unique", "ID")
BORN = ColumnRole("born", Role.MEASURE, "a year of birth", "Birth year", concept=Concept.BIRTH)
INCOME = ColumnRole("Income", Role.MEASURE, "numbers", "Income")
WINE = ColumnRole("SpendWine", Role.MEASURE, "numbers", "Wine spend", family="spend")
MEAT = ColumnRole("SpendMeat", Role.MEASURE, "numbers", "Meat spend", family="spend")
FISH = ColumnRole("SpendFish", Role.MEASURE, "numbers", "Fish spend", family="spend")
SPEND = Family("spend", "Spend by product", "spend", tuple(FamilyMember(c.column, c.label) for c in (WINE, MEAT, FISH)))
RULES = (
    CleaningRule("implausible", "Income", "far beyond the rest", high=1e5),
    CleaningRule("implausible", "Income", "a placeholder", values=(666666.0,)),
    CleaningRule("fill", "Income", "blanks take the median where a number is needed"),
)
COLUMNS = (ID, BORN, INCOME, WINE, MEAT, FISH)
RECIPE = Recipe(
    COLUMNS,
    families=(SPEND,),
    cleaning=RULES,
    derived=propose_derived(COLUMNS, (SPEND,), date(2014, 6, 29)),
    features=("Income", "total_spend"),
    as_of=date(2014, 6, 29),
)


def after(*changes: tuple[str, str, str], recipe: Recipe = RECIPE) -> Draft:
    return draft(recipe, ReadOptions(), [Change(*change) for change in changes])  # type: ignore[arg-type]


def role_of(found: Draft, column: str) -> Role:
    return next(c.role for c in found.recipe.columns if c.column == column)


def test_no_change_is_the_same_recipe() -> None:
    assert after() == Draft(RECIPE, ReadOptions(), (), ())


def test_a_role_is_decided_by_you_and_said() -> None:
    found = after(("role", "SpendWine", "category"))
    column = next(c for c in found.recipe.columns if c.column == "SpendWine")
    assert (column.role, column.reason, column.family) == (Role.CATEGORY, "decided by you", None)
    assert found.sentences == ("Wine spend is a category.",)


def test_a_column_that_is_no_number_any_more_leaves_features_families_and_rules() -> None:
    found = after(("role", "Income", "personal"), ("role", "SpendFish", "ignored"))
    assert found.recipe.features == ("total_spend",)
    assert [m.column for m in found.recipe.families[0].members] == ["SpendWine", "SpendMeat"]
    assert found.recipe.cleaning == ()
    assert found.follows == ("Income no longer makes the segments.",)


def test_a_family_of_one_is_none() -> None:
    assert after(("role", "SpendFish", "ignored"), ("role", "SpendMeat", "text")).recipe.families == ()


def test_only_one_column_names_the_customer() -> None:
    found = after(("role", "born", "identifier"))
    assert found.recipe.identifier == "born"
    assert role_of(found, "id") is Role.IGNORED


def test_a_change_that_is_taken_back_says_nothing() -> None:
    found = after(("role", "Income", "category"), ("role", "Income", "measure"))
    assert found.sentences == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("role", "Incme", "flag"), "Did you mean Income"),
        (("role", "Income", "mesure"), "Did you mean measure"),
        (("sensitive", "Income", "maybe"), "'yes' or 'no'"),
        (("fill", "Income", "7"), "'median' or '0'"),
        (("as_of", "", "29.6.2014"), "like 2014-06-29"),
        (("derive", "Income", "1"), "has a column 'Income' already"),
        (("derive", "__x", "1"), "not begin with __"),
        (("derive", "", "1"), "1 to 80 characters"),
        (("log", "customer", "id"), "Each row is a customer"),
        (("reading", "delimeter", ";"), "Did you mean delimiter"),
        (("reading", "header_rows", "-1"), "whole number"),
        (("type", "Income", "colour"), "no kind 'colour'"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_the_reason(change: tuple[str, str, str], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        after(change)


def test_sensitive_is_a_mark() -> None:
    found = after(("sensitive", "Income", "yes"))
    assert next(c for c in found.recipe.columns if c.column == "Income").sensitive
    assert found.sentences == ("Income is marked as sensitive.",)


def test_each_of_two_rules_of_a_column_has_a_key_of_its_own() -> None:
    assert [rule_key(r, RULES) for r in RULES] == ["implausible/0/Income", "implausible/1/Income", "fill/0/Income"]


def test_a_rule_is_switched_off_and_on() -> None:
    off = after(("rule", "implausible/1/Income", "no"))
    assert [r.enabled for r in off.recipe.cleaning] == [True, False, True]
    assert off.sentences == ("Implausible values of Income are kept.",)
    assert after(("rule", "implausible/1/Income", "no"), ("rule", "implausible/1/Income", "yes")).recipe == RECIPE


@pytest.mark.parametrize(
    ("action", "words"),
    [("log", "Total spend: clustering sees it as it is."), ("bound", "Total spend: far-out values count as they are.")],
)
def test_what_preparation_does_to_a_feature_can_be_switched_off(action: str, words: str) -> None:
    found = after(("rule", f"{action}/0/total_spend", "no"))
    last = found.recipe.cleaning[-1]
    assert (last.action, last.column, last.enabled) == (action, "total_spend", False)
    assert found.sentences == (words,)
    assert after(("rule", f"{action}/0/total_spend", "no"), ("rule", f"{action}/0/total_spend", "yes")).recipe == RECIPE


def test_blanks_can_count_as_zero() -> None:
    found = after(("fill", "Income", "0"))
    assert found.recipe.cleaning[-1].values == (0.0,)
    assert found.sentences == ("Blanks in Income count as 0.",)


def test_features_are_chosen_one_by_one() -> None:
    found = after(("feature", "age", "yes"), ("feature", "Income", "no"))
    assert found.recipe.features == ("total_spend", "age")
    assert found.sentences == ("Age makes the segments.", "Income no longer makes the segments.")
    assert found.follows == ()


def test_a_derived_column_is_added_last_and_may_use_others() -> None:
    found = after(("derive", "wine share", "ratio(SpendWine, total_spend)"))
    assert [d.name for d in found.recipe.derived] == ["age", "total_spend", "wine share"]
    assert found.sentences == ("wine share = ratio(SpendWine, total_spend) is added.",)


def test_a_formula_is_changed_in_its_place() -> None:
    found = after(("derive", "total_spend", "SpendWine + SpendMeat"))
    assert [d.name for d in found.recipe.derived] == ["age", "total_spend"]
    assert found.sentences == ("Total spend is now SpendWine + SpendMeat.",)


def test_a_formula_may_not_use_itself_or_what_comes_later() -> None:
    with pytest.raises(FormulaError, match="needs a column 'total_spend'"):
        after(("derive", "total_spend", "total_spend + 1"))
    with pytest.raises(FormulaError, match="needs a column 'nothing'"):
        after(("derive", "x", "nothing + 1"))


def test_what_needs_a_removed_column_goes_with_it() -> None:
    found = after(("derive", "half", "total_spend / 2"), ("remove", "total_spend", ""))
    assert [d.name for d in found.recipe.derived] == ["age"]
    assert found.recipe.features == ("Income",)


def test_another_day_is_in_the_formulas_that_count_to_it_but_not_in_those_written_by_hand() -> None:
    found = after(("derive", "age", "2010 - born"), ("as_of", "", "2020-01-01"))
    assert found.recipe.derived[0].formula == "2010 - born"
    found = after(("as_of", "", "2020-01-01"))
    assert (found.recipe.as_of, found.recipe.derived[0].formula) == (date(2020, 1, 1), "2020 - born")
    assert found.sentences == ("Ages and days are counted on 2020-01-01.",)


def test_rows_can_be_transactions_and_customers_again() -> None:
    found = after(("log", "rows", "transactions"), ("log", "customer", "id"), ("log", "merge_same_day", "no"))
    assert found.recipe.log == TransactionLog("id", "", merge_same_day=False)
    assert found.sentences[0] == "Each row is a transaction."
    assert after(("log", "rows", "transactions"), ("log", "rows", "customers")).recipe == RECIPE


def test_another_product_column_has_products_of_its_own() -> None:
    log = TransactionLog("id", "day", product="sku", products=("a", "b"), channels=("web",), channel="shop")
    found = after(("log", "product", "group"), recipe=RECIPE.replace(log=log))
    assert found.recipe.log is not None
    assert (found.recipe.log.product, found.recipe.log.products, found.recipe.log.channels) == ("group", (), ("web",))


def test_how_it_is_read_is_told_and_guessed_again() -> None:
    told = after(("reading", "delimiter", ";"), ("reading", "header_rows", "2"), ("type", "Income", "text"))
    assert told.reading == ReadOptions(delimiter=";", header_rows=2, types=(("Income", "text"),))
    assert told.recipe == RECIPE
    again = after(("reading", "delimiter", ";"), ("reading", "delimiter", ""))
    assert (again.reading, again.sentences) == (ReadOptions(), ())
    assert after(("reading", "quote", "none")).reading.quote == ""


def test_a_number_with_two_values_may_be_a_yes_or_no_and_one_with_many_may_not() -> None:
    assert Role.FLAG in possible_roles("number", 2)
    assert Role.FLAG not in possible_roles("number", 3)
    assert Role.MEASURE not in possible_roles("text", 3)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["role", "sensitive", "rule", "feature", "derive", "remove", "fill"]),
            st.sampled_from(["Income", "SpendWine", "total_spend", "implausible/0/Income", "log/0/Income", "new"]),
            st.sampled_from(["measure", "ignored", "identifier", "yes", "no", "0", "median", "SpendWine * 2"]),
        ),
        max_size=8,
    )
)
def test_whatever_is_changed_the_recipe_stays_whole_or_the_change_is_refused(
    changes: list[tuple[str, str, str]],
) -> None:
    try:
        found = after(*changes).recipe
    except RecipeError:
        return
    assert set(found.features) <= set(found.names)
    assert len({c.column for c in found.columns if c.role is Role.IDENTIFIER}) <= 1
    members = {m.column for f in found.families for m in f.members}
    assert all(c.role in (Role.MEASURE, Role.FLAG) for c in found.columns if c.column in members)
    assert {r.column for r in found.cleaning} <= set(found.names)


# ----------------------------------------------------------------------------------------------------- making segments


def test_a_feature_is_weighed_and_the_weight_goes_with_it() -> None:
    heavy = after(("weight", "Income", "2"))
    assert heavy.recipe.weight("Income") == 2.0
    assert heavy.sentences == ("Income weighs 2 times.",)
    assert after(("weight", "Income", "2"), ("weight", "Income", "1")).recipe == RECIPE
    assert after(("weight", "Income", "2"), ("feature", "Income", "no")).recipe.weights == ()


@pytest.mark.parametrize("value", ["0", "11", "-1", "nan", "much"])
def test_a_weight_is_a_number_from_a_tenth_to_ten(value: str) -> None:
    with pytest.raises(RecipeError, match="The weight of 'Income' must be a number"):
        after(("weight", "Income", value))


def test_the_method_and_what_unusual_customers_do_are_decided() -> None:
    found = after(("method", "", "ward"), ("aside", "", "yes"))
    assert (found.recipe.method, found.recipe.set_aside) == ("ward", True)
    assert found.sentences == ("Customers are grouped by Ward.", "Unusual customers make no segments.")
    with pytest.raises(RecipeError, match="The method must be"):
        after(("method", "", "magic"))


def test_a_number_that_becomes_a_category_stays_a_feature() -> None:
    found = after(("role", "Income", "category"))
    assert found.recipe.features == ("Income", "total_spend")
    assert found.recipe.category_features == ("Income",)
