"""A fit gets its complete evidence later: the same whether at once or in two steps, and never another answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from segscope.study import Choices, Order, carry_out, fit_source, read_card, read_fit
from segscope.study.folder import read_seconds
from segscope.study.running import refit

THREE = Choices(segments=3, features=("spend", "age", "city"))


@pytest.fixture(scope="module")
def quick(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, fitted with a first look at the evidence."""
    folder = tmp_path_factory.mktemp("completing") / "study"
    fit_source(shop_file, folder, THREE)
    return folder


def test_what_is_completed_later_is_what_is_completed_at_once(quick: Path, shop_file: Path, tmp_path: Path) -> None:
    before = read_fit(quick, read_card(quick))
    assert not before.evidence.complete
    carry_out(Order(str(quick), complete=True))
    later = read_fit(quick, read_card(quick))
    at_once = fit_source(shop_file, tmp_path / "once", THREE, thorough=True)
    assert later == at_once
    assert later.segmentation == before.segmentation
    assert later.evidence.complete
    assert {a.method for a in later.alternatives} == set(read_seconds(quick)) == {"kmeans", "mixture", "ward"}
    assert next(a for a in later.alternatives if a.method == "kmeans").agreement == pytest.approx(1.0)


def test_the_path_leads_every_customer_from_one_segment_to_twelve(quick: Path) -> None:
    carry_out(Order(str(quick), complete=True))
    found = read_fit(quick, read_card(quick))
    assert [len(step) for step in found.path] == list(range(1, len(found.path) + 1))
    assert {round(sum(map(sum, step))) for step in found.path} == {found.customers}


def test_a_recipe_that_is_kept_answers_without_another_fit(quick: Path) -> None:
    first = read_fit(quick, read_card(quick))
    refit(quick, first.recipe.replace(segments=2))
    assert len(read_card(quick).kept) == 2
    again = refit(quick, first.recipe)
    assert again == replace(again, segmentation=first.segmentation)
    card = read_card(quick)
    assert len(card.kept) == 2
    assert card.current is not None
    assert card.current.id == "r1"
