"""Kept solutions side by side: who is in which segment of both, and what differs in their recipes."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segscope.errors import StudyError
from segscope.recipe import CleaningRule, ColumnRole, FeatureWeight, Recipe, Role
from segscope.study import Choices, Order, carry_out, fit_source, read_card, read_fit
from segscope.study.solutions import (
    Solution,
    compare_solutions,
    compared,
    read_solutions,
    recipe_differences,
)


@pytest.fixture(scope="module")
def two(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop in two segments by all of its features, then in three by age alone and without its outliers."""
    folder = tmp_path_factory.mktemp("two") / "shop"
    shutil.copytree(shop, folder)
    card = read_card(folder)
    recipe = read_fit(folder, card).recipe.replace(features=("age",), segments=3)
    rule = CleaningRule("implausible", "age", "too old", low=0.0, high=50.0)
    carry_out(Order(str(folder), recipe.replace(cleaning=(*recipe.cleaning, rule)), card.reading))
    return folder


def test_the_newest_solution_comes_first_and_a_damaged_one_is_left_out(two: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(two, tmp_path / "shop")
    card = read_card(folder)
    assert [len(s.fit.segments) for s in read_solutions(folder, card)] == [3, 2]
    (folder / card.kept[0].fit).write_text("{")
    assert [len(s.fit.segments) for s in read_solutions(folder, card)] == [3]


def test_every_customer_is_counted_once_by_each_solutions_own_recipe(two: Path) -> None:
    card = read_card(two)
    new, old = read_solutions(two, card)
    found = compare_solutions(two, card, old, new)
    assert found.customers == 60
    assert [sum(row) for row in found.flow] == [s.size for s in old.fit.segments]
    assert [sum(column) for column in zip(*found.flow, strict=True)] == [s.size for s in new.fit.segments]
    back = compare_solutions(two, card, new, old)
    assert back.flow == tuple(zip(*found.flow, strict=True))
    assert back.agreement == pytest.approx(found.agreement)


def test_a_solution_agrees_with_itself_and_nobody_moves(two: Path) -> None:
    card = read_card(two)
    new, _ = read_solutions(two, card)
    same = compare_solutions(two, card, new, new)
    assert (same.agreement, same.moved) == (1.0, 0)


def test_customers_of_other_data_are_told_by_their_identifier(shop_file: Path, tmp_path: Path) -> None:
    fit_source(shop_file, tmp_path / "shop", Choices(segments=2))
    half = tmp_path / "half.csv"
    lines = shop_file.read_text(encoding="utf-8").splitlines()
    half.write_text("\n".join(lines[:41]) + "\n", encoding="utf-8")
    folder = tmp_path / "half"
    fit_source(half, folder, Choices(segments=2))
    # As after reading the source anew: the data of both lie in one folder.
    whole, part = read_card(tmp_path / "shop"), read_card(folder)
    shutil.copy(tmp_path / "shop" / whole.data, folder / whole.data)
    first = Solution(whole.kept[0], read_fit(tmp_path / "shop", whole))
    second = Solution(part.kept[0], read_fit(folder, part))
    found = compare_solutions(folder, part, first, second)
    assert (found.customers, found.only_first, found.only_second) == (40, 20, 0)
    nameless = tuple(replace(c, role=Role.TEXT) if c.role is Role.IDENTIFIER else c for c in second.fit.recipe.columns)
    segmentation = replace(second.fit.segmentation, recipe=second.fit.recipe.replace(columns=nameless))
    with pytest.raises(StudyError, match="no column names the customer"):
        compare_solutions(folder, part, first, Solution(second.kept, replace(second.fit, segmentation=segmentation)))


def test_segments_are_paired_so_that_most_customers_stay() -> None:
    found = compared(np.array([[10, 0, 0], [0, 4, 6]]))
    assert found.lives_on == (0, 2)
    assert found.moved == 4
    split = compared(np.array([[3], [7]]))
    assert split.lives_on == (None, 0)
    assert split.moved == 3
    assert split.agreement == pytest.approx(0.0)


def column(name: str) -> ColumnRole:
    return ColumnRole(name, Role.MEASURE, "", name.title())


def test_what_recipes_do_otherwise_is_told_in_sentences() -> None:
    first = Recipe(columns=(column("age"), column("spend")), features=("age",), segments=None)
    second = first.replace(
        features=("spend", "age"),
        weights=(FeatureWeight("age", 2.0),),
        transform="none",
        set_aside=True,
        segments=1,
        seed=7,
        cleaning=(CleaningRule("fill", "age", ""),),
    )
    assert recipe_differences(first, second) == (
        "Spend also makes the segments.",
        "Age counts 2 times, not 1.",
        "1 segment is asked for, not by the evidence.",
        "Features are standardised only.",
        "Unusual customers make no segments.",
        "The seed is 7, not 0.",
        "age is cleaned otherwise.",
    )
    assert recipe_differences(second, second) == ()
    assert "Spend no longer makes the segments." in recipe_differences(second, first)
