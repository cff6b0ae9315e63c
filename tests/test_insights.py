"""Insights: known answers on tiny sums, planted differences found, and nothing found where there is nothing."""

import math
from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from segscope.engine import Engine, connect
from segscope.insights import (
    FamilyView,
    Insights,
    describe_family,
    enumerate_candidates,
    find_insights,
    finding_in_words,
)
from segscope.insights.candidates import Tally, tally
from segscope.insights.testing import Estimate, Sums, benjamini_hochberg, difference, estimate, interval
from segscope.profiling import Profiles, profile
from segscope.recipe import ColumnRole, Concept, DerivedColumn, Family, FamilyMember, Recipe, Role

SPEND = Family("amount", "Spend by product", "spend", (FamilyMember("wine", "Wine"), FamilyMember("meat", "Meat")))
NAMES = ("Top spenders", "Low spenders", "New spenders")


def recipe(features: tuple[str, ...] = ("total",), families: tuple[Family, ...] = (SPEND,)) -> Recipe:
    columns = (
        ColumnRole("id", Role.IDENTIFIER, "", "ID"),
        ColumnRole("wine", Role.MEASURE, "", "Wine spend", family="amount"),
        ColumnRole("meat", Role.MEASURE, "", "Meat spend", family="amount"),
        ColumnRole("income", Role.MEASURE, "", "Income", Concept.INCOME),
        ColumnRole("age", Role.MEASURE, "", "Age", Concept.AGE, sensitive=True),
        ColumnRole("vip", Role.FLAG, "", "VIP"),
        ColumnRole("city", Role.CATEGORY, "", "City"),
    )
    total = DerivedColumn("total", "Total spend", "sum(wine, meat)", "", Concept.SPEND)
    return Recipe(columns, families, derived=(total,), features=features)


def people(count: int, seed: int, planted: bool) -> pa.Table:
    """Customers in three segments. Planted: segment 0 earns more, is more often VIP, eats more meat."""
    random = np.random.default_rng(seed)
    segment = np.arange(count) % 3
    first = (segment == 0) & planted
    wine = random.gamma(4, 10, count)
    meat = random.gamma(4, 10, count) * np.where(first, 3.0, 1.0)
    income = random.normal(50_000, 10_000, count) + np.where(first, 15_000, 0)
    blank = random.random(count) < 0.1
    return pa.table(
        {
            "__row": pa.array(range(count)),
            "id": pa.array([f"c{i}" for i in range(count)]),
            "wine": wine,
            "meat": meat,
            "total": wine + meat,
            "income": pa.array(income, mask=blank),
            "age": random.normal(45, 12, count),
            "vip": pa.array((random.random(count) < np.where(first, 0.6, 0.2)).astype(int)),
            "city": pa.array(random.choice(["Ulm", "Köln", "<b>Bonn</b>"], count)),
            "segment": pa.array(segment if planted else random.permutation(segment)),
        }
    )


def profiled(engine: Engine, table: ibis.Table, segments: int = 3) -> Profiles:
    return profile(engine, table, "segment", segments, ["total", "wine", "meat", "income", "age", "vip"], ["city"])


def searched(data: pa.Table, names: Sequence[str] = NAMES, features: tuple[str, ...] = ("total",)) -> Insights:
    engine = connect()
    table = engine.store("customers", data)
    made = recipe(features)
    profiles = profiled(engine, table, len(names))
    return find_insights(engine, table, "segment", table["id"], made, profiles, names)


# -------------------------------------------------------------------------------------------------------------- testing


def test_a_difference_of_means_is_welchs_test_and_cohens_d() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(1.0, 2.0, 60), random.normal(0.0, 1.0, 200)
    found = [estimate(Sums(len(x), x.sum(), (x * x).sum()), "mean") for x in (a, b)]
    assert found[0] and found[1]
    tested = difference(found[0], found[1], "mean")
    assert tested
    pooled = math.sqrt((59 * a.var(ddof=1) + 199 * b.var(ddof=1)) / 258)
    assert tested[0] == pytest.approx((a.mean() - b.mean()) / pooled)
    assert tested[1] == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
    low, high = interval(found[0], "mean")
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 59, a.mean(), stats.sem(a)))


def test_a_rate_has_wilsons_interval_and_cohens_h() -> None:
    mine, rest = estimate(Sums(100, 30, 30), "rate"), estimate(Sums(300, 30, 30), "rate")
    assert mine and rest
    tested = difference(mine, rest, "rate")
    assert tested
    assert tested[0] == pytest.approx(2 * math.asin(math.sqrt(0.3)) - 2 * math.asin(math.sqrt(0.1)))
    assert tested[1] == pytest.approx(stats.chi2_contingency([[30, 70], [30, 270]], correction=False).pvalue)
    assert interval(mine, "rate") == pytest.approx(stats.binomtest(30, 100).proportion_ci(method="wilson"))


