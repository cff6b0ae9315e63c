"""The main job on the published file, with no configuration at all (issue 2)."""

import csv
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segscope.describing import describe
from segscope.engine import connect, rows
from segscope.intake import ROW
from segscope.scoring import score_file
from segscope.study import Choices, Fit, fit_source, open_study, read_card, read_fit
from tests.naming_truth import untrue

pytestmark = pytest.mark.real

SPEND = ["MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds"]
CHANNELS = ["NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]
OFFERS = ["AcceptedCmp1", "AcceptedCmp2", "AcceptedCmp3", "AcceptedCmp4", "AcceptedCmp5", "Response"]
VALUE_CORE = ("days_enrolled", "total_spend", "purchases", "average_spend")


@dataclass(frozen=True)
class Real:
    """The published file, its study in four segments, and its customers by their number."""

    file: Path
    folder: Path
    fit: Fit
    customers: Mapping[int, Mapping[str, Any]]


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Real:
    file, folder = real_data / "marketing_campaign.csv", tmp_path_factory.mktemp("real") / "study"
    fit = fit_source(file, folder, Choices(segments=4))
    live = open_study(folder)
    customers = {r["ID"]: r for r in rows(live.engine, live.customers)}
    live.engine.close()
    return Real(file, folder, fit, customers)


def described(fit: Fit) -> str:
    return json.dumps(describe(fit), indent=1, ensure_ascii=False)


# -------------------------------------------------------------------------------------------------- what is in the file


def test_every_customer_is_there(real: Real) -> None:
    assert real.fit.customers == len(real.customers) == 2240


def test_roles_are_found(real: Real) -> None:
    by_role: dict[str, set[str]] = {}
    for column in real.fit.columns:
        by_role.setdefault(column.role.value, set()).add(column.name)
    assert by_role == {
        "identifier": {"ID"},
        "category": {"Education", "Marital_Status"},
        "date": {"Dt_Customer"},
        "constant": {"Z_CostContact", "Z_Revenue"},
        "flag": {*OFFERS, "Complain"},
        "measure": {
            "Year_Birth", "Income", "Kidhome", "Teenhome", "Recency", "NumDealsPurchases", "NumWebVisitsMonth", *SPEND,
            *CHANNELS,
        },
    }  # fmt: skip


def test_families_are_found(real: Real) -> None:
    families = {f.kind: f for f in real.fit.recipe.families}
    assert [m.column for m in families["spend"].parts] == SPEND
    assert [m.column for m in families["purchases"].parts] == CHANNELS
    assert [m.column for m in families["purchases"].members if m.overlaps] == ["NumDealsPurchases"]
    assert sorted(m.column for m in families["responses"].parts) == OFFERS
    assert [m.label for m in families["spend"].members] == ["Wines", "Fruits", "Meat", "Fish", "Sweet", "Gold"]


def test_the_whole_column_of_dates_is_read_day_first(real: Real) -> None:
    assert real.customers[5524]["Dt_Customer"] == date(2012, 9, 4)
    assert real.customers[4141]["Dt_Customer"] == date(2013, 8, 21)
    days = [c["Dt_Customer"] for c in real.customers.values()]
    assert (min(days), max(days)) == (date(2012, 7, 30), date(2014, 6, 29))
    assert real.fit.recipe.as_of == date(2014, 6, 29)


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (5524, {"age": 57, "days_enrolled": 663, "children_at_home": 0, "total_spend": 1617, "purchases": 22,
                "average_spend": 73.5, "deal_share": 3 / 22, "offers_accepted": 1}),
        (2174, {"age": 60, "days_enrolled": 113, "children_at_home": 2, "total_spend": 27, "purchases": 4,
                "average_spend": 6.75, "deal_share": 0.5, "offers_accepted": 0}),
    ],
)  # fmt: skip
def test_derived_columns_are_what_one_computes_by_hand(real: Real, customer: int, expected: dict[str, float]) -> None:
    found = real.customers[customer]
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_derived_columns_hold_for_every_customer(real: Real) -> None:
    for c in real.customers.values():
        assert c["total_spend"] == sum(c[n] for n in SPEND)
        assert c["purchases"] == sum(c[n] for n in CHANNELS)
        assert c["children_at_home"] == c["Kidhome"] + c["Teenhome"]
        assert c["offers_accepted"] == sum(int(c[n]) for n in OFFERS)
        assert c["days_enrolled"] == (date(2014, 6, 29) - c["Dt_Customer"]).days
        assert c["average_spend"] == (c["total_spend"] / c["purchases"] if c["purchases"] else None)


