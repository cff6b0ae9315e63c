"""What the heat map of centres says of numbers, flags and categories."""

from dataclasses import replace
from pathlib import Path

import pytest

from segscope.figures import centres as figures
from segscope.preparation import CategoryPreparation, FeaturePreparation
from segscope.profiling import GroupProfile, NumberProfile, Profiles
from segscope.recipe import Role
from segscope.study import Fit
from segscope.study.folder import read_card, read_fit

CITY = CategoryPreparation("city", ("Köln", "Bonn", "Ulm"), (0.5, 0.3, 0.2), False, 0)


def step(name: str) -> FeaturePreparation:
    return FeaturePreparation(name, 0.0, False, None, None, 0.0, 1.0, 0, 0)


def number(mean: float, deviation: float, high: float = 2000.0) -> NumberProfile:
    return NumberProfile(10, 10 * mean, mean, deviation, 0.0, 0.0, mean, mean, high)


def group(spend: float, news: float, cities: dict[str, int]) -> GroupProfile:
    return GroupProfile(10, {"spend": number(spend, 200.0), "newsletter": number(news, 0.5, 1.0)}, {"city": cities})


@pytest.fixture(scope="module")
def fit(shop: Path) -> Fit:
    """The small shop with profiles of our own."""
    everybody = group(600.0, 0.5, {"Köln": 50, "Bonn": 30, "Ulm": 20, "": 7})
    first = group(1234.0, 0.9, {"Köln": 20, "Bonn": 2, "Ulm": 18})
    second = group(500.0, 0.5, {"Köln": 30, "Bonn": 28, "Ulm": 2})
    return replace(read_fit(shop, read_card(shop)), profiles=Profiles(everybody, (first, second)))


def test_a_number_is_written_in_its_own_unit_and_in_standard_deviations(fit: Fit) -> None:
    found = figures.cell(fit, 0, step("spend"))
    assert (found.original, found.standard, found.besides) == ("1.2k", "+3.2 σ", "")
    assert found.words == "1,234: 3.2 standard deviations above everybody"
    assert figures.cell(fit, 1, step("spend")).standard == "−0.5 σ"
    assert figures.everybody(fit, step("spend")) == ("200", "600")


def test_a_flag_is_written_as_a_share(fit: Fit) -> None:
    assert next(c.role for c in fit.recipe.columns if c.column == "newsletter") is Role.FLAG
    assert figures.cell(fit, 0, step("newsletter")).original == "90\u202f%"
    assert figures.everybody(fit, step("newsletter"))[1] == "50\u202f%"


def test_a_category_shows_its_leading_level_and_what_sets_the_segment_apart(fit: Fit) -> None:
    found = figures.cell(fit, 0, CITY)
    assert found.original == "Köln 50\u202f%"
    assert found.besides == "more Ulm 45\u202f%"
    assert found.difference == pytest.approx((0.45 - 0.2) / 0.4)
    assert found.standard == "Ulm +0.6 σ"
    assert "45\u202f% Ulm, 20\u202f% of everybody" in found.words
    assert figures.cell(fit, 1, CITY).besides == "fewer Ulm 3\u202f%"
    assert figures.everybody(fit, CITY) == ("", "Köln 50\u202f%")


def test_the_title_finds_the_strongest_difference_among_numbers_and_categories(fit: Fit) -> None:
    preparation = (step("spend"), CITY)
    found = replace(fit, segmentation=replace(fit.segmentation, preparation=preparation))
    name = fit.segments[0].name
    assert figures.centres_title(found) == f"Centres: spend sets {name} apart most"
    only = replace(fit, segmentation=replace(fit.segmentation, preparation=(CITY,)))
    assert figures.centres_title(only) == f"Centres: city sets {name} apart most"
