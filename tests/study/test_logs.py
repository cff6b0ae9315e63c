"""Logs of transactions: recognised, made into customers, fitted, decided otherwise, scored; and read in another way."""

import csv
from datetime import date
from pathlib import Path

import polars
import pytest

from segscope.editing import Change, draft
from segscope.errors import ColumnError, MissingColumnsError, RecipeError, StudyError
from segscope.intake import ReadOptions
from segscope.recipe import Recipe, Role
from segscope.scoring import score_file
from segscope.study import Choices, Fit, Order, carry_out, fit_source, open_study, read_card, read_fit, source_of

HEAD = "order_id,customer_id,order_date,amount,category,shop,country"


@pytest.fixture(scope="module")
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty customers: every fourth buys often and much, the others once or twice."""
    lines, number = [HEAD], 0
    for c in range(40):
        for i in range(12 if c % 4 == 0 else 1 + c % 2):
            number += 1
            day = date(2023, 1 + (c + i) % 12, 1 + (5 * i + c) % 28)
            amount = 80 + 3 * i + c if c % 4 == 0 else 10 + i + c % 7
            lines.append(f"o{number},c{c:03d},{day},{amount}.50,{('Wine', 'Fish')[i % 2]},{('Web', 'Town')[c % 2]},DE")
    lines.append(f"o{number + 1},,2023-06-01,5.00,Wine,Web,DE")
    path = tmp_path_factory.mktemp("log") / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(log_file: Path, tmp_path: Path) -> Path:
    fit_source(log_file, tmp_path / "study", Choices(segments=2))
    return tmp_path / "study"


def fitted(folder: Path) -> Fit:
    return read_fit(folder, read_card(folder))


def rerun(folder: Path, *changes: Change) -> Fit:
    card = read_card(folder)
    found = draft(fitted(folder).recipe, card.reading, changes)
    return carry_out(Order(str(folder), found.recipe, found.reading))


def test_a_log_becomes_customers_with_recency_frequency_and_spend(folder: Path) -> None:
    fit = fitted(folder)
    assert fit.customers == 40
    assert fit.recipe.log is not None
    assert (fit.recipe.log.customer, fit.recipe.log.amount) == ("customer_id", "amount")
    assert fit.recipe.features == ("recency_days", "purchases", "total_spend")
    assert [s.size for s in fit.segments] == [10, 30]
    assert {"spend", "purchases"} <= {f.kind for f in fit.recipe.families}
    assert any("share" in d.unit for d in fit.recipe.derived)


def test_what_was_set_aside_is_in_the_cleaning_log(folder: Path) -> None:
    assert any("customer" in e.detail and e.count == 1 for e in fitted(folder).cleaning)


def test_the_open_study_holds_customers_not_rows(folder: Path) -> None:
    live = open_study(folder)
    assert live.engine.fetch(live.customers.count().as_table())[0][0].as_py() == 40
    assert "rfm_group" in {v.column for v in live.variables}
    live.engine.close()


def test_every_row_of_a_log_has_the_segment_of_its_customer(folder: Path, log_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "scored.csv"
    score_file(fitted(folder).segmentation, log_file, target)
    with target.open(encoding="utf-8") as file:
        scored = list(csv.DictReader(file))
    with log_file.open(encoding="utf-8") as file:
        assert [r["order_id"] for r in scored] == [r["order_id"] for r in csv.DictReader(file)]
    segments = {c: {r["segment"] for r in scored if r["customer_id"] == c} for c in {r["customer_id"] for r in scored}}
    assert segments.pop("") == {""}
    assert all(len(found) == 1 for found in segments.values())
    sizes = {s.name: s.size for s in fitted(folder).segments}
    names = [next(iter(found)) for found in segments.values()]
    assert {n: names.count(n) for n in set(names)} == sizes


def test_customers_that_are_ready_made_are_scored_too(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("who,recency_days,purchases,total_spend\na,10,12,1500\nb,200,1,12\n", encoding="utf-8")
    assert score_file(fitted(folder).segmentation, file, tmp_path / "out.csv").rows == 2


def test_rows_can_be_customers_after_all_and_transactions_again(folder: Path, log_file: Path) -> None:
    before = fitted(folder)
    rows = len(log_file.read_text(encoding="utf-8").splitlines()) - 1
    as_rows = rerun(folder, Change("log", "rows", "customers"))
    assert (as_rows.customers, as_rows.recipe.log) == (rows, None)
    mapping = [("rows", "transactions"), ("customer", "customer_id"), ("date", "order_date"), ("amount", "amount")]
    mapping += [("product", "category")]
    again = rerun(folder, *(Change("log", part, value) for part, value in mapping))
    assert again.customers == before.customers
    assert again.recipe.log is not None
    assert set(again.recipe.log.products) == {"Wine", "Fish"}
    assert again.segments[0].size == 10


def test_another_day_counts_recency_to_it_and_leaves_later_rows_aside(folder: Path) -> None:
    found = rerun(folder, Change("as_of", "", "2023-06-30"))
    assert found.recipe.as_of == date(2023, 6, 30)
    assert any("2023-06-30" in e.detail for e in found.cleaning)
    assert found.customers < 40


def test_flags_decide_like_changes(log_file: Path, tmp_path: Path) -> None:
    changes = (Change("log", "rows", "customers"), Change("role", "amount", "ignored"))
    with pytest.raises(ColumnError, match="'amount' holds neither numbers nor a category; its role is ignored"):
        fit_source(log_file, tmp_path / "b", Choices(changes=changes, features=("amount",)))


def test_a_log_with_columns_of_other_names_is_scored_alike(folder: Path, log_file: Path, tmp_path: Path) -> None:
    model = read_fit(folder, read_card(folder)).segmentation
    text = log_file.read_text(encoding="utf-8")
    (tmp_path / "other.csv").write_text(
        text.replace("customer_id", "buyer").replace("amount", "paid"), encoding="utf-8"
    )
    with pytest.raises(MissingColumnsError, match="lacks the columns 'customer_id', 'amount'"):
        score_file(model, tmp_path / "other.csv", tmp_path / "b.csv")
    score_file(model, log_file, tmp_path / "a.csv")
    score_file(model, tmp_path / "other.csv", tmp_path / "b.csv", renames={"buyer": "customer_id", "paid": "amount"})
    one, other = ((tmp_path / name).read_text(encoding="utf-8").splitlines() for name in ("a.csv", "b.csv"))
    assert one[1:] == other[1:] and '"buyer"' in other[0]


def test_a_mapping_that_does_not_fit_is_refused_and_nothing_changes(folder: Path) -> None:
    before = read_card(folder)
    with pytest.raises(ColumnError, match="amount"):
        rerun(folder, Change("log", "amount", "shop"))
    assert read_card(folder) == before


def test_several_currencies_are_refused_until_one_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    rows = [f"c{i % 9},2023-01-{1 + i % 28:02d},{5 + i % 11}.5,{'EUR' if i % 3 else 'USD'}" for i in range(90)]
    file.write_text("customer_id,date,amount,currency\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"2 currencies: EUR \(60 rows\), USD \(30 rows\)"):
        fit_source(file, tmp_path / "study")
    changes = (Change("log", "only_currency", "EUR"),)
    found = fit_source(file, tmp_path / "study", Choices(changes=changes, segments=2))
    assert any(e.count == 30 for e in found.cleaning)


def test_a_source_is_read_anew_in_another_way_and_decisions_live_on(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    lines = [f"{i};{10 + i % 5},5;{100 * (i % 2) + i % 7};{i % 13}" for i in range(40)]
    file.write_text("id;a;b;c\n" + "\n".join(lines) + "\n", encoding="utf-8")
    folder = tmp_path / "study"
    fit_source(file, folder, Choices(segments=2, changes=(Change("role", "a", "ignored"),)))
    found = rerun(folder, Change("type", "b", "text"))
    assert read_card(folder).reading == ReadOptions(types=(("b", "text"),))
    roles = {c.column: c.role for c in found.recipe.columns}
    assert (roles["a"], roles["b"]) == (Role.IGNORED, Role.CATEGORY)


def test_a_source_that_is_gone_cannot_be_read_anew(folder: Path, log_file: Path, tmp_path: Path) -> None:
    (folder / "source" / "origin").write_text("../gone.csv\n")
    assert source_of(folder) is None
    with pytest.raises(StudyError, match="no longer where it was read from"):
        rerun(folder, Change("reading", "delimiter", ";"))


def test_an_uploaded_source_moves_into_its_study(log_file: Path, tmp_path: Path) -> None:
    upload = tmp_path / "incoming"
    upload.write_bytes(log_file.read_bytes())
    folder = tmp_path / "study"
    carry_out(Order(str(folder), source=str(upload), shown="orders.csv", keep=True))
    assert read_card(folder).source == "orders.csv"
    assert not upload.exists()
    assert source_of(folder) == str(folder / "source" / "original")


def test_an_order_survives_its_json() -> None:
    order = Order(
        "somewhere", Recipe(columns=()), ReadOptions(delimiter=";", types=(("a", "text"),)), "x.csv", "y", True
    )
    assert Order.from_json(order.to_json()) == order


def test_cdnow_runs_without_configuration(real_data: Path, tmp_path: Path) -> None:
    fit = fit_source(real_data / "cdnow_sample.txt", tmp_path / "cdnow")
    assert fit.customers == 2357
    assert any("6,919 rows" in e.detail and "6,696 purchases" in e.detail for e in fit.cleaning)
    assert sum(s.size for s in fit.segments) == 2357


def test_a_frame_is_a_source_too(tmp_path: Path) -> None:
    frame = polars.DataFrame({"id": range(40), "spend": [float(i % 2 * 100 + i % 7) for i in range(40)]})
    found = fit_source(frame, tmp_path / "study", Choices(segments=2))
    assert [s.size for s in found.segments] == [20, 20]
    assert read_card(tmp_path / "study").intake.format == "data frame"
    assert source_of(tmp_path / "study") is None
    assert carry_out(Order(str(tmp_path / "study"), found.recipe.replace(segments=1))).customers == 40