def test_a_share_is_a_ratio_of_totals_with_the_error_that_resampling_gives() -> None:
    random = np.random.default_rng(2)
    x, rest = random.gamma(2, 10, 400), random.gamma(3, 20, 400)
    w = x + rest
    found = estimate(Sums(400, x.sum(), (x * x).sum(), w.sum(), (w * w).sum(), (x * w).sum()), "share")
    assert found
    assert found.value == pytest.approx(x.sum() / w.sum())
    draws = random.integers(0, 400, (2000, 400))
    assert found.error == pytest.approx(np.std(x[draws].sum(axis=1) / w[draws].sum(axis=1)), rel=0.1)


def test_too_few_customers_and_no_spread_are_not_tested() -> None:
    assert estimate(Sums(19, 5.0, 5.0), "mean") is None
    assert estimate(Sums(50, 0.0, 0.0, 0.0, 0.0, 0.0), "share") is None
    same = Estimate(1.0, 0.0, 0.0, 50)
    assert difference(same, same, "mean") is None
    rare = Estimate(0.01, 0.01, 0.1, 100)
    assert difference(rare, rare, "rate") is None


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p_values = np.random.default_rng(3).random(40) ** 3
    assert benjamini_hochberg(list(p_values)) == pytest.approx(list(stats.false_discovery_control(p_values)))


# ----------------------------------------------------------------------------------------------------------- candidates


def tallied(data: pa.Table) -> dict[tuple[str, str, str], Tally]:
    engine = connect()
    table = engine.store("customers", data)
    profiles = profiled(engine, table)
    candidates = enumerate_candidates(recipe(), profiles)
    found = tally(engine, table, "segment", table["id"], candidates, recipe(), profiles)
    return {(c.quantity, c.column, c.value): t for c, t in zip(candidates, found, strict=True)}


def test_sums_are_those_of_the_customers_and_do_not_depend_on_their_order() -> None:
    data = people(600, 4, planted=True)
    by_name = tallied(data)
    assert by_name == tallied(data.take(np.random.default_rng(0).permutation(600)))
    income = [sums for (segment, _), sums in by_name["mean", "income", ""].items() if segment == 1]
    known = [v for v, g in zip(data["income"].to_pylist(), data["segment"].to_pylist(), strict=True) if g == 1]
    known = [v for v in known if v is not None]
    assert sum(s.count for s in income) == len(known)
    assert sum(s.x for s in income) == pytest.approx(sum(known), rel=1e-12)
    share = sum(by_name["share", "meat", ""].values(), Sums(0, 0.0, 0.0))
    assert share.w == pytest.approx(sum(data["total"].to_pylist()), rel=1e-9)
    assert share.x == pytest.approx(sum(data["meat"].to_pylist()), rel=1e-9)
    ulm = sum(by_name["rate", "city", "Ulm"].values(), Sums(0, 0.0, 0.0))
    assert (ulm.count, ulm.x) == (600, data["city"].to_pylist().count("Ulm"))


def test_halves_are_about_equal_and_candidates_know_what_made_the_segments() -> None:
    engine = connect()
    table = engine.store("customers", people(900, 5, planted=True))
    profiles = profiled(engine, table)
    candidates = enumerate_candidates(recipe(), profiles)
    first = tally(engine, table, "segment", table["id"], candidates, recipe(), profiles)[0]
    halves = [sum(s.count for (_, half), s in first.items() if half == h) for h in (0, 1)]
    assert sum(halves) == 900 and abs(halves[0] - 450) < 60
    made = {(c.quantity, c.column): c.made for c in candidates}
    assert made["mean", "total"] and made["mean", "wine"] and made["share", "meat"]
    assert not made["mean", "income"] and not made["rate", "vip"] and not made["rate", "city"]
    assert {c.column for c in candidates if c.sensitive} == {"age"}


# ------------------------------------------------------------------------------------------------------------- findings


def test_planted_differences_are_found_confirmed_and_said() -> None:
    found = searched(people(1500, 6, planted=True))
    sentences = [f.sentence for f in found.findings]
    assert sentences[0].startswith("Top spenders are 33\u202f% of customers and 5")
    assert any(s.startswith("Top spenders earn 1.") for s in sentences)
    assert any(s.startswith("VIP: ") and "of Top spenders" in s for s in sentences)
    assert any(s.startswith("Top spenders spend ") and s.endswith("on meat") for s in sentences)
    assert not any("City" in s or "years old" in s for s in sentences)
    income = next(f for f in found.findings if f.candidate.column == "income" and f.segment == 0)
    assert income.confirmed.low < income.mine < income.confirmed.high
    assert income.strength == "very strong" and not income.candidate.made
    assert income.customers < 500 and len(income.by_segment) == 3
    assert 0 < found.confirmed <= found.found < found.tried


@pytest.mark.parametrize("seed", range(12))
def test_shuffled_segments_have_no_findings(seed: int) -> None:
    found = searched(people(600, 100 + seed, planted=False))
    assert found.confirmed == 0 and found.findings == ()
    assert found.tried >= 27


