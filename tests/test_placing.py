"""Placing a customer of whom little is known: complete answers are exact, partial ones beat filling in medians."""

import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from segscope import samples
from segscope.errors import ScoreError
from segscope.features import as_number
from segscope.preparation import FeaturePreparation
from segscope.profiling import GroupProfile, NumberProfile, Profiles
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Recipe, Role
from segscope.scoring import (
    Donors,
    Field,
    form_fields,
    gather_donors,
    next_better,
    place,
    pushes,
    read_number,
    right_with,
    unusual,
)
from segscope.scoring.placing import gather
from segscope.segmentation import SEGMENT, Segment, Segmentation, assign_numpy
from segscope.study import Choices, LiveStudy, fit_source, open_study

Array = npt.NDArray[np.float64]
SPEND = Field("spend", "Total spend", "", 0.0, 2500.0, 400.0, True, None)


def tiny(k: int = 2) -> Segmentation:
    """Two features and their ratio; centres at spend 10 and 90, 1 and 9 visits, 10 each visit."""
    columns = (ColumnRole("spend", Role.MEASURE, "", "Spend"), ColumnRole("visits", Role.MEASURE, "", "Visits"))
    ratio = DerivedColumn("each", "Each", "ratio(spend, visits)", "", Concept.BASKET)
    features = ("spend", "visits", "each")
    steps = tuple(
        FeaturePreparation(f, fill, False, None, None, mean, deviation, 0, 0)
        for f, fill, mean, deviation in (("spend", 50, 50, 40), ("visits", 5, 5, 4), ("each", 10, 10, 5))
    )
    centres = ((-1.0, -1.0, 0.0), (1.0, 1.0, 0.0))[:k]
    segments = tuple(Segment(f"s{i}", f"S{i}", i, 5, 0.5, "", "natural", 1.0) for i in range(k))
    return Segmentation(Recipe(columns, derived=(ratio,), features=features), steps, centres, segments, 0.1, 10)


def donors() -> Donors:
    """Forty small customers and sixty large ones."""
    random = np.random.default_rng(0)
    visits = np.concatenate([random.uniform(0.5, 2, 40), random.uniform(8, 10, 60)])
    return Donors({"spend": visits * 10, "visits": visits, "each": np.full(100, 10.0)})


def test_what_is_known_decides_and_probabilities_sum_to_one() -> None:
    found = place(tiny(), donors(), {"spend": 12.0})
    assert (found.first, found.second) == (0, 1)
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.probabilities[0] > 0.95 and found.right > 0.95
    assert place(tiny(), donors(), {"visits": 9.0}).first == 1


def test_what_tells_nothing_leaves_the_share_of_customers() -> None:
    found = place(tiny(), donors(), {"each": 10.0})
    assert found.first == 1
    assert found.right == pytest.approx(0.6)
    assert found.ask_next is not None and found.ask_next[1] > 0.95


def test_a_ratio_follows_and_can_be_turned_round() -> None:
    assert place(tiny(), donors(), {"spend": 90.0, "visits": 9.0}).implied == {"each": 10.0}
    assert place(tiny(), donors(), {"each": 10.0, "visits": 9.0}).implied == {"spend": 90.0}
    assert place(tiny(), donors(), {"each": 10.0, "spend": 90.0}).implied == {"visits": 9.0}
    assert place(tiny(), donors(), {"each": 0.0, "spend": 0.0}).implied == {}


def test_a_ratio_without_a_divisor_takes_its_fill_value_as_in_the_fit() -> None:
    found = place(tiny(), donors(), {"spend": 6.0, "visits": 0.0})
    assert found.without == ("each",) and found.implied == {}
    fitted = {"spend": np.array([6.0]), "visits": np.array([0.0]), "each": np.array([np.nan])}
    assert found.first == assign_numpy(tiny(), fitted)[0]
    assert found.right == 1.0 and found.ask_next is None


def test_a_feature_that_is_given_as_blank_takes_its_fill_value_and_is_not_integrated_out() -> None:
    blank = place(tiny(), donors(), {"spend": float("nan"), "visits": 1.0})
    as_in_a_file = {"spend": np.array([np.nan]), "visits": np.array([1.0]), "each": np.array([np.nan])}
    assert blank.right == 1.0 and blank.without == ("each",)
    assert blank.first == assign_numpy(tiny(), as_in_a_file)[0]
    assert place(tiny(), donors(), {"each": float("nan"), "visits": 1.0}).known == ("each", "visits")


