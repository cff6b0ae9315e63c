"""A study on Spark: the same numbers as on the embedded engine, from data that stay where they are."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope import samples
from segscope.engine.spark_session import java_version
from segscope.errors import StudyError
from segscope.library import load
from segscope.study import Choices, Fit, fit_source, read_card, read_fit
from segscope.study.folder import engine_of

CUSTOMERS = 600
CHOICES = Choices(segments=3, features=("total_spend", "average_spend", "Income", "Education"))

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample customers in three Parquet files of one folder."""
    place = tmp_path_factory.mktemp("lake")
    samples.write(place / "whole.parquet", CUSTOMERS)
    whole = pq.read_table(place / "whole.parquet")
    folder = place / "customers.parquet"
    folder.mkdir()
    for part in range(3):
        pq.write_table(whole.slice(part * 200, 200), folder / f"part-{part}.parquet")
    return folder


@pytest.fixture(scope="module")
def on_duckdb(lake: Path) -> Fit:
    return fit_source(lake, lake.parent / "duckdb", CHOICES)


@pytest.fixture(scope="module")
def study(lake: Path) -> Path:
    """A study on Spark."""
    os.environ["SEGSCOPE_ENGINE"] = "spark"
    try:
        fit_source(lake, lake.parent / "spark", CHOICES)
    finally:
        del os.environ["SEGSCOPE_ENGINE"]
    return lake.parent / "spark"


def test_both_engines_give_the_same_segmentation_to_the_last_bit(on_duckdb: Fit, study: Path) -> None:
    fitted = read_fit(study, read_card(study))
    assert fitted.segmentation == on_duckdb.segmentation
    assert fitted.evidence == on_duckdb.evidence
    assert fitted.verdict == on_duckdb.verdict


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