def test_every_derived_column_shows_its_formula_and_what_it_means(real: Real) -> None:
    shown = {d["name"]: d for d in describe(real.fit)["derived"]}
    assert list(shown) == [
        "age", "days_enrolled", "children_at_home", "total_spend", "purchases", "average_spend", "deal_share",
        "offers_accepted",
    ]  # fmt: skip
    assert shown["purchases"]["formula"] == "sum(NumWebPurchases, NumCatalogPurchases, NumStorePurchases)"
    assert shown["days_enrolled"]["meaning"].endswith("2014-06-29, the newest date in the data")
    assert all(d["formula"] and d["meaning"] for d in shown.values())


# ------------------------------------------------------------------------------------------------------------- cleaning


def cleaning(real: Real, action: str, column: str = "") -> Any:
    (entry,) = [e for e in real.fit.cleaning if e.action == action and e.column == column]
    return entry


def test_missing_incomes_are_filled_and_counted(real: Real) -> None:
    entry = cleaning(real, "fill", "Income")
    assert entry.count == 24
    assert "24 blanks, and 1 implausible value, in Income filled with the median 51,373" in entry.detail
    assert sum(c["Income"] is None for c in real.customers.values()) == 25, "charts show them as blank"


def test_implausible_birth_years_are_treated_and_listed(real: Real) -> None:
    entry = cleaning(real, "implausible", "Year_Birth")
    assert (entry.count, set(entry.customers)) == (3, {"11004", "1150", "7829"})
    assert "(1893, 1899, 1900)" in entry.detail
    assert [real.customers[n]["age"] for n in (11004, 1150, 7829)] == [None, None, None]


def test_the_income_of_666666_is_treated_and_listed(real: Real) -> None:
    entry = cleaning(real, "implausible", "Income")
    assert (entry.count, entry.customers) == (1, ("9432",))
    assert "666666" in entry.detail


def test_the_recipe_can_change_the_rules(real: Real) -> None:
    rules = {(r.action, r.column): r for r in real.fit.recipe.cleaning}
    assert rules["implausible", "Year_Birth"].low == 1914
    assert rules["implausible", "Income"].values == (666_666,)


def test_repeated_rows_are_reported_and_kept(real: Real) -> None:
    assert cleaning(real, "report_repeated").count == 182
    assert real.fit.customers == 2240


def test_constants_are_set_aside(real: Real) -> None:
    assert {e.column for e in real.fit.cleaning if e.action == "set_aside"} == {"Z_CostContact", "Z_Revenue"}


# ------------------------------------------------------------------------------------------------------------- segments


def test_the_features_are_the_value_core(real: Real) -> None:
    assert real.fit.recipe.features == VALUE_CORE


def test_four_segments_have_unique_names_that_a_marketer_can_read(real: Real) -> None:
    names = [s.name for s in real.fit.segments]
    assert len(set(names)) == 4
    assert all(2 <= len(name.split()) <= 4 and name.replace(" ", "").replace("-", "").isalpha() for name in names)


def test_names_are_true_of_their_segments(real: Real) -> None:
    profile = {s.name: p for s, p in zip(real.fit.segments, real.fit.profiles.segments, strict=True)}
    everybody = real.fit.profiles.everybody.numbers
    spend = {name: p.numbers["total_spend"].mean for name, p in profile.items()}
    days = {name: p.numbers["days_enrolled"].mean for name, p in profile.items()}
    assert max(spend, key=lambda n: spend[n]) == "Top spenders"
    for name in names_with(spend, "low spenders"):
        assert spend[name] < everybody["total_spend"].mean
    assert names_with(days, "new")
    for name in names_with(days, "new"):
        assert days[name] < everybody["days_enrolled"].mean


def names_with(names: Mapping[str, object], word: str) -> list[str]:
    return [n for n in names if word in n.lower()]


def test_segments_share_out_everybody_and_all_that_was_spent(real: Real) -> None:
    assert sum(s.size for s in real.fit.segments) == 2240
    assert sum(s.share for s in real.fit.segments) == pytest.approx(1)
    assert sum(s.value_share or 0 for s in real.fit.segments) == pytest.approx(1)
    shares = [s.value_share or 0 for s in real.fit.segments]
    assert [s.id for s in real.fit.segments] == ["s1", "s2", "s3", "s4"]
    spend = [p.numbers["total_spend"].mean for p in real.fit.profiles.segments]
    assert spend == sorted(spend, reverse=True)
    assert shares[0] > 0.4


def test_the_customers_of_the_study_are_the_sizes_of_the_segments(real: Real) -> None:
    counts: dict[str, int] = {}
    for c in real.customers.values():
        name = real.fit.segments[c["__segment"]].name
        counts[name] = counts.get(name, 0) + 1
    assert counts == {s.name: s.size for s in real.fit.segments}


