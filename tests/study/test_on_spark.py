"""A study on Spark: the same numbers as on the embedded engine, from data that stay where they are."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.converting import convert
from segscope.engine.spark_session import java_version
from segscope.errors import StudyError
from segscope.library import load
from segscope.study import Choices, Fit, LiveStudy, fit_source, open_study, read_card, read_fit
from segscope.study.browsing import explain
from segscope.study.folder import engine_of
from segscope.study.handwork import HandEdit, work_by_hand
from segscope.study.running import silent
from tests.study.asking import ASKED, FILTERS, counted
from tests.study.collecting import Collected
from tests.study.differences import differences_of
from tests.study.lakes import CUSTOMERS, in_parts

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def study(lake: Path, on_spark: list[Collected]) -> Path:
    """The study on Spark."""
    return lake.parent / "spark"


def fit_of(folder: Path) -> Fit:
    return read_fit(folder, read_card(folder))


@pytest.mark.usefixtures("on_duckdb")
def test_both_engines_give_the_same_segmentation_to_the_last_bit(study: Path, lake: Path) -> None:
    assert fit_of(study) == fit_of(lake.parent / "duckdb")


def test_the_published_file_gives_the_same_on_both_engines_to_the_last_bit(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(real_data / "marketing_campaign.csv", tmp_path / "real.parquet")
    parts = in_parts(pq.read_table(tmp_path / "real.parquet"), tmp_path / "customers.parquet", 5)
    fit_source(tmp_path / "real.parquet", tmp_path / "duckdb", Choices(segments=4))
    monkeypatch.setenv("SEGSCOPE_ENGINE", "spark")
    fit_source(parts, tmp_path / "spark", Choices(segments=4))
    mine, embedded = fit_of(tmp_path / "spark"), fit_of(tmp_path / "duckdb")
    # Quartiles of what is not whole are shown, and may differ in the last bit.
    assert replace(mine, profiles=embedded.profiles) == embedded


def test_spark_collects_what_the_embedded_engine_does(on_spark: list[Collected], on_duckdb: list[Collected]) -> None:
    """How little that is, tests/study/test_collecting.py says; aggregates of one row aside, which reading asks for."""
    assert several_rows(on_spark) == several_rows(on_duckdb)


def several_rows(found: list[Collected]) -> list[Collected]:
    return [(columns, rows) for columns, rows in found if rows > 1]


def test_the_study_refers_to_its_data_and_holds_no_copy(study: Path, lake: Path) -> None:
    assert [file.suffix for file in (study / "data").iterdir()] == [".json"]
    assert engine_of(study, read_card(study)) == "spark"


@pytest.mark.usefixtures("on_duckdb")
def test_scoring_on_spark_writes_a_folder_in_the_order_of_the_source(study: Path, lake: Path, tmp_path: Path) -> None:
    done = load(study).score_file(lake, tmp_path / "scored.parquet")
    embedded = load(lake.parent / "duckdb").score(pq.read_table(lake.parent / "whole.parquet"))
    found: pa.Table = pq.read_table(tmp_path / "scored.parquet")
    assert done.rows == CUSTOMERS
    assert found.column_names == embedded.column_names
    for column in ("ID", "segment", "second_segment"):
        assert found[column].to_pylist() == embedded[column].to_pylist()


@pytest.mark.usefixtures("on_duckdb")
def test_a_list_is_exported_in_the_order_of_the_source(study: Path, lake: Path, tmp_path: Path) -> None:
    assert load(study).export(tmp_path / "list.csv") == CUSTOMERS
    load(lake.parent / "duckdb").export(tmp_path / "embedded.csv")
    assert (tmp_path / "list.csv").read_bytes() == (tmp_path / "embedded.csv").read_bytes()


def test_a_source_that_changed_is_noticed(study: Path, lake: Path, tmp_path: Path) -> None:
    moved = tmp_path / "study"
    shutil.copytree(study, moved)
    extra = lake / "part-3.parquet"
    shutil.copy(lake / "part-0.parquet", extra)
    try:
        with pytest.raises(StudyError, match="has changed since the study was fitted"):
            load(moved).export(tmp_path / "list.csv")
    finally:
        extra.unlink()


@pytest.fixture(scope="module")
def both(on_duckdb: list[Collected], study: Path, lake: Path) -> Iterator[tuple[LiveStudy, LiveStudy]]:
    """The same study, open on either engine."""
    opened = open_study(lake.parent / "duckdb"), open_study(study)
    yield opened
    for live in opened:
        live.engine.close()


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_page_asks_has_the_same_answer(asked: str, both: tuple[LiveStudy, LiveStudy]) -> None:
    embedded, spark = (ASKED[asked](live) for live in both)
    assert differences_of(embedded, spark) == []


@pytest.mark.usefixtures("on_duckdb")
def test_what_was_found_out_is_kept_with_the_study_and_names_no_customer(study: Path, tmp_path: Path) -> None:
    place = tmp_path / "study"
    shutil.copytree(study, place, ignore=shutil.ignore_patterns("answers"))
    live = open_study(place)
    counts, _ = counted(live, FILTERS), explain(live, 17)
    assert len(list((place / "answers").iterdir())) == 1
    live.engine.close()
    again = open_study(place)
    before = again.engine.bytes_fetched  # type: ignore[attr-defined]  # of Spark's alone
    assert counted(again, FILTERS) == counts
    assert again.engine.bytes_fetched == before  # type: ignore[attr-defined]
    again.engine.close()


@pytest.mark.usefixtures("on_duckdb")
def test_merging_by_hand_comes_to_the_same(study: Path, lake: Path, tmp_path: Path) -> None:
    made: list[Fit] = []
    for kind, original in (("duckdb", lake.parent / "duckdb"), ("spark", study)):
        shutil.copytree(original, tmp_path / kind)
        made.append(work_by_hand(tmp_path / kind, HandEdit("merge", "s1", "s2"), silent))
    assert made[0].segmentation == made[1].segmentation
    assert differences_of(made[0], made[1]) == []
