"""Audiences: filters kept under names, whatever else happens to the study; and lists of the customers they mean."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any, get_args

import fastexcel
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segscope.errors import ColumnError, SourceError, StudyError
from segscope.exploring import parse_filters
from segscope.study import LiveStudy, open_study
from segscope.study.audiences import (
    Audience,
    condition_words,
    conditions,
    delete_audience,
    find_audience,
    read_audiences,
    rename_audience,
    save_audience,
    values_gone,
)
from segscope.study.browsing import View, Wanted, browse
from segscope.study.lists import CustomerList, customer_list, list_columns, wanted_filters, write_list
from segscope.web.exploration import selection_counts

YOUNG = Audience("Young", {"age": [None, 40]})
KOELN = Audience("Köln", {"city": {"in": ["Köln"]}, "spend": [100, None]})


@pytest.fixture
def folder(shop: Path, tmp_path: Path) -> Path:
    return shutil.copytree(shop, tmp_path / "shop")


@pytest.fixture(scope="module")
def live(shop: Path) -> LiveStudy:
    return open_study(shop)


def names(folder: Path) -> list[str]:
    return [a.name for a in read_audiences(folder)]


def test_a_study_starts_without_audiences_and_keeps_them_in_order(folder: Path) -> None:
    assert read_audiences(folder) == ()
    save_audience(folder, YOUNG)
    save_audience(folder, KOELN)
    assert read_audiences(folder) == (YOUNG, KOELN)
    open_study(folder).engine.close()


def test_an_audience_is_found_whatever_the_case_and_near_names_are_offered(folder: Path) -> None:
    save_audience(folder, KOELN)
    assert find_audience(read_audiences(folder), "KÖLN") == KOELN
    with pytest.raises(StudyError, match=r"There is no audience 'Kölnn'. Did you mean Köln?"):
        find_audience(read_audiences(folder), "Kölnn")
    with pytest.raises(StudyError, match="None is saved yet"):
        find_audience((), "x")


def test_rename_delete_and_put_back(folder: Path) -> None:
    save_audience(folder, YOUNG)
    save_audience(folder, KOELN)
    rename_audience(folder, "young", " Under 40 ")
    assert names(folder) == ["Under 40", "Köln"]
    removed, place = delete_audience(folder, "Under 40")
    assert names(folder) == ["Köln"]
    save_audience(folder, removed, place)
    assert names(folder) == ["Under 40", "Köln"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "needs a name"), ("  ", "needs a name"), ("a\nb", "needs a name"), ("x" * 81, "at most 80"),
     ("yOUNG", "There is an audience 'Young' already")],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused_and_nothing_changes(folder: Path, name: str, told: str) -> None:
    save_audience(folder, YOUNG)
    save_audience(folder, KOELN)
    with pytest.raises(StudyError, match=told):
        save_audience(folder, Audience(name, {"age": [1, 2]}))
    with pytest.raises(StudyError, match=told):
        rename_audience(folder, "Köln", name)
    assert names(folder) == ["Young", "Köln"]


def test_an_audience_without_conditions_is_refused(folder: Path) -> None:
    with pytest.raises(StudyError, match="needs a filter"):
        save_audience(folder, Audience("All", {}))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"audiences": [{"name": 3}]}', '{"audiences": [], "schema_version": 9}']
)
def test_a_damaged_file_is_told_and_never_written_over(folder: Path, text: str) -> None:
    (folder / "audiences.json").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"audiences\.json"):
        read_audiences(folder)
    with pytest.raises(StudyError, match=r"audiences\.json"):
        save_audience(folder, YOUNG)
    assert (folder / "audiences.json").read_text(encoding="utf-8") == text


def test_an_audience_whose_column_is_gone_says_so(live: LiveStudy) -> None:
    gone = Audience("Rich", {"salary": [1, 2]})
    with pytest.raises(StudyError, match=r"'Rich' no longer fits this study. There is no column 'salary'"):
        conditions(gone, live.variables)


def test_conditions_in_words_and_values_that_nobody_has_any_more(live: LiveStudy) -> None:
    found = conditions(Audience("a", {"city": {"in": ["Köln", "Mainz", "(blank)"]}, "age": [30, None]}), live.variables)
    assert condition_words(found, live.variables) == ("City Köln, Mainz or (blank)", "Age from 30")
    assert values_gone(found, live.variables) == ("Mainz",)


# ---- lists


def listed(live: LiveStudy, target: Path, state: dict[str, Any], columns: list[str] | None = None) -> int:
    return write_list(customer_list(live, parse_filters(state, live.variables), columns), target)


def test_a_list_holds_identifier_segment_strength_second_and_the_columns(live: LiveStudy, tmp_path: Path) -> None:
    assert listed(live, tmp_path / "o.parquet", {}, ["spend", "age"]) == 60
    found = pq.read_table(tmp_path / "o.parquet")
    assert found.column_names == ["customer_id", "segment", "segment_probability", "second_segment", "spend", "age"]
    assert found["customer_id"].to_pylist() == [f"{i:04d}" for i in range(60)]
    sizes = {s.name: s.size for s in live.fit.segments}
    assert {n: found["segment"].to_pylist().count(n) for n in sizes} == sizes
    assert set(found["second_segment"].to_pylist()) == set(sizes)
    assert all(0.5 <= p <= 1 for p in found["segment_probability"].to_pylist())


STATES = st.fixed_dictionaries(
    {},
    optional={
        "age": st.tuples(st.integers(20, 45), st.integers(45, 70)).map(list),
        "spend": st.tuples(st.one_of(st.none(), st.floats(0, 50)), st.floats(50, 1400)).map(list),
        "city": st.fixed_dictionaries(
            {"in": st.lists(st.sampled_from(["Köln", "Bonn", "Ulm", "(blank)"]), min_size=1)}
        ),
        "newsletter": st.just({"in": ["yes"]}),
        "first_order": st.just(["2023-03-01", "2023-10-31"]),
    },
)


@given(STATES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_has_as_many_customers_as_the_page_counts(
    live: LiveStudy, tmp_path: Path, state: dict[str, Any]
) -> None:
    counted = selection_counts(live, state)["selected"]
    assert listed(live, tmp_path / "o.parquet", state) == counted
    assert pq.read_metadata(tmp_path / "o.parquet").num_rows == counted


def test_formulas_in_values_and_names_are_neutralised(live: LiveStudy, tmp_path: Path) -> None:
    listed(live, tmp_path / "o.csv", {}, ["note"])
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["note"][:12] for row in rows} == {"'=HYPERLINK("}
    listed(live, tmp_path / "o.xlsx", {"age": [30, 40]}, ["note"])
    sheet = fastexcel.read_excel(tmp_path / "o.xlsx").load_sheet(0).to_arrow().to_pydict()
    assert all(note.startswith("=HYPERLINK(") for note in sheet["note"])  # as text: nothing runs


def test_a_list_of_a_segment_within_an_audience(folder: Path) -> None:
    save_audience(folder, KOELN)
    live = open_study(folder)
    segment = live.fit.segments[0]
    both = customer_list(live, wanted_filters(live, segment.id, "köln"))
    direct = {**KOELN.filters, "__segment_name": {"in": [segment.name]}}
    assert both.count == selection_counts(live, direct)["selected"] > 0
    with pytest.raises(StudyError, match="There is no segment 'nobody'"):
        wanted_filters(live, "nobody")


def test_a_list_follows_the_search_and_the_view_of_the_grid(live: LiveStudy, tmp_path: Path) -> None:
    segment = wanted_filters(live, live.fit.segments[0].id)
    found = customer_list(live, segment, ["spend"], search="001")
    alike = browse(live, Wanted(segment, "001"), ["customer_id"], count=200)
    assert found.count == alike.total > 0
    assert all(name.startswith("001") for name in _identifiers(found, tmp_path))
    for view in get_args(View):
        nearest = browse(live, Wanted(segment, view=view), ["customer_id"], count=200)
        names = [c["customer_id"] for c in nearest.customers]
        assert _identifiers(customer_list(live, segment, ["spend"], reason=True, view=view), tmp_path) == names
    assert customer_list(live, segment, search="nobody", view="typical").count == 0


def _identifiers(found: CustomerList, folder: Path) -> list[str]:
    assert write_list(found, folder / "o.parquet") == found.count
    return [str(name) for name in pq.read_table(folder / "o.parquet")["customer_id"].to_pylist()]


def test_personal_columns_leave_only_when_they_are_named(tmp_path: Path) -> None:
    from segscope.study import Choices, fit_source

    lines = ["customer_id,email,spend,visits"]
    lines += [
        f"{i},user{i}@example.org,{900 + i if i % 2 else 20 + i},{30 + i % 3 if i % 2 else i % 4}" for i in range(60)
    ]
    (tmp_path / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    fit_source(tmp_path / "people.csv", tmp_path / "study", Choices(segments=2))
    live = open_study(tmp_path / "study")
    assert "email" not in customer_list(live, ()).names
    assert "email" in customer_list(live, (), ["email"]).names
    assert set(list_columns(live, personal=True)) - set(list_columns(live)) == {"email"}


def test_an_unknown_column_and_too_many_rows_for_excel_are_refused(live: LiveStudy, tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match=r"There is no column 'agee' to export. Did you mean age?"):
        customer_list(live, (), ["agee"])
    many = customer_list(live, ())
    object.__setattr__(many, "count", 2_000_000)
    with pytest.raises(SourceError, match=r"2,000,000. Use CSV or Parquet"):
        write_list(many, tmp_path / "o.xlsx")
    assert not list(tmp_path.iterdir())


def test_the_file_of_audiences_is_readable(folder: Path) -> None:
    save_audience(folder, KOELN)
    kept = json.loads((folder / "audiences.json").read_text(encoding="utf-8"))
    assert kept == {"audiences": [{"name": "Köln", "filters": KOELN.filters}], "schema_version": 1}