def test_every_word_of_every_name_is_true(real: Real) -> None:
    rows = list(real.customers.values())
    places = np.array([row["__segment"] for row in rows])
    columns = {f: np.array([np.nan if row[f] is None else row[f] for row in rows]) for f in real.fit.recipe.features}
    assert untrue(real.fit.portraits, real.fit.recipe, columns, places) == []
    assert all(2 <= len(s.name.split()) <= 4 for s in real.fit.segments)


def test_the_json_is_the_contract(real: Real) -> None:
    found = describe(real.fit)
    contract = {"customers", "columns", "cleaning", "features", "method", "k", "evidence", "verdict", "segments"}
    assert contract <= set(found)
    assert all({"name", "role", "missing", "note"} <= set(c) for c in found["columns"])
    assert all({"action", "column", "count", "detail"} <= set(c) for c in found["cleaning"])
    assert [e["k"] for e in found["evidence"]] == list(range(1, 13))
    assert all({"k", "wcss", "silhouette"} <= set(e) for e in found["evidence"])
    wanted = {"id", "name", "size", "share", "verdict", "stability", "profile"}
    assert all(wanted <= set(s) and tuple(s["profile"]) == VALUE_CORE for s in found["segments"])
    assert found["verdict"] in ("natural", "reproducible", "constructed")
    assert found["segments"][0]["profile"]["total_spend"] > 1000
    falling = [e["wcss"] for e in found["evidence"]]
    assert falling == sorted(falling, reverse=True)


# ----------------------------------------------------------------------------------------------- the same bytes, always


def test_two_runs_and_shuffled_rows_give_the_same_bytes(real: Real, tmp_path: Path) -> None:
    header, *lines = real.file.read_text(encoding="utf-8").splitlines()
    random.Random(3).shuffle(lines)
    shuffled = tmp_path / real.file.name
    shuffled.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    assert described(fit_source(real.file, tmp_path / "again", Choices(segments=4))) == described(real.fit)
    assert described(fit_source(shuffled, tmp_path / "shuffled", Choices(segments=4))) == described(real.fit)
    assert read_fit(real.folder, read_card(real.folder)) == real.fit


def test_transform_none_reaches_the_wcss_of_scikit_learns_best_of_20_starts(real: Real, tmp_path: Path) -> None:
    fit = fit_source(real.file, tmp_path / "none", Choices(segments=4, transform="none"))
    table = np.array(
        [[c[f] if c[f] is not None else np.nan for f in VALUE_CORE] for c in real.customers.values()], float
    )
    table = np.where(np.isnan(table), np.nanmedian(table, axis=0), table)
    best = KMeans(4, n_init=20, random_state=0, tol=0).fit((table - table.mean(axis=0)) / table.std(axis=0))
    assert fit.wcss == pytest.approx(best.inertia_, rel=1e-6)
    assert sorted(s.size for s in fit.segments) == sorted(np.bincount(best.labels_).tolist())
    assert not any(e.action in ("log", "bound") for e in fit.cleaning)


def test_auto_takes_what_the_evidence_supports(real: Real, tmp_path: Path) -> None:
    fit = fit_source(real.file, tmp_path / "auto", Choices(features=("total_spend", "purchases")))
    assert len(fit.segments) == fit.evidence.recommended
    assert fit.evidence.reason.startswith(f"{fit.evidence.recommended} segment")


# -------------------------------------------------------------------------------------------------------------- scoring


def test_scoring_keeps_every_row_and_cell_and_appends_three_columns(real: Real, tmp_path: Path) -> None:
    target = tmp_path / "scored.csv"
    assert score_file(real.fit.segmentation, real.file, target).rows == 2240
    with real.file.open(encoding="utf-8", newline="") as given, target.open(encoding="utf-8", newline="") as found:
        before, after = list(csv.reader(given, delimiter="\t")), list(csv.reader(found))
    assert after[0] == [*before[0], "segment", "segment_probability", "second_segment"]
    assert [row[:29] for row in after] == before
    names = {s.name for s in real.fit.segments}
    assert all(row[29] in names and row[31] in names - {row[29]} and 0.25 <= float(row[30]) <= 1 for row in after[1:])
    places = [real.customers[int(r[0])]["__segment"] for r in before[1:]]
    assert [r[29] for r in after[1:]] == [real.fit.segments[place].name for place in places]


def test_the_snapshot_keeps_the_records_in_the_order_of_the_file(real: Real) -> None:
    engine = connect()
    table = engine.scan_parquet("t", real.folder / read_card(real.folder).data)
    found = engine.fetch(table.select(ROW, "ID").order_by(ROW))["ID"].to_pylist()
    engine.close()
    assert found[:3] == [5524, 2174, 4141]
