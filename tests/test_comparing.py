"""Comparing: known answers on tiny groups, and the counts that everything else is made of."""

import math

import numpy as np
import pyarrow as pa
import pytest

from segscope.comparing import (
    EVERYBODY,
    Compared,
    Group,
    Summary,
    against_everyone,
    apart_in_words,
    as_lift,
    by_spread,
    choose,
    cohens_d,
    compared_categories,
    compared_columns,
    composition,
    composition_in_words,
    count_by_segment,
    differences,
    distribution,
    first_choice,
    flags_together,
    mean_percentiles,
    medians_in_words,
    number_rows,
    numbers_csv,
    radar_axes,
    spread_in_words,
    standing_in_words,
    tail_in_words,
)
from segscope.comparing.standing import median_of_bins, smoothed
from segscope.engine import Engine, connect
from segscope.exploring import Variable
from segscope.exploring.variables import Bins
from segscope.profiling import GroupProfile, Profiles, profile
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Recipe, Role
from segscope.segmentation import Segment

SPEND = Variable("spend", "Spend", "number", bins=Bins(0.0, 10.0, 4, 0.0, 39.0))
COLOUR = Variable("colour", "Colour", "category", choices=("red", "blue"))
NEWS = Variable("news", "Newsletter", "category", choices=("no", "yes"))
A, B = Group(0, "Alphas", 0), Group(1, "Betas", 1)


def segments(number: int) -> list[Segment]:
    return [Segment(f"s{i + 1}", f"Number {i + 1}", i, 5, 1 / number, "", "natural", 1.0) for i in range(number)]


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    """Two segments of four: spend 1 to 4 and 11 to 14, visits the same, news yes for one and for all."""
    engine = connect()
    table = engine.store(
        "t",
        pa.table(
            {
                "g": [0, 0, 0, 0, 1, 1, 1, 1],
                "spend": [1.0, 2, 3, 4, 11, 12, 13, 14],
                "visits": [1, 2, 3, 4, 1, 2, 3, 4],
                "news": [True, False, False, False, True, True, True, True],
                "born": [1980] * 4 + [1990] * 4,
            }
        ),
    )
    return profile(engine, table, "g", 2, ["spend", "visits", "news", "born"], [])


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return Recipe(
        columns=(
            ColumnRole("spend", Role.MEASURE, "", "Spend", Concept.SPEND),
            ColumnRole("visits", Role.MEASURE, "", "Visits", Concept.VISITS),
            ColumnRole("news", Role.FLAG, "", "Newsletter"),
            ColumnRole("born", Role.MEASURE, "", "Birth year", Concept.BIRTH),
        ),
        derived=(DerivedColumn("total", "Total", "spend + 0", "", Concept.BASKET),),
        features=("total",),
    )


@pytest.mark.parametrize(("number", "ids"), [(1, 1), (4, 4), (5, 2), (12, 2)])
def test_few_segments_are_all_chosen_at_first_many_are_not(number: int, ids: int) -> None:
    assert first_choice(segments(number)) == [*(f"s{i + 1}" for i in range(ids)), "everyone"]


def test_choice_keeps_the_order_of_segments_and_passes_over_what_is_unknown() -> None:
    chosen = choose(["everyone", "s3", "<b>", "s1"], segments(3))
    assert [g.name for g in chosen] == ["Number 1", "Number 3", "Everyone"]
    assert choose(None, segments(3)) == ()


def test_columns_say_what_made_the_segments(profiles: Profiles, recipe: Recipe) -> None:
    found = {c.column: c for c in compared_columns(recipe, profiles)}
    assert found["spend"].origin == "part"  # total is computed from it
    assert found["visits"].origin == ""
    assert found["news"].share and found["news"].amount(0.25) == "25\u202f%"


def test_birth_year_steps_back_behind_an_age(profiles: Profiles, recipe: Recipe) -> None:
    age = DerivedColumn("age", "Age", "2014 - born", "", Concept.AGE)
    assert "born" in {c.column for c in compared_columns(recipe, profiles)}
    aged = recipe.replace(derived=(*recipe.derived, age))
    assert "born" not in {c.column for c in compared_columns(aged, profiles)}


