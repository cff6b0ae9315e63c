"""Names: unique, readable, and true of the segment against the others."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segscope.engine import connect
from segscope.naming import by_value, methodology, portray, typical_scores, value_column
from segscope.preparation import FeaturePreparation
from segscope.profiling import GroupProfile, NumberProfile, Profiles
from segscope.recipe import ColumnRole, Concept, FeatureWeight, Method, Recipe, Role
from tests.naming_truth import untrue

CORE = {"days": Concept.TENURE, "spend": Concept.SPEND, "orders": Concept.PURCHASES, "basket": Concept.BASKET}


def number(mean: float, deviation: float = 10.0) -> NumberProfile:
    return NumberProfile(100, 100 * mean, mean, deviation, 0.0, mean, mean, mean, 2 * mean)


def profiles(*segments: dict[str, float], everybody: float = 100.0) -> Profiles:
    """Segments by their means; everybody's mean is 100 and the standard deviation 10, on every column."""
    groups = tuple(GroupProfile(100, {c: number(m) for c, m in s.items()}, {}) for s in segments)
    return Profiles(GroupProfile(100 * len(groups), {c: number(everybody) for c in segments[0]}, {}), groups)


def recipe(concepts: dict[str, Concept | None]) -> Recipe:
    columns = tuple(ColumnRole(c, Role.MEASURE, "", c.capitalize(), concept) for c, concept in concepts.items())
    return Recipe(columns, features=tuple(concepts), segments=2)


def names(found: Profiles, concepts: dict[str, Concept | None]) -> list[str]:
    return [p.name for p in portray(found, recipe(concepts))]


def core(days: float, spend: float, orders: float, basket: float) -> dict[str, float]:
    return {"days": days, "spend": spend, "orders": orders, "basket": basket}


def test_names_tell_value_first_and_then_what_sets_a_segment_apart() -> None:
    found = profiles(core(100, 120, 110, 115), core(100, 102, 112, 95), core(115, 92, 90, 92), core(85, 91, 90, 91))
    assert names(found, dict(CORE)) == [
        "Top spenders",
        "Frequent mid spenders",
        "Settled low spenders",
        "New low spenders",
    ]


def test_a_high_value_is_never_called_low_nor_a_low_one_high() -> None:
    found = profiles({"spend": 120.0}, {"spend": 80.0})
    assert names(found, {"spend": Concept.SPEND}) == ["Top spenders", "Low spenders"]


def test_where_no_concept_is_known_names_say_what_is_high_and_what_is_low() -> None:
    found = profiles(
        {"height": 120.0, "weight": 100.0}, {"height": 100.0, "weight": 85.0}, {"height": 100.0, "weight": 100.0}
    )
    assert names(found, {"height": None, "weight": None}) == ["High height", "Low weight", "Average customers"]


def test_one_segment_is_everybody() -> None:
    assert names(profiles(core(100, 100, 100, 100)), dict(CORE)) == ["All customers"]


def test_segments_that_look_the_same_still_have_names_of_their_own() -> None:
    found = profiles(*[core(100, 100, 100, 100)] * 12)
    assert len(set(names(found, dict(CORE)))) == 12


means = st.floats(50, 150)


@given(st.lists(st.tuples(means, means, means, means), min_size=1, max_size=12), st.booleans())
def test_names_are_unique_and_short_whatever_the_profiles(rows: list[tuple[float, ...]], known: bool) -> None:
    found = profiles(*[dict(zip(CORE, row, strict=True)) for row in rows])
    given_names = names(found, dict(CORE) if known else dict.fromkeys(CORE))
    assert len(set(given_names)) == len(rows)
    assert all(n[:1].isupper() and n == n.strip() for n in given_names)


