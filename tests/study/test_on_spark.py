"""A study on Spark: the same numbers as on the embedded engine, from data that stay where they are."""

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope import comparing
from segscope.converting import convert
from segscope.engine.spark_session import java_version
from segscope.errors import StudyError
from segscope.exploring import associate, count_each, parse_filters, select
from segscope.exploring.counts import count_bins, top_values
from segscope.exploring.cubes import count_cube
from segscope.exploring.differences import moments
from segscope.exploring.paging import Order
from segscope.exploring.pairs import boxes, cloud, crosstab, density, shapes
from segscope.insights import find_insights, find_opportunities
from segscope.library import load
from segscope.rules import count_selected, learn_rules
from segscope.segmentation import SEGMENT
from segscope.study import Choices, Fit, LiveStudy, fit_source, open_study, read_card, read_fit
from segscope.study.browsing import Wanted, browse, explain
from segscope.study.fitting import customer_key
from segscope.study.folder import engine_of
from segscope.study.handwork import HandEdit, work_by_hand
from segscope.study.lists import customer_list, unusual_list
from segscope.study.narrowing import narrowed, with_quartiles
from segscope.study.running import silent
from tests.study.collecting import Collected, collected
from tests.study.lakes import CHOICES, CUSTOMERS, in_parts

SEVERAL = 10  # counts of numbers in each segment may be more than there are customers, where these are few

