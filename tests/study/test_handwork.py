"""Work by hand: merge, split, pin and unpin on a study; everything follows, and can be undone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.engine import connect
from segscope.errors import SegscopeError
from segscope.study import Choices, Fit, Order, carry_out, fit_source, open_study, read_card, read_fit, refit
from segscope.study.folder import read_data
from segscope.study.handwork import HandEdit, work_by_hand
from segscope.study.history import redone, undone
from segscope.study.running import silent

Work = Callable[..., Fit]
EACH = 30


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four crowds on a line of spend, named by their ids: a0 ..., b0 ..., c0 ..., d0 ...; the last in two heaps."""
    places = {"a": 100.0, "b": 400.0, "c": 900.0}
    spend = {f"{k}{i}": place + i for k, place in places.items() for i in range(EACH)}
    spend |= {f"d{i}": 2000.0 + i + (300.0 if i < 10 else 0.0) for i in range(EACH)}
    ids = sorted(spend, key=lambda name: crc32(name.encode()))
    tmp_path = tmp_path_factory.mktemp("crowds")
    table = pa.table({"id": ids, "spend": [spend[i] for i in ids], "visits": [int(spend[i]) % 7 for i in ids]})
    pq.write_table(table, tmp_path / "customers.parquet")
    choices = Choices(segments=4, features=("spend",), transform="none")
    fit_source(tmp_path / "customers.parquet", tmp_path / "study", choices)
    return tmp_path / "study"


@pytest.fixture
def folder(fitted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fitted, tmp_path / "study"))


@pytest.fixture
def work(folder: Path) -> Work:
    return lambda kind, *named, **more: work_by_hand(folder, edit(kind, *named, **more), silent)


def edit(kind: Any, segment: str = "", other: str = "", **more: str) -> HandEdit:
    return HandEdit(kind, segment, other, **more)


def current(folder: Path) -> Fit:
    return read_fit(folder, read_card(folder))


def members(folder: Path) -> dict[str, str]:
    """The customers of each segment, by its id, as the first letters and numbers of their own."""
    live = open_study(folder)
    found = live.engine.fetch(live.customers.select("id", "__segment")).to_pydict()
    live.engine.close()
    by: dict[str, set[str]] = {}
    for who, place in zip(found["id"], found["__segment"], strict=True):
        by.setdefault(live.fit.segments[place].id, set()).add(who)
    return {k: ",".join(sorted({w[0] for w in v})) + str(len(v)) for k, v in by.items()}


def test_the_model_finds_the_crowds(folder: Path) -> None:
    assert members(folder) == {"s1": "d30", "s2": "c30", "s3": "b30", "s4": "a30"}


def test_a_merge_adds_two_segments_and_moves_nobody_else(folder: Path, work: Work) -> None:
    before = current(folder)
    fit = work("merge", "s4", "s3", keep="s4")
    assert members(folder) == {"s1": "d30", "s2": "c30", "s4": "a,b60"}
    both = fit.segments[2]
    assert (both.id, both.name, both.colour) == ("s4", before.segments[3].name, before.segments[3].colour)
    assert (both.size, both.share) == (60, 0.5)
    assert fit.profiles.segments[2].numbers["spend"].mean == pytest.approx((114.5 + 414.5) / 2)
    assert both.sentence != before.segments[3].sentence
    assert (fit.profiles.everybody, fit.evidence) == (before.profiles.everybody, before.evidence)
    assert len(fit.verdict.segments) == len(fit.silhouettes) == 3
    # Found again whenever the model is, and far from the others.
    assert both.verdict == "natural" and both.stability > 0.9
    values = np.concatenate([100 + np.arange(30), 400 + np.arange(30)])
    more = ((values - values.mean()) ** 2).sum() - 2 * ((np.arange(30) - 14.5) ** 2).sum()
    deviation = fit.segmentation.preparation[0].deviation  # type: ignore[union-attr]  # a measure
    assert fit.wcss - before.wcss == pytest.approx(more / deviation**2, rel=1e-6)


def test_the_larger_segment_keeps_its_name_unless_asked(folder: Path, work: Work) -> None:
    work("merge", "s3", "s4", keep="s3")
    fit = work("merge", "s2", "s3")
    assert [s.id for s in fit.segments] == ["s1", "s3"]


def test_a_split_makes_two_of_one_with_a_fresh_identity(folder: Path, work: Work) -> None:
    before = current(folder)
    fit = work("split", "s1")
    assert members(folder) == {"s1": "d20", "s2": "c30", "s3": "b30", "s4": "a30", "s5": "d10"}
    halves = {s.id: s for s in fit.segments[:2]}
    assert halves["s1"].name == before.segments[0].name and halves["s5"].name not in ("", halves["s1"].name)
    assert len({s.colour for s in fit.segments}) == len({s.name for s in fit.segments}) == 5
    assert fit.wcss < before.wcss
    # Undone and done otherwise, the number is not given again.
    undone(folder)
    assert {s.id for s in work("split", "s2").segments} == {"s1", "s2", "s3", "s4", "s6"}