def drawn(rows: list[tuple[float, ...]], columns: list[str]) -> tuple[Profiles, dict[str, Any], Any]:
    """Segments of two customers each, one above and one below its means; their profiles, values and places."""
    places = np.repeat(np.arange(len(rows)), 2)
    data = {name: np.array([row[i] + side for row in rows for side in (-5.0, 5.0)]) for i, name in enumerate(columns)}

    def profiled(of: Any) -> GroupProfile:
        found = {}
        for name, x in data.items():
            q = np.quantile(x[of], [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
            mean, deviation = float(x[of].mean()), float(x[of].std())
            known = int(of.sum())
            found[name] = NumberProfile(known, known * mean, mean, deviation, q[0], q[1], q[2], q[3], q[4])
        return GroupProfile(int(of.sum()), found, {})

    return Profiles(profiled(places >= 0), tuple(profiled(places == g) for g in range(len(rows)))), data, places


KINDS: dict[str, dict[str, Concept | None]] = {
    "known": dict(CORE),
    "rfm": {"days": Concept.RECENCY, "orders": Concept.PURCHASES, "spend": Concept.SPEND, "age": Concept.AGE},
    "plain": {"a": None, "b": None, "c": None, "d": None},
}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(means, means, means, means), min_size=2, max_size=8), st.sampled_from(sorted(KINDS)))
def test_every_word_of_every_name_is_true(rows: list[tuple[float, ...]], kind: str) -> None:
    wanted = recipe(KINDS[kind])
    found, data, places = drawn(rows, list(KINDS[kind]))
    engine = connect()
    scores = typical_scores(engine, engine.store("t", pa.table(data)), wanted, found)
    engine.close()
    assert (scores is not None) == (kind == "rfm")
    portraits = portray(found, wanted, scores=scores)
    assert untrue(portraits, wanted, data, places) == []
    assert len({p.name for p in portraits}) == len(rows)
    assert all(1 <= len(p.name.rstrip("0123456789 ").split()) <= 4 for p in portraits)


def test_words_have_their_evidence() -> None:
    found = profiles(core(100, 120, 110, 115), core(100, 102, 113, 95), core(115, 92, 90, 92), core(85, 91, 90, 91))
    frequent = portray(found, recipe(dict(CORE)))[1]
    assert [(c.words, c.reason) for c in frequent.evidence] == [
        ("frequent", "orders 113, everybody 100; 1.3 standard deviations above"),
        ("mid spenders", "spend 102, everybody 100; 0.2 standard deviations above"),
    ]


def test_recency_and_frequency_have_the_usual_names() -> None:
    rows = [(90.0, 120.0, 120.0), (130.0, 90.0, 99.0), (80.0, 95.0, 85.0)]
    found = profiles(*[dict(zip(("days", "orders", "spend"), row, strict=True)) for row in rows])
    known = {"days": Concept.RECENCY, "orders": Concept.PURCHASES, "spend": Concept.SPEND}
    portraits = portray(found, recipe(dict(known)), scores=((5, 5), (1, 1), (1, 2)))
    assert [p.name for p in portraits] == ["Champions", "Hibernating, mid spenders", "Hibernating, low spenders"]
    assert portraits[0].evidence[0].reason == "the typical customer scores 5 of 5 on recency and 5 of 5 on frequency"


def test_a_kept_name_that_no_longer_fits_has_another_beside_it() -> None:
    found = profiles({"spend": 120.0}, {"spend": 80.0})
    kept = portray(found, recipe({"spend": Concept.SPEND}), {0: "Loyal", 1: "Stars"})
    assert [(p.name, p.suggested) for p in kept] == [("Loyal", "Top spenders"), ("Stars", "Low spenders")]
    same = portray(found, recipe({"spend": Concept.SPEND}), {0: "Top spenders 2"})
    assert same[0].suggested == "Top spenders 2"


def test_a_name_that_is_kept_is_not_given_to_another() -> None:
    found = profiles({"spend": 120.0}, {"spend": 80.0})
    kept = portray(found, recipe({"spend": Concept.SPEND}), {1: "Top spenders"})
    assert [p.name for p in kept] == ["Top spenders 2", "Top spenders"]


def test_a_hostile_label_stays_a_text() -> None:
    column = ColumnRole("x", Role.MEASURE, "", "<script>")
    (first, _) = portray(profiles({"x": 120.0}, {"x": 80.0}), Recipe((column,), features=("x",)))
    assert first.name == "High <script>"


