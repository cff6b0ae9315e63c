"""Opportunities: matched by hand, known differences found, none where customers alike behave alike."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segscope.engine import connect
from segscope.insights import find_opportunities
from segscope.insights.matching import compare, customers_for_means, customers_for_rates, match
from segscope.insights.opportunities import Behaviour, outcomes_of, weigh_opportunities
from segscope.preparation import FeaturePreparation
from segscope.profiling import profile
from segscope.recipe import ColumnRole, Family, FamilyMember, Recipe, Role
from segscope.segmentation import Segment, Segmentation

FISH, MEAT = FamilyMember("fish", "Fish"), FamilyMember("meat", "Meat")
SPEND = Family("f", "Spend by product", "spend", (FISH, MEAT), "EUR")
NAMES = ("Top spenders", "Low spenders")


# ------------------------------------------------------------------------------------------------------------- matching


def test_each_customer_is_matched_with_the_four_nearest_outside_and_nobody_far_away() -> None:
    line = np.array([[0.0], [5.0], [0.05], [0.1], [0.15], [0.2], [0.24]])
    found = match(line, np.array([True, True, False, False, False, False, False]))
    assert found.mine.tolist() == [True, *[False] * 6]
    assert found.weights.tolist() == [0, 0, 0.25, 0.25, 0.25, 0.25, 0]
    assert found.share == 0.5


def test_a_segment_without_others_or_the_other_way_round_has_no_match() -> None:
    line = np.zeros((3, 1))
    assert match(line, np.array([True] * 3)).share == 0
    assert match(line, np.array([False] * 3)).share == 0


def test_customers_of_one_place_are_compared_by_their_means() -> None:
    place = np.zeros((80, 1))
    inside = np.arange(80) < 40
    outcome = np.where(inside, 10.0, 14.0) + np.tile([-1.0, 1.0], 40)
    found = compare(match(place[:44], inside[:44]), place[:44], outcome[:44])
    assert found is None  # four others are too few
    everybody = match(place, inside)
    everybody.weights[40:] = 1.0
    found = compare(everybody, place, outcome)
    assert found
    assert (found.mine, found.comparable, found.difference, found.customers) == pytest.approx((10, 14, -4, 40))
    assert found.error == pytest.approx(math.sqrt(1 / 40 + 1 / 40))
    assert found.effect == pytest.approx(-4.0)


def test_what_follows_from_the_features_is_no_difference() -> None:
    random = np.random.default_rng(1)
    model = random.normal(size=(1200, 2))
    inside = model[:, 0] > 0.3  # cut from the features, as segments are
    outcome = 3 + 2 * model[:, 0] - model[:, 1] + random.normal(0, 0.1, 1200)
    found = compare(match(model, inside), model, outcome)
    assert found
    assert outcome[inside].mean() - outcome[~inside].mean() > 2
    assert abs(found.difference) < 0.1 and found.p_value > 0.05


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 1000), shift=st.floats(-1000, 1000))
def test_units_do_not_matter(seed: int, scale: float, shift: float) -> None:
    """In other units of the outcome the difference is the same, in these units; effect and chance stay."""
    random = np.random.default_rng(seed)
    model, inside = random.normal(size=(200, 1)), random.random(200) < 0.5
    outcome = random.normal(size=200)
    matched = match(model, inside)
    one, other = compare(matched, model, outcome), compare(matched, model, scale * outcome + shift)
    assert one and other
    assert other.difference == pytest.approx(scale * one.difference, rel=1e-6, abs=1e-6 * scale)
    assert (other.effect, other.p_value) == pytest.approx((one.effect, one.p_value), rel=1e-5, abs=1e-6)


def test_the_size_of_a_test_is_that_of_the_books() -> None:
    assert customers_for_means(0.2, 1.0) == 393  # Cohen (1988), table 2.4.1, as the normal approximation has it
    assert customers_for_rates(0.05, 0.06) == 8158


@pytest.mark.parametrize(("difference", "deviation"), [(0.2, 1.0), (4.0, 12.0), (50.0, 60.0)])
def test_a_test_of_means_of_that_size_has_the_power_that_is_promised(difference: float, deviation: float) -> None:
    """Beside the formula: the exact power of the t-test, from the noncentral t distribution."""
    n = customers_for_means(difference, deviation)
    freedom, shift = 2 * n - 2, difference / deviation * math.sqrt(n / 2)
    limit = stats.t.ppf(0.975, freedom)
    power = stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift)
    assert power == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize(("one", "other"), [(0.05, 0.06), (0.1, 0.15), (0.3, 0.4)])
def test_a_test_of_rates_of_that_size_has_the_power_that_is_promised(one: float, other: float) -> None:
    """Beside the formula: 20,000 tests of groups drawn by chance."""
    n, random = customers_for_rates(one, other), np.random.default_rng(7)
    first, second = random.binomial(n, one, 20_000) / n, random.binomial(n, other, 20_000) / n
    pooled = (first + second) / 2
    shown = np.abs(first - second) > stats.norm.ppf(0.975) * np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert shown.mean() == pytest.approx(0.8, abs=0.02)


# -------------------------------------------------------------------------------------------------------- opportunities


def behaviour(fewer: float, count: int = 1600) -> Behaviour:
    """Two segments that overlap in one feature; the first spends ``fewer`` on fish than others alike."""
    random = np.random.default_rng(5)
    model = random.normal(size=(count, 1))
    segment = (random.random(count) < 0.5).astype(float)
    fish = 50 + 5 * model[:, 0] + random.normal(0, 10, count) - fewer * (segment == 0)
    meat = 80 + 5 * model[:, 0] + random.normal(0, 10, count)
    return Behaviour(segment, random.random(count) < 0.5, model, np.column_stack([fish, meat]))


def test_a_segment_that_spends_less_than_customers_like_it_gets_a_card() -> None:
    found = weigh_opportunities(behaviour(fewer=8), [(SPEND, FISH), (SPEND, MEAT)], [1000, 3000], NAMES)
    assert found.tried == 4 and len(found.cards) == 1
    card = found.cards[0]
    assert (card.segment, card.member) == (0, FISH)
    assert card.less_low < 8 < card.less_high
    assert card.worth == pytest.approx(card.customers * card.less / 2)
    assert card.worth_low < card.customers * 4 < card.worth_high
    assert 950 < card.customers <= 1000
    assert card.sentence.startswith("Top spenders: they spend 4") and "on fish, customers like them" in card.sentence
    half = card.less / 2
    assert customers_for_means(half, 10) < card.test_customers < customers_for_means(half, 13)


def test_customers_who_behave_alike_give_no_card() -> None:
    assert weigh_opportunities(behaviour(fewer=0), [(SPEND, FISH), (SPEND, MEAT)], [1000, 3000], NAMES).cards == ()


def test_to_do_more_than_others_is_no_opportunity_for_those_who_do() -> None:
    found = weigh_opportunities(behaviour(fewer=-8), [(SPEND, FISH), (SPEND, MEAT)], [1000, 3000], NAMES)
    assert found.confirmed == 2 and {c.segment for c in found.cards} == {1}


def fitted(features: tuple[str, ...] = ("age",), families: tuple[Family, ...] = (SPEND,)) -> Segmentation:
    columns = [ColumnRole(n, Role.MEASURE, "", n) for n in ("age", "fish", "meat")]
    recipe = Recipe((ColumnRole("id", Role.IDENTIFIER, "", "ID"), *columns), families, features=features)
    steps = tuple(FeaturePreparation(f, 0.0, False, None, None, 0.0, 1.0, 0, 0) for f in features)
    segments = tuple(Segment(f"s{i + 1}", name, i, 800, 0.5, "", "constructed", 0.5) for i, name in enumerate(NAMES))
    return Segmentation(recipe, steps, tuple((float(i),) * len(features) for i in range(2)), segments, 1.0, 1600)


def test_the_search_reads_customers_from_the_engine_in_any_order() -> None:
    made = behaviour(fewer=8)
    columns = {"age": made.model[:, 0], "fish": made.outcomes[:, 0], "meat": made.outcomes[:, 1]}
    data = pa.table(
        {"id": [f"c{i}" for i in range(1600)], "segment": made.segment.astype(int), **columns},
    )
    engine = connect()
    table = engine.store("customers", data)
    profiles = profile(engine, table, "segment", 2, ["age", "fish", "meat"], [])
    found = find_opportunities(engine, table, "segment", table["id"], fitted(), profiles, NAMES)
    assert [c.member.label for c in found.cards] == ["Fish"]
    table = engine.store("customers", data.take(np.random.default_rng(0).permutation(1600)))
    assert find_opportunities(engine, table, "segment", table["id"], fitted(), profiles, NAMES) == found
    assert outcomes_of(fitted(("fish",)).recipe, profiles) == ((SPEND, MEAT),)  # a feature is matched on
    assert find_opportunities(engine, table, "segment", table["id"], fitted(), profiles, NAMES[:1]).tried == 0