def test_a_raw_column_alone_tells_what_its_customers_are() -> None:
    columns = (*(ColumnRole(n, Role.MEASURE, "", n) for n in ("wine", "bread")),)
    total = DerivedColumn("spend", "Spend", "sum(wine, bread)", "")
    step = FeaturePreparation("spend", 50.0, False, None, None, 50.0, 40.0, 0, 0)
    model = replace(
        tiny(), recipe=Recipe(columns, derived=(total,), features=("spend",)), preparation=(step,),
        centres=((-1.0,), (1.0,)),
    )  # fmt: skip
    wine = np.concatenate([np.linspace(0, 8, 50), np.linspace(70, 90, 50)])
    others = Donors({"spend": wine + 10}, {"wine": wine, "bread": np.full(100, 10.0)})
    assert (place(model, others, {"wine": 4.0}).first, place(model, others, {"wine": 80.0}).first) == (0, 1)
    assert place(model, others, {"wine": 80.0}).right == pytest.approx(1)
    assert place(model, others, {"bread": 10.0}).right == pytest.approx(0.5, abs=0.1)
    both = place(model, others, {"wine": 80.0, "bread": 5.0})
    assert both.implied == {"spend": 85.0} and both.right == 1.0
    # What is known takes the place of the donors' own value, though nobody has bought so much bread.
    assert place(model, others, {"bread": 500.0}).first == 1


def test_a_customer_far_from_everybody_fits_none_also_when_little_is_known() -> None:
    model = replace(tiny(), reach=(3.0, 3.0))
    assert place(model, donors(), {"spend": 12.0}).fits_none is False
    assert place(model, donors(), {"spend": 4000.0}).fits_none is True
    assert place(tiny(), donors(), {"spend": 4000.0}).fits_none is None


def test_nothing_and_nonsense_are_refused() -> None:
    with pytest.raises(ScoreError, match="Fill in at least one field"):
        place(tiny(), donors(), {})
    with pytest.raises(ScoreError, match=r"There is no feature 'spnd'. Did you mean spend\?"):
        place(tiny(), donors(), {"spnd": 1.0})


def test_one_segment_has_no_second() -> None:
    found = place(tiny(1), donors(), {"spend": 12.0})
    assert (found.probabilities, found.first, found.second) == ((1.0,), 0, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("900", 900.0), (" 1,200 ", 1200.0), ("1 200", 1200.0), ("12,5", 12.5), (".5", 0.5), ("1e3", 1000.0),
        ("€900", 900.0), ("", None), ("   ", None), (None, None), (12, 12.0), ("0", 0.0),
    ],
)  # fmt: skip
def test_numbers_as_people_type_them(text: str | float | None, value: float | None) -> None:
    assert read_number(SPEND, text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "'abc' is not a number. Type digits, such as 400."),
        ("12 apples", "is not a number"),
        ("1.2.3", "is not a number"),
        ("--5", "is not a number"),
        ("<b>x</b>", "is not a number"),
        ("-5", "Total spend cannot be below 0."),
        ("999999", "is impossible here: customers have 0 to 2,500."),
        ("1e999", "impossible"),
        ("nan", "is not a number"),
    ],
)
def test_what_is_no_number_or_cannot_be_true_is_said(text: str, message: str) -> None:
    with pytest.raises(ScoreError) as refused:
        read_number(SPEND, text)
    assert message in str(refused.value)


def test_shares_and_flags_have_their_own_words() -> None:
    share = Field("deals", "Share on deals", "share", 0.0, 1.0, 0.2, True, 1.0)
    assert read_number(share, "20 %") == 0.2
    with pytest.raises(ScoreError, match="is a share: at most 1"):
        read_number(share, "20")
    flag = Field("vip", "VIP", "", 0.0, 1.0, 0.0, True, None, yes_or_no=True)
    assert [read_number(flag, t) for t in ("yes", "NO", "1", "")] == [1.0, 0.0, 1.0, None]
    with pytest.raises(ScoreError, match="VIP is yes or no"):
        read_number(flag, "2")


def test_a_value_beyond_all_customers_is_remarked_not_refused() -> None:
    assert read_number(SPEND, "3000") == 3000.0
    assert unusual(SPEND, 3000.0) == "More than any customer has (0 to 2,500)."
    assert unusual(SPEND, 300.0) == ""


def test_fields_are_made_from_the_recipe_with_a_range_that_one_odd_customer_does_not_stretch() -> None:
    numbers = {f: NumberProfile(9, 90, 10, 3, 0, 8, 10, 12, 5000) for f in ("spend", "visits", "each")}
    fields = form_fields(tiny(), Profiles(GroupProfile(9, numbers, {}), ()))
    assert [f.label for f in fields] == ["Spend", "Visits", "Each"]
    assert (fields[0].low, fields[0].high, fields[0].usual) == (0, 5000, (2, 18))
    assert not fields[0].yes_or_no