def test_differences_are_cohens_d_ranked_by_size(profiles: Profiles) -> None:
    columns = [Compared("visits", "Visits"), Compared("spend", "Spend"), Compared("news", "Newsletter", share=True)]
    found = differences(profiles, columns, 1, 0)
    assert [d.column.column for d in found] == ["spend", "news", "visits"]
    spend = found[0]
    # Both groups: sum of squares 5, so the pooled deviation is sqrt(10 / 6).
    assert spend.effect == pytest.approx(10 / math.sqrt(10 / 6))
    assert (spend.first, spend.second) == (12.5, 2.5)
    assert spend.low < spend.effect < spend.high and spend.noticeable
    assert found[-1].effect == 0 and not found[-1].noticeable


def test_of_a_category_the_value_that_tells_most_is_compared_by_its_share() -> None:
    everybody = GroupProfile(40, {}, {"plan": {"basic": 20, "pro": 12, "gold": 4, "": 4}})
    first, second = ({"basic": 2, "pro": 8}, {"basic": 18, "pro": 4, "gold": 4})
    found = Profiles(everybody, (GroupProfile(10, {}, {"plan": first}), GroupProfile(26, {}, {"plan": second})))
    (plan,) = compared_categories(Recipe(columns=(ColumnRole("plan", Role.CATEGORY, "", "Plan"),)), found)
    (d,) = differences(found, [plan], 0, 1)
    assert d.column.label == "Plan pro"
    assert d.first == pytest.approx(0.8)
    assert d.second == pytest.approx(4 / 26)
    assert d.everybody == pytest.approx(12 / 36), "blanks are left out"
    spread = math.sqrt((10 * 0.8 * 0.2 + 26 * (4 / 26) * (22 / 26)) / 34)
    assert d.effect == pytest.approx((0.8 - 4 / 26) / spread)
    (rest,) = differences(found, [plan], 0, None)
    assert rest.second == pytest.approx(4 / 26)


def test_one_segment_is_compared_with_everyone_else(profiles: Profiles) -> None:
    column = [Compared("spend", "Spend")]
    against_rest, against_other = (differences(profiles, column, 1, other)[0] for other in (None, 0))
    assert against_rest.second == against_other.second
    assert against_rest.effect == pytest.approx(against_other.effect)


def test_standardised_difference_from_everyone_has_the_interval_of_a_direct_computation(engine: Engine) -> None:
    draws = np.random.default_rng(3)
    x, g = np.concatenate([draws.normal(1, 2, 80), draws.normal(0, 1, 240)]), np.repeat([0, 1], [80, 240])
    table = engine.store("against", pa.table({"g": g, "x": x}))
    found = against_everyone(profile(engine, table, "g", 2, ["x"], []), 0, "x")
    mine, rest = x[:80], x[80:]
    error = 0.75 * math.sqrt(mine.var() / 80 + rest.var() / 240)
    direct = (mine.mean() - x.mean(), error)
    assert found == pytest.approx([(direct[0] + side * 1.96 * error) / x.std() for side in (0, -1, 1)], rel=1e-9)


def test_lift_is_the_share_over_everybodys_with_its_interval() -> None:
    found = composition(COLOUR, np.array([[90, 10, 5], [100, 800, 0]]), [A, B])
    lifted = as_lift(found)
    for shares, lifts in zip(found.shares, lifted.shares, strict=True):
        for share, lift in zip(shares, lifts, strict=True):
            everybody = shares[-1].share
            assert (lift.share, lift.low, lift.high) == pytest.approx(
                (share.share / everybody, share.low / everybody, share.high / everybody)
            )
    assert [row[-1].share for row in lifted.shares] == [1.0, 1.0] and lifted.lift