def test_the_same_customers_give_the_same_findings_in_any_order() -> None:
    data = people(900, 7, planted=True)
    assert searched(data) == searched(data.take(np.random.default_rng(1).permutation(900)))


def test_of_two_segments_one_mirrors_the_other_and_of_one_nothing_is_said() -> None:
    data = people(900, 8, planted=True)
    two = data.set_column(
        data.schema.get_field_index("segment"), "segment", pa.array([min(g, 1) for g in data["segment"].to_pylist()])
    )
    found = searched(two, NAMES[:2])
    assert found.findings and {f.segment for f in found.findings} == {0}
    one = data.set_column(data.schema.get_field_index("segment"), "segment", pa.array([0] * 900))
    assert searched(one, NAMES[:1]) == Insights((), 0, 0, 0)


def test_a_handful_of_customers_is_not_searched() -> None:
    assert searched(people(60, 9, planted=True)).tried == 0


# ------------------------------------------------------------------------------------------------------------- families


@pytest.fixture(scope="module")
def three() -> Profiles:
    """Three segments of two customers: wine 10, 2, 0 each; meat 30, 2, 1 each; deals 4, 4, 1."""
    wine, meat, deals = [10, 10, 2, 2, 0, 0], [30, 30, 2, 2, 1, 1], [4, 4, 4, 4, 1, 1]
    data = pa.table({"segment": [0, 0, 1, 1, 2, 2], "wine": wine, "meat": meat, "deals": deals})
    engine = connect()
    return profile(engine, engine.store("t", data), "segment", 3, ["wine", "meat", "deals"], [])


def test_a_family_by_segment_as_amount_share_and_index(three: Profiles) -> None:
    family = Family("f", "Spend by product", "spend", (*SPEND.members, FamilyMember("deals", "Deals", overlaps=True)))
    amount = describe_family(family, three, "amount")
    assert [m.label for m in amount.members] == ["Meat", "Wine", "Deals"]
    assert amount.segments == ((30, 10, 4), (2, 2, 4), (1, 0, 1))
    assert amount.everybody == (11, 4, 3)
    share = describe_family(family, three, "share")
    assert share.segments[0] == (0.75, 0.25, 0.1)
    assert share.segments[1] == (0.5, 0.5, 1.0)
    index = describe_family(family, three, "index")
    assert index.segments[0] == pytest.approx((3000 / 11, 250, 400 / 3))
    assert index.everybody == (100, 100, 100)


def test_a_family_s_sentence_is_of_one_thing() -> None:
    """Low spenders buy half the wine, which sets them apart most, and 1.6 times the meat: not both in one breath."""
    members = (FamilyMember("w", "Wine"), FamilyMember("m", "Meat"))
    family = Family("f", "Spend by product", "spend", members)
    view = FamilyView(family, "amount", members, (200.0, 20.0), ((290.0, 10.0), (100.0, 32.0)))
    assert finding_in_words(view, ["Wine lovers", "Low spenders"]) == "Low spenders spend 1.6x the average on meat"


def test_a_family_is_said_in_a_sentence(three: Profiles) -> None:
    said = {m: finding_in_words(describe_family(SPEND, three, m), NAMES) for m in ("amount", "share", "index")}
    assert said["amount"] == "Meat makes the difference: Top spenders spend 2.7x the average on meat"
    assert said["share"] == "Meat: 100\u202f% of the spend of New spenders, 50\u202f% among Low spenders"
    assert said["index"] == "Furthest from 100: Top spenders on meat (273), New spenders on wine (0)"


def test_segments_that_are_alike_are_said_to_be() -> None:
    engine = connect()
    data = pa.table({"segment": [0, 0, 1, 1], "wine": [5, 7, 5, 7], "meat": [3, 3, 3, 3]})
    alike = profile(engine, engine.store("t", data), "segment", 2, ["wine", "meat"], [])
    for mode in ("amount", "share", "index"):
        assert (
            finding_in_words(describe_family(SPEND, alike, mode), NAMES[:2])
            == "Spend by product: segments differ little"
        )


def test_answers_to_campaigns_are_rates(three: Profiles) -> None:
    engine = connect()
    data = pa.table({"segment": [0, 0, 1, 1], "one": [1, 1, 0, 0], "two": [1, 0, 0, 1]})
    answers = profile(engine, engine.store("t", data), "segment", 2, ["one", "two"], [])
    family = Family("r", "Offers", "responses", (FamilyMember("one", "Spring"), FamilyMember("two", "Autumn")))
    view = describe_family(family, answers, "amount")
    assert view.of_customers and view.segments == ((1, 0.5), (0, 0.5))
    wanted = "Spring divides most: 100\u202f% of Top spenders accepted, 50\u202f% of all"
    assert finding_in_words(view, NAMES[:2]) == wanted