def test_raw_columns_follow_the_features_in_the_form_and_a_date_is_read_as_a_day() -> None:
    columns = (ColumnRole("joined", Role.DATE, "", "Joined"), ColumnRole("wine", Role.MEASURE, "", "Wine"))
    days = DerivedColumn("tenure", "Tenure", "days(joined, 2014-06-29)", "")
    step = FeaturePreparation("tenure", 50.0, False, None, None, 50.0, 40.0, 0, 0)
    recipe = Recipe(columns, derived=(days,), features=("tenure",))
    model = replace(tiny(), recipe=recipe, preparation=(step,), centres=((-1.0,), (1.0,)))
    numbers = {"tenure": NumberProfile(9, 90, 10, 3, 0, 8, 10, 12, 50)}
    fields = form_fields(model, Profiles(GroupProfile(9, numbers, {}), ()))
    assert [(f.feature, f.raw, f.date) for f in fields] == [("tenure", False, False), ("joined", True, True)]
    assert read_number(fields[1], "1970-01-11") == 10.0
    for wrong in ("2014-02-30", "<script>", "yesterday", "9" * 400):
        with pytest.raises(ScoreError, match="is not a day"):
            read_number(fields[1], wrong)


def test_each_field_pushes_and_the_least_change_to_a_better_segment_is_named() -> None:
    model = replace(tiny(), centres=((1.0, 1.0, 0.0), (-1.0, -1.0, 0.0)))  # the first is the more valuable
    given = {"spend": 12.0, "each": 10.0}
    found = place(model, donors(), given)
    assert found.first == 1
    pushed = pushes(model, donors(), given, found)
    assert list(pushed) == ["spend", "each"]  # the strongest first
    assert pushed["spend"] > 0.5 and abs(pushed["each"]) < 0.05
    change = next_better(model, donors(), {"spend": 12.0}, place(model, donors(), {"spend": 12.0}))
    assert change is not None and (change.field, change.segment) == ("spend", 0)
    assert 20 < change.value < 90
    assert place(model, donors(), {"spend": change.value}).first == 0
    assert next_better(model, donors(), {"spend": 90.0}, place(model, donors(), {"spend": 90.0})) is None


def test_how_often_fields_are_right_is_tried_on_donors_without_themselves() -> None:
    assert right_with(tiny(), donors(), ["spend"]) == (1.0, 100)
    share, tried = right_with(tiny(), donors(), ["each"])
    assert share == pytest.approx(0.6) and tried == 100
    places = np.arange(100)
    cloud = gather(tiny(), donors(), {"spend": donors().features["spend"]}, without=places)
    assert not (cloud.donors == places[:, None]).any()


# ------------------------------------------------------------------------------------------------- on sample customers


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> LiveStudy:
    folder = tmp_path_factory.mktemp("placing")
    samples.write(folder / "sample.parquet", 1500)
    fit_source(folder / "sample.parquet", folder / "study", Choices(segments=4))
    return open_study(folder / "study")


def known_values(live: LiveStudy) -> tuple[dict[str, Array], Array]:
    features = live.recipe.features
    table = live.customers
    found = live.engine.fetch(
        table.select(segment=table[SEGMENT], **{f"x{i}": as_number(table[f]) for i, f in enumerate(features)})
    )
    return {f: found[f"x{i}"].to_numpy().astype(float) for i, f in enumerate(features)}, found["segment"].to_numpy()


def given(values: dict[str, Array], customer: int, known: tuple[str, ...]) -> dict[str, float]:
    row = {f: float(values[f][customer]) for f in known}
    return {f: v for f, v in row.items() if not np.isnan(v)}


def test_complete_answers_equal_the_fit_for_every_customer(live: LiveStudy) -> None:
    values, fitted = known_values(live)
    chosen = gather_donors(live.engine, live.sample, live.fit.segmentation, 200)
    features = live.recipe.features
    placed = [place(live.fit.segmentation, chosen, given(values, i, features)).first for i in range(len(fitted))]
    assert placed == fitted.tolist()


def test_two_of_four_fields_place_better_than_medians_and_know_how_well(live: LiveStudy) -> None:
    values, fitted = known_values(live)
    segmentation, features = live.fit.segmentation, live.recipe.features
    fills = {s.feature: s.fill for s in segmentation.preparation if isinstance(s, FeaturePreparation)}
    whole = {f: np.where(np.isnan(v), fills[f], v) for f, v in values.items()}
    tested = range(0, len(fitted), 10)
    others = Donors({f: np.delete(v, list(tested)) for f, v in whole.items()})  # nobody is his own donor
    right, with_medians, expected = [], [], []
    for known in itertools.combinations(features, 2):
        filled = {f: whole[f] if f in known else np.full(len(fitted), fills[f]) for f in features}
        guessed = assign_numpy(segmentation, filled)
        for i in tested:
            found = place(segmentation, others, given(values, i, known) or {known[0]: fills[known[0]]})
            right.append(found.first == fitted[i])
            with_medians.append(guessed[i] == fitted[i])
            expected.append(found.right)
    assert np.mean(right) > np.mean(with_medians) + 0.1
    assert abs(np.mean(right) - np.mean(expected)) < 0.06