def test_difference_without_any_spread_is_infinite_not_an_error() -> None:
    assert cohens_d(Summary(5, 2.0, 0.0), Summary(5, 1.0, 0.0)) == (math.inf, math.inf, math.inf)
    assert cohens_d(Summary(5, 1.0, 0.0), Summary(5, 1.0, 0.0)) == (0.0, 0.0, 0.0)


def test_sentences_name_what_is_higher_and_for_whom(profiles: Profiles) -> None:
    found = differences(profiles, [Compared("spend", "Spend"), Compared("visits", "Visits")], 0, 1)
    assert apart_in_words("Alphas", "Betas", found) == "Betas are higher on spend"
    assert apart_in_words("Alphas", None, found) == "Alphas against everyone else: lower on spend"
    assert apart_in_words("Alphas", "Betas", found[1:]) == "Alphas hardly differ from Betas"


def test_spread_names_the_lowest_and_the_highest(profiles: Profiles) -> None:
    ranked = by_spread(profiles, [Compared("visits", "Visits"), Compared("spend", "Spend")], [0, 1])
    assert [c.column for c in ranked] == ["spend", "visits"]
    assert spread_in_words(profiles, ranked, [A, B]) == (
        "They differ most on spend, 2.5 (Alphas) to 12 (Betas); then on visits"
    )


def test_counts_hold_every_customer_once() -> None:
    engine = connect()
    rows = pa.table({"__segment": [0, 0, 1, 1, 1], "__bin0": [0, 1, 3, 3, 4], "__bin1": [0, 0, 1, 2, 2]})
    table = engine.store("customers", rows)
    found = count_by_segment(engine, table, {0: SPEND, 1: COLOUR}, 2)
    assert found["spend"].tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 2, 1]]
    assert found["colour"].tolist() == [[2, 0, 0], [0, 1, 2]]
    assert count_by_segment(engine, table, {}, 2) == {}


def test_percentiles_are_mid_ranks_and_average_to_fifty() -> None:
    counts = np.array([[4, 0, 0, 2], [0, 2, 2, 0], [0, 0, 0, 7]])
    found = mean_percentiles(counts)
    assert found[:2].tolist() == [25.0, 75.0]
    assert math.isnan(found[2])  # all blank
    weighted = np.average(found[:2], weights=counts[:2, :-1].sum(axis=1))
    assert weighted == pytest.approx(50.0)


def test_axes_are_features_then_concepts_then_what_tells_most(profiles: Profiles, recipe: Recipe) -> None:
    variables = [
        Variable("spend", "Spend", "number"), Variable("visits", "Visits", "number"), COLOUR, NEWS,
        Variable("born", "Birth year", "number"),
    ]  # fmt: skip
    found = radar_axes(recipe.replace(features=("news",)), profiles, variables)
    assert [v.column for v in found.values()] == ["news", "visits", "spend", "born"]
    assert list(found) == [3, 1, 0, 4]


def test_distribution_gives_shares_and_exact_medians_where_known() -> None:
    counts = np.array([[2, 0, 0, 0, 1], [0, 0, 2, 2, 0]])
    found = distribution(SPEND, counts, [A, B, EVERYBODY], {None: 20.0, 0: 3.0})
    assert [round(sum(d.shares), 6) for d in found.groups] == [1.0, 1.0, 1.0]
    assert [d.median for d in found.groups] == [3.0, 30.0, 20.0]
    assert found.blanks == 1 and not found.discrete
    assert medians_in_words(found) == "Spend: median 3 (Alphas) to 30 (Betas)"
    assert tail_in_words(found) == "1 unknown left out."


def test_values_beyond_the_bins_are_announced() -> None:
    far = Variable("x", "X", "number", unit="share", bins=Bins(0.0, 0.1, 5, -1.0, 4.0))
    found = distribution(far, np.array([[1, 1, 1, 1, 1, 0]]), [A])
    assert tail_in_words(found) == (
        "Values above 50\u202f%, up to 400\u202f%, are in the last bin. Values below 0\u202f% are in the first bin."
    )