def test_segments_come_from_most_to_least_valuable() -> None:
    found = profiles({"spend": 80.0, "days": 1.0}, {"spend": 120.0, "days": 2.0}, {"spend": 100.0, "days": 3.0})
    assert by_value(found, recipe({"spend": Concept.SPEND, "days": Concept.TENURE})) == (1, 2, 0)
    assert by_value(found, recipe({"days": Concept.TENURE, "spend": None})) == (2, 1, 0)


def test_spend_tells_value_before_the_size_of_a_purchase_and_income() -> None:
    assert value_column(recipe({"i": Concept.INCOME, "b": Concept.BASKET, "s": Concept.SPEND})) == "s"
    assert value_column(recipe({"i": Concept.INCOME, "b": Concept.BASKET})) == "b"
    assert value_column(recipe({"i": Concept.INCOME})) == "i"
    assert value_column(recipe({"a": Concept.AGE})) is None


def test_a_sentence_has_the_numbers() -> None:
    (first, _) = portray(profiles(core(381, 250, 18, 88), core(10, 20, 3, 4)), recipe(dict(CORE)))
    assert first.sentence == "Customers for 381 days, spend 250 each, 2.5x the average, 18 purchases, 88 a purchase."


@pytest.mark.parametrize(
    ("mean", "words"), [(91.0, "about the average"), (109.0, "about the average"), (120.0, "1.2x the average")]
)
def test_within_ten_percent_is_about_the_average(mean: float, words: str) -> None:
    (found, _) = portray(profiles({"spend": mean}, {"spend": 100.0}), recipe({"spend": Concept.SPEND}))
    assert words in found.sentence


def test_a_sentence_never_divides_by_an_average_of_zero() -> None:
    found = profiles({"spend": 1.0}, {"spend": -1.0}, everybody=0.0)
    assert "about the average" in portray(found, recipe({"spend": Concept.SPEND}))[0].sentence


def test_traits_are_the_columns_that_differ_most_and_no_parts_of_families() -> None:
    traits = portray(profiles(core(100, 130, 90, 120), core(100, 70, 100, 80)), recipe(dict(CORE)))[0].traits
    assert [(t.column, round(t.difference, 2)) for t in traits] == [("spend", 3.0), ("basket", 2.0), ("orders", -1.0)]


def step(feature: str, **more: Any) -> FeaturePreparation:
    known = {"fill": 0.0, "log": False, "low": None, "high": None, "mean": 0.0, "deviation": 1.0, "blanks": 0}
    return FeaturePreparation(feature, **{**known, "bounded": 0, **more})


@pytest.mark.parametrize(
    ("method", "sampled", "said"),
    [
        ("kmeans", False, "with k-means into 4 segments; starting points drawn with seed 7, then refined on every"),
        ("mixture", False, "each customer joined the likeliest; starting points drawn with seed 7."),
        ("ward", False, "the tree of all that make segments was cut, and each customer joined the nearest"),
        ("ward", True, "the tree of a sample drawn with seed 7 was cut, and each customer joined the nearest"),
    ],
)
def test_the_method_is_told_from_the_recipe(method: Method, sampled: bool, said: str) -> None:
    steps = tuple(step(name) for name in CORE)
    told = methodology(recipe(dict(CORE)).replace(method=method, seed=7), steps, 4, sampled)
    assert told.startswith("Customers were grouped by days, spend, orders and basket, each standardised, with ")
    assert said in told
    assert told.endswith(".")


def test_what_was_done_to_the_features_is_told_and_nothing_else() -> None:
    chosen = recipe(dict(CORE)).replace(set_aside=True, weights=(FeatureWeight("days", 2.0),))
    steps = (step("days", log=True, blanks=1), step("spend", log=True, bounded=3), step("orders"), step("basket"))
    assert methodology(chosen, steps, 3).partition(" customer. ")[2] == (
        "Of days and spend the logarithm was taken first. 3 far-out values counted as the bound. 1 blank was filled. "
        "Weights: days 2, the others 1. Customers with a far-out value made no segments; each was assigned to one "
        "afterwards."
    )
    alone = methodology(recipe(dict(CORE)), tuple(step(name) for name in CORE), 1)
    assert alone.endswith("by days, spend, orders and basket, each standardised. Everybody is in one segment.")
