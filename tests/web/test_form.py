"""The form of another run: choices become a recipe, the same choices the same recipe, and wrong ones are refused."""

from pathlib import Path
from typing import Any

import pytest

from segscope.errors import RecipeError
from segscope.recipe import FeatureWeight, Recipe
from segscope.study import LiveStudy, Order, open_study
from segscope.web import rerun
from segscope.web.clustering import choosing, unusual
from segscope.web.clustering.form import as_choices, chosen
from segscope.web.jobs import Job


@pytest.fixture(scope="module")
def live(shop: Path) -> LiveStudy:
    return open_study(shop)


def with_choices(recipe: Recipe, **features: Any) -> Recipe:
    """What the form makes of a recipe whose features, weights or switches are changed."""
    held, *rest = as_choices(recipe)
    return chosen(recipe, {**held, **features}, *rest)


def test_an_untouched_form_leaves_the_recipe_as_it_is(live: LiveStudy) -> None:
    assert chosen(live.recipe, *as_choices(live.recipe)) == live.recipe


def test_features_keep_the_recipes_order_and_new_ones_follow(live: LiveStudy) -> None:
    first, *rest = live.recipe.features
    found = with_choices(live.recipe, features=["city", *rest, first])
    assert found.features == (*live.recipe.features, "city")


def test_weights_are_kept_where_they_are_not_1_and_go_with_their_feature(live: LiveStudy) -> None:
    feature = live.recipe.features[0]
    weighed = with_choices(live.recipe, weights={feature: 2.0, "city": 3.0})
    assert weighed.weights == (FeatureWeight(feature, 2.0),)
    assert with_choices(weighed, weights={feature: 1.0}) == live.recipe


def test_a_logarithm_and_bounds_are_switched_off_and_on_again(live: LiveStudy) -> None:
    feature = live.recipe.features[0]
    off = with_choices(live.recipe, off=[f"log/{feature}", f"bound/{feature}"])
    assert choosing.held(off)["off"] == [f"bound/{feature}", f"log/{feature}"]
    assert with_choices(off, off=[]) == live.recipe


def test_method_number_preparation_unusual_customers_and_seed_are_chosen(live: LiveStudy) -> None:
    found = chosen(live.recipe, choosing.held(live.recipe), "ward", "auto", "none", "yes", 7)
    assert (found.method, found.segments, found.transform, found.set_aside, found.seed) == (
        "ward",
        None,
        "none",
        True,
        7,
    )


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, {"features": ["spendd"], "weights": {}, "off": []}, "Did you mean spend"),
        (0, {"features": ["spend"], "weights": {"spend": 50.0}, "off": []}, "from 0.1 to 10. Got 50"),
        (0, {"features": "spend"}, "choices"),
        (1, "magic", "The method must be"),
        (2, "many", "must be a whole number from 1 to 12"),
        (2, "13", "must be a whole number from 1 to 12"),
        (3, "magic", "no preparation 'magic'"),
        (5, "", "The seed must be a whole number"),
    ],
)
def test_what_the_form_does_not_offer_is_refused(live: LiveStudy, place: int, value: Any, said: str) -> None:
    choices = as_choices(live.recipe)
    choices[place] = value
    with pytest.raises(RecipeError, match=said):
        chosen(live.recipe, *choices)


def test_the_proposal_is_what_a_first_fit_takes(live: LiveStudy) -> None:
    assert set(choosing.proposed(live)["features"]) == set(live.recipe.features)


def test_the_last_run_is_told_of_while_evidence_is_completed(live: LiveStudy) -> None:
    asked = Job(1, "shop", Order("x", recipe=live.recipe), 0.0, status="done", ended=2.0)
    job = {**rerun.as_data(asked), "asked": rerun.as_data(asked), "waiting": []}
    completing = Job(2, "shop", Order("x", complete=True), 0.0)
    assert not rerun.was_told(completing, job)
    assert rerun.was_told(asked, job)
    shown = rerun.outcome({**rerun.as_data(completing), "asked": job["asked"]})
    assert "Last run: 2 segments" in str(shown)


def test_segments_with_and_without_unusual_customers_are_compared_once_both_are_kept(live: LiveStudy) -> None:
    assert unusual.changed(live) is None
    assert unusual.other_way(live.recipe).set_aside
    same = unusual.agreement_of(live.engine, live, live.fit.segmentation)
    assert same == 1.0
    assert unusual.changed_words(6, (live.fit, live.fit), 0.98) == (
        "Setting 6 customers aside hardly changes the segments: 2 segments either way, adjusted Rand 0.98."
    )
    assert "changes the segments much" in unusual.changed_words(6, (live.fit, live.fit), 0.4)
