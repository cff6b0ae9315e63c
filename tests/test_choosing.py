"""Choosing features: what speaks for and against a column is said with figures, and the set as a whole is judged."""

import numpy as np
import pytest

from segscope.choosing import Candidate, Known, Reason, advice, candidates, describe
from segscope.exploring import Associations
from segscope.preparation import FeaturePreparation
from segscope.profiling import GroupProfile, NumberProfile
from segscope.recipe import (
    CleaningRule,
    ColumnRole,
    Concept,
    DerivedColumn,
    FeatureWeight,
    Recipe,
    Role,
)

CUSTOMERS = 100
SKEWED = np.concatenate([np.arange(95.0), [900, 950, 990, 5000, 9000]])
EVEN = np.arange(100.0)
NUMBERS = {"wine": SKEWED, "meat": SKEWED, "total": EVEN, "income": EVEN, "born": EVEN, "age": EVEN, "news": EVEN % 2}


def recipe(*features: str) -> Recipe:
    """A shop: wine and meat make up the total, the year of birth makes the age."""
    measures = tuple(
        ColumnRole(n, Role.MEASURE, "numbers", n.capitalize(), concept=c, sensitive=n == "born")
        for n, c in (("wine", None), ("meat", None), ("income", Concept.INCOME), ("born", Concept.BIRTH))
    )
    others = (
        ColumnRole("news", Role.FLAG, "yes and no", "News"),
        ColumnRole("city", Role.CATEGORY, "text", "City"),
        ColumnRole("region", Role.CATEGORY, "text", "Region"),
    )
    derived = (
        DerivedColumn("total", "Total", "sum(wine, meat)", "", Concept.SPEND),
        DerivedColumn("age", "Age", "2024 - born", "", Concept.AGE),
    )
    return Recipe((*measures, *others), derived=derived, features=features)