pytestmark = pytest.mark.skipif(java_version() is None, reason="no Java for Spark: install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def on_duckdb(lake: Path) -> list[Collected]:
    """A study on the embedded engine, ``duckdb`` beside the lake: what it collected when it was fitted and opened."""
    with collected(CUSTOMERS * SEVERAL) as found:
        fit_source(lake, lake.parent / "duckdb", CHOICES)
        open_study(lake.parent / "duckdb").engine.close()
    return found


@pytest.fixture(scope="module")
def on_spark(lake: Path) -> list[Collected]:
    """The same on Spark, ``spark`` beside the lake."""
    with pytest.MonkeyPatch.context() as patch, collected(CUSTOMERS * SEVERAL) as found:
        patch.setenv("SEGSCOPE_ENGINE", "spark")
        fit_source(lake, lake.parent / "spark", CHOICES)
        patch.delenv("SEGSCOPE_ENGINE")
        open_study(lake.parent / "spark").engine.close()
    return found


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


# ------------------------------------------------------------------------------------------------ what pages ask


FILTERS = {"Income": [30000, 70000], "Education": {"in": ["PhD", "Master", "Graduation", "(blank)"]}}
SINCE = {"Dt_Customer": ["2013-01-01", "2013-12-31"]}


@pytest.fixture(scope="module")
def both(on_duckdb: list[Collected], study: Path, lake: Path) -> Iterator[tuple[LiveStudy, LiveStudy]]:
    """The same study, open on either engine."""
    opened = open_study(lake.parent / "duckdb"), open_study(study)
    yield opened
    for live in opened:
        live.engine.close()


def _selected(live: LiveStudy, state: Mapping[str, Any]) -> Any:
    return select(live.customers, parse_filters(state, live.variables), live.variables)


def _counted(live: LiveStudy, state: Mapping[str, Any]) -> dict[str, list[int]]:
    return count_bins(live.engine, live.customers, live.variables, _selected(live, state) if state else live.customers)


def _axes(live: LiveStudy, **columns: str) -> dict[str, Any]:
    return {axis: live.variable(column) for axis, column in columns.items()}


def _split(live: LiveStudy) -> list[Any]:
    return [("x", *live.variable("Education")), ("colour", *live.variable(SEGMENT))]


def _found(live: LiveStudy, search: Callable[..., Any], *more: Any) -> Any:
    names = [s.name for s in live.fit.segments]
    key = customer_key(live.sample, live.recipe)
    return search(live.engine, live.sample, SEGMENT, key, *more, live.fit.profiles, names)


ASKED: dict[str, Callable[[LiveStudy], Any]] = {
    "counts of everybody": lambda live: _counted(live, {}),
    "counts of a selection": lambda live: _counted(live, FILTERS),
    "counts of days": lambda live: _counted(live, SINCE),
    "several selections at once": lambda live: count_each(
        live.engine, live.customers, [parse_filters(f, live.variables) for f in (FILTERS, SINCE)], live.variables
    ),
    "a cube": lambda live: count_cube(live.engine, live.customers, live.views, 3, range(len(live.views))).to_bytes(),
    "a cube of a selection": lambda live: count_cube(
        live.engine, live.customers, live.views, 2, range(12), parse_filters(FILTERS, live.variables)
    ).to_bytes(),
    "values inside other": lambda live: top_values(live.engine, live.customers, live.variable("Education")[1], "A"),
    "moments": lambda live: moments(
        live.engine, live.customers, live.variables, _selected(live, FILTERS), _counted(live, FILTERS)
    ),
    "associations": lambda live: associate(live.engine, live.sample, live.variables),
    "points": lambda live: cloud(live.engine, live.sample, _axes(live, x="Income", y="total_spend", colour=SEGMENT)),
    "shades": lambda live: density(live.engine, live.customers, live.variable("Income"), live.variable("total_spend")),
    "boxes": lambda live: boxes(live.engine, live.customers, live.variable("Income")[1], _split(live)),
    "violins": lambda live: shapes(live.engine, live.customers, live.variable("Income"), _split(live)),
    "two categories": lambda live: crosstab(
        live.engine, live.customers, live.variable("Education"), live.variable(SEGMENT)
    ),
    "counts by segment": lambda live: comparing.count_by_segment(
        live.engine, live.customers, dict(enumerate(live.variables)), len(live.fit.segments)
    ),
    "profiles of a selection": lambda live: narrowed(live, parse_filters(FILTERS, live.variables)).fit.profiles,
    "quartiles of a selection": lambda live: with_quartiles(
        narrowed(live, parse_filters(FILTERS, live.variables)), ["Income", "total_spend"]
    ),
    "rules": lambda live: learn_rules(live.engine, live.sample, live.fit.segmentation),
    "customers that rules find": lambda live: count_selected(
        live.engine,
        live.customers,
        learn_rules(live.engine, live.sample, live.fit.segmentation)[0],
        live.fit.segmentation,
    ),
    "findings": lambda live: _found(live, find_insights, live.recipe),
    "opportunities": lambda live: _found(live, find_opportunities, live.fit.segmentation),
    "a page of customers": lambda live: browse(
        live, Wanted(parse_filters(FILTERS, live.variables), order=Order("Income", True)), ["ID", "Education"], 5, 20
    ),
    "borderline customers": lambda live: browse(live, Wanted(view="borderline"), ["ID", "Income"], 0, 20),
    "customers by identifier": lambda live: browse(live, Wanted(search="1"), ["ID"], 0, 20),
    "one customer": lambda live: explain(live, 17),
    "a list": lambda live: _rows(
        customer_list(live, parse_filters(FILTERS, live.variables), None, reason=True).batches()
    ),
    "unusual customers": lambda live: _rows(unusual_list(live).batches()),
}


def _rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_page_asks_has_the_same_answer(asked: str, both: tuple[LiveStudy, LiveStudy]) -> None:
    embedded, spark = (ASKED[asked](live) for live in both)
    assert differences_of(embedded, spark) == []


@pytest.mark.usefixtures("on_duckdb")
def test_what_was_found_out_is_kept_with_the_study_and_names_no_customer(study: Path, tmp_path: Path) -> None:
    place = tmp_path / "study"
    shutil.copytree(study, place, ignore=shutil.ignore_patterns("answers"))
    live = open_study(place)
    counts, _ = _counted(live, FILTERS), explain(live, 17)
    assert len(list((place / "answers").iterdir())) == 1
    live.engine.close()
    again = open_study(place)
    before = again.engine.bytes_fetched  # type: ignore[attr-defined]  # of Spark's alone
    assert _counted(again, FILTERS) == counts
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


def differences_of(first: Any, second: Any, where: str = "") -> list[str]:
    """Where two results differ by more than the last bits of what is shown."""
    if is_dataclass(first) and type(first) is type(second):
        names = [f.name for f in fields(first)]
        return differences_of({n: getattr(first, n) for n in names}, {n: getattr(second, n) for n in names}, where)
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return differences_of(first.tolist(), second.tolist(), where)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if list(first) != list(second):
            return [f"{where}: {list(first)} and {list(second)}"]
        return [d for key in first for d in differences_of(first[key], second[key], f"{where}.{key}")]
    if isinstance(first, Sequence) and isinstance(second, Sequence) and not isinstance(first, (str, bytes)):
        if len(first) != len(second):
            return [f"{where}: {len(first)} and {len(second)} parts"]
        pairs = enumerate(zip(first, second, strict=True))
        return [d for i, (one, other) in pairs for d in differences_of(one, other, f"{where}[{i}]")]
    if isinstance(first, float) and isinstance(second, float):
        same = math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12) or (first != first and second != second)
    else:
        same = bool(first == second)
    return [] if same else [f"{where}: {first!r:.80} and {second!r:.80}"]