def test_steps_follow_one_another(folder: Path, work: Work) -> None:
    work("merge", "s3", "s4", keep="s4")
    work("split", "s1")
    work("merge", "s5", "s2", keep="s5")
    fit = work("split", "s4")
    found = members(folder)
    assert found.keys() == {"s1", "s5", "s4", "s6"}
    assert (found["s1"], found["s5"], {found["s4"], found["s6"]}) == ("d20", "c,d40", {"a30", "b30"})
    assert [getattr(s, "words", "") for s in fit.segmentation.hand][1].endswith("split in two")


def test_a_pinned_customer_is_there_and_the_model_takes_them_back(folder: Path, work: Work) -> None:
    before = current(folder)
    fit = work("pin", "s1", customer="a3")
    assert members(folder) == {"s1": "a,d31", "s2": "c30", "s3": "b30", "s4": "a29"}
    assert [s.size for s in fit.segments] == [31, 30, 30, 29]
    assert fit.verdict == before.verdict
    work("pin", "s2", customer="a3")
    assert members(folder)["s2"] == "a,c31"
    fit = work("unpin", customer="a3")
    assert fit.segmentation == before.segmentation and fit.profiles == before.profiles


def test_who_is_pinned_follows_a_merge_and_goes_to_the_nearer_half_of_a_split(folder: Path, work: Work) -> None:
    work("pin", "s1", customer="a3")
    work("pin", "s4", customer="d3")
    fit = work("split", "s1")
    assert fit.segments[fit.segmentation.pinned["a3"]].id == "s1"  # the lower half is nearer to them
    fit = work("merge", "s1", "s2", keep="s2")
    assert fit.segments[fit.segmentation.pinned["a3"]].id == "s2"
    assert members(folder)["s2"] == "a,c,d51"


def test_everything_is_undone_and_done_again(folder: Path, work: Work) -> None:
    fits = [current(folder), work("merge", "s1", "s2"), work("split", "s3"), work("pin", "s4", customer="d3")]
    for fit in reversed(fits[:-1]):
        undone(folder)
        assert current(folder) == fit
    for fit in fits[1:]:
        redone(folder)
        assert current(folder) == fit


def test_a_refit_begins_with_the_model_again(folder: Path, work: Work) -> None:
    before = current(folder)
    work("merge", "s3", "s4", keep="s4")
    again = refit(folder, before.recipe)
    assert again.segmentation.hand == () and len(again.segments) == 4
    assert {s.id for s in again.segments} >= {"s1", "s2"}


def test_completing_the_evidence_leaves_what_was_made_by_hand(folder: Path, work: Work) -> None:
    made = work("merge", "s3", "s4")
    carry_out(Order(str(folder), complete=True))
    after = current(folder)
    assert after.evidence.complete and after.segmentation == made.segmentation


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (edit("merge", "s1", "s1"), "cannot be merged with itself"),
        (edit("merge", "s1", "s9"), "no segment 's9'"),
        (edit("merge", "s1", "s2", keep="s3"), "must be one of the two"),
        (edit("split", "Nobody"), "no segment 'Nobody'"),
        (edit("pin", "s1", customer="zz"), "no customer 'zz'"),
        (edit("pin", "s1"), "Name the customer"),
        (edit("unpin", customer="a1"), "is not pinned"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(folder: Path, asked: HandEdit, complaint: str) -> None:
    before = read_card(folder)
    with pytest.raises(SegscopeError, match=complaint):
        work_by_hand(folder, asked, silent)
    assert read_card(folder) == before


def test_customers_who_are_all_alike_cannot_be_split(tmp_path: Path) -> None:
    spend = [1.0] * 20 + [5.0] * 20
    pq.write_table(pa.table({"spend": spend, "n": list(range(40))}), tmp_path / "c.parquet")
    fit_source(tmp_path / "c.parquet", tmp_path / "study", Choices(segments=2, features=("spend",)))
    with pytest.raises(SegscopeError, match="its customers are all alike on what the segments are made of"):
        work_by_hand(tmp_path / "study", edit("split", "s1"), silent)
    with pytest.raises(SegscopeError, match="No column of this study names the customer"):
        work_by_hand(tmp_path / "study", edit("pin", "s1", customer="1"), silent)


def test_the_order_of_the_rows_does_not_matter(folder: Path, tmp_path: Path) -> None:
    engine = connect()
    table = engine.fetch(read_data(folder, read_card(folder), engine, "source").drop("__row"))
    engine.close()
    pq.write_table(table.sort_by("id"), tmp_path / "sorted.parquet")
    choices = Choices(segments=4, features=("spend",), transform="none")
    fit_source(tmp_path / "sorted.parquet", tmp_path / "other", choices)
    made = [work_by_hand(place, edit("split", "s1"), silent) for place in (folder, tmp_path / "other")]
    assert made[0].segmentation == made[1].segmentation and made[0].verdict == made[1].verdict
