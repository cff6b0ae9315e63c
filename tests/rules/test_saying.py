"""Rules in words."""

import pytest

from segscope.recipe import ColumnRole, DerivedColumn, Recipe, Role
from segscope.rules import Condition, condition_in_words

RECIPE = Recipe(
    columns=(
        ColumnRole("Income", Role.MEASURE, "", "Income", unit="a year"),
        ColumnRole("News", Role.FLAG, "", "Newsletter"),
        ColumnRole("Edu", Role.CATEGORY, "", "Education"),
    ),
    derived=(DerivedColumn("deals", "Share bought on deals", "0", "", unit="share"),),
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("Income", low=52000.0, blank=False), "income over 52,000 a year"),
        (Condition("Income", high=52000.5), "income at most 52,000.5 a year (or blank)"),
        (Condition("Income", low=1.0, high=2.0, blank=False), "income over 1, at most 2 a year"),
        (Condition("Income", blank=False), "income known"),
        (Condition("deals", low=0.35, blank=False), "share bought on deals over 35\u202f%"),
        (Condition("News", low=0.5, blank=False), "newsletter: yes"),
        (Condition("News", high=0.5), "newsletter: no (or blank)"),
        (Condition("Edu", values=("Master", "PhD"), text=True, blank=False), "education is Master or PhD"),
        (Condition("Edu", values=("PhD",), text=True), "education is PhD or blank"),
        (Condition("Edu", text=True), "education is blank"),
        (Condition("Edu", values=("PhD",), other_than=True, text=True), "education is not PhD (or blank)"),
        (
            Condition("Edu", values=("PhD",), other_than=True, text=True, blank=False),
            "education is neither PhD nor blank",
        ),
        (Condition("Edu", other_than=True, text=True, blank=False), "education is not blank"),
    ],
)
def test_a_condition_is_said_with_its_label_unit_and_exact_threshold(condition: Condition, words: str) -> None:
    assert condition_in_words(condition, RECIPE) == words


def test_nothing_is_said_of_blanks_where_there_are_none() -> None:
    assert condition_in_words(Condition("Income", high=5.0), RECIPE, blanks=False) == "income at most 5 a year"
    edu = Condition("Edu", values=("PhD",), other_than=True, text=True, blank=False)
    assert condition_in_words(edu, RECIPE, blanks=False) == "education is not PhD"