def test_few_whole_values_are_not_smoothed() -> None:
    children = Variable("c", "Children", "number", whole=True, bins=Bins(-0.5, 1.0, 3, 0, 2))
    found = distribution(children, np.array([[3, 1, 0, 0]]), [A])
    assert found.discrete and found.groups[0].shares == (0.75, 0.25, 0.0)


@pytest.mark.parametrize("bins", [1, 2, 3, 7, 40])
def test_smoothing_loses_nothing(bins: int) -> None:
    shares = np.zeros(bins)
    shares[0] = 1.0
    assert smoothed(shares).sum() == pytest.approx(1.0)
    assert len(smoothed(shares)) == bins


def test_median_of_bins_lies_on_a_line_within_its_bin() -> None:
    assert median_of_bins(np.array([0, 4, 0, 0]), SPEND) == 15.0
    assert median_of_bins(np.array([1, 0, 0, 1]), SPEND) == 10.0
    assert median_of_bins(np.array([0, 0, 0, 0]), SPEND) is None


def test_composition_is_shares_of_the_known_against_everybody() -> None:
    found = composition(COLOUR, np.array([[90, 10, 5], [100, 800, 0]]), [A, B])
    assert found.values == ("blue", "red")  # the most frequent first
    assert [s.share for s in found.shares[1]] == [0.9, pytest.approx(1 / 9), pytest.approx(0.19)]
    assert found.blanks == 5
    assert composition_in_words(found) == "Colour blue: 10\u202f% of Alphas, 81\u202f% of everyone"


def test_composition_without_a_clear_difference_says_so() -> None:
    found = composition(COLOUR, np.array([[50, 50, 0], [52, 48, 0]]), [A, B])
    assert composition_in_words(found) == "Colour: no clear difference from everyone"


def test_rare_values_are_put_together() -> None:
    many = Variable("c", "City", "category", choices=tuple(f"city {i}" for i in range(20)))
    found = composition(many, np.array([[*range(20, 0, -1), 0]]), [A])
    assert len(found.values) == 13 and found.values[-1] == "8 more values"
    assert sum(row[0].share for row in found.shares) == pytest.approx(1.0)


def test_flags_show_the_share_of_yes_and_of_the_known_only() -> None:
    never = Variable("n", "Never", "category", choices=("no",))
    flags = {"news": (NEWS, np.array([[1, 3, 6], [10, 0, 0]])), "n": (never, np.array([[4, 0], [10, 0]]))}
    found = flags_together(flags, [A, EVERYBODY])
    assert found.values == ("Newsletter", "Never")
    assert [s.share for s in found.shares[0]] == [0.75, pytest.approx(3 / 14), pytest.approx(3 / 14)]
    assert [s.of for s in found.shares[0]] == [4, 14, 14]
    assert [s.share for s in found.shares[1]] == [0.0, 0.0, 0.0]


def test_standing_in_words() -> None:
    axes = ["Income", "Age"]
    assert standing_in_words(axes, [(EVERYBODY, [50, 50])]) == "Everyone is at 50, by definition"
    assert standing_in_words(axes, [(A, [20.0, 80.0])]) == "Alphas: high on age (80); low on income (20)"
    assert standing_in_words(axes, [(A, [20.0, 50.0]), (B, [70.0, 55.0])]) == (
        "Furthest apart on income: percentile 20 (Alphas) to 70 (Betas)"
    )
    assert standing_in_words(axes, [(A, [math.nan, 50.0]), (B, [70.0, 55.0])]) == (
        "Furthest apart on age: percentile 50 (Alphas) to 55 (Betas)"
    )


def test_numbers_are_written_for_every_group_and_disarmed(profiles: Profiles) -> None:
    rows = number_rows(profiles, [Compared("spend", "=Spend")], [A, EVERYBODY])
    lines = numbers_csv(rows).splitlines()
    assert lines[0].startswith("variable,group,customers known,mean")
    assert lines[1] == "'=Spend,Alphas,4,2.5,1.118033988749895,1.0,1.75,2.5,3.25,4.0"
    assert lines[2].startswith("'=Spend,Everyone,8,7.5,")