def profile(values: np.ndarray, known: int = CUSTOMERS) -> NumberProfile:
    low, quarter, median, three_quarters, high = (float(q) for q in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    return NumberProfile(
        known, float(values.sum()), float(values.mean()), 1.0, low, quarter, median, three_quarters, high
    )


def known(cities: dict[str, int] | None = None, income_known: int = CUSTOMERS, distinct: int = 3) -> Known:
    """Total and income go together (0.97), so do city and region (0.95); nothing else does."""
    columns = (*NUMBERS, "city", "region")
    values = np.eye(len(columns))
    for one, other, value in (("total", "income", 0.97), ("city", "region", 0.95), ("born", "age", -1.0)):
        i, j = columns.index(one), columns.index(other)
        values[i, j] = values[j, i] = value
    measures = [["Spearman"] * len(columns) for _ in columns]
    measures[columns.index("city")][columns.index("region")] = "Cramér's V"
    numbers = {n: profile(v, income_known if n == "income" else CUSTOMERS) for n, v in NUMBERS.items()}
    categories = {"city": cities or {"Bonn": 50, "Ulm": 50}, "region": {"north": 50, "south": 50}}
    return Known(
        GroupProfile(CUSTOMERS, numbers, categories),
        {"city": distinct, "region": 2},
        ("total",),
        (),
        {n: describe(v) for n, v in NUMBERS.items()},
        Associations(columns, tuple(c.capitalize() for c in columns), values, tuple(map(tuple, measures)), CUSTOMERS),  # type: ignore[arg-type]  # a list of the measures' names
    )


def one(found: tuple[Candidate, ...], column: str) -> Candidate:
    return next(c for c in found if c.column == column)


def reasons(column: str, of: Recipe, knows: Known | None = None) -> str:
    return " ".join(r.sentence for r in one(candidates(of, knows or known()), column).reasons)


def test_a_skewed_column_is_offered_a_logarithm_with_the_skewness_before_and_after() -> None:
    seen = describe(SKEWED)
    assert seen.calls_for_log and seen.skewness_of_log is not None and seen.skewness_of_log < seen.skewness
    found = one(candidates(recipe("income"), known()), "wine")
    assert found.log
    assert f"Skewness {seen.skewness:.1f}; {seen.skewness_of_log:.1f} on a log scale" in reasons(
        "wine", recipe("income")
    )


def test_a_column_with_values_below_0_is_offered_no_logarithm() -> None:
    assert describe(SKEWED - 50).skewness_of_log is None
    assert not describe(SKEWED - 50).calls_for_log


def test_a_logarithm_that_is_switched_off_or_not_wanted_is_told() -> None:
    off = recipe("wine").replace(cleaning=(CleaningRule("log", "wine", "", enabled=False),))
    assert "The logarithm is switched off." in reasons("wine", off)
    assert "which this preparation does not take" in reasons("wine", recipe("wine").replace(transform="none"))


def test_far_out_values_of_a_feature_are_counted_as_its_preparation_counts_them() -> None:
    step = FeaturePreparation("wine", 0.0, True, 0.0, 1.0, 0.0, 1.0, 0, 5)
    knows = known()
    knows = Known(knows.everybody, knows.distinct, knows.proposed, (step,), knows.distributions, knows.associations)
    assert "5 values lie beyond three interquartile ranges" in reasons("wine", recipe("wine"), knows)


def test_what_goes_with_a_chosen_feature_is_named_with_the_figure() -> None:
    assert "Goes together with Income, which is chosen (Spearman 0.97)" in reasons("total", recipe("income"))
    assert "Goes together with Region, which is chosen (Cramér's V 0.95)" in reasons("city", recipe("region"))
    assert "Goes together" not in reasons("total", recipe("wine"))


def test_the_parts_of_a_chosen_total_and_the_total_of_chosen_parts_are_told() -> None:
    assert "Total, which is chosen, counts this already." in reasons("wine", recipe("total"))
    assert "Adds up Wine and Meat, chosen already" in reasons("total", recipe("wine", "meat"))


def test_a_year_of_birth_steps_back_behind_the_age_and_both_are_sensitive() -> None:
    assert "Age says the same" in reasons("born", recipe("income"))
    assert "Marked as sensitive" in reasons("born", recipe("income"))
    assert "Computed from Born, marked as sensitive" in reasons("age", recipe("income"))


def test_a_column_that_hardly_varies_is_told_and_never_proposed() -> None:
    assert "97\u202f% of customers share one value" in reasons("city", recipe("city"), known({"Bonn": 97, "Ulm": 3}))
    assert describe(np.array([0.0] * 97 + [1.0] * 3)).commonest == pytest.approx(0.97)


def test_blanks_are_counted_with_what_fills_them() -> None:
    assert "30 of 100 customers have no value; they are filled with the median, 49.5." in reasons(
        "income", recipe("income"), known(income_known=70)
    )
    blank_city = known({"Bonn": 45, "Ulm": 45, "": 10})
    assert "10 of 100 customers have no value; they are placed in the middle" in reasons(
        "city", recipe("city"), blank_city
    )


def test_a_category_of_hardly_any_two_alike_is_like_an_identifier() -> None:
    each = known({f"street {i}": 1 for i in range(100)}, distinct=100)
    assert "100 different values among 100 customers: it names rows" in reasons("city", recipe("income"), each)
    assert "the 12 most frequent count apart" in reasons("city", recipe("income"), each)


def test_a_column_that_does_not_vary_is_no_candidate() -> None:
    assert "city" not in [c.column for c in candidates(recipe("income"), known({"Bonn": 100}))]


def test_the_chosen_come_first_then_the_proposal() -> None:
    found = candidates(recipe("city"), known())
    assert [c.column for c in found][:2] == ["city", "total"]
    assert [c.suggested for c in found][:3] == [False, True, False]


def test_features_that_go_together_are_advised_against_unless_their_weights_are_halved() -> None:
    found = candidates(recipe("total", "income"), known())
    (said,) = advice(recipe("total", "income"), found)
    assert said.startswith("Total and Income go together (Spearman 0.97)")
    halved = tuple(FeatureWeight(f, 0.5) for f in ("total", "income"))
    assert advice(recipe("total", "income").replace(weights=halved), found) == ()


def test_one_feature_a_total_with_its_part_and_a_category_of_many_levels_are_told() -> None:
    found = candidates(recipe("total"), known(distinct=12))
    assert "Only Total makes the segments" in advice(recipe("total"), found)[0]
    assert advice(recipe("total", "wine"), found) == ("Total adds up Wine: keep the sum or its parts, not both.",)
    assert "City has 12 levels" in advice(recipe("total", "city"), found)[0]


def test_a_reason_is_brief_and_warns_only_of_what_matters() -> None:
    found = one(candidates(recipe("income"), known()), "income")
    assert found.reasons == (Reason("", "From 0 to 99; standardised, so that its scale does not decide."),)
